"""One empty file a barred extension, for the STAT() of the PBX's dialplan."""

import os
import stat
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from engine.lockout.spool import FILE_MODE, check_readable, make_folder, unwritable
from engine.lockout.target import speakable

NOT_EMPTY = "not an empty file"


class BarredFolder:
    """The files of a folder as keys; only those with names of extensions are ours, and only while empty."""

    reasons = False

    def __init__(
        self,
        path: Path,
        *,
        own_groups: frozenset[int] = frozenset(),
        home: Path | None = None,
        check: Callable[[], None] = lambda: None,
        dry_run: bool = False,
    ) -> None:
        """Members of `own_groups` are people, not the PBX; `check` raises where another engine is at work.

        `home` is never made; in a dry run no folder is.
        """
        self._path = path
        self._own_groups = own_groups
        self._home = home
        self._still_ours = check
        self._dry_run = dry_run
        self.place = str(path)
        self.remedy = f"rm {path}/KEY"

    def connect(self, *, check: bool) -> bool:  # noqa: ARG002 - there is no connection
        """Makes the folder. Raises `StorageError`."""
        try:
            if not self._dry_run:
                make_folder(self._path, home=self._home)
        except OSError as error:
            raise unwritable(self._path, error, folder=self._path) from error
        return False

    def read(self, candidates: Callable[[], Collection[str]]) -> dict[str, str]:  # noqa: ARG002
        """The names in the folder."""
        if self._dry_run and not self._path.exists():
            return {}
        with os.scandir(self._path) as entries:
            return {entry.name: _value(entry) for entry in entries if speakable(entry.name)}

    def look(self, keys: Collection[str]) -> dict[str, str]:
        """Those of the names that are there."""
        return {key: "" for key in keys if os.path.lexists(self._path / key)}

    def write(self, put: Mapping[str, str], drop: Collection[str]) -> None:
        """Makes and removes files. Raises `StorageError`."""
        try:
            self._still_ours()
            folder = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                for name in put:
                    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
                    descriptor = os.open(name, flags, FILE_MODE, dir_fd=folder)
                    os.fchmod(descriptor, FILE_MODE)
                    os.close(descriptor)
                for name in drop:
                    os.unlink(name, dir_fd=folder)
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise unwritable(self._path, error, folder=self._path) from error

    def check(self) -> None:
        """Raises `StorageError` where the PBX cannot get to the folder."""
        if not self._dry_run:
            check_readable(self._path, own_groups=self._own_groups)

    def lost(self) -> bool:
        """Never: there is no connection."""
        return False

    def close(self) -> None:
        """Nothing stays open."""


def _value(entry: "os.DirEntry[str]") -> str:
    status = entry.stat(follow_symlinks=False)
    return "" if stat.S_ISREG(status.st_mode) and not status.st_size else NOT_EMPTY
