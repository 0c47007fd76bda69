"""The names of one source in its folders: its own files, and those that rotation left beside them."""

# ruff: noqa: PTH116, PTH118, PTH119, PTH120, PTH207  # text paths: folders of thousands are listed every second

import fnmatch
import functools
import glob
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from engine.tail.file_status import FileKey, Stamp, key_of, stamp_of
from engine.tail.rotation_names import Rotated, rotated, rotated_from


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceSpec:
    """One source to follow."""

    path: str
    """A file or a glob, absolute."""
    whole_files: bool = False
    """Each file is written once and then left: one file per call, or one per export."""

    @property
    def is_glob(self) -> bool:
        """Whether the path names many files."""
        return glob.has_magic(self.path)

    def folders(self) -> list[str]:
        """The folders to look into and to watch, existing or not; that of a link's target included."""
        folder = os.path.dirname(self.path) or "."
        if self.is_glob:
            return sorted(glob.glob(folder, recursive=True)) if glob.has_magic(folder) else [folder]
        target = os.path.dirname(os.path.realpath(self.path))
        return [folder] if os.path.realpath(folder) == target else [folder, target]


@dataclass(frozen=True, slots=True)
class Entry:
    """A name that may be a file of the source."""

    path: str
    base: str
    """The path it was rotated away from; '' = the source's own name."""
    rotated: Rotated | None
    inode: int
    """As the folder has it: that of the link for a symbolic link; 0 = look."""


@dataclass(frozen=True, slots=True)
class Found:
    """A name, and the status of the file it stands for."""

    entry: Entry
    status: os.stat_result

    @property
    def key(self) -> FileKey:
        """Device and inode."""
        return key_of(self.status)

    @property
    def stamp(self) -> Stamp:
        """Stored size and modification time."""
        return stamp_of(self.status)


def entries(spec: SourceSpec, folder: str) -> Iterator[Entry]:
    """The source's own files and the rotated ones beside them in one folder. Raises OSError."""
    if spec.is_glob:
        yield from _of_glob(folder, os.path.basename(spec.path))
        return
    own = {os.path.basename(path) for path in (spec.path, os.path.realpath(spec.path))}
    with os.scandir(folder) as names:
        for name in names:
            if name.path == spec.path:
                yield Entry(name.path, "", None, 0)
            else:
                for base in own:
                    if (found := rotated(name.name, base)) is not None:
                        yield Entry(name.path, os.path.join(folder, base), found, _inode(name))
                        break


def _of_glob(folder: str, pattern: str) -> Iterator[Entry]:
    fits, hidden = _matcher(pattern), pattern.startswith(".")
    with os.scandir(folder) as names:
        for name in names:
            if name.name.startswith(".") and not hidden:
                continue
            if fits(name.name):
                if not name.is_dir():
                    yield Entry(name.path, "", None, _inode(name))
            elif (found := rotated_from(name.name)) is not None and fits(found.base):
                yield Entry(name.path, os.path.join(folder, found.base), found, _inode(name))


@functools.cache
def _matcher(pattern: str) -> Callable[[str], object]:
    """Whether a name fits the pattern, which mostly is a beginning, an asterisk, and an end."""
    begin, star, end = pattern.partition("*")
    if not star or glob.has_magic(begin) or glob.has_magic(end):
        return re.compile(fnmatch.translate(pattern)).match
    least = len(begin) + len(end)
    return lambda name: len(name) >= least and name.startswith(begin) and name.endswith(end)


def _inode(name: os.DirEntry[str]) -> int:
    return 0 if name.is_symlink() else name.inode()


@dataclass(slots=True)
class _FolderState:
    mtime_ns: int
    since: float


class FolderTimes:
    """The folders' modification times, which tell whether names in them may have changed."""

    # A change within the clock tick of the last look leaves the modification time as it was.
    SETTLED_SECONDS = 2.0

    def __init__(self) -> None:
        self._states: dict[str, _FolderState] = {}

    def may_have_changed(self, folders: Iterable[str], now: float) -> bool:
        """Whether any of them changed lately, appeared or vanished; `now` is monotonic seconds."""
        states: dict[str, _FolderState] = {}
        changed = False
        for folder in folders:
            try:
                mtime_ns = os.stat(folder).st_mtime_ns
            except OSError:
                mtime_ns = -1
            state = self._states.get(folder)
            if state is None or state.mtime_ns != mtime_ns:
                state = _FolderState(mtime_ns, now)
            states[folder] = state
            changed = changed or (mtime_ns != -1 and now - state.since < self.SETTLED_SECONDS)
        changed = changed or states.keys() != self._states.keys()
        self._states = states
        return changed
