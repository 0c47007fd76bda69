"""The client library: one connection to the engine of a home folder."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import msgspec
import pyarrow as pa
import pyarrow.flight as flight

from engine.api.events import Event
from engine.api.home import LOG_FILE, START_ERROR_FILE, make_home, open_own
from engine.api.identity import Identity, ask_identity, ask_outside, enter, give
from engine.api.message_json import from_json
from engine.api.operation import Done, Failed, Operation, Progress, Reply
from engine.api.session import SignIn
from engine.api.site import GivenFile
from engine.domain.errors import (
    EngineDown,
    NotFound,
    NotSignedIn,
    PbxmeterError,
    StorageError,
    error_from_wire,
)
from engine.domain.message import Message, of_system
from engine.domain.regular_files import open_regular

START_TIMEOUT_SECONDS = 60.0
EVENTS_ACTION = "Events"

R = TypeVar("R")

_reply = msgspec.json.Decoder(Reply)
_event = msgspec.json.Decoder(Event)


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """An account's name and password."""

    name: str
    password: str


class Client:
    """Asks the engine. Thread-safe: calls from several threads go side by side.

    Every method raises the `PbxmeterError` that the engine answered with, `EngineDown` when the
    connection broke, and `NotSignedIn` when the session ended.
    """

    def __init__(self, home: Path, *, credentials: Credentials | None = None) -> None:
        """Connects to a running engine and signs in. Raises `EngineDown` when there is none."""
        identity = ask_identity(home)
        self.home = home
        self._token, self._proof = identity.token, identity.proof
        self.operator = identity.operator
        self._closed = threading.Event()
        self._stack = contextlib.ExitStack()
        self._flight: flight.FlightClient | None = None
        if self._token:
            self._enter()
        if credentials is not None:
            self.sign_in(credentials)

    def sign_in(self, credentials: Credentials) -> None:
        """Starts a session by name and password. Raises `Refused` when they do not fit."""
        session = self.call(SignIn(name=credentials.name, password=credentials.password, proof=self._proof))
        self._token, self.operator = session.token, session.operator
        if self._flight is None:
            self._enter()

    def _enter(self) -> None:
        """Connects to the Flight socket, which only the engine can give."""
        descriptor = enter(self.home, self._token)
        self._stack.callback(os.close, descriptor)
        with _translated():
            client = flight.FlightClient(f"grpc+unix:///proc/self/fd/{descriptor}")
        self._stack.callback(client.close)
        self._flight = client

    def _entered(self) -> flight.FlightClient:
        if self._flight is None:
            raise NotSignedIn("Sign in first.")
        return self._flight

    def call(self, operation: Operation[R], *, progress: Callable[[Progress], None] | None = None) -> R:
        """The operation's result. `progress` is told of long work; what it raises cancels that work."""
        name, body = type(operation).__name__, msgspec.json.encode(operation)
        if self._flight is None and type(operation).role is None:
            return msgspec.json.decode(ask_outside(self.home, name, body), type=type(operation).returns)
        with _translated():
            stream = self._entered().do_action(flight.Action(name, body), self._options())
            try:
                for answer in stream:
                    reply = _reply.decode(answer.body.to_pybytes())
                    if isinstance(reply, Progress):
                        if progress is not None:
                            progress(reply)
                    elif isinstance(reply, Failed):
                        raise error_from_wire(reply.kind, reply.code, reply.message, reply.field)
                    elif isinstance(reply, Done):
                        return msgspec.json.decode(reply.result, type=type(operation).returns)
            finally:
                # Dropping the stream cancels the call in the engine.
                del stream
        raise EngineDown("The engine ended the call without an answer.")

    def stream(self, operation: Operation[R]) -> pa.RecordBatchReader:
        """The operation's rows as Arrow batches. Errors of a stream surface while it is read."""
        ticket = flight.Ticket(msgspec.json.encode([type(operation).__name__, operation]))
        with _translated():
            reader = self._entered().do_get(ticket, self._options())

        def batches() -> Iterator[pa.RecordBatch]:
            with _translated():
                for chunk in reader:
                    yield chunk.data

        return pa.RecordBatchReader.from_batches(reader.schema, batches())

    def events(self) -> Iterator[Event]:
        """What happens from now on, until the connection breaks (`EngineDown`) or the client is closed."""
        with _translated():
            stream = self._entered().do_action(flight.Action(EVENTS_ACTION, b""), self._options())

        def happened() -> Iterator[Event]:
            with _translated():
                for answer in stream:
                    if self._closed.is_set():
                        return
                    body = answer.body.to_pybytes()
                    if body.startswith(b'{"type":"failed"'):
                        failed = msgspec.json.decode(body, type=Failed)
                        raise error_from_wire(failed.kind, failed.code, failed.message, failed.field)
                    yield _event.decode(body)
            if not self._closed.is_set():
                raise EngineDown("The engine ended the event stream.")

        return happened()

    def give(self, paths: Sequence[str | Path]) -> list[GivenFile]:
        """Opens files of the caller's and hands them over, for one operation to be asked at once.

        Raises `NotFound` or `StorageError` for what cannot be read.
        """
        descriptors: list[int] = []
        try:
            for path in paths:
                descriptors.append(open_file(path))
            tickets = give(self.home, self._token, descriptors)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        return [
            GivenFile(path=str(Path(path).absolute()), ticket=ticket)
            for path, ticket in zip(paths, tickets, strict=True)
        ]

    def close(self) -> None:
        """Ends the connection; open streams end with it."""
        if not self._closed.is_set():
            self._closed.set()
            self._stack.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _options(self) -> flight.FlightCallOptions:
        headers = [(b"authorization", f"Bearer {self._token}".encode())] if self._token else []
        return flight.FlightCallOptions(headers=headers)


