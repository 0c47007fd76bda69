"""The socket that knows its peer: signing in, the way to everything else, and files handed over.

A client connects, sends one line of JSON and gets one back. The engine knows the operating-system user of
whoever connects (SO_PEERCRED). Descriptors travel beside the line (SCM_RIGHTS, unix(7)): the files that
`Give` hands over, and with `Entered` the Flight socket, which has no path. So nobody who is not signed in
reaches Flight, whose messages have no bound before they are read.
"""

import contextlib
import os
import socket
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from engine.api.home import IDENTITY_SOCKET, run_folder, short_folder
from engine.api.operation import Done, Failed
from engine.domain.errors import EngineDown, PbxmeterError, error_from_wire
from engine.domain.message import Message

TIMEOUT_SECONDS = 10.0
ASK_SECONDS = 60.0
"""Signing in may have to wait for others that do so."""
BUSY = "busy"
"""Code of a refusal that passes by itself."""
BUSY_PAUSE_SECONDS = 0.05
MAX_REQUEST_BYTES = 64 * 1024
MAX_ANSWER_BYTES = 64 * 1024


class Identify(msgspec.Struct, frozen=True, tag_field="type", tag="identify"):
    """Asks for a session by operating-system user."""


class Ask(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="ask"):
    """An operation that is allowed before signing in."""

    operation: str
    body: msgspec.Raw


class Enter(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="enter"):
    """Asks for the Flight socket."""

    token: str


class Give(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="give"):
    """Hands over the files whose descriptors come beside it."""

    token: str


Request = Identify | Ask | Enter | Give


class Identity(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="identity"):
    """Who the engine takes the caller for. An empty `token` means: sign in by name and password."""

    token: str
    operator: str
    accounts_exist: bool
    proof: str = ""
    """Tells the engine later on which operating-system user asks."""


class Entered(msgspec.Struct, frozen=True, tag_field="type", tag="entered"):
    """The Flight socket comes beside it."""


class Given(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="given"):
    """A ticket for each file, in the order given."""

    tickets: list[str]


Answer = Identity | Entered | Given | Done | Failed

_answer = msgspec.json.Decoder(Answer)


def ask_identity(home: Path) -> Identity:
    """Asks the engine of this home for a session. Raises `EngineDown` when none answers."""
    answer, _ = _exchange(home, Identify())
    assert isinstance(answer, Identity)
    return answer


def ask_outside(home: Path, operation: str, body: bytes) -> msgspec.Raw:
    """The result of an operation asked before signing in. Raises what the engine answered."""
    answer, _ = _exchange(home, Ask(operation=operation, body=msgspec.Raw(body)), seconds=ASK_SECONDS)
    assert isinstance(answer, Done)
    return answer.result


def enter(home: Path, token: str) -> int:
    """A descriptor of the Flight socket, the caller's to close. Raises `NotSignedIn`."""
    _, descriptors = _exchange(home, Enter(token=token))
    if len(descriptors) != 1:
        raise EngineDown("The engine in {home} did not open its door.", home=home)
    return descriptors[0]


def give(home: Path, token: str, descriptors: Sequence[int]) -> list[str]:
    """Hands open files over; their tickets, which an operation must use within seconds."""
    answer, _ = _exchange(home, Give(token=token), descriptors=descriptors)
    assert isinstance(answer, Given)
    return answer.tickets


def _exchange(
    home: Path, request: Request, *, descriptors: Sequence[int] = (), seconds: float = TIMEOUT_SECONDS
) -> tuple[Answer, list[int]]:
    """The answer and the descriptors beside it; asks again while the engine says that it is busy."""
    deadline = time.monotonic() + seconds
    while True:
        answer, received = _ask_once(home, request, descriptors, seconds)
        if not isinstance(answer, Failed):
            return answer, received
        if answer.code != BUSY or time.monotonic() > deadline:
            raise error_from_wire(answer.kind, answer.code, answer.message, answer.field)
        time.sleep(BUSY_PAUSE_SECONDS)


def _ask_once(
    home: Path, request: Request, descriptors: Sequence[int], seconds: float
) -> tuple[Answer, list[int]]:
    line = msgspec.json.encode(request) + b"\n"
    if len(line) > MAX_REQUEST_BYTES:
        raise PbxmeterError("This is too long to be asked before signing in.", code="too_large")
    received: list[int] = []
    try:
        with short_folder(run_folder(home)) as folder, socket.socket(socket.AF_UNIX) as link:
            link.settimeout(seconds)
            link.connect(f"{folder}/{IDENTITY_SOCKET}")
            # An engine that is busy answers and leaves without reading.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                send_line(link, line, descriptors)
            text = b""
            while not text.endswith(b"\n") and len(text) < MAX_ANSWER_BYTES:
                part, beside, _, _ = socket.recv_fds(link, MAX_ANSWER_BYTES, 1, socket.MSG_CMSG_CLOEXEC)
                received += beside
                if not part:
                    break
                text += part
        return _answer.decode(text), received
    except BlockingIOError:
        # So many others are being connected that the engine's queue is full.
        return Failed(
            kind="refused", code=BUSY, message=Message("Too many ask at once; try again.")
        ), received
    except PermissionError as error:
        _close(received)
        raise EngineDown(
            "You may not open the engine's socket in {run_folder}. Ask the owner of the home to "
            "set engine.socket_group in config.yaml to a group that you are in, and to start the "
            "engine anew. If you were put into the group just now, log in to the host again.",
            run_folder=run_folder(home),
        ) from error
    except (OSError, msgspec.DecodeError) as error:
        _close(received)
        raise EngineDown("No engine answers in {home}.", home=home) from error


def send_line(link: socket.socket, line: bytes, descriptors: Sequence[int]) -> None:
    """Sends a line and the descriptors beside it."""
    if descriptors:
        line = line[socket.send_fds(link, [line], list(descriptors)) :]
    # Even nothing cannot be sent to who has read all and left.
    if line:
        link.sendall(line)


def _close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
