"""One source: which of its files are which, from sweep to sweep."""

# ruff: noqa: PTH116  # text paths: folders of thousands are looked at every second

import heapq
import os
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from engine.domain.errors import StorageError
from engine.ingest.content import PACKED, Content
from engine.ingest.fingerprint import FINGERPRINT_BYTES
from engine.ingest.health import CATCHING_UP_BYTES, SourceHealth
from engine.ingest.listing import Entry, FolderClock, SourceSpec, entries
from engine.ingest.pieces import FileWork
from engine.ingest.position import Position
from engine.ingest.recognition import Verdict, recognise, take_over
from engine.ingest.rotation import newest_first
from engine.ingest.tracked import Key, Known, Tracked

MAX_ACTIVE = 256
"""Files looked at in every sweep: the ones that changed last. The others every THOROUGH_SECONDS."""
THOROUGH_SECONDS = 30.0
MISSING_SECONDS = 5.0
"""A file not found for this long, in which nothing can be read any more, is given up."""
MAX_WARNINGS = 16
MTIME_SLACK_SECONDS = 0.05
"""Modification times lag behind the clock by a tick."""


def _is_racy(stamp: tuple[int, int], looked_at: float) -> bool:
    """Whether the file may have changed after the look without its modification time telling."""
    return abs(looked_at - stamp[1] / 1e9) < MTIME_SLACK_SECONDS


@dataclass(slots=True)
class _Copy:
    """A file that holds nothing new."""

    stamp: tuple[int, int]
    looked_at: float
    original: Tracked
    path: str


class _Moved(Exception):
    """The name stands for another file than a moment ago."""


Found = tuple[Entry, os.stat_result]


