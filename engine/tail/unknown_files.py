"""Files known under no inode: they hold known content, a copy of it, or something new."""

# ruff: noqa: PTH116  # text paths: folders of thousands are looked at every second

import os
from dataclasses import dataclass

from engine.domain.errors import StorageError
from engine.tail.file_reader import PACKED, Content
from engine.tail.file_status import FileKey, Stamp, stamp_of
from engine.tail.followed_file import FollowedFile
from engine.tail.identify import Verdict, identify
from engine.tail.listing import Found
from engine.tail.source_files import SourceFiles

MAX_COPIES_STATED = 256
"""Copies looked at in every sweep."""


@dataclass(slots=True)
class _Copy:
    """A file that holds nothing new."""

    stamp: Stamp
    looked_at: float
    original: FollowedFile
    path: str


class UnknownFiles:
    """Identifies them by content, and remembers which are copies."""

    def __init__(self, files: SourceFiles) -> None:
        self._files = files
        self._copies: dict[FileKey, _Copy] = {}
        self._copies_before: dict[FileKey, _Copy] = {}

    def have_changed(self) -> bool:
        """Whether any copy is not what or where it was."""
        for copy in list(self._copies.values())[:MAX_COPIES_STATED]:
            try:
                status = os.stat(copy.path)
            except OSError:
                return True
            if stamp_of(status) != copy.stamp or copy.stamp.is_racy(copy.looked_at):
                return True
        return False

    def begin_listing(self) -> None:
        """Forgets the copies that are not listed from now on."""
        self._copies_before, self._copies = self._copies, {}

    def listed(self, found: Found) -> None:
        """A name is listed that may be a copy's."""
        if (copy := self._copies_before.get(found.key)) is not None:
            copy.path = found.entry.path
            self._copies[found.key] = copy

    def identify(self, found: Found, now: float, *, follow_new: bool) -> tuple[Verdict, FollowedFile | None]:
        """Identifies the content, and follows a known file in it; one never seen only if `follow_new`."""
        files, entry = self._files, found.entry
        copy, looked_at = self._copies.get(found.key), files.wall()
        if copy is not None and self._is_copy_still(copy, found):
            return Verdict.COPY, copy.original
        content = self._opened(found)
        if content is None:
            return Verdict.LATER, None
        kept = False
        try:
            verdict, original = identify(files.registry, content, owner=files.index)
            if verdict is Verdict.MOVED and original is not None:
                kept = True
                files.follow_moved(original, content, entry, now)
            elif verdict is Verdict.COPY and original is not None:
                self._copies[found.key] = _Copy(found.stamp, looked_at, original, entry.path)
            elif verdict is Verdict.LATER:
                files.note_inconsistency()
            elif follow_new:
                kept = True
                files.follow_new(content, entry, now)
            return verdict, original
        except (OSError, StorageError) as problem:
            files.note_problem(entry.path, problem)
            return Verdict.LATER, None
        finally:
            if not kept:
                content.close()

    def follow(self, found: Found, now: float) -> None:
        """Follows the file from its start."""
        content = self._opened(found)
        if content is not None:
            self._files.follow_new(content, found.entry, now)

    def is_content_known(self, found: Found) -> bool:
        """Whether the file's content can be had, or was read, elsewhere."""
        content = self._opened(found)
        if content is None:
            return False
        try:
            verdict, _ = identify(self._files.registry, content, owner=self._files.index)
        finally:
            content.close()
        return verdict in (Verdict.MOVED, Verdict.COPY)

    def _is_copy_still(self, copy: _Copy, found: Found) -> bool:
        if copy.stamp != found.stamp or found.stamp.is_racy(copy.looked_at):
            return False
        # What is short of the original's read offset stays accounted for when the original goes.
        read = copy.original.checkpoint.read_offset
        whole = not found.entry.path.endswith(PACKED) and found.stamp.size <= read
        return copy.original.visible or whole

    def _opened(self, found: Found) -> Content | None:
        """The open file; None = it cannot be read, or is not there any more."""
        path = found.entry.path
        try:
            content = Content(path)
        except FileNotFoundError:
            self._files.note_inconsistency()
            return None
        except (OSError, StorageError) as problem:
            self._files.note_problem(path, problem)
            return None
        if content.key == found.key:
            return content
        content.close()
        self._files.note_inconsistency()
        return None
