"""Discovery: which names a source has, which files they stand for, and which files are missing."""

# ruff: noqa: PTH116  # text paths: folders of thousands are looked at every second

import heapq
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from engine.domain.errors import StorageError
from engine.domain.message import NOTHING, Message
from engine.tail.file_reader import PACKED
from engine.tail.file_status import NO_STAMP, FileKey
from engine.tail.followed_file import FollowedFile
from engine.tail.listing import Entry, Found, entries
from engine.tail.rotated_files import RotatedFiles
from engine.tail.source_files import NameChanged, SourceFiles
from engine.tail.unknown_files import UnknownFiles

MAX_STATED = 256
"""Files looked at in every sweep: the ones that changed last. The others when a listing is thorough."""
MISSING_SECONDS = 5.0
"""A file not found for this long, in which nothing can be read any more, is given up."""


@dataclass(slots=True)
class _Listing:
    """The names that one listing has found so far."""

    now: float
    seen: dict[FileKey, FollowedFile] = field(default_factory=dict[FileKey, FollowedFile])
    unknown: list[Found] = field(default_factory=list[Found])
    """Under the source's own names, not known by inode."""
    rotated: list[Found] = field(default_factory=list[Found])
    postponed: list[Entry] = field(default_factory=list[Entry])
    """Rotated names under an inode of which nothing was read: it may hold a copy of what is new itself."""


