"""Answers operations with the functions that the registry has for them."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa

from engine.access import audit
from engine.access.sessions import Caller
from engine.api import site as site_api
from engine.api.operation import Operation, Progress
from engine.domain.errors import InvalidInput, PbxmeterError
from engine.domain.names import Role
from engine.service import answers, changes, reads, tasks
from engine.service.change import change, name_of, note_done, note_refused
from engine.service.context import ServiceContext
from engine.service.registry import HANDLERS, Asking, Handler, Reading, check
from engine.service.work import Cancellation

LEAST_ROLE = Role.VIEWER
"""For what is no operation: the stream of events."""

DECLARED_IN = (answers, changes, reads, tasks)
"""Importing them fills the registry."""

check()

OPERATIONS: dict[str, type[Operation[Any]]] = {kind.__name__: kind for kind in HANDLERS}


def is_long(kind: type[Operation[Any]]) -> bool:
    """Whether the operation is done in a thread of its own."""
    return HANDLERS[kind].way == "works"


def answer(service: ServiceContext, operation: Operation[Any], caller: Caller | None, token: str) -> Any:
    """The result of an operation that takes no long time. Raises `PbxmeterError`."""
    handler = HANDLERS[type(operation)]
    # Who has just written config.yaml expects the next command to know it.
    service.settings()
    if handler.way == "reads":
        with service.database.reading() as session:
            found = handler.function(Reading(service, session, service.state.site), operation)
        if handler.exports:
            note_done(service, operation, caller)
        return found
    if handler.way == "changes":
        return _changed(service, operation, caller, handler)
    if handler.way == "answers":
        return handler.function(Asking(service, caller, token), operation)
    raise InvalidInput("{name} is not answered at once.", name=type(operation).__name__)


def _changed(
    service: ServiceContext, operation: Operation[Any], caller: Caller | None, handler: Handler
) -> Any:
    assert handler.tells is not None
    try:
        return change(service, operation, caller, handler.function, handler.tells)
    except PbxmeterError as error:
        note_refused(service, operation, caller, error)
        raise


def stream(
    service: ServiceContext, operation: Operation[Any]
) -> tuple[pa.RecordBatchReader, Callable[[], None]]:
    """The rows of an operation, and what frees them. Raises `PbxmeterError`."""
    handler = HANDLERS[type(operation)]
    if handler.way != "streams":
        raise InvalidInput("{name} is no stream.", name=type(operation).__name__)
    service.settings()
    session = service.database.session()
    try:
        return handler.function(session, service.state.site, operation), session.close
    except BaseException:
        session.close()
        raise


def work(
    service: ServiceContext,
    operation: Operation[Any],
    caller: Caller | None,
    progress: Callable[[Progress], None],
    cancelled: Cancellation,
) -> Any:
    """The result of long work, done in the calling thread. Raises `PbxmeterError`."""
    kind = type(operation)
    if kind is site_api.Ingest:
        note_done(service, operation, caller, outcome=audit.BEGUN)
    try:
        result = HANDLERS[kind].function(service, operation, name_of(caller), progress, cancelled)
    except PbxmeterError as error:
        if kind not in (site_api.DetectSource, site_api.CompareSources):
            note_refused(service, operation, caller, error)
        raise
    if kind in (site_api.Verify, site_api.SyncLockouts):
        found = {"clean": result.clean, "findings": len(result.findings)} if kind is site_api.Verify else {}
        note_done(service, operation, caller, detail=found).result()
    return result
