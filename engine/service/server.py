"""The Flight server: one action per operation, one ticket per stream, one stream of events."""

# pyarrow.flight ships no types.
# pyright: reportUntypedBaseClass=false

import logging
import queue
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.flight as flight

from engine.access.sessions import Caller
from engine.api.client import EVENTS_ACTION
from engine.api.events import HEARTBEAT_SECONDS, Heartbeat
from engine.api.home import FLIGHT_SOCKET, short_folder
from engine.api.operation import MAX_BODY_BYTES, Done, Failed, Operation, Progress, Reply
from engine.domain.errors import EngineDown, InvalidInput, NotSignedIn, PbxmeterError, Refused
from engine.service import handlers
from engine.service.context import ServiceContext

log = logging.getLogger(__name__)

PROGRESS_SECONDS = 0.2
MAX_WAITING_PROGRESS = 100

_encode = msgspec.json.Encoder().encode


class _Token(flight.ServerMiddleware):
    """Carries the bearer token of a call."""

    def __init__(self, token: str) -> None:
        self.token = token


class _TokenFactory(flight.ServerMiddlewareFactory):
    def start_call(self, info: flight.CallInfo, headers: dict[str, list[str]]) -> _Token:  # noqa: ARG002
        values = headers.get("authorization", [])
        return _Token(str(values[0]).removeprefix("Bearer ") if values else "")


class Server(flight.FlightServerBase):
    """Serves the service on the home's socket until `shutdown`."""

    def __init__(self, service: ServiceContext, folder: Path) -> None:
        """Binds the socket in an existing folder. The caller holds the home's lock."""
        (folder / FLIGHT_SOCKET).unlink(missing_ok=True)
        with short_folder(folder) as short:
            super().__init__(f"grpc+unix://{short}/{FLIGHT_SOCKET}", middleware={"token": _TokenFactory()})
        self._service = service
        self._stopping = threading.Event()

    def stop_work(self) -> None:
        """Ends long work after the step in hand; `shutdown` waits for whatever is still being answered."""
        self._stopping.set()

    def do_action(self, context: flight.ServerCallContext, action: flight.Action) -> Iterator[bytes]:
        """Answers an operation, or streams events."""
        try:
            if action.type == EVENTS_ACTION:
                self._authorise(context, Heartbeat)
                return self._events(context)
            operation, caller, token = self._decode(context, action.type, action.body)
            if type(operation) in handlers.TASKS:
                return self._work(context, operation, caller)
            result = handlers.answer(self._service, operation, caller, token)
        except Exception as error:  # noqa: BLE001 - nothing but code and message may reach a client
            return iter([_encode(_failure(error))])
        return iter([_encode(Done(result=msgspec.Raw(_encode(result))))])

    def do_get(self, context: flight.ServerCallContext, ticket: flight.Ticket) -> flight.FlightDataStream:
        """Streams an operation's rows."""
        try:
            name, body = msgspec.json.decode(ticket.ticket, type=tuple[str, msgspec.Raw])
            operation, caller, _ = self._decode(context, name, body)
            reader, close = handlers.stream(self._service, operation)
            handlers.note_done(self._service, operation, caller)
        except NotSignedIn as error:
            raise flight.FlightUnauthenticatedError(str(error)) from None
        except Exception as error:  # noqa: BLE001 - nothing but code and message may reach a client
            raise flight.FlightServerError(_failure(error).message) from None

        def batches() -> Iterator[pa.RecordBatch]:
            try:
                for batch in reader:
                    self._service.asked()
                    yield batch
            finally:
                close()

        return flight.GeneratorStream(reader.schema, batches())

    def _authorise(self, context: flight.ServerCallContext, kind: type) -> tuple[Caller | None, str]:
        token = context.get_middleware("token").token
        least = getattr(kind, "role", None) if issubclass(kind, Operation) else handlers.LEAST_ROLE
        if least is None:
            return None, token
        caller = self._service.caller(token)
        if not caller.role.includes(least):
            refusal = Refused(
                f"This needs the role {least}; {caller.operator} is {caller.role}.", code="role"
            )
            handlers.note_role(self._service, kind, caller, refusal)
            raise refusal
        return caller, token

    def _decode(
        self, context: flight.ServerCallContext, name: str, body: Any
    ) -> tuple[Operation[Any], Caller | None, str]:
        kind = handlers.OPERATIONS.get(name)
        if kind is None:
            raise InvalidInput(f"This engine knows no operation {name[:40]!r}.", code="unknown_operation")
        caller, token = self._authorise(context, kind)
        raw = bytes(memoryview(body))
        if len(raw) > MAX_BODY_BYTES:
            raise InvalidInput(f"More than {MAX_BODY_BYTES // 2**20} MiB in one operation.", code="too_large")
        try:
            return msgspec.json.decode(raw, type=kind), caller, token
        except msgspec.DecodeError as error:
            raise InvalidInput(f"{name}: {error}") from error

    def _events(self, context: flight.ServerCallContext) -> Iterator[bytes]:
        try:
            waiting = self._service.event_bus.subscribe()
        except Refused as error:
            yield _encode(_failure(error))
            return
        try:
            beat_at = 0.0
            while not context.is_cancelled():
                if (left := beat_at - time.monotonic()) <= 0:
                    # Also while much else happens: it tells how far ingest is.
                    yield _encode(self._heartbeat())
                    beat_at = time.monotonic() + HEARTBEAT_SECONDS
                    continue
                try:
                    event = waiting.get(timeout=left)
                except queue.Empty:
                    continue
                if event is None:
                    return
                yield _encode(event)
        finally:
            self._service.event_bus.unsubscribe(waiting)

    def _heartbeat(self) -> Heartbeat:
        return Heartbeat(bytes_behind=self._service.ingestor.bytes_behind)

    def _work(
        self, context: flight.ServerCallContext, operation: Operation[Any], caller: Caller | None
    ) -> Iterator[bytes]:
        """Runs long work in a thread of its own; a client that leaves cancels it."""
        replies: queue.Queue[Reply] = queue.Queue(MAX_WAITING_PROGRESS)
        cancelled = threading.Event()

        def progress(step: Progress) -> None:
            if replies.qsize() < MAX_WAITING_PROGRESS // 2:
                replies.put(step)

        def work() -> None:
            try:
                result = handlers.work(self._service, operation, caller, progress, cancelled)
                replies.put(Done(result=msgspec.Raw(_encode(result))))
            except Exception as error:  # noqa: BLE001 - nothing but code and message may reach a client
                replies.put(_failure(error))

        thread = threading.Thread(target=work, name=type(operation).__name__, daemon=True)
        thread.start()
        try:
            while True:
                # Whoever waits for long work is there, however long it takes.
                self._service.asked()
                try:
                    reply = replies.get(timeout=PROGRESS_SECONDS)
                except queue.Empty:
                    if context.is_cancelled():
                        return
                    if self._stopping.is_set():
                        yield _encode(_failure(EngineDown("The engine is stopping.")))
                        return
                    continue
                yield _encode(reply)
                if not isinstance(reply, Progress):
                    return
        finally:
            cancelled.set()


def _failure(error: Exception) -> Failed:
    if isinstance(error, PbxmeterError):
        field = error.field if isinstance(error, InvalidInput) else ""
        return Failed(kind=type(error).code, code=error.code, message=error.message, field=field)
    log.error("An operation failed", exc_info=error)
    return Failed(
        kind="error",
        code="internal",
        message="The engine made an error of its own; engine.log has the details.",
    )
