"""The file status that following relies on: inode, size and modification time."""

import os
from typing import NamedTuple

MTIME_SLACK_SECONDS = 0.05
"""Modification times lag behind the clock by a tick."""

FileKey = tuple[int, int]
"""Device and inode."""


class Stamp(NamedTuple):
    """Size and modification time of a file as stored; the same stamp mostly means the same content."""

    size: int
    mtime_ns: int

    def is_racy(self, looked_at: float) -> bool:
        """Whether the file may have changed after the look without its modification time telling."""
        return abs(looked_at - self.mtime_ns / 1e9) < MTIME_SLACK_SECONDS


NO_STAMP = Stamp(-1, -1)
"""Equal to that of no file."""


def key_of(status: os.stat_result) -> FileKey:
    """The device and inode in a status."""
    return status.st_dev, status.st_ino


def stamp_of(status: os.stat_result) -> Stamp:
    """The size and modification time in a status."""
    return Stamp(status.st_size, status.st_mtime_ns)
