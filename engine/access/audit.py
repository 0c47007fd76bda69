"""The audit trail: who changed what, in the transaction that changed it."""

from datetime import datetime
from typing import Any

import msgspec

from engine.api.operation import Operation
from engine.api.session import AuditRow, AuditTrail, ListAudit
from engine.store import Session

MAX_DETAIL = 4000
MAX_PAGE = 10_000
_SECRET = {"password", "old_password", "proof"}


def record(session: Session, operation: Operation[Any], *, operator: str, now: datetime) -> None:
    """Notes an operation without its secrets; long content is cut."""
    fields: dict[str, object] = {
        name: "…"
        if name in _SECRET and value
        else f"{len(value)} bytes"
        if isinstance(value, bytes)
        else value
        for name, value in msgspec.structs.asdict(operation).items()
        if value is not None
    }
    detail = msgspec.json.encode(fields).decode()
    if len(detail) > MAX_DETAIL:
        detail = msgspec.json.encode({"cut": detail[:MAX_DETAIL]}).decode()
    session.run(
        "access.record_audit", now=now, operator=operator, action=type(operation).__name__, detail=detail
    )


def record_sign_in(
    session: Session, *, name: str, os_user: str, outcome: str, now: datetime, refused: int = 0
) -> None:
    """Notes that somebody came in or was kept out; `name` '' = nobody's, `refused` = so many unheard."""
    fields: dict[str, object] = {"name": name, "os_user": os_user, "outcome": outcome}
    if refused:
        fields["refused"] = refused
    detail = msgspec.json.encode(fields).decode()
    session.run("access.record_audit", now=now, operator=name or os_user, action="SignIn", detail=detail)


def list_audit(session: Session, request: ListAudit) -> AuditTrail:
    """The newest changes first."""
    return AuditTrail(rows=session.records(AuditRow, "access.audit", limit=min(request.limit, MAX_PAGE)))
