"""A change with its audit row in one transaction, and what is noted of operations that change nothing."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, TypeVar

import msgspec

from engine.access import audit
from engine.access.sessions import Caller
from engine.api.extensions import Recharged
from engine.api.operation import Operation
from engine.domain.errors import EngineDown, PbxmeterError, StorageError
from engine.domain.zones import utc_now
from engine.service.audited import subjects
from engine.service.context import ServiceContext
from engine.service.registry import Changing
from engine.store import Session

Op = TypeVar("Op", bound=Operation[Any])
R = TypeVar("R")


def change(
    service: ServiceContext,
    operation: Op,
    caller: Caller | None,
    make: Callable[[Changing, Op], R],
    tells: Callable[[ServiceContext, Session, Op], None],
) -> R:
    """The result of `make`, done in the writer's turn; afterwards `tells` those who must hear of it."""
    operator = name_of(caller)

    def work(session: Session) -> R:
        before = subjects(session, operation)
        result = make(Changing(session, operator, utc_now()), operation)
        # A key that was known has moved nothing: there is no second recharge to note.
        repeated = isinstance(result, Recharged) and result.repeated
        if operation.takes_effect and not repeated:
            audit.record(
                session,
                operation,
                operator=operator,
                role=role_of(caller),
                now=utc_now(),
                result=result,
                changes=audit.differences(before, subjects(session, operation, result)),
            )
        return result

    def after(session: Session, _result: R) -> None:
        if operation.takes_effect:
            tells(service, session, operation)

    return service.writer.run(work, after=after)


def note_done(
    service: ServiceContext,
    operation: Operation[Any],
    caller: Caller | None,
    *,
    outcome: str = audit.DONE,
    detail: Mapping[str, object] | None = None,
) -> "Future[None]":
    """Has the audit hold what changed nothing in the store; the future ends when it does."""
    fields = {
        name: f"{len(value)} bytes" if isinstance(value, bytes) else value
        for name, value in msgspec.structs.asdict(operation).items()
        if value
    }

    def change(session: Session) -> None:
        audit.note(
            session,
            type(operation).__name__,
            now=utc_now(),
            operator=name_of(caller),
            role=role_of(caller),
            outcome=outcome,
            detail=fields | dict(detail or {}),
        )

    return service.writer.submit(change)


def note_role(service: ServiceContext, kind: type, caller: Caller, error: PbxmeterError) -> None:
    """Has the audit hold an operation that the caller's role does not allow."""
    now = utc_now()
    times = service.refusals.heard(caller.operator, kind.__name__, error.code, now=now)
    if times:
        service.writer.submit(
            lambda session: audit.note(
                session,
                kind.__name__,
                now=now,
                operator=caller.operator,
                role=caller.role.value,
                outcome=error.code,
                detail={"times": times} if times > 1 else {},
            )
        )


def note_refused(
    service: ServiceContext, operation: Operation[Any], caller: Caller | None, error: PbxmeterError
) -> None:
    """Has the audit hold a refusal: of each kind one a minute, with how many there were."""
    now = utc_now()
    times = service.refusals.heard(name_of(caller), type(operation).__name__, error.code, now=now)
    # A lost database takes no more, and a stopping engine neither.
    if not times or isinstance(error, EngineDown | StorageError):
        return

    def change(session: Session) -> None:
        audit.record(
            session,
            operation,
            operator=name_of(caller),
            role=role_of(caller),
            now=now,
            outcome=error.code,
            times=times,
        )

    service.writer.submit(change)


def name_of(caller: Caller | None) -> str:
    """The operator; '' = nobody has an account yet, or nobody signed in."""
    return caller.operator if caller is not None else ""


def role_of(caller: Caller | None) -> str:
    """In a word."""
    return caller.role.value if caller is not None else ""
