"""Files known under no inode: content met before, a copy of it, or new."""

# ruff: noqa: PTH116  # text paths: folders of thousands are looked at every second

import os
from dataclasses import dataclass

from engine.domain.errors import StorageError
from engine.tail.file_reader import PACKED, Content
from engine.tail.followed_file import Key, Tracked
from engine.tail.identify import Verdict, recognise, take_over
from engine.tail.source_files import Found, Holdings, is_racy

MAX_LOOKED_AT = 256
"""Copies looked at in every sweep."""


@dataclass(slots=True)
class Copy:
    """A file that holds nothing new."""

    stamp: tuple[int, int]
    looked_at: float
    original: Tracked
    path: str


class Strangers:
    """Recognises them by content, and remembers which are copies."""

    def __init__(self, held: Holdings) -> None:
        self._held = held
        self._copies: dict[Key, Copy] = {}
        self._before: dict[Key, Copy] = {}

    def have_changed(self) -> bool:
        """Whether any copy is not what or where it was."""
        for copy in list(self._copies.values())[:MAX_LOOKED_AT]:
            try:
                status = os.stat(copy.path)
            except OSError:
                return True
            if (status.st_size, status.st_mtime_ns) != copy.stamp or is_racy(copy.stamp, copy.looked_at):
                return True
        return False

    def begin_listing(self) -> None:
        """Copies that are not met from now on are no more."""
        self._before, self._copies = self._copies, {}

    def meet(self, found: Found) -> None:
        """A name is listed that may be a copy's."""
        entry, status = found
        key = (status.st_dev, status.st_ino)
        if (copy := self._before.get(key)) is not None:
            copy.path = entry.path
            self._copies[key] = copy

    def recognised(self, found: Found, now: float, *, begin: bool) -> tuple[Verdict, Tracked | None]:
        """Recognises the content and acts on it; a file never seen is followed from its start if `begin`."""
        entry, status = found
        key = (status.st_dev, status.st_ino)
        stamp = (status.st_size, status.st_mtime_ns)
        copy, looked_at = self._copies.get(key), self._held.wall()
        if copy is not None and copy.stamp == stamp and not is_racy(stamp, copy.looked_at):
            # What is short of the original's read offset stays accounted for when the original goes.
            whole = not entry.path.endswith(PACKED) and status.st_size <= copy.original.position.read_offset
            if copy.original.visible or whole:
                return Verdict.COPY, copy.original
        content = self._opened(found)
        if content is None:
            return Verdict.LATER, None
        kept = False
        try:
            verdict, original = recognise(self._held.known, content, owner=self._held.index)
            if verdict is Verdict.MOVED and original is not None:
                take_over(self._held.known, original, content, source=self._held.spec.path, path=entry.path)
                original.owner, kept = self._held.index, True
                self._held.take_up(original, content, entry, now)
            elif verdict is Verdict.COPY and original is not None:
                self._copies[key] = Copy(stamp, looked_at, original, entry.path)
            elif verdict is Verdict.LATER:
                self._held.moved = True
            elif begin:
                kept = True
                self._held.take_up(self._held.fresh(content, entry), content, entry, now)
            return verdict, original
        except (OSError, StorageError) as problem:
            self._held.note(entry.path, problem)
            return Verdict.LATER, None
        finally:
            if not kept:
                content.close()

    def begin(self, found: Found, now: float) -> None:
        """Follows the file from its start."""
        content = self._opened(found)
        if content is not None:
            self._held.take_up(self._held.fresh(content, found[0]), content, found[0], now)

    def is_content_known(self, found: Found) -> bool:
        """Whether what the file holds can be had, or was read, elsewhere."""
        content = self._opened(found)
        if content is None:
            return False
        try:
            verdict, _ = recognise(self._held.known, content, owner=self._held.index)
        finally:
            content.close()
        return verdict in (Verdict.MOVED, Verdict.COPY)

    def _opened(self, found: Found) -> Content | None:
        """None = it cannot be read, or is not there any more."""
        entry, status = found
        try:
            content = Content(entry.path)
        except FileNotFoundError:
            self._held.moved = True
            return None
        except (OSError, StorageError) as problem:
            self._held.note(entry.path, problem)
            return None
        if (content.device, content.inode) == (status.st_dev, status.st_ino):
            return content
        content.close()
        self._held.moved = True
        return None
