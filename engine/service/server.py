"""The Flight server: one action per operation, one ticket per stream, one stream of events.

Its socket has no path: the identity socket hands it to whoever is signed in (engine/api/identity.py).
"""

# pyarrow.flight ships no types.
# pyright: reportUntypedBaseClass=false

import logging
import os
import queue
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import msgspec
import pyarrow as pa
import pyarrow.flight as flight

from engine.access.sessions import Caller
from engine.api.client import EVENTS_ACTION
from engine.api.events import HEARTBEAT_SECONDS, Heartbeat
from engine.api.home import short_folder
from engine.api.operation import Done, Operation, Progress, Reply
from engine.domain.errors import EngineDown, InvalidInput, NotSignedIn, PbxmeterError, Refused
from engine.service import handlers
from engine.service.change import note_done, note_role
from engine.service.context import ServiceContext
from engine.service.counted_log import CountedLog
from engine.service.decoding import decode, operation_kind, ticket_parts
from engine.service.failures import failure
from engine.service.work import Cancellation, WorkPlaces

log = logging.getLogger(__name__)

PROGRESS_SECONDS = 0.2
SILENT_SECONDS = 1.0
"""Long work that tells nothing by itself tells how long it has run, so often."""
MAX_WAITING_PROGRESS = 100
RECHECK_SECONDS = 1.0
_DOOR = "door-"

_encode = msgspec.json.Encoder().encode


class _Token(flight.ServerMiddleware):
    """Carries the bearer token of a call."""

    def __init__(self, token: str) -> None:
        self.token = token


class _TokenFactory(flight.ServerMiddlewareFactory):
    def start_call(self, info: flight.CallInfo, headers: dict[str, list[str]]) -> _Token:  # noqa: ARG002
        values = headers.get("authorization", [])
        return _Token(str(values[0]).removeprefix("Bearer ") if values else "")


class _Right:
    """What a caller may do, looked at again while it goes on: accounts are removed, roles change."""

    def __init__(self, service: ServiceContext, token: str, kind: type) -> None:
        """Raises `NotSignedIn`, or `Refused` for a role that does not reach."""
        self.token = token
        self._service = service
        self._kind = kind
        self._least = getattr(kind, "role", None) if issubclass(kind, Operation) else handlers.LEAST_ROLE
        self.caller: Caller | None = None
        self._look()

    @property
    def operator(self) -> str:
        """Who asks; '' = anybody."""
        return self.caller.operator if self.caller is not None else ""

    def check(self) -> None:
        """The same as at the beginning, at most once in `RECHECK_SECONDS`."""
        if time.monotonic() - self._looked_at >= RECHECK_SECONDS:
            self._look()

    def _look(self) -> None:
        self._looked_at = time.monotonic()
        if self._least is None:
            return
        self.caller = self._service.caller(self.token)
        if not self.caller.role.includes(self._least):
            refusal = Refused(
                "This needs the role {least}; {operator} is {role}.",
                least=self._least,
                operator=self.caller.operator,
                role=self.caller.role,
                code="role",
            )
            note_role(self._service, self._kind, self.caller, refusal)
            raise refusal


class _Rows:
    """Batches of a stream; what they need is freed when they end or are dropped, begun or not."""

    def __init__(self, reader: pa.RecordBatchReader, right: _Right, free: "list[Any]") -> None:
        """`free` holds what to call at the end."""
        self._reader = reader
        self._right = right
        self._free = free

    def __iter__(self) -> "_Rows":
        return self

    def __next__(self) -> pa.RecordBatch:
        try:
            self._right.check()
            return self._reader.read_next_batch()
        except StopIteration:
            self._end()
            raise
        except Exception as error:  # noqa: BLE001 - nothing but code and message may reach a client
            self._end()
            _refuse(error)

    def __del__(self) -> None:
        self._end()

    def _end(self) -> None:
        while self._free:
            self._free.pop()()


