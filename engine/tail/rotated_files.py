"""Rotated files beside the followed ones: finished where they were being read, read where they never were."""

# ruff: noqa: PTH116  # text paths: folders of thousands are looked at every second

import contextlib
import os

from engine.tail.file_status import MTIME_SLACK_SECONDS, FileKey, key_of
from engine.tail.identify import Verdict
from engine.tail.listing import Found, entries
from engine.tail.rotation_names import newest_first
from engine.tail.source_files import SourceFiles
from engine.tail.unknown_files import UnknownFiles


class RotatedFiles:
    """The rotated files of one source."""

    def __init__(self, files: SourceFiles, unknown: UnknownFiles) -> None:
        self._files = files
        self._unknown = unknown
        self._settled: object = None
        """The files that were there when all was settled last; None = look again."""
        self._began = files.wall()

    def settle(self, rotated: list[Found], now: float) -> None:
        """Finds, beside each followed name, the rotated files that are known and those that are new."""
        missing = [file.token for file in self._files.missing]
        unknown = [(found.key, found.stamp) for found in rotated if not self._files.is_visible(found.key)]
        primaries = [file.token for file in self._files if file.visible and file.primary]
        present = (missing, unknown, primaries)
        if present == self._settled or not (unknown or self._has_new_primary()):
            return
        if not self._is_all_listed(rotated):
            self._files.note_inconsistency()
            return
        self._settled = present
        groups: dict[str, list[Found]] = {}
        for found in rotated:
            if found.entry.rotated is not None:
                groups.setdefault(found.entry.base, []).append(found)
        for group in groups.values():
            self._settle_group(group, now)

    def _has_new_primary(self) -> bool:
        """Whether a file under the source's own name was found for the first time."""
        return not self._files.spec.whole_files and any(
            file.visible and file.primary and file.checkpoint.file_id == 0 for file in self._files.active
        )

    def _is_all_listed(self, rotated: list[Found]) -> bool:
        """Whether none was missed: a file renamed while its folder is read may show under neither name."""
        found = {one.key for one in rotated}
        for folder in self._files.spec.folders():
            with contextlib.suppress(OSError):
                for entry in entries(self._files.spec, folder):
                    if entry.rotated is not None and not self._was_found(entry.path, found):
                        return False
        return True

    def _was_found(self, path: str, found: set[FileKey]) -> bool:
        try:
            key = key_of(os.stat(path))
        except OSError:
            return True
        return key in found or self._files.is_visible(key)

    def _settle_group(self, group: list[Found], now: float) -> None:
        """Newest first: what lies before the first that is known was never read, and is read now, as is what
        was written since the source is followed. Others are archives.
        """
        order = newest_first(
            [(found.entry.rotated, found.stamp.mtime_ns) for found in group if found.entry.rotated]
        )
        fresh: list[Found] = []
        known_seen = False
        read_at = [file.checkpoint.first_read_at for file in self._files]
        followed_since = min(read_at, default=self._began) - MTIME_SLACK_SECONDS
        for found in (group[index] for index in order):
            if self._files.is_visible(found.key):
                # An inode alone, with nothing read under it, may have been given to another file meanwhile.
                known_seen = known_seen or self._is_known_by_content(found.key)
                continue
            recent = found.status.st_mtime > followed_since
            if known_seen and not recent and not self._files.missing:
                continue
            known = self._settle_one(found, now)
            known_seen = known_seen or known is True
            if known is False and (recent or not known_seen):
                fresh.append(found)
        if not known_seen:
            fresh = [found for found in fresh if found.status.st_mtime > followed_since]
        for found in reversed(fresh):
            self._unknown.follow(found, now)

    def _settle_one(self, found: Found, now: float) -> bool | None:
        """Takes a rotated file unknown by inode for what it is: is its content known; None = who knows."""
        verdict, original = self._unknown.identify(found, now, follow_new=False)
        if verdict is Verdict.LATER:
            self._settled = None
            return None
        if verdict is Verdict.COPY and original is not None:
            # A copy of the file still written says nothing of what was rotated away before.
            return None if original.primary and original.visible else True
        if verdict is Verdict.FORK and original is not None:
            if found.status.st_mtime <= original.checkpoint.last_read_at - MTIME_SLACK_SECONDS:
                return False
            self._unknown.follow(found, now)
            return None
        return verdict is Verdict.MOVED

    def _is_known_by_content(self, key: FileKey) -> bool:
        return any(file.checkpoint.read_offset > 0 for file in self._files.registry.at(key))
