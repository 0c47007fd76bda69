"""A folder for tests of following: its clock is theirs, and the inodes of deleted files come back at once.

What a disk does in its own time and order is done here on purpose, so that a history is the same each time,
on whatever file system the tests run.
"""

import contextlib
import gzip
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

Inodes = Literal["any", "newest", "lowest"]
"""Which inode a file is made with: what the disk gives, the one freed last, or the lowest that is free."""


class Disk:
    """Files that are written, moved, copied, deleted."""

    def __init__(self, wall: Callable[[], float] | None = None, *, inodes: Inodes = "any") -> None:
        """`wall` gives modification times, in seconds since 1970; None = the disk's own."""
        self._root = Path(tempfile.mkdtemp(prefix="follow", dir=_fast_folder()))
        self.folder = self._root / "cdr"
        self._free = self._root / "free"
        self.folder.mkdir()
        self._free.mkdir()
        self._wall = wall
        self._inodes = inodes
        self._freed = 0

    def close(self) -> None:
        """Deletes everything."""
        shutil.rmtree(self._root)

    def append(self, path: Path, content: bytes) -> None:
        """Makes the file where there is none."""
        if not path.exists():
            self._make(path)
        with path.open("ab", buffering=0) as file:
            file.write(content)
        self._stamp(path)

    def rename(self, old: Path, new: Path) -> None:
        """Over another file, too."""
        old.rename(new)
        self._stamp_folder()

    def delete(self, path: Path) -> None:
        """The inode is free when nobody has the file open any more."""
        if self._inodes == "any":
            path.unlink()
        else:
            self._freed += 1
            path.rename(self._free / f"{self._freed:06}")
        self._stamp_folder()

    def truncate(self, path: Path) -> None:
        """To nothing."""
        os.truncate(path, 0)
        self._stamp(path)

    def copy(self, source: Path, target: Path, *, keep_times: bool = False) -> None:
        """As cp does, or cp -p."""
        self.append(target, source.read_bytes())
        if keep_times:
            _take_times(source, target)

    def pack(self, path: Path) -> Path:
        """As gzip does: a new file with the old one's times."""
        packed = path.with_name(path.name + ".gz")
        self.append(packed, gzip.compress(path.read_bytes(), mtime=0))
        _take_times(path, packed)
        self.delete(path)
        return packed

    def _make(self, path: Path) -> None:
        free = self._unused()
        if not free:
            path.touch()
        else:
            again = min(free, key=_inode) if self._inodes == "lowest" else max(free)
            os.truncate(again, 0)
            again.rename(path)
        self._stamp_folder()

    def _unused(self) -> list[Path]:
        """Deleted files that this process does not hold open."""
        freed = list(self._free.iterdir())
        if not freed:
            return []
        held: set[int] = set()
        for handle in Path("/proc/self/fd").iterdir():
            with contextlib.suppress(OSError):
                held.add(handle.stat().st_ino)
        return [path for path in freed if _inode(path) not in held]

    def _stamp(self, path: Path) -> None:
        if self._wall is not None:
            os.utime(path, (self._wall(), self._wall()))

    def _stamp_folder(self) -> None:
        self._stamp(self.folder)


def _fast_folder() -> str | None:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - in memory


def _inode(path: Path) -> int:
    return path.stat().st_ino


def _take_times(source: Path, target: Path) -> None:
    times = source.stat()
    os.utime(target, ns=(times.st_atime_ns, times.st_mtime_ns))
