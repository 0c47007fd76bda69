"""Which names a source has, and which files they stand for."""

# ruff: noqa: PTH116  # text paths: folders of thousands are looked at every second

import heapq
import os
from collections.abc import Callable
from dataclasses import dataclass, field

from engine.domain.errors import StorageError
from engine.tail.file_reader import PACKED
from engine.tail.followed_file import Key, Tracked
from engine.tail.listing import Entry, entries
from engine.tail.missing_files import look_at_unlisted, look_for_missing
from engine.tail.rotated_files import Neighbours
from engine.tail.source_files import Found, Holdings, Moved
from engine.tail.unknown_files import Strangers

MAX_ACTIVE = 256
"""Files looked at in every sweep: the ones that changed last. The others when a listing is thorough."""


@dataclass(slots=True)
class _Listing:
    """What a look through the names has met so far."""

    now: float
    seen: dict[Key, Tracked] = field(default_factory=dict[Key, Tracked])
    strangers: list[Found] = field(default_factory=list[Found])
    """Under the source's own names, not known by inode."""
    rotated: list[Found] = field(default_factory=list[Found])
    doubtful: list[Entry] = field(default_factory=list[Entry])
    """Rotated names under an inode of which nothing was read: it may hold a copy of what is new itself."""


def _key(status: os.stat_result) -> Key:
    return status.st_dev, status.st_ino


class Catalogue:
    """Finds known files again by inode, takes in the others, and notices who is gone."""

    def __init__(self, held: Holdings) -> None:
        self._held = held
        self._strangers = Strangers(held)
        self._neighbours = Neighbours(held, self._strangers)
        self._active: list[Tracked] = []
        self.present = 0
        """Files under any name of the source at the last listing."""
        self.followed = False
        """Whether one of them has the source's own name."""
        self.waiting_for = ""
        """What is not there, in words."""

    def has_changed(self) -> bool:
        """Whether any file looked at in every sweep is not what or where it was."""
        return self._strangers.have_changed() or not all(self._held.glance(file) for file in self._active)

    def look_through(self, now: float, *, thorough: bool) -> None:
        """Looks at every name; only where `thorough`, also at files long unchanged."""
        self._held.begin_listing()
        self._strangers.begin_listing()
        self.waiting_for = f"{self._held.spec.path} is not there yet."
        active = {file.token for file in self._active}
        listing = _Listing(now)
        seen = listing.seen
        for entry in self._entries(lambda entry: not thorough and self._is_quiet(entry, active, seen)):
            self._meet(entry, listing)
        for file in self._held.files.values():
            visible = seen.get(file.key) is file
            if file.visible and not visible:
                self._held.stir(file)
            file.visible = visible
        look_at_unlisted(self._held)
        for found in sorted(listing.strangers, key=lambda found: (found[1].st_mtime_ns, found[0].path)):
            self._strangers.recognised(found, now, begin=True)
        for entry in listing.doubtful:
            self._meet(entry, listing, doubted=True)
        self._neighbours.settle(listing.rotated, now)
        look_for_missing(self._held, now)
        visible = [file for file in self._held.files.values() if file.visible]
        self.present, self.followed = len(visible), any(file.primary for file in visible)
        self._active = heapq.nlargest(
            MAX_ACTIVE, visible, key=lambda file: (not file.position.finished, file.changed_at)
        )

    def _meet(self, entry: Entry, listing: _Listing, *, doubted: bool = False) -> None:
        """One name: its file is found again, or noted down for later; `doubted` = later is now."""
        try:
            status = os.stat(entry.path)
            found = (entry, status)
            self._strangers.meet(found)
            if _key(status) in listing.seen:
                return
            if (
                entry.base
                and not doubted
                and any(file.unproven for file in self._held.known.at(_key(status)))
            ):
                listing.doubtful.append(entry)
                return
            file = self._by_inode(found)
        except FileNotFoundError:
            # A link to nowhere has no inode here.
            self._held.moved = self._held.moved or entry.inode != 0
            return
        except Moved:
            self._held.moved = True
            return
        except (OSError, StorageError) as problem:
            self._held.note(entry.path, problem)
            return
        if entry.base:
            listing.rotated.append(found)
        if file is not None and file.owner == self._held.index:
            listing.seen[file.key] = file
            self._held.place(file, entry, listing.now)
        elif file is None and not entry.base:
            listing.strangers.append(found)

    def _entries(self, quiet: Callable[[Entry], bool]) -> list[Entry]:
        """Every name worth a look; the last names of unfinished files included, wherever they are."""
        found: list[Entry] = []
        names: set[str] = set()
        for folder in self._held.spec.folders():
            try:
                for entry in entries(self._held.spec, folder):
                    names.add(entry.path)
                    if not quiet(entry):
                        found.append(entry)
            except FileNotFoundError:
                self.waiting_for = f"The folder {folder} does not exist yet."
            except OSError as problem:
                self._held.note(folder, problem)
        for file in self._held.files.values():
            position = file.position
            if not position.finished and not file.displaced and position.path not in names:
                found.append(Entry(position.path, self._held.spec.path, None, 0))
        return found

    def _is_quiet(self, entry: Entry, active: set[int], seen: dict[Key, Tracked]) -> bool:
        """Whether the entry is a file long unchanged, told by its inode alone."""
        if not entry.inode:
            return False
        for file in self._held.known.at_inode(entry.inode):
            if (
                file.owner == self._held.index
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
        for file in self._held.known.at(_key(status)):
            if file.owner not in (None, self._held.index):
                return file
            if (
                fitting is None
                and not self._is_reused(file, found)
                and self._held.observe(file, entry.path, status)
            ):
                fitting = file
                self._held.claim(file)
            else:
                self._held.known.displace(file)
                self._held.stir(file)
        return fitting

    def _is_reused(self, file: Tracked, found: Found) -> bool:
        """Whether the inode, which is all that speaks for the file, was given to another one."""
        entry, status = found
        if entry.path.endswith(PACKED) and not file.position.path.endswith(PACKED):
            # No file is compressed in place.
            return True
        changed = (status.st_size, status.st_mtime_ns) != file.stamp and status.st_size > 0
        if not changed or not file.unproven:
            return False
        return file.position.finished or self._strangers.is_content_known(found)