class SourceFollower:
    """Looks after the files of one source; times are monotonic seconds."""

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
        self.files: dict[int, Tracked] = {}
        self.restless = True
        self._index = index
        self._known = known
        self._clock = clock
        self._wall = wall
        self._settle = settle_seconds
        self._folders = FolderClock()
        self._active: list[Tracked] = []
        self._listed_at = self._thorough_at = float("-inf")
        self._faults: dict[str, str] = {}
        self._waiting_for = ""
        self._copies: dict[Key, _Copy] = {}
        self._scene: object = None
        self._began = self._last_read_at = wall()
        self._lively: dict[int, Tracked] = {}
        self.warnings: deque[str] = deque(maxlen=MAX_WARNINGS)

    def remember(self, position: Position) -> None:
        """A file known from before."""
        file = self._known.add(position, owner=self._index, path=position.path)
        self.files[file.token] = file
        if not position.finished:
            self._lively[file.token] = file

    def look(self) -> None:
        """One sweep: stats what may have changed, lists the folders where names may have."""
        now = self._clock()
        moved = self._folders.moved(self.spec.folders(), now)
        thorough = now - self._thorough_at >= THOROUGH_SECONDS
        faulty = bool(self._faults) and now - self._listed_at >= 1.0
        if not (moved or thorough or faulty or self.restless or self._has_changed()):
            return
        self.restless = False
        self._list(now, thorough=thorough)
        self._listed_at = now
        if thorough:
            self._thorough_at = now

    def closing(self, file: Tracked) -> bool:
        """Whether what is in the file now is all that it will ever hold."""
        if self._faults or self._clock() - file.changed_at < self._settle:
            return False
        return not (file.primary and file.visible) or (self.spec.whole_files and file.behind > 0)

    def readable(self, file: Tracked) -> Content:
        """The file opened for reading. Raises OSError, StorageError, or LookupError when it moved."""
        if file.content is None:
            content = Content(file.path)
            if (content.device, content.inode) != file.key:
                content.close()
                raise LookupError(file.path)
            self._known.hold(file, content)
        assert file.content is not None
        return file.content

    def works(self) -> list[FileWork]:
        """Files with something to be read or recorded."""
        found: list[FileWork] = []
        for file in list(self._lively.values()):
            if self._has_work(file):
                found.append(
                    FileWork(
                        source=self.spec.path,
                        path=file.path,
                        position=file.position,
                        behind=0 if file.gone else file.behind,
                        modified_ns=file.stamp[1],
                        token=file.token,
                    )
                )
            elif self._is_at_rest(file):
                del self._lively[file.token]
        return found

    def _has_work(self, file: Tracked) -> bool:
        position = file.position
        if file.gone:
            return not position.finished
        if file.displaced or file.path in self._faults or (file.content is None and not file.visible):
            return False
        if position.file_id == 0 or (file.behind > 0 and file.waiting_end != file.size):
            return True
        return (not position.finished or file.behind > 0) and self.closing(file)

    def _is_at_rest(self, file: Tracked) -> bool:
        """Whether only a change of the file can bring it more work."""
        if file.position.finished and file.behind == 0:
            return True
        return file.visible and file.primary and not (self.spec.whole_files and file.behind > 0)

    def fault(self, path: str, message: str) -> None:
        """What keeps a file from being read."""
        self._faults[path] = message

    def health(self) -> SourceHealth:
        """As of the last sweep."""
        behind = sum(
            file.behind for file in list(self.files.values()) if not file.gone and not file.displaced
        )
        present = sum(file.visible for file in list(self.files.values()))
        problems = list(self._faults.values())[:3] + list(self.warnings)[-1:]
        if self._faults:
            state = "error"
        elif not any(file.visible and file.primary for file in list(self.files.values())):
            state, problems = "waiting", [self._waiting_for, *problems]
        else:
            state = "catching up" if behind >= CATCHING_UP_BYTES else "following"
        return SourceHealth(
            source=self.spec.path, state=state, message=" ".join(problems), bytes_behind=behind, files=present
        )

    def _has_changed(self) -> bool:
        """Whether any file looked at in every sweep is not what or where it was."""
        for copy in list(self._copies.values())[:MAX_ACTIVE]:
            try:
                status = os.stat(copy.path)
            except OSError:
                return True
            if (status.st_size, status.st_mtime_ns) != copy.stamp or _is_racy(copy.stamp, copy.looked_at):
                return True
        return not all(self._glance(file) for file in self._active)

    def _glance(self, file: Tracked) -> bool:
        try:
            status = os.stat(file.path)
            return (status.st_dev, status.st_ino) == file.key and self._observe(file, file.path, status)
        except (OSError, StorageError, _Moved):
            return False

    def _observe(self, file: Tracked, path: str, status: os.stat_result) -> bool:
        """Takes note of the file's state; False = it holds other content than it did."""
        stamp = (status.st_size, status.st_mtime_ns)
        looked_at = self._wall()
        if stamp == file.stamp and not _is_racy(stamp, file.looked_at):
            file.path = path
            return True
        content = self._opened(file, path, status)
        edges = file.position.edges(content.read_at)
        if edges is None or not file.begins(content):
            return False
        file.path = path
        file.looked_at = looked_at
        if stamp == file.stamp:
            return True
        file.opening = content.read_at(0, FINGERPRINT_BYTES)
        file.stamp = stamp
        file.size = content.size()
        file.changed_at = self._clock()
        file.waiting_end = -1
        file.edges = edges if content.packed else None
        self._lively[file.token] = file
        return True

    def _opened(self, file: Tracked, path: str, status: os.stat_result) -> Content:
        content = file.content
        if content is None or (content.device, content.inode) != (status.st_dev, status.st_ino):
            content = Content(path)
            if (content.device, content.inode) != (status.st_dev, status.st_ino):
                content.close()
                raise _Moved
        self._known.hold(file, content)
        return content

    def _list(self, now: float, *, thorough: bool) -> None:
        self._faults = {}
        copies, self._copies = self._copies, {}
        self._waiting_for = f"{self.spec.path} is not there yet."
        read_at = [file.position.last_read_at for file in self.files.values()]
        self._last_read_at = max(read_at, default=self._began)
        active = {file.token for file in self._active}
        seen: dict[Key, Tracked] = {}
        strangers: list[Found] = []
        rotated: list[Found] = []
        for entry in self._entries():
            if not thorough and entry.inode and self._is_quiet(entry, active, seen):
                continue
            try:
                status = os.stat(entry.path)
                found = (entry, status)
                if (copy := copies.get((status.st_dev, status.st_ino))) is not None:
                    copy.path = entry.path
                    self._copies[status.st_dev, status.st_ino] = copy
                if (status.st_dev, status.st_ino) in seen:
                    continue
                file = self._by_inode(found)
            except FileNotFoundError:
                continue
            except _Moved:
                self.restless = True
                continue
            except (OSError, StorageError) as problem:
                self._note(entry.path, problem)
                continue
            if entry.base:
                rotated.append(found)
            if file is not None and file.owner == self._index:
                seen[file.key] = file
                self._place(file, entry, now)
            elif file is None and not entry.base:
                strangers.append(found)
        for file in self.files.values():
            visible = seen.get(file.key) is file
            if file.visible and not visible:
                self._lively[file.token] = file
            file.visible = visible
        self._look_at_unlisted()
        for found in sorted(strangers, key=lambda found: (found[1].st_mtime_ns, found[0].path)):
            self._recognised(found, now, begin=True)
        self._settle_rotated(rotated, now)
        self._look_for_missing(now)
        self._active = heapq.nlargest(
            MAX_ACTIVE,
            (file for file in self.files.values() if file.visible),
            key=lambda file: (not file.position.finished, file.changed_at),
        )

    def _entries(self) -> list[Entry]:
        """Every name worth a look; the last names of unfinished files included, wherever they are."""
        found: list[Entry] = []
        for folder in self.spec.folders():
            try:
                found += entries(self.spec, folder)
            except FileNotFoundError:
                self._waiting_for = f"The folder {folder} does not exist yet."
            except OSError as problem:
                self._note(folder, problem)
        names = {entry.path for entry in found}
        for file in self.files.values():
            position = file.position
            if not position.finished and not file.displaced and position.path not in names:
                found.append(Entry(position.path, self.spec.path, None, 0))
        return found

    def _is_quiet(self, entry: Entry, active: set[int], seen: dict[Key, Tracked]) -> bool:
        """Whether the entry is a file long unchanged, told by its inode alone."""
        for file in self._known.at_inode(entry.inode):
            if (
                file.owner == self._index
                and file.path == entry.path
                and file.visible
                and file.token not in active
            ):
                seen[file.key] = file
                return True
        return False

    def _by_inode(self, found: Found) -> Tracked | None:
        """The file known under this inode, if it still holds what it did; else it is displaced."""
        entry, status = found
        fitting: Tracked | None = None
        for file in self._known.at((status.st_dev, status.st_ino)):
            if file.owner not in (None, self._index):
                return file
            if (
                fitting is None
                and not self._is_reused(file, found)
                and self._observe(file, entry.path, status)
            ):
                fitting = file
                self._claim(file)
            else:
                self._known.displace(file)
                self._lively[file.token] = file
        return fitting

    def _is_reused(self, file: Tracked, found: Found) -> bool:
        """Whether the inode, which is all that speaks for the file, was given to another one."""
        entry, status = found
        if entry.path.endswith(PACKED) and not file.position.path.endswith(PACKED):
            # No file is compressed in place.
            return True
        changed = (status.st_size, status.st_mtime_ns) != file.stamp and status.st_size > 0
        if file.position.read_offset or file.content is not None or not changed:
            return False
        return file.position.finished or self._is_content_known(found)

    def _is_content_known(self, found: Found) -> bool:
        content = self._open_stranger(found)
        if content is None:
            return False
        try:
            verdict, _ = recognise(self._known, content, owner=self._index)
        finally:
            content.close()
        return verdict in (Verdict.MOVED, Verdict.COPY)

    def _claim(self, file: Tracked) -> None:
        if file.owner is None:
            file.owner = self._index
            file.position = replace(file.position, source=self.spec.path)
        self.files[file.token] = file
        self._lively[file.token] = file

    def _place(self, file: Tracked, entry: Entry, now: float) -> None:
        """The file is found under this name."""
        primary = not entry.base
        if file.primary != primary:
            file.primary = primary
            file.changed_at = now
            self._lively[file.token] = file
        if file.path != entry.path or file.position.path == "":
            file.path = entry.path
        real = os.path.realpath(entry.path)
        if file.position.path != real:
            file.position = replace(file.position, path=real)
        file.visible = True
        file.missing_since = None
        file.gone = False

    def _settle_neighbour(self, found: Found, now: float) -> bool | None:
        """Takes a rotated file unknown by inode for what it is: is its content known; None = who knows."""
        status = found[1]
        verdict, original = self._recognised(found, now, begin=False)
        if verdict is Verdict.LATER:
            self._scene = None
            return None
        if verdict is Verdict.COPY and original is not None:
            # A copy of the file still written says nothing of what was rotated away before.
            return None if original.primary and original.visible else True
        if verdict is Verdict.FORK and original is not None:
            if status.st_mtime <= original.position.last_read_at - MTIME_SLACK_SECONDS:
                return False
            self._begin(found, now)
            return None
        return verdict is Verdict.MOVED

    def _recognised(self, found: Found, now: float, *, begin: bool) -> tuple[Verdict, Tracked | None]:
        """Recognises the content and acts on it; a file never seen is followed from its start if `begin`."""
        entry, status = found
        key = (status.st_dev, status.st_ino)
        stamp = (status.st_size, status.st_mtime_ns)
        copy, looked_at = self._copies.get(key), self._wall()
        if copy is not None and copy.stamp == stamp and not _is_racy(stamp, copy.looked_at):
            # What is short of the original's read offset stays accounted for when the original goes.
            whole = not entry.path.endswith(PACKED) and status.st_size <= copy.original.position.read_offset
            if copy.original.visible or whole:
                return Verdict.COPY, copy.original
        content = self._open_stranger(found)
        if content is None:
            return Verdict.LATER, None
        kept = False
        try:
            verdict, original = recognise(self._known, content, owner=self._index)
            if verdict is Verdict.MOVED and original is not None:
                take_over(self._known, original, content, source=self.spec.path, path=entry.path)
                original.owner, kept = self._index, True
                self._take_up(original, content, entry, now)
            elif verdict is Verdict.COPY and original is not None:
                self._copies[key] = _Copy(stamp, looked_at, original, entry.path)
            elif verdict is Verdict.LATER:
                self.restless = True
            elif begin:
                kept = True
                self._take_up(self._fresh(content, entry), content, entry, now)
            return verdict, original
        except (OSError, StorageError) as problem:
            self._note(entry.path, problem)
            return Verdict.LATER, None
        finally:
            if not kept:
                content.close()

    def _begin(self, found: Found, now: float) -> None:
        """Follows the file from its start."""
        content = self._open_stranger(found)
        if content is not None:
            self._take_up(self._fresh(content, found[0]), content, found[0], now)

    def _open_stranger(self, found: Found) -> Content | None:
        """None = it cannot be read, or is not there any more."""
        entry, status = found
        try:
            content = Content(entry.path)
        except FileNotFoundError:
            self.restless = True
            return None
        except (OSError, StorageError) as problem:
            self._note(entry.path, problem)
            return None
        if (content.device, content.inode) == (status.st_dev, status.st_ino):
            return content
        content.close()
        self.restless = True
        return None

    def _take_up(self, file: Tracked, content: Content, entry: Entry, now: float) -> None:
        self._known.hold(file, content)
        self.files[file.token] = file
        self._lively[file.token] = file
        file.primary = not entry.base
        self._place(file, entry, now)
        if not self._observe(file, entry.path, content.status()):
            self.restless = True

    def _fresh(self, content: Content, entry: Entry) -> Tracked:
        position = Position(
            source=self.spec.path,
            path=content.path,
            device=content.device,
            inode=content.inode,
            last_read_at=self._wall(),
        )
        return self._known.add(position, owner=self._index, path=entry.path)

    def _settle_rotated(self, rotated: list[Found], now: float) -> None:
        """Finds, beside each followed name, the rotated files that are known and those that are new."""
        missing = [file.token for file in self._missing()]
        strangers = [
            (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
            for _, status in rotated
            if not self._is_visible(status)
        ]
        primaries = [file.token for file in self.files.values() if file.visible and file.primary]
        scene = (missing, strangers, primaries)
        if not strangers or scene == self._scene:
            return
        self._scene = scene
        groups: dict[str, list[Found]] = {}
        for found in rotated:
            if found[0].rotated is not None:
                groups.setdefault(found[0].base, []).append(found)
        for group in groups.values():
            self._settle_group(group, now)

    def _settle_group(self, group: list[Found], now: float) -> None:
        """Newest first: what lies before the first that is known was never read, and is read now; so is
        what was written after anything of this source was last read.

        With none known, those written after the last read of a file that is gone, or, with no such file,
        since this engine began. Others are archives.
        """
        order = newest_first(
            [(entry.rotated, status.st_mtime_ns) for entry, status in group if entry.rotated]
        )
        fresh: list[Found] = []
        known_seen = False
        for found in (group[index] for index in order):
            status = found[1]
            if self._is_visible(status):
                # An inode alone, with nothing read under it, may have been given to another file meanwhile.
                known_seen = known_seen or self._is_known_by_content(status)
                continue
            recent = status.st_mtime > self._last_read_at - MTIME_SLACK_SECONDS
            if known_seen and not recent and not any(True for _ in self._missing()):
                continue
            known = self._settle_neighbour(found, now)
            known_seen = known_seen or known is True
            if known is False and (recent or not known_seen):
                fresh.append(found)
        if not known_seen:
            since = max(
                (
                    file.position.last_read_at
                    for file in self.files.values()
                    if not (file.visible and file.primary)
                ),
                default=self._began,
            )
            since = min(since, self._last_read_at)
            fresh = [found for found in fresh if found[1].st_mtime > since - MTIME_SLACK_SECONDS]
        for found in reversed(fresh):
            self._begin(found, now)

    def _is_visible(self, status: os.stat_result) -> bool:
        return any(file.visible for file in self._known.at((status.st_dev, status.st_ino)))

    def _is_known_by_content(self, status: os.stat_result) -> bool:
        at = self._known.at((status.st_dev, status.st_ino))
        return any(file.position.read_offset > 0 for file in at)

    def _missing(self) -> Iterator[Tracked]:
        """Unfinished files found under no name."""
        return (file for file in self._lively.values() if not file.visible and not file.position.finished)

    def _look_at_unlisted(self) -> None:
        """Open files that were deleted, or moved out of sight."""
        for file in list(self._missing()):
            if file.content is not None and not self._observe(file, file.path, file.content.status()):
                self._known.displace(file)

    def _look_for_missing(self, now: float) -> None:
        for file in list(self._missing()):
            if file.missing_since is None:
                file.missing_since = now
                file.changed_at = now
            self.restless = self.restless or not file.gone
            unreadable = file.content is None or file.displaced
            waited = now - file.missing_since >= MISSING_SECONDS
            if unreadable and waited and not self._faults and not file.gone:
                self._give_up(file)

    def _give_up(self, file: Tracked) -> None:
        file.gone = True
        position = file.position
        if file.stamp == (-1, -1):
            read_at = datetime.fromtimestamp(position.last_read_at, UTC).isoformat(timespec="seconds")
            self.warnings.append(
                f"{position.path} as read until {read_at} was not found again; "
                "if it was written to after that, import a copy with `pbxmeter ingest`."
            )
        elif file.behind:
            self.warnings.append(
                f"{file.behind} bytes of {position.path} vanished before they were read; "
                "import them from a copy with `pbxmeter ingest`."
            )
        if position.file_id == 0:
            self._known.forget(file)
            del self.files[file.token]
            self._lively.pop(file.token, None)

    def _note(self, path: str, problem: Exception) -> None:
        if isinstance(problem, StorageError):
            self._faults[path] = problem.message
        elif isinstance(problem, PermissionError):
            self._faults[path] = (
                f"{path} may not be read; allow it to the engine's user (read, and enter its folders)."
            )
        else:
            self._faults[path] = f"{path} cannot be read: {problem}."
