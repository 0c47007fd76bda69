"""What rotation left beside the followed files: finished where it was being read, read where it never was."""

# ruff: noqa: PTH116  # text paths: folders of thousands are looked at every second

import contextlib
import os

from engine.tail.followed_file import Key
from engine.tail.identify import Verdict
from engine.tail.listing import entries
from engine.tail.rotation_names import newest_first
from engine.tail.source_files import MTIME_SLACK_SECONDS, Found, Holdings
from engine.tail.unknown_files import Strangers


class Neighbours:
    """Rotated files of one source."""

    def __init__(self, held: Holdings, strangers: Strangers) -> None:
        self._held = held
        self._strangers = strangers
        self._scene: object = None
        """What was there when all was settled last."""
        self._began = held.wall()

    def settle(self, rotated: list[Found], now: float) -> None:
        """Finds, beside each followed name, the rotated files that are known and those that are new."""
        missing = [file.token for file in self._held.missing()]
        strangers = [
            (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
            for _, status in rotated
            if not self._is_visible(status)
        ]
        primaries = [file.token for file in self._held.files.values() if file.visible and file.primary]
        scene = (missing, strangers, primaries)
        if scene == self._scene or not (strangers or self._begins_anew()):
            return
        if not self._is_all_listed(rotated):
            self._held.moved = True
            return
        self._scene = scene
        groups: dict[str, list[Found]] = {}
        for found in rotated:
            if found[0].rotated is not None:
                groups.setdefault(found[0].base, []).append(found)
        for group in groups.values():
            self._settle_group(group, now)

    def _begins_anew(self) -> bool:
        """Whether a file under the source's own name was met for the first time."""
        return not self._held.spec.whole_files and any(
            file.visible and file.primary and file.position.file_id == 0
            for file in self._held.lively.values()
        )

    def _is_all_listed(self, rotated: list[Found]) -> bool:
        """Whether none was missed: a file renamed while its folder is read may show under neither name."""
        met = {(status.st_dev, status.st_ino) for _, status in rotated}
        for folder in self._held.spec.folders():
            with contextlib.suppress(OSError):
                for entry in entries(self._held.spec, folder):
                    if entry.rotated is not None and not self._was_met(entry.path, met):
                        return False
        return True

    def _was_met(self, path: str, met: set[Key]) -> bool:
        try:
            status = os.stat(path)
        except OSError:
            return True
        return (status.st_dev, status.st_ino) in met or self._is_visible(status)

    def _settle_group(self, group: list[Found], now: float) -> None:
        """Newest first: what lies before the first that is known was never read, and is read now, as is what
        was written since the source is followed. Others are archives.
        """
        order = newest_first(
            [(entry.rotated, status.st_mtime_ns) for entry, status in group if entry.rotated]
        )
        fresh: list[Found] = []
        known_seen = False
        read_at = [file.position.first_read_at for file in self._held.files.values()]
        followed_since = min(read_at, default=self._began) - MTIME_SLACK_SECONDS
        for found in (group[index] for index in order):
            status = found[1]
            if self._is_visible(status):
                # An inode alone, with nothing read under it, may have been given to another file meanwhile.
                known_seen = known_seen or self._is_known_by_content(status)
                continue
            recent = status.st_mtime > followed_since
            if known_seen and not recent and not any(True for _ in self._held.missing()):
                continue
            known = self._settle_one(found, now)
            known_seen = known_seen or known is True
            if known is False and (recent or not known_seen):
                fresh.append(found)
        if not known_seen:
            fresh = [found for found in fresh if found[1].st_mtime > followed_since]
        for found in reversed(fresh):
            self._strangers.begin(found, now)

    def _settle_one(self, found: Found, now: float) -> bool | None:
        """Takes a rotated file unknown by inode for what it is: is its content known; None = who knows."""
        status = found[1]
        verdict, original = self._strangers.recognised(found, now, begin=False)
        if verdict is Verdict.LATER:
            self._scene = None
            return None
        if verdict is Verdict.COPY and original is not None:
            # A copy of the file still written says nothing of what was rotated away before.
            return None if original.primary and original.visible else True
        if verdict is Verdict.FORK and original is not None:
            if status.st_mtime <= original.position.last_read_at - MTIME_SLACK_SECONDS:
                return False
            self._strangers.begin(found, now)
            return None
        return verdict is Verdict.MOVED

    def _is_visible(self, status: os.stat_result) -> bool:
        return any(file.visible for file in self._held.known.at((status.st_dev, status.st_ino)))

    def _is_known_by_content(self, status: os.stat_result) -> bool:
        at = self._held.known.at((status.st_dev, status.st_ino))
        return any(file.position.read_offset > 0 for file in at)
