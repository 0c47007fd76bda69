"""The socket that knows its peer: hands out sessions and the way to Flight, and takes files.

Whoever may open it can send anything, and be slow about it: requests are bounded, each connection has a
thread and a few seconds, and there are only so many of them, in all and for one operating-system user.
"""

import contextlib
import logging
import os
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from engine.access.os_users import os_user_name
from engine.api.home import IDENTITY_SOCKET, file_id, remove_own, short_folder
from engine.api.identity import (
    BUSY,
    MAX_REQUEST_BYTES,
    Answer,
    Ask,
    Enter,
    Entered,
    Give,
    Given,
    Identify,
    Identity,
    Request,
    send_line,
)
from engine.api.operation import Done, Failed
from engine.api.site import FILES_AT_ONCE
from engine.domain.errors import InvalidInput, PbxmeterError, Refused
from engine.domain.threads import Start, start_thread
from engine.service.counted_log import CountedLog
from engine.service.failures import failure

log = logging.getLogger(__name__)

REQUEST_SECONDS = 5.0
MAX_CONNECTIONS = 128
MAX_OF_ONE_USER = 64
TICK_SECONDS = 5.0
RETRY_SECONDS = 0.2
"""After a failed accept: descriptors or memory are short, and may not be in a moment."""

_CREDENTIALS = struct.Struct("3i")  # pid, uid, gid: struct ucred of unix(7)
_request: "msgspec.json.Decoder[Request]" = msgspec.json.Decoder(Request)


class Inside(Protocol):
    """What the Flight server has for those outside."""

    @property
    def door(self) -> int:
        """A descriptor of the Flight socket."""
        ...

    def answer_outside(self, operation: str, body: bytes) -> Done:
        """The result of an operation that needs no session. Raises `PbxmeterError`."""
        ...

    def check(self, token: str) -> None:
        """Raises `NotSignedIn`."""
        ...

    def keep(self, token: str, descriptors: list[int]) -> list[str]:
        """Takes files over, a ticket for each. Raises `NotSignedIn`, `Refused`."""
        ...

    def tick(self) -> None:
        """Lets go of files that nobody used."""
        ...


class IdentityServer:
    """Answers each connection with one line and closes it."""

    def __init__(
        self,
        folder: Path,
        identify: Callable[[str], Identity],
        inside: Inside,
        *,
        mode: int,
        group: int,
        start: Start = start_thread,
    ) -> None:
        """Binds the socket in an existing folder; `group` -1 leaves its group. Hold the home's lock."""
        self._identify = identify
        self._inside = inside
        self._lock = threading.Lock()
        self._open: Counter[int] = Counter()
        self._failed = CountedLog(log, logging.ERROR, "A connection to the identity socket was lost")
        self._left = CountedLog(log, logging.INFO, "A caller of the identity socket left")
        self._path = folder / IDENTITY_SOCKET
        self._path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX)
        with short_folder(folder) as short:
            self._socket.bind(f"{short}/{IDENTITY_SOCKET}")
        self._made = file_id(self._path)
        self._path.chmod(mode)
        if group != -1:
            os.chown(self._path, -1, group)
        self._socket.listen(MAX_CONNECTIONS)
        self._socket.settimeout(TICK_SECONDS)
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
        """Accepts until stopped, whatever happens."""
        while not self._stop.is_set():
            try:
                self._accept()
            except Exception as error:  # noqa: BLE001 - without this thread nobody could sign in any more
                if not self._stop.is_set():
                    self._failed.note(error)
                    self._stop.wait(RETRY_SECONDS)

    def _accept(self) -> None:
        try:
            link, _ = self._socket.accept()
        except TimeoutError:
            self._inside.tick()
            return
        try:
            credentials = link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
            _, uid, _ = _CREDENTIALS.unpack(credentials)
            link.settimeout(REQUEST_SECONDS)
            if not self._begin(uid):
                _send(link, failure(Refused("Too many ask at once; try again.", code=BUSY)))
                link.close()
                return
            try:
                threading.Thread(target=self._attend, args=(link, uid), name="caller", daemon=True).start()
            except BaseException:
                self._end(uid)
                raise
        except BaseException:
            link.close()
            raise

    def _begin(self, uid: int) -> bool:
        with self._lock:
            if self._open.total() >= MAX_CONNECTIONS or self._open[uid] >= MAX_OF_ONE_USER:
                return False
            self._open[uid] += 1
            return True

    def _end(self, uid: int) -> None:
        with self._lock:
            self._open[uid] -= 1
            if not self._open[uid]:
                del self._open[uid]

    def _attend(self, link: socket.socket, uid: int) -> None:
        given: list[int] = []
        try:
            with link:
                try:
                    answer, beside = self._answer(_receive(link, given), given, uid)
                except OSError:
                    raise
                except Exception as error:  # noqa: BLE001 - nothing but code and message may reach a client
                    answer, beside = failure(error), []
                _send(link, answer, beside)
        except OSError as error:
            self._left.note(error)
        finally:
            for descriptor in given:
                os.close(descriptor)
            self._end(uid)

    def _answer(self, line: bytes, given: list[int], uid: int) -> tuple[Answer, list[int]]:
        """The answer and the descriptors beside it; what is kept of `given` is taken out of it."""
        try:
            request = _request.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise InvalidInput("This is no request: {error}", error=error) from error
        match request:
            case Identify():
                return self._identify(os_user_name(uid)), []
            case Ask(operation=operation, body=body):
                return self._inside.answer_outside(operation, bytes(body)), []
            case Enter(token=token):
                self._inside.check(token)
                return Entered(), [self._inside.door]
            case Give(token=token):
                tickets = self._inside.keep(token, given)
                given.clear()
                return Given(tickets=tickets), []


def _receive(link: socket.socket, given: list[int]) -> bytes:
    """One line; descriptors that come beside it are added to `given`, whatever happens."""
    deadline = time.monotonic() + REQUEST_SECONDS
    line = b""
    while not line.endswith(b"\n"):
        link.settimeout(max(0.01, deadline - time.monotonic()))
        part, beside, flags, _ = socket.recv_fds(
            link, MAX_REQUEST_BYTES + 1 - len(line), FILES_AT_ONCE, socket.MSG_CMSG_CLOEXEC
        )
        given += beside
        if flags & socket.MSG_CTRUNC or len(given) > FILES_AT_ONCE:
            raise PbxmeterError("The engine cannot take so many open files now; try again.", code="files")
        if not part:
            raise ConnectionResetError("the request is not whole")
        line += part
        if len(line) > MAX_REQUEST_BYTES:
            raise InvalidInput("A request is one line of at most 64 KiB.", code="too_large")
        if time.monotonic() > deadline:
            raise TimeoutError("the request takes too long")
    return line


def _send(link: socket.socket, answer: Answer | Failed, beside: list[int] | None = None) -> None:
    line = msgspec.json.encode(answer) + b"\n"
    link.settimeout(REQUEST_SECONDS)
    send_line(link, line, beside or [])