class Server(flight.FlightServerBase):
    """Serves the service until `shutdown`, to those who were given the door."""

    def __init__(self, service: ServiceContext, folder: Path) -> None:
        """Makes a socket in an existing folder and takes its name away again."""
        for left_over in folder.glob(f"{_DOOR}*"):
            shutil.rmtree(left_over, ignore_errors=True)
        with short_folder(folder) as short, tempfile.TemporaryDirectory(dir=short, prefix=_DOOR) as made:
            path = Path(made) / "engine.sock"
            super().__init__(f"grpc+unix://{path}", middleware={"token": _TokenFactory()})
            # Who holds the descriptor may connect, whatever user that is; nobody else finds the socket.
            path.chmod(0o666)
            self.door = os.open(path, os.O_PATH | os.O_CLOEXEC)
            path.unlink()
        self._service = service
        self._places = WorkPlaces()
        self._nonsense = CountedLog(log, logging.WARNING, "A client asked what is no operation")
        self._stopping = threading.Event()

    def stop_work(self) -> None:
        """Ends long work after the step in hand; `shutdown` waits for whatever is still being answered."""
        self._stopping.set()

    def answer_outside(self, operation: str, body: bytes) -> Done:
        """The result of an operation that needs no session. Raises `PbxmeterError`."""
        kind = operation_kind(operation)
        if kind.role is not None:
            raise NotSignedIn("Sign in first.")
        result = handlers.answer(self._service, decode(kind, body), None, "")
        return Done(result=msgspec.Raw(_encode(result)))

    def check(self, token: str) -> None:
        """Raises `NotSignedIn`."""
        self._service.caller(token)

    def keep(self, token: str, descriptors: list[int]) -> list[str]:
        """Takes files over, a ticket for each. Raises `NotSignedIn`, `Refused`."""
        return self._service.given_files.keep(descriptors, owner=self._service.caller(token).operator)

    def tick(self) -> None:
        """Lets go of files that nobody used."""
        self._service.given_files.drop_old()

    def do_action(self, context: flight.ServerCallContext, action: flight.Action) -> Iterator[bytes]:
        """Answers an operation, or streams events."""
        try:
            token = context.get_middleware("token").token
            if action.type == EVENTS_ACTION:
                return self._events(context, _Right(self._service, token, Heartbeat))
            kind = operation_kind(action.type)
            right = _Right(self._service, token, kind)
            operation = decode(kind, action.body)
            if handlers.is_long(kind):
                return self._work(context, operation, right)
            result = handlers.answer(self._service, operation, right.caller, token)
        except Exception as error:  # noqa: BLE001 - nothing but code and message may reach a client
            return iter([_encode(failure(error))])
        return iter([_encode(Done(result=msgspec.Raw(_encode(result))))])

    def do_get(self, context: flight.ServerCallContext, ticket: flight.Ticket) -> flight.FlightDataStream:
        """Streams an operation's rows."""
        free: list[Any] = []
        try:
            name, body = ticket_parts(ticket.ticket)
            kind = operation_kind(name)
            right = _Right(self._service, context.get_middleware("token").token, kind)
            operation = decode(kind, body)
            self._places.take(right.operator)
            free.append(lambda: self._places.free(right.operator))
            reader, close = handlers.stream(self._service, operation)
            free.append(close)
            note_done(self._service, operation, right.caller)
            return flight.GeneratorStream(reader.schema, iter(_Rows(reader, right, free)))
        except Exception as error:  # noqa: BLE001 - nothing but code and message may reach a client
            while free:
                free.pop()()
            _refuse(error)

    def _unknown(self, *asked: object) -> NoReturn:
        """Flight's own methods are no operations."""
        self._nonsense.note(f"a Flight method with {len(asked)} arguments")
        _refuse(InvalidInput("This engine answers operations only.", code="unknown_operation"))

    list_flights = get_flight_info = list_actions = do_put = do_exchange = _unknown

    def get_schema(self, *asked: object) -> flight.SchemaResult:
        """Is no operation either; whatever it raised, Flight would add a traceback to it."""
        self._nonsense.note(f"a Flight method with {len(asked)} arguments")
        return flight.SchemaResult(pa.schema([]))

    def _events(self, context: flight.ServerCallContext, right: _Right) -> Iterator[bytes]:
        try:
            waiting = self._service.event_bus.subscribe()
        except Refused as error:
            yield _encode(failure(error))
            return
        try:
            beat_at = 0.0
            while not context.is_cancelled():
                right.check()
                if (left := beat_at - time.monotonic()) <= 0:
                    # Also while much else happens: it tells how far ingest is.
                    yield _encode(self._heartbeat())
                    beat_at = time.monotonic() + HEARTBEAT_SECONDS
                    continue
                try:
                    event = waiting.get(timeout=min(left, RECHECK_SECONDS))
                except queue.Empty:
                    continue
                if event is None:
                    return
                yield _encode(event)
        except PbxmeterError as error:
            yield _encode(failure(error))
        finally:
            self._service.event_bus.unsubscribe(waiting)

    def _heartbeat(self) -> Heartbeat:
        return Heartbeat(bytes_behind=self._service.ingest_loop.bytes_behind)

    def _work(
        self, context: flight.ServerCallContext, operation: Operation[Any], right: _Right
    ) -> Iterator[bytes]:
        """Runs long work in a thread of its own; a client that leaves, or loses its right, cancels it."""
        replies: queue.Queue[Reply] = queue.Queue(MAX_WAITING_PROGRESS)
        cancelled = Cancellation()
        try:
            self._begin(operation, right, replies, cancelled)
            began = told_at = time.monotonic()
            tells = False
            while not context.is_cancelled():
                # Whoever waits for long work is there, however long it takes.
                self._service.asked()
                right.check()
                if self._stopping.is_set():
                    raise EngineDown("The engine is stopping.")
                try:
                    reply = replies.get(timeout=PROGRESS_SECONDS)
                except queue.Empty:
                    now = time.monotonic()
                    if tells or now - told_at < SILENT_SECONDS:
                        continue
                    told_at = now
                    yield _encode(Progress(done=round(now - began), total=0, unit="seconds"))
                    continue
                tells = True
                yield _encode(reply)
                if not isinstance(reply, Progress):
                    return
        except PbxmeterError as error:
            yield _encode(failure(error))
        finally:
            cancelled.set()

    def _begin(
        self, operation: Operation[Any], right: _Right, replies: "queue.Queue[Reply]", cancelled: Cancellation
    ) -> None:
        operator = right.operator

        def progress(step: Progress) -> None:
            if replies.qsize() < MAX_WAITING_PROGRESS // 2:
                replies.put(step)

        def work() -> None:
            try:
                result = handlers.work(self._service, operation, right.caller, progress, cancelled)
                replies.put(Done(result=msgspec.Raw(_encode(result))))
            except Exception as error:  # noqa: BLE001 - nothing but code and message may reach a client
                replies.put(failure(error))
            finally:
                self._places.free(operator)

        self._places.take(operator)
        try:
            threading.Thread(target=work, name=type(operation).__name__, daemon=True).start()
        except BaseException:
            self._places.free(operator)
            raise


def _refuse(error: Exception) -> NoReturn:
    """Ends a stream with code and message, as Flight carries them."""
    failed = failure(error)
    raise flight.FlightServerError(failed.message, extra_info=_encode(failed)) from None
