"""One source: looked at in every sweep, its files handed out to be read."""

from collections.abc import Callable

from engine.tail.checkpoint import Position
from engine.tail.discovery import Catalogue
from engine.tail.file_reader import Content
from engine.tail.followed_file import Known, Tracked
from engine.tail.health import CATCHING_UP_BYTES, SourceHealth
from engine.tail.listing import FolderClock, SourceSpec
from engine.tail.piece import FileWork
from engine.tail.rotation_names import Rotated, newest_first
from engine.tail.source_files import Holdings

THOROUGH_SECONDS = 30.0
MAX_LISTINGS = 10
"""In one look, while names change."""
PAUSES = 3
MAX_PAUSE_SECONDS = 0.8
"""For so many times as long as it took to list large folders they are left alone: the host has other work."""


class SourceFollower:
    """Looks after the files of one source; times are monotonic seconds, but for those of `wall`."""

    def __init__(
        self,
        spec: SourceSpec,
        *,
        index: int,
        known: Known,
        clock: Callable[[], float],
        wall: Callable[[], float],
        settle_seconds: float,
    ) -> None:
        self.spec = spec
        self._held = Holdings(spec, index=index, known=known, clock=clock, wall=wall)
        self._catalogue = Catalogue(self._held)
        self._folders = FolderClock()
        self._settle = settle_seconds
        self._listed_at = self._thorough_at = self._again_at = float("-inf")

    def remember(self, position: Position) -> None:
        """A file known from before."""
        self._held.remember(position)

    def look_again(self) -> None:
        """A file changed while it was read: the next sweep lists the folders."""
        self._held.restless = True

    def look(self) -> None:
        """One sweep: stats what may have changed, lists the folders where names may have."""
        now = self._held.clock()
        if now < self._again_at:
            return
        moved = self._folders.moved(self.spec.folders(), now)
        thorough = now - self._thorough_at >= THOROUGH_SECONDS
        faulty = bool(self._held.faults) and now - self._listed_at >= 1.0
        if not (moved or thorough or faulty or self._held.restless or self._catalogue.has_changed()):
            return
        for _ in range(MAX_LISTINGS):
            self._held.restless = False
            self._catalogue.look_through(now, thorough=thorough)
            if not self._held.moved:
                break
        self._held.restless = self._held.restless or self._held.moved
        self._listed_at = now
        if thorough:
            self._thorough_at = now
        ended = self._held.clock()
        self._again_at = ended + min(MAX_PAUSE_SECONDS, PAUSES * (ended - now))

    def closing(self, file: Tracked) -> bool:
        """Whether what is in the file now is all that it will ever hold."""
        if self._held.faults or self._held.clock() - file.changed_at < self._settle:
            return False
        return not (file.primary and file.visible) or (self.spec.whole_files and file.behind > 0)

    def readable(self, file: Tracked) -> Content:
        """The file opened for reading. Raises OSError, StorageError, or LookupError when it moved."""
        if file.content is None:
            content = Content(file.path)
            if (content.device, content.inode) != file.key:
                content.close()
                raise LookupError(file.path)
            self._held.known.hold(file, content)
        assert file.content is not None
        return file.content

    def due(self) -> list[Tracked]:
        """Files with something to be read or recorded, in the order in which they were rotated."""
        found: list[Tracked] = []
        for file in list(self._held.lively.values()):
            if self._has_work(file):
                found.append(file)
            elif self._is_at_rest(file):
                self._held.rest(file)
        return _oldest_first(found)

    def work(self, file: Tracked) -> FileWork:
        """What there is to be done with a file that is due."""
        return FileWork(
            source=self.spec.path,
            path=file.path,
            position=file.position,
            behind=file.unread,
            token=file.token,
            opening=file.unbegun,
        )

    def _has_work(self, file: Tracked) -> bool:
        position = file.position
        if file.gone:
            return not position.finished
        if file.displaced or file.path in self._held.faults or (file.content is None and not file.visible):
            return False
        unseen = position.file_id == 0 and file.waiting_end < 0
        if unseen or (file.behind > 0 and file.waiting_end != file.size):
            return True
        return (not position.finished or file.behind > 0) and self.closing(file)

    def _is_at_rest(self, file: Tracked) -> bool:
        """Whether only a change of the file can bring it more work."""
        if file.position.finished and file.behind == 0:
            return True
        return file.visible and file.primary and not (self.spec.whole_files and file.behind > 0)

    def fault(self, path: str, message: str) -> None:
        """What keeps a file from being read."""
        self._held.faults[path] = message

    def health(self) -> SourceHealth:
        """As of the last sweep."""
        unread = [*self._held.lively.values(), *self._held.pending.values()]
        behind = sum(file.unread for file in unread if not file.displaced)
        problems = list(self._held.faults.values())[:3] + list(self._held.warnings)[-1:]
        if self._held.faults:
            state = "error"
        elif not self._catalogue.followed:
            state, problems = "waiting", [self._catalogue.waiting_for, *problems]
        else:
            state = "catching up" if behind >= CATCHING_UP_BYTES else "following"
        return SourceHealth(
            source=self.spec.path,
            state=state,
            message=" ".join(problems),
            bytes_behind=behind,
            files=self._catalogue.present,
        )


def _oldest_first(files: list[Tracked]) -> list[Tracked]:
    """The rotated files of each name in the order of their rotation, behind all others."""
    others: list[Tracked] = []
    rotated: dict[str, list[tuple[Rotated, Tracked]]] = {}
    for file in files:
        if file.rotated is None:
            others.append(file)
        else:
            rotated.setdefault(file.rotated.base, []).append((file.rotated, file))
    for group in rotated.values():
        order = newest_first([(name, file.stamp[1]) for name, file in group])
        others += (group[place][1] for place in reversed(order))
    return others
