"""One engine per home: a lock that the kernel drops when the process ends, however it ends."""

import fcntl
import os
from pathlib import Path

from engine.api.home import BESIDE_DATABASE, DATABASE_FILE, LOCK_FILE, open_own
from engine.domain.errors import Refused, StorageError
from engine.store.database import DATABASE_MISSING
from engine.store.held_files import HeldFiles

_PID_LENGTH = 11
_DATABASE_NOTE = b"a database is here\n"


class HomeLock:
    """Held from before any socket is bound until after the database is closed.

    The lock file holds the process id, and from the first database on a note that there is one.
    """

    def __init__(self, home: Path) -> None:
        """Raises `Refused` when another engine holds the home, or the lock file is not ours."""
        path = home / LOCK_FILE
        self._home = home
        self._descriptor = open_own(path, os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.read(self._descriptor, _PID_LENGTH).decode("ascii", "replace").strip()
            os.close(self._descriptor)
            raise Refused(
                "An engine runs in {home} already (process {pid}). Use it, or stop it with `pbxmeter "
                "engine stop`.",
                home=home,
                pid=pid or "unknown",
                code="engine_running",
            ) from None
        # Written over, never truncated: a kill must not lose the note behind it.
        os.pwrite(self._descriptor, f"{os.getpid():<{_PID_LENGTH - 1}}\n".encode(), 0)
        self.files = HeldFiles(home)
        self.files.hold(path)

    def expect_database(self) -> None:
        """Raises `StorageError` when a database was here and is gone; only a new home gets a new one."""
        path = self._home / DATABASE_FILE
        left = any(path.with_name(path.name + suffix).exists() for suffix in BESIDE_DATABASE)
        if (left or self._noted()) and not path.exists():
            raise StorageError(
                "The database {path} is gone. Put it back, or restore a backup with `pbxmeter "
                "restore`. To begin with an empty one: `pbxmeter engine start --new-database`.",
                path=path,
                code=DATABASE_MISSING,
            )

    def note_database(self) -> None:
        """Notes that there is a database, for as long as the home lasts."""
        if not self._noted():
            os.pwrite(self._descriptor, _DATABASE_NOTE, _PID_LENGTH)
            os.fsync(self._descriptor)

    def _noted(self) -> bool:
        return os.pread(self._descriptor, len(_DATABASE_NOTE), _PID_LENGTH) == _DATABASE_NOTE

    def release(self) -> None:
        """Lets the next engine in."""
        os.close(self._descriptor)
