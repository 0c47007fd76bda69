"""The socket that knows its peer: tells a caller who it is, and hands out a session."""

import contextlib
import logging
import os
import pwd
import socket
import struct
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from engine.api.home import IDENTITY_SOCKET, file_id, remove_own, short_folder
from engine.api.identity import Identity
from engine.domain.threads import Start, start_thread

log = logging.getLogger(__name__)

ANSWER_SECONDS = 5.0
_CREDENTIALS = struct.Struct("3i")  # pid, uid, gid: struct ucred of unix(7)


class IdentityServer:
    """Answers each connection with one line and closes it."""

    def __init__(
        self,
        folder: Path,
        identify: Callable[[str], Identity],
        *,
        mode: int,
        group: int,
        start: Start = start_thread,
    ) -> None:
        """Binds the socket in an existing folder; `group` -1 leaves its group. Hold the home's lock."""
        self._identify = identify
        self._path = folder / IDENTITY_SOCKET
        self._path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX)
        with short_folder(folder) as short:
            self._socket.bind(f"{short}/{IDENTITY_SOCKET}")
        self._made = file_id(self._path)
        self._path.chmod(mode)
        if group != -1:
            os.chown(self._path, -1, group)
        self._socket.listen(64)
        self._stop = threading.Event()
        self._thread = start("identity", self._serve, until=self._stop.is_set)

    def close(self) -> None:
        """Stops answering and removes the socket."""
        self._stop.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(timeout=5)
        remove_own(self._path, self._made)

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                link, _ = self._socket.accept()
            except OSError:
                return
            with link:
                try:
                    link.settimeout(ANSWER_SECONDS)
                    credentials = link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
                    _, uid, _ = _CREDENTIALS.unpack(credentials)
                    link.sendall(msgspec.json.encode(self._identify(_user_name(uid))) + b"\n")
                except OSError as error:
                    log.info("A caller of the identity socket left: %s", error)


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid-{uid}"
