"""One source: its folders are looked at in every sweep, and its files are read."""

from collections.abc import Callable
from typing import Final

from engine.domain.errors import StorageError
from engine.domain.message import sentences
from engine.tail.checkpoint import Checkpoint
from engine.tail.discovery import Discovery
from engine.tail.file_reader import Content
from engine.tail.followed_file import FollowedFile
from engine.tail.health import CATCHING_UP_BYTES, SourceHealth
from engine.tail.listing import FolderTimes, SourceSpec
from engine.tail.piece import FileWork, Piece, PieceSizes
from engine.tail.registry import Registry
from engine.tail.rotation_names import Rotated, newest_first
from engine.tail.source_files import SourceFiles

THOROUGH_SECONDS = 30.0
MAX_LISTINGS = 10
"""In one sweep, while names change."""
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
        registry: Registry,
        clock: Callable[[], float],
        wall: Callable[[], float],
        settle_seconds: float,
    ) -> None:
        self.spec: Final = spec
        self._files = SourceFiles(spec, index=index, registry=registry, clock=clock, wall=wall)
        self._discovery = Discovery(self._files)
        self._folder_times = FolderTimes()
        self._settle = settle_seconds
        self._listed_at = self._thorough_at = self._again_at = float("-inf")

    def restore(self, checkpoint: Checkpoint) -> None:
        """A file known from before."""
        self._files.restore(checkpoint)

    def look(self) -> None:
        """One sweep: stats what may have changed, lists the folders where names may have."""
        files = self._files
        now = files.clock()
        if now < self._again_at:
            return
        renamed = self._folder_times.may_have_changed(self.spec.folders(), now)
        thorough = now - self._thorough_at >= THOROUGH_SECONDS
        faulty = bool(files.faults) and now - self._listed_at >= 1.0
        if not (renamed or thorough or faulty or files.listing_due or self._discovery.has_changed()):
            return
        for _ in range(MAX_LISTINGS):
            self._discovery.list_names(now, thorough=thorough)
            if not files.inconsistent:
                break
        self._listed_at = now
        if thorough:
            self._thorough_at = now
        ended = files.clock()
        self._again_at = ended + min(MAX_PAUSE_SECONDS, PAUSES * (ended - now))

    def _is_complete(self, file: FollowedFile) -> bool:
        """Whether the file will never hold more than it does now."""
        if self._files.faults or self._files.clock() - file.changed_at < self._settle:
            return False
        return not (file.primary and file.visible) or (self.spec.whole_files and file.behind > 0)

    def due(self) -> list[FollowedFile]:
        """Files with bytes to read or a checkpoint to store, in the order of their rotation."""
        found: list[FollowedFile] = []
        for file in self._files.active:
            if self._has_work(file):
                found.append(file)
            elif self._is_idle(file):
                self._files.deactivate(file)
        return _oldest_first(found)

    def work(self, file: FollowedFile) -> FileWork:
        """The work that a due file needs."""
        return FileWork(
            source=self.spec.path,
            path=file.path,
            checkpoint=file.checkpoint,
            behind=file.unread,
            token=file.token,
            opening=file.unrecorded_rotated,
        )

    def read(self, file: FollowedFile, work: FileWork, sizes: PieceSizes) -> Piece | None:
        """The next piece of a file; None = it cannot be read, or changed meanwhile: the next sweep tells."""
        try:
            piece = file.next_piece(
                self._opened(file),
                usual=sizes.of(work),
                sizes=sizes,
                whole_files=self.spec.whole_files,
                is_complete=self._is_complete,
                read_at=self._files.wall(),
            )
        except (OSError, LookupError):
            piece = None
        except StorageError as problem:
            self._files.set_fault(file.path, problem.message)
            return None
        if piece is None:
            file.invalidate()
            self._files.request_listing()
        return piece

    def _opened(self, file: FollowedFile) -> Content:
        """The file opened for reading. Raises OSError, StorageError, or LookupError when it moved."""
        content = file.content
        if content is None:
            content = Content(file.path)
            if content.key != file.key:
                content.close()
                raise LookupError(file.path)
            self._files.registry.hold(file, content)
        return content

    def _has_work(self, file: FollowedFile) -> bool:
        finished = file.checkpoint.finished
        if file.gone:
            return not finished
        if file.displaced or self._files.has_fault(file.path) or (file.content is None and not file.visible):
            return False
        if file.has_new_bytes:
            return True
        return (not finished or file.behind > 0) and self._is_complete(file)

    def _is_idle(self, file: FollowedFile) -> bool:
        """Whether only a change of the file can bring it more work."""
        if file.checkpoint.finished and file.behind == 0:
            return True
        return file.visible and file.primary and not (self.spec.whole_files and file.behind > 0)

    def health(self) -> SourceHealth:
        """As of the last sweep."""
        files, behind = self._files, self._files.bytes_behind
        problems = [*files.faults[:3], *files.warnings[-1:]]
        if files.faults:
            state = "error"
        elif not self._discovery.followed:
            state, problems = "waiting", [self._discovery.waiting_for, *problems]
        else:
            state = "catching up" if behind >= CATCHING_UP_BYTES else "following"
        return SourceHealth(
            source=self.spec.path,
            state=state,
            message=sentences(problems),
            bytes_behind=behind,
            files=self._discovery.present,
        )


def _oldest_first(files: list[FollowedFile]) -> list[FollowedFile]:
    """The rotated files of each name in the order of their rotation, behind all others."""
    others: list[FollowedFile] = []
    rotated: dict[str, list[tuple[Rotated, FollowedFile]]] = {}
    for file in files:
        if file.rotated is None:
            others.append(file)
        else:
            rotated.setdefault(file.rotated.base, []).append((file.rotated, file))
    for group in rotated.values():
        order = newest_first([(name, file.stamp.mtime_ns) for name, file in group])
        others += (group[place][1] for place in reversed(order))
    return others