def open_file(path: str | Path) -> int:
    """A descriptor of a CDR file of the caller's. Raises `NotFound`, `StorageError`."""
    try:
        return open_regular(str(path))
    except FileNotFoundError:
        raise NotFound("There is no file {path}.", path=path) from None
    except ValueError:
        raise NotFound("{text!r} cannot be a file's name.", text=str(path)) from None
    except OSError as error:
        raise StorageError("{path} cannot be read: {reason}.", path=path, reason=of_system(error)) from error


@contextlib.contextmanager
def _translated() -> Generator[None]:
    try:
        yield
    except flight.FlightServerError as error:
        raise _failure(error) from error
    except flight.FlightUnauthenticatedError as error:
        raise NotSignedIn("Sign in first.") from error
    except (flight.FlightUnavailableError, flight.FlightInternalError, flight.FlightCancelledError) as error:
        raise EngineDown("The connection to the engine broke.") from error
    except flight.FlightError as error:
        raise PbxmeterError("The engine answered: {error}", error=error, code="wire") from error
    except (pa.ArrowException, OSError) as error:
        raise EngineDown("The connection to the engine broke: {error}", error=error) from error
    except msgspec.DecodeError as error:
        raise PbxmeterError(
            "The engine speaks another version of pbxmeter: {error}. Stop it with `pbxmeter engine stop`.",
            error=error,
            code="wire",
        ) from error


def _failure(error: flight.FlightServerError) -> PbxmeterError:
    """What the engine said; Flight's own words about it help nobody."""
    try:
        failed = msgspec.json.decode(error.extra_info or b"", type=Failed)
    except msgspec.DecodeError:
        return PbxmeterError("The engine answered: {error}", error=error, code="wire")
    return error_from_wire(failed.kind, failed.code, failed.message, failed.field)


def connect(home: Path, *, start: bool = True, credentials: Credentials | None = None) -> Client:
    """A client of the home's engine; starts one in the background when none runs and `start` is set.

    Raises `EngineDown` with the reason when it cannot be reached or started.
    """
    # The engine runs with another working folder.
    home = home.absolute()
    try:
        return Client(home, credentials=credentials)
    except EngineDown as error:
        if not start or isinstance(error.__cause__, PermissionError):
            raise
    start_engine(home)
    return Client(home, credentials=credentials)


def start_engine(
    home: Path, *, stay: bool = False, new_database: bool = False, accept_loss: bool = False
) -> Identity:
    """Starts a background engine, in a session of its own, and waits until it answers.

    With `stay` it does not end after its last client. With `new_database` it makes an empty database in
    the place of one that is gone; with `accept_loss` it begins also with a database that has lost something.

    Raises `EngineDown` with what the engine said when it could not start, and `Refused` in a home that is
    in the hands of somebody else.
    """
    try:
        make_home(home)
        error_file = home / START_ERROR_FILE
        error_file.unlink(missing_ok=True)
        descriptor = open_own(home / LOG_FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        with os.fdopen(descriptor, "ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "engine.daemon", "run", "--home", str(home), "--background"]
                + (["--stay"] if stay else [])
                + (["--new-database"] if new_database else [])
                + (["--accept-loss"] if accept_loss else []),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd="/",
            )
    except OSError as error:
        raise EngineDown(
            "An engine could not be started in {home}: {reason}.", home=home, reason=of_system(error)
        ) from error
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        try:
            return ask_identity(home)
        except EngineDown:
            code = child.poll()
            if code not in (None, 0):
                text = error_file.read_text(encoding="utf-8").strip() if error_file.exists() else ""
                reason = from_json(text) if text else Message("See {path}.", path=home / LOG_FILE)
                raise EngineDown("The engine could not start. {reason}", reason=reason) from None
            time.sleep(0.02)
    raise EngineDown(
        "The engine did not answer within {start_timeout_seconds:.0f} s. See {home}.",
        start_timeout_seconds=START_TIMEOUT_SECONDS,
        home=home / LOG_FILE,
    )
