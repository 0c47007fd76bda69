"""The followed files of one source: which may have work, and what keeps files from being read."""

# ruff: noqa: PTH116, PTH118  # text paths: folders of thousands are looked at every second

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from engine.domain.errors import StorageError
from engine.domain.message import Message
from engine.tail.checkpoint import Checkpoint
from engine.tail.file_reader import Content
from engine.tail.file_status import FileKey, key_of, stamp_of
from engine.tail.followed_file import FollowedFile
from engine.tail.listing import Entry, SourceSpec
from engine.tail.registry import Registry

MAX_WARNINGS = 16


class NameChanged(Exception):
    """The name stands for another file than a moment ago."""


class SourceFiles:
    """Files by number; shared by all who look after one source."""

    def __init__(
        self,
        spec: SourceSpec,
        *,
        index: int,
        registry: Registry,
        clock: Callable[[], float],
        wall: Callable[[], float],
    ) -> None:
        self.spec: Final = spec
        self.index: Final = index
        self.registry: Final = registry
        self.clock: Final = clock
        self.wall: Final = wall
        self._files: dict[int, FollowedFile] = {}
        self._active: dict[int, FollowedFile] = {}
        self._incomplete: dict[int, FollowedFile] = {}
        self._listing_requested = True
        self._inconsistent = False
        self._real_folders: dict[str, str] = {}
        """Folders without symbolic links, in the present listing."""
        self._faults: dict[str, Message] = {}
        self._warnings: deque[Message] = deque(maxlen=MAX_WARNINGS)

    # Which files

    def __iter__(self) -> Iterator[FollowedFile]:
        return iter(self._files.values())

    @property
    def active(self) -> list[FollowedFile]:
        """Files that may have work; the others have to change first."""
        return list(self._active.values())

    @property
    def missing(self) -> list[FollowedFile]:
        """Unfinished files found under no name."""
        return [file for file in self.active if not file.visible and not file.checkpoint.finished]

    @property
    def bytes_behind(self) -> int:
        """Bytes not accounted for that can still be had, those that are no whole line yet included."""
        unread = (*self._active.values(), *self._incomplete.values())
        return sum(file.unread for file in unread if not file.displaced)

    def is_visible(self, key: FileKey) -> bool:
        """Whether a file of this inode had a name of its source at the last listing."""
        return any(file.visible for file in self.registry.at(key))

    def activate(self, file: FollowedFile) -> None:
        """The file may have work again."""
        self._active[file.token] = file
        self._incomplete.pop(file.token, None)

    def deactivate(self, file: FollowedFile) -> None:
        """The file has no work until it changes."""
        del self._active[file.token]
        if file.unread:
            self._incomplete[file.token] = file

    # Files come and go

    def restore(self, checkpoint: Checkpoint) -> None:
        """A file known from before."""
        file = self.registry.add(checkpoint, owner=self.index, path=checkpoint.path)
        self._files[file.token] = file
        if not checkpoint.finished:
            self.activate(file)

    def adopt(self, file: FollowedFile) -> None:
        """The file belongs to this source from now on."""
        file.adopted(self.index, self.spec.path)
        self._files[file.token] = file
        self.activate(file)

    def follow_new(self, content: Content, entry: Entry, now: float) -> None:
        """Follows a new file, from its start."""
        seen_at = self.wall()
        checkpoint = Checkpoint(
            source=self.spec.path,
            path=content.path,
            device=content.device,
            inode=content.inode,
            first_read_at=seen_at,
            last_read_at=seen_at,
        )
        file = self.registry.add(checkpoint, owner=self.index, path=entry.path)
        self._follow_in(file, content, entry, now)

    def follow_moved(self, file: FollowedFile, content: Content, entry: Entry, now: float) -> None:
        """Follows a known file whose content is now in another one."""
        self.registry.move(file, content, owner=self.index, source=self.spec.path, path=entry.path)
        self._follow_in(file, content, entry, now)

    def _follow_in(self, file: FollowedFile, content: Content, entry: Entry, now: float) -> None:
        self.registry.hold(file, content)
        self._files[file.token] = file
        self.activate(file)
        self.found(file, entry, now)
        if not self.observe(file, entry.path, content.status()):
            self.note_inconsistency()

    def give_up(self, file: FollowedFile) -> None:
        """Nothing can be read in the file any more; it is forgotten if nothing of it was ever stored."""
        file.gave_up()
        if file.checkpoint.file_id == 0:
            self.registry.forget(file)
            del self._files[file.token]
            self._active.pop(file.token, None)

    # Files are looked at

    def found(self, file: FollowedFile, entry: Entry, now: float) -> None:
        """The file has this name."""
        if file.found(entry, self._real_path(entry), now):
            self.activate(file)

    def is_unchanged(self, file: FollowedFile) -> bool:
        """Whether the file under its name is the same and unchanged."""
        try:
            status = os.stat(file.path)
            if key_of(status) != file.key:
                return False
            # Of a file of which nothing is known but its inode, a listing has to tell whether it is another.
            if file.inode_only and stamp_of(status) != file.stamp:
                return False
            return self.observe(file, file.path, status)
        except (OSError, StorageError, NameChanged):
            return False

    def observe(self, file: FollowedFile, path: str, status: os.stat_result) -> bool:
        """Takes note of the file's state; False = it holds other content than it did."""
        stamp, looked_at = stamp_of(status), self.wall()
        if file.looks_unchanged(path, stamp):
            return True
        content = self._opened(file, path, status)
        seen = file.observed(content, path, stamp, looked_at=looked_at, now=self.clock())
        if seen == "changed":
            self.activate(file)
        return seen != "other"

    def _opened(self, file: FollowedFile, path: str, status: os.stat_result) -> Content:
        content = file.content
        if content is None or content.key != key_of(status):
            content = Content(path)
            if content.key != key_of(status):
                content.close()
                raise NameChanged
        self.registry.hold(file, content)
        return content

    def _real_path(self, entry: Entry) -> str:
        """The path without symbolic links."""
        if not entry.inode:
            return os.path.realpath(entry.path)
        folder, name = os.path.split(entry.path)
        if folder not in self._real_folders:
            self._real_folders[folder] = os.path.realpath(folder)
        return os.path.join(self._real_folders[folder], name)

    # Listings, faults and warnings

    @property
    def listing_due(self) -> bool:
        """Whether the next sweep lists the folders in any case."""
        return self._listing_requested or self._inconsistent

    @property
    def inconsistent(self) -> bool:
        """Whether names or contents changed while they were looked at, and do not fit together: a file read
        then could hide those that are rotated with it."""
        return self._inconsistent

    def begin_listing(self) -> None:
        """The folders are listed anew: drops what was found by the last listing."""
        self._listing_requested = self._inconsistent = False
        self._faults = {}
        self._real_folders = {}

    def request_listing(self) -> None:
        """The next sweep lists the folders."""
        self._listing_requested = True

    def note_inconsistency(self) -> None:
        """Something changed while it was looked at: the folders are listed again."""
        self._inconsistent = True

    @property
    def faults(self) -> Sequence[Message]:
        """Why files or folders cannot be read."""
        return tuple(self._faults.values())

    @property
    def warnings(self) -> Sequence[Message]:
        """Bytes that were lost, the latest last."""
        return tuple(self._warnings)

    def has_fault(self, path: str) -> bool:
        """Whether the file or folder cannot be read."""
        return path in self._faults

    def set_fault(self, path: str, message: Message) -> None:
        """The file or folder cannot be read."""
        self._faults[path] = message

    def note_problem(self, path: str, problem: Exception) -> None:
        """Reading the file or folder failed."""
        if isinstance(problem, StorageError):
            message = problem.message
        elif isinstance(problem, PermissionError):
            message = Message(
                "{path} may not be read; allow it to the engine's user (read, and enter its folders).",
                path=path,
            )
        else:
            message = Message("{path} cannot be read: {problem}.", path=path, problem=problem)
        self.set_fault(path, message)

    def warn(self, message: Message) -> None:
        """Bytes are lost, or may be."""
        self._warnings.append(message)
