"""The audit trail: who changed what, in the transaction that changed it."""

from datetime import datetime
from typing import Any

import msgspec

from engine.api.operation import Operation
from engine.api.session import AuditRow, AuditTrail, ListAudit
from engine.store import Session

MAX_DETAIL = 4000
MAX_PAGE = 10_000
_SECRET = {"password"}


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
        "access.record_audit",
        now=now,
        operator=operator,
        role="",
        os_user="",
        action=type(operation).__name__,
        outcome="done",
        detail=detail,
    )


def list_audit(session: Session, request: ListAudit) -> AuditTrail:
    """The newest changes first."""
    return AuditTrail(rows=session.records(AuditRow, "access.audit", limit=min(request.limit, MAX_PAGE)))