class Discovery:
    """Finds known files again by inode, follows new ones, and gives up those that are gone."""

    def __init__(self, files: SourceFiles) -> None:
        self._files = files
        self._unknown = UnknownFiles(files)
        self._rotated = RotatedFiles(files, self._unknown)
        self._recent: list[FollowedFile] = []
        self.present = 0
        """Files under any name of the source at the last listing."""
        self.followed = False
        """Whether one of them has the source's own name."""
        self.waiting_for = NOTHING
        """The name or folder that is not there yet, in words."""

    def has_changed(self) -> bool:
        """Whether any file looked at in every sweep is not what or where it was."""
        return self._unknown.have_changed() or not all(
            self._files.is_unchanged(file) for file in self._recent
        )

    def list_names(self, now: float, *, thorough: bool) -> None:
        """Looks at every name; only where `thorough`, also at files long unchanged."""
        self._files.begin_listing()
        self._unknown.begin_listing()
        self.waiting_for = Message("{path} is not there yet.", path=self._files.spec.path)
        recent = {file.token for file in self._recent}
        listing = _Listing(now)
        seen = listing.seen
        for entry in self._entries(lambda entry: not thorough and self._is_quiet(entry, recent, seen)):
            self._look_at(entry, listing)
        for file in self._files:
            if file.listed(visible=seen.get(file.key) is file):
                self._files.activate(file)
        self._look_at_nameless()
        for found in sorted(listing.unknown, key=lambda found: (found.stamp.mtime_ns, found.entry.path)):
            self._unknown.identify(found, now, follow_new=True)
        for entry in listing.postponed:
            self._look_at(entry, listing, postponed=True)
        self._rotated.settle(listing.rotated, now)
        self._give_up_missing(now)
        visible = [file for file in self._files if file.visible]
        self.present, self.followed = len(visible), any(file.primary for file in visible)
        self._recent = heapq.nlargest(
            MAX_STATED, visible, key=lambda file: (not file.checkpoint.finished, file.changed_at)
        )

    def _look_at(self, entry: Entry, listing: _Listing, *, postponed: bool = False) -> None:
        """One name: its file is found again, or noted down for later; `postponed` = later is now."""
        files = self._files
        try:
            found = Found(entry, os.stat(entry.path))
            self._unknown.listed(found)
            if found.key in listing.seen:
                return
            known = files.registry.at(found.key)
            if entry.base and not postponed and any(file.inode_only for file in known):
                listing.postponed.append(entry)
                return
            file = self._by_inode(found)
        except FileNotFoundError:
            # A link to nowhere has no inode here.
            if entry.inode != 0:
                files.note_inconsistency()
            return
        except NameChanged:
            files.note_inconsistency()
            return
        except (OSError, StorageError) as problem:
            files.note_problem(entry.path, problem)
            return
        if entry.base:
            listing.rotated.append(found)
        if file is not None and file.owner == files.index:
            listing.seen[file.key] = file
            files.found(file, entry, listing.now)
        elif file is None and not entry.base:
            listing.unknown.append(found)

    def _entries(self, is_quiet: Callable[[Entry], bool]) -> list[Entry]:
        """Every name worth a look; the last names of unfinished files included, wherever they are."""
        found: list[Entry] = []
        names: set[str] = set()
        for folder in self._files.spec.folders():
            try:
                for entry in entries(self._files.spec, folder):
                    names.add(entry.path)
                    if not is_quiet(entry):
                        found.append(entry)
            except FileNotFoundError:
                self.waiting_for = Message("The folder {folder} does not exist yet.", folder=folder)
            except OSError as problem:
                self._files.note_problem(folder, problem)
        for file in self._files:
            last = file.checkpoint
            if not last.finished and not file.displaced and last.path not in names:
                found.append(Entry(last.path, self._files.spec.path, None, 0))
        return found

    def _is_quiet(self, entry: Entry, recent: set[int], seen: dict[FileKey, FollowedFile]) -> bool:
        """Whether the entry is a file long unchanged, told by its inode alone."""
        if not entry.inode:
            return False
        for file in self._files.registry.at_inode(entry.inode):
            if (
                file.owner == self._files.index
                and file.path == entry.path
                and file.visible
                and file.token not in recent
            ):
                seen[file.key] = file
                return True
        return False

    def _by_inode(self, found: Found) -> FollowedFile | None:
        """The file known under this inode, if it still holds what it did; else it is displaced."""
        files = self._files
        same: FollowedFile | None = None
        for file in files.registry.at(found.key):
            if file.owner not in (None, files.index):
                return file
            if (
                same is None
                and not self._is_inode_reused(file, found)
                and files.observe(file, found.entry.path, found.status)
            ):
                same = file
                files.adopt(file)
            else:
                files.registry.displace(file)
                files.activate(file)
        return same

    def _is_inode_reused(self, file: FollowedFile, found: Found) -> bool:
        """Whether the inode, which is all that speaks for the file, was given to another one."""
        if found.entry.path.endswith(PACKED) and not file.checkpoint.path.endswith(PACKED):
            # No file is compressed in place.
            return True
        changed = found.stamp != file.stamp and found.stamp.size > 0
        if not changed or not file.inode_only:
            return False
        return file.checkpoint.finished or self._unknown.is_content_known(found)

    def _look_at_nameless(self) -> None:
        """Looks at open files that were deleted, or moved out of sight."""
        for file in self._files.missing:
            if file.content is not None and not self._files.observe(file, file.path, file.content.status()):
                self._files.registry.displace(file)

    def _give_up_missing(self, now: float) -> None:
        """Waits for missing files for a while; gives up those in which nothing can be read any more."""
        for file in self._files.missing:
            missing_seconds = file.missed(now)
            if file.gone:
                continue
            self._files.request_listing()
            unreadable = file.content is None or file.displaced
            if unreadable and missing_seconds >= MISSING_SECONDS and not self._files.faults:
                self._warn_of_loss(file)
                self._files.give_up(file)

    def _warn_of_loss(self, file: FollowedFile) -> None:
        last = file.checkpoint
        if file.stamp == NO_STAMP:
            read_at = datetime.fromtimestamp(last.last_read_at, UTC).isoformat(timespec="seconds")
            self._files.warn(
                Message(
                    "{path} as read until {read_at} was not found again; if it was written to after "
                    "that, import a copy with `pbxmeter ingest`.",
                    path=last.path,
                    read_at=read_at,
                )
            )
        elif file.behind:
            self._files.warn(
                Message(
                    "{behind} bytes of {path} vanished before they were read; import them from a copy "
                    "with `pbxmeter ingest`.",
                    behind=file.behind,
                    path=last.path,
                )
            )
