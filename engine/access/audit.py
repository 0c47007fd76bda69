"""The audit trail: who did or tried what, as what, from where, and how it came out."""

import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from engine.api.extensions import Adjust, ImportExtensions, Recharge, Recharged
from engine.api.operation import ImportResult, Operation
from engine.api.restore import Restore
from engine.api.session import AuditRow, AuditTrail, ListAudit
from engine.store import Session

DONE = "done"
BEGUN = "begun"
MAX_DETAIL = 4000
MAX_AUDIT_ROWS = 10_000
MAX_KINDS = 200
"""Kinds of refusals told apart in a minute; those beyond are counted together."""
_SECRET = {"password", "old_password", "proof", "ticket"}

Subjects = Mapping[str, Mapping[str, str]]
"""Fields and their values as text, of each thing that an operation may change."""


def note(
    session: Session,
    action: str,
    *,
    now: datetime,
    operator: str = "",
    role: str | None = None,
    os_user: str | None = None,
    outcome: str = DONE,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Writes one row, in the transaction of what it tells. `role` and `os_user` None = the account's own.

    `outcome` is done, begun, or the code of what refused it. Long detail is cut.
    """
    text = msgspec.json.encode(detail or {}).decode()
    if len(text) > MAX_DETAIL:
        text = msgspec.json.encode({"cut": text[:MAX_DETAIL]}).decode()
    session.run(
        "access.record_audit",
        now=now,
        operator=operator,
        role=role,
        os_user=os_user,
        action=action,
        outcome=outcome,
        detail=text,
    )


def record(
    session: Session,
    operation: Operation[Any] | Restore,
    *,
    operator: str,
    now: datetime,
    role: str | None = None,
    os_user: str | None = None,
    outcome: str = DONE,
    result: object = None,
    changes: list[tuple[str, str, str, str]] | None = None,
    times: int = 1,
) -> None:
    """Notes an operation without its secrets, with what it changed or gave, and how often it was tried."""
    fields: dict[str, object] = {
        name: "…"
        if name in _SECRET and value
        else f"{len(value)} bytes"
        if isinstance(value, bytes)
        else value
        for name, value in msgspec.structs.asdict(operation).items()
        if value is not None
    }
    if isinstance(operation, Recharge | Adjust) and isinstance(result, Recharged):
        fields["balances"] = [
            (row.extension, row.balance_before_micros, row.balance_after_micros) for row in result.rows[:50]
        ]
    elif isinstance(result, ImportResult):
        fields |= {"added": result.added, "changed": result.changed, "removed": result.removed}
        if isinstance(operation, ImportExtensions):
            fields["lines"] = result.preview[:20]
    elif isinstance(result, msgspec.Struct):
        fields["result"] = msgspec.structs.asdict(result)
    if changes:
        fields["changes"] = changes[:50]
        fields["changed"] = len(changes)
    if times > 1:
        fields["times"] = times
    note(
        session,
        type(operation).__name__,
        now=now,
        operator=operator,
        role=role,
        os_user=os_user,
        outcome=outcome,
        detail=fields,
    )


def record_sign_in(
    session: Session, *, name: str, os_user: str, outcome: str, now: datetime, refused: int = 0
) -> None:
    """Notes that somebody came in or was kept out; `name` '' = nobody's, `refused` = so many unheard."""
    detail = {"name": name} | ({"times": str(refused)} if refused else {})
    note(
        session,
        "SignIn",
        now=now,
        operator=name or os_user,
        os_user=os_user,
        outcome=outcome,
        detail=detail,
    )


def differences(before: Subjects, after: Subjects) -> list[tuple[str, str, str, str]]:
    """Subject, field, value before, value after, of what differs; '' = there was or is none."""
    return [
        (subject, field, old, new)
        for subject in dict.fromkeys([*before, *after])
        for field in dict.fromkeys([*before.get(subject, {}), *after.get(subject, {})])
        if (old := before.get(subject, {}).get(field, "")) != (new := after.get(subject, {}).get(field, ""))
    ]


class Refusals:
    """Refusals on their way into the audit: of each kind one row a minute, with how many there were."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minute = 0
        self._told: set[tuple[str, str, str]] = set()
        self._unheard: dict[tuple[str, str, str], int] = {}
        """Of earlier minutes too: they are told with the next of their kind."""

    def heard(self, operator: str, action: str, code: str, *, now: datetime) -> int:
        """How many refusals a row that is written now stands for; 0 = write none, this one is counted."""
        minute = int(now.timestamp()) // 60
        with self._lock:
            if minute != self._minute:
                self._minute, self._told = minute, set()
            kind = (operator, action, code)
            if kind not in self._told and len(self._told) >= MAX_KINDS:
                kind = ("", "", "")
            if kind in self._told:
                if kind in self._unheard or len(self._unheard) < MAX_KINDS:
                    self._unheard[kind] = self._unheard.get(kind, 0) + 1
                return 0
            self._told.add(kind)
            return 1 + self._unheard.pop(kind, 0)


def list_audit(session: Session, request: ListAudit) -> AuditTrail:
    """What was done and tried last, the newest first."""
    return AuditTrail(
        rows=session.records(AuditRow, "access.audit", limit=min(request.limit, MAX_AUDIT_ROWS))
    )
