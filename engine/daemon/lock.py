"""One engine per home: a lock that the kernel drops when the process ends, however it ends."""

import fcntl
import os
from pathlib import Path

from engine.api.home import LOCK_FILE
from engine.domain.errors import Refused


class HomeLock:
    """Held from before any socket is bound until after the database is closed."""

    def __init__(self, home: Path) -> None:
        """Raises `Refused` when another engine holds the home."""
        self._descriptor = os.open(home / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.read(self._descriptor, 32).decode("ascii", "replace").strip()
            os.close(self._descriptor)
            raise Refused(
                f"An engine runs in {home} already (process {pid or 'unknown'}). Use it, or stop it with "
                "`pbxmeter engine stop`.",
                code="engine_running",
            ) from None
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Lets the next engine in."""
        os.close(self._descriptor)
