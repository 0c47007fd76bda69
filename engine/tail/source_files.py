"""The files of one source as they were last seen, and what keeps them from being read."""

# ruff: noqa: PTH116, PTH118  # text paths: folders of thousands are looked at every second

import os
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace

from engine.domain.errors import StorageError
from engine.tail.checkpoint import Position
from engine.tail.file_reader import Content
from engine.tail.fingerprint import FINGERPRINT_BYTES
from engine.tail.followed_file import Known, Tracked
from engine.tail.listing import Entry, SourceSpec

MAX_WARNINGS = 16
MTIME_SLACK_SECONDS = 0.05
"""Modification times lag behind the clock by a tick."""

Found = tuple[Entry, os.stat_result]


class Moved(Exception):
    """The name stands for another file than a moment ago."""


def is_racy(stamp: tuple[int, int], looked_at: float) -> bool:
    """Whether the file may have changed after the look without its modification time telling."""
    return abs(looked_at - stamp[1] / 1e9) < MTIME_SLACK_SECONDS


class Holdings:
    """Files by number; shared by all who look after one source."""

    def __init__(
        self,
        spec: SourceSpec,
        *,
        index: int,
        known: Known,
        clock: Callable[[], float],
        wall: Callable[[], float],
    ) -> None:
        self.spec = spec
        self.index = index
        self.known = known
        self.clock = clock
        self.wall = wall
        self.files: dict[int, Tracked] = {}
        self.lively: dict[int, Tracked] = {}
        """Files that may have work; the others have to change first."""
        self.pending: dict[int, Tracked] = {}
        """Of these others, the files with bytes that are no whole line yet."""
        self.restless = True
        """Whether the next sweep lists the folders in any case."""
        self.moved = False
        """Whether names or contents changed while they were looked at, and do not fit together: a file read
        then could hide those that are rotated with it."""
        self._real_folders: dict[str, str] = {}
        """Folders without symbolic links, in the present listing."""
        self.faults: dict[str, str] = {}
        self.warnings: deque[str] = deque(maxlen=MAX_WARNINGS)

    def begin_listing(self) -> None:
        """What the last listing found is not so any more."""
        self.moved = False
        self.faults = {}
        self._real_folders = {}

    def stir(self, file: Tracked) -> None:
        """The file may have work again."""
        self.lively[file.token] = file
        self.pending.pop(file.token, None)

    def rest(self, file: Tracked) -> None:
        """The file has no work until it changes."""
        del self.lively[file.token]
        if file.unread:
            self.pending[file.token] = file

    def remember(self, position: Position) -> None:
        """A file known from before."""
        file = self.known.add(position, owner=self.index, path=position.path)
        self.files[file.token] = file
        if not position.finished:
            self.stir(file)

    def glance(self, file: Tracked) -> bool:
        """Whether the file is what and where it was, as far as is seen from its name."""
        try:
            status = os.stat(file.path)
            if (status.st_dev, status.st_ino) != file.key:
                return False
            # Of a file of which nothing is known but its inode, a listing has to tell whether it is another.
            changed = (status.st_size, status.st_mtime_ns) != file.stamp
            return not (changed and file.unproven) and self.observe(file, file.path, status)
        except (OSError, StorageError, Moved):
            return False

    def observe(self, file: Tracked, path: str, status: os.stat_result) -> bool:
        """Takes note of the file's state; False = it holds other content than it did."""
        stamp = (status.st_size, status.st_mtime_ns)
        looked_at = self.wall()
        if stamp == file.stamp and not is_racy(stamp, file.looked_at):
            file.path = path
            return True
        content = self._opened(file, path, status)
        edges = file.position.edges(content.read_at)
        if edges is None or not file.begins(content):
            return False
        file.path = path
        file.looked_at = looked_at
        if stamp == file.stamp and file.waits_in(content):
            return True
        file.opening = content.read_at(0, FINGERPRINT_BYTES)
        file.stamp = stamp
        file.size = content.size()
        file.changed_at = self.clock()
        file.waiting_end = -1
        file.edges = edges if content.packed else None
        self.stir(file)
        return True

    def _opened(self, file: Tracked, path: str, status: os.stat_result) -> Content:
        content = file.content
        if content is None or (content.device, content.inode) != (status.st_dev, status.st_ino):
            content = Content(path)
            if (content.device, content.inode) != (status.st_dev, status.st_ino):
                content.close()
                raise Moved
        self.known.hold(file, content)
        return content

    def claim(self, file: Tracked) -> None:
        """The file belongs to this source from now on."""
        if file.owner is None:
            file.owner = self.index
            file.position = replace(file.position, source=self.spec.path)
        self.files[file.token] = file
        self.stir(file)

    def place(self, file: Tracked, entry: Entry, now: float) -> None:
        """The file is found under this name."""
        primary = not entry.base
        if file.primary != primary:
            file.primary = primary
            file.changed_at = now
            self.stir(file)
        file.rotated = entry.rotated
        if file.path != entry.path or file.position.path == "":
            file.path = entry.path
        real = self._real(entry)
        if file.position.path != real:
            file.position = replace(file.position, path=real)
        file.visible = True
        file.missing_since = None
        file.gone = False

    def _real(self, entry: Entry) -> str:
        """The path without symbolic links."""
        if not entry.inode:
            return os.path.realpath(entry.path)
        folder, name = os.path.split(entry.path)
        if folder not in self._real_folders:
            self._real_folders[folder] = os.path.realpath(folder)
        return os.path.join(self._real_folders[folder], name)

    def take_up(self, file: Tracked, content: Content, entry: Entry, now: float) -> None:
        """Follows the file in this content, under this name."""
        self.known.hold(file, content)
        self.files[file.token] = file
        self.stir(file)
        file.primary = not entry.base
        self.place(file, entry, now)
        if not self.observe(file, entry.path, content.status()):
            self.moved = True

    def fresh(self, content: Content, entry: Entry) -> Tracked:
        """A file never met, from its start."""
        now = self.wall()
        position = Position(
            source=self.spec.path,
            path=content.path,
            device=content.device,
            inode=content.inode,
            first_read_at=now,
            last_read_at=now,
        )
        return self.known.add(position, owner=self.index, path=entry.path)

    def missing(self) -> Iterator[Tracked]:
        """Unfinished files found under no name."""
        return (file for file in self.lively.values() if not file.visible and not file.position.finished)

    def note(self, path: str, problem: Exception) -> None:
        """Why there is something that cannot be read."""
        if isinstance(problem, StorageError):
            self.faults[path] = problem.message
        elif isinstance(problem, PermissionError):
            self.faults[path] = (
                f"{path} may not be read; allow it to the engine's user (read, and enter its folders)."
            )
        else:
            self.faults[path] = f"{path} cannot be read: {problem}."
