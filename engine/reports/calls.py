"""Calls: pages by key, counts, one call explained."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from engine.api.calls import (
    CallCount,
    CallCursor,
    CallDetail,
    CallFilter,
    CallPage,
    CallRow,
    CallSort,
    CountCalls,
    GetCall,
    ListCalls,
)
from engine.api.operation import Result
from engine.api.rates import RatedParts
from engine.domain.errors import InvalidInput, NotFound
from engine.domain.message import NOTHING, Message
from engine.domain.money import format_amount
from engine.domain.names import EntryKind
from engine.domain.rates import Rate
from engine.domain.site import Site
from engine.domain.zones import to_local
from engine.reports import raw
from engine.reports.conditions import call_conditions, is_selective, since, until
from engine.reports.export import export_calls
from engine.reports.raw import ReadFile
from engine.store import Condition, Session

__all__ = ["CallSummary", "calls_by_id", "count_calls", "export_calls", "get_call", "list_calls", "summary"]

MAX_LIMIT = 10_000
MAX_OFFSET = 10**12
MAX_ENTRIES = 100
"""Ledger entries told of one call."""
MAX_LEG_RECORDS = 100
"""Records told of one leg."""

_MAX_INTEGER = 2**63 - 1

WINDOW_DAYS = (2, 14, 90)
"""A page that few calls may match is first looked for near its edge, then farther away, then everywhere."""

RawReader = Callable[[ReadFile, int, int], bytes | None]


class CallSummary(Result, frozen=True, kw_only=True):
    """What became of the calls of a filter. `charged` = a rule applied, `unrated` = none did."""

    calls: int
    outbound: int
    answered: int
    charged: int
    unrated: int
    billsec: int
    cost_micros: int


def list_calls(session: Session, site: Site, request: ListCalls) -> CallPage:
    """A page in list order. Raises `InvalidInput` for a bad filter, cursor, limit or offset."""
    if not 1 <= request.limit <= MAX_LIMIT:
        raise InvalidInput.in_field("limit", "must lie between 1 and {max_limit:,}.", max_limit=MAX_LIMIT)
    if not 0 <= request.offset <= MAX_OFFSET:
        raise InvalidInput.in_field("offset", "must lie between 0 and {max_offset:,}.", max_offset=MAX_OFFSET)
    if request.after is not None and request.before is not None:
        raise InvalidInput.in_field("before", "a page lies after one call or before one, not both.")
    backwards = request.before is not None or (request.after is None and request.from_end)
    edge = request.before if backwards else request.after
    way = "down" if request.descending != backwards else "up"
    conditions = call_conditions(request.filter, site)
    if edge is not None:
        conditions.append(_beyond(request.sort, way, edge))
    call_ids = _page_ids(session, request, way, conditions, edge)
    further = len(call_ids) > request.limit
    call_ids = call_ids[: request.limit]
    if backwards:
        call_ids.reverse()
    rows = calls_by_id(session, call_ids)
    if not rows:
        return CallPage(rows=[], first=None, last=None)
    near = edge is not None or request.offset > 0
    return CallPage(
        rows=rows,
        first=_cursor(request.sort, rows[0]) if (further if backwards else near) else None,
        last=_cursor(request.sort, rows[-1]) if (near if backwards else further) else None,
    )


def calls_by_id(session: Session, call_ids: list[int]) -> list[CallRow]:
    """The rows of these calls, in this order; unknown ids are left out."""
    if not call_ids:
        return []
    found = {row.call_id: row for row in session.records(CallRow, "calls.rows", call_ids=call_ids)}
    return [found[call_id] for call_id in call_ids if call_id in found]


def count_calls(session: Session, site: Site, request: CountCalls) -> CallCount:
    """Exact figures over all that match."""
    return session.records(CallCount, "calls.count", where=call_conditions(request.filter, site))[0]


def summary(session: Session, site: Site, asked: CallFilter) -> CallSummary:
    """What became of the calls that match."""
    return session.records(CallSummary, "calls.summary", where=call_conditions(asked, site))[0]


def get_call(
    session: Session, site: Site, request: GetCall, *, read_raw: RawReader = raw.read_raw
) -> CallDetail:
    """One call with its rule as it was, the parts of its cost, its line and its ledger entries.

    Raises `NotFound`.
    """
    rows = calls_by_id(session, [request.call_id])
    details = session.records(_Detail, "calls.detail", call_id=request.call_id)
    if not rows or not details:
        raise NotFound("There is no call {call_id}.", call_id=request.call_id)
    row, detail = rows[0], details[0]
    file = ReadFile(path=detail.path, head_length=detail.head_length, head_sha256=detail.head_sha256)
    line = read_raw(file, detail.line_offset, detail.line_length)
    return CallDetail(
        row=row,
        call_key=detail.call_key,
        answered_local=detail.answered_local,
        parts=RatedParts(
            cost_micros=row.cost_micros,
            first_block_micros=detail.first_block_micros,
            cycles=detail.cycles,
            cycles_micros=row.cost_micros - detail.first_block_micros,
            unrated=row.unrated,
        ),
        rate=None if detail.rate_version is None else _rate(session, detail.rate_version),
        source=detail.path,
        line_offset=detail.line_offset,
        raw="" if line is None else line.decode("utf-8", errors="replace").rstrip("\r\n"),
        raw_missing=NOTHING
        if line is not None
        else Message(
            "This line was not found in {path}, nor in the rotated files beside it.",
            path=detail.path or Message("its file"),
        ),
        entries=_entries(session, site, request.call_id),
        leg=detail.leg,
        records=_leg_records(session, request.call_id),
        placed_by=detail.placed_by,
        passed_by=detail.passed_by,
        charged_seconds=detail.charged_seconds,
        end_assumed=detail.end_assumed,
    )


def _page_ids(
    session: Session, request: ListCalls, way: str, conditions: list[Condition], edge: CallCursor | None
) -> list[int]:
    """One id more than the page holds, where there is one."""
    wanted = request.limit + 1
    name = f"calls.page_{request.sort}_{way}"
    windows = _windows(session, way, edge) if request.sort == "time" and is_selective(conditions) else []
    for window in [*windows, None]:
        where = conditions if window is None else [*conditions, window]
        rows = session.rows(name, where=where, limit=wanted, offset=request.offset)
        if window is None or len(rows) == wanted:
            return msgspec.convert([row[0] for row in rows], list[int])
    return []


def _windows(session: Session, way: str, edge: CallCursor | None) -> list[Condition]:
    span = session.row("calls.span")
    first, last = msgspec.convert(span, tuple[datetime | None, datetime | None])
    if first is None or last is None:
        return []
    if way == "down":
        start = last if edge is None else min(last, datetime.fromisoformat(edge.value))
        return [
            since(start - timedelta(days=days))
            for days in WINDOW_DAYS
            if start - first > timedelta(days=days)
        ]
    start = first if edge is None else max(first, datetime.fromisoformat(edge.value))
    return [
        until(start + timedelta(days=days)) for days in WINDOW_DAYS if last - start > timedelta(days=days)
    ]


def _beyond(sort: CallSort, way: str, edge: CallCursor) -> Condition:
    try:
        value = _cursor_value(sort, edge.value)
        if abs(edge.call_id) > _MAX_INTEGER:
            raise ValueError
    except ValueError as error:
        raise InvalidInput.in_field("after", "the cursor belongs to another sort; ask anew.") from error
    return Condition(f"calls.beyond_{sort}_{way}", {"value": value, "call_id": edge.call_id})


def _cursor_value(sort: CallSort, text: str) -> object:
    if sort == "time":
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            raise ValueError
        return moment
    if sort in ("billsec", "cost"):
        number = int(text)
        if abs(number) > _MAX_INTEGER:
            raise ValueError
        return number
    return text


def _cursor(sort: CallSort, row: CallRow) -> CallCursor:
    values: dict[CallSort, str] = {
        "time": row.started_at.isoformat(),
        "extension": row.extension,
        "dialled": row.dialled,
        "trunk": row.trunk,
        "billsec": str(row.billsec),
        "cost": str(row.cost_micros),
    }
    return CallCursor(value=values[sort], call_id=row.call_id)


def _rate(session: Session, version_id: int) -> Rate | None:
    return next(iter(session.records(Rate, "calls.rate_version", version_id=version_id)), None)


@dataclass(frozen=True, kw_only=True)
class _Detail:
    """What the explanation of a call needs beside its row."""

    call_key: str
    answered_local: datetime | None
    cycles: int
    first_block_micros: int
    rate_version: int | None
    """None = no rule applied."""
    line_offset: int
    line_length: int
    leg: str
    placed_by: str
    passed_by: str
    charged_seconds: int
    end_assumed: bool
    path: str
    """'' = the file is not known."""
    head_length: int
    head_sha256: str


def _leg_records(session: Session, call_id: int) -> tuple[int, ...]:
    rows = session.records(tuple[int], "calls.leg_records", call_id=call_id, limit=MAX_LEG_RECORDS)
    return tuple(number for (number,) in rows)


def _entries(session: Session, site: Site, call_id: int) -> list[Message]:
    sentences: list[Message] = []
    for row in session.rows("calls.entries", call_id=call_id, limit=MAX_ENTRIES):
        kind, posted_at, amount, after, operator, note = msgspec.convert(
            row, tuple[EntryKind, datetime, int, int, str, str]
        )
        at = to_local(posted_at, site.zone)
        by = Message(" by {operator}", operator=operator) if operator else ""
        remark = f": {note}" if note else ""
        sentences.append(
            Message(
                "{at} {at2} {kind} {amount}, balance {amount2}{by}{remark}",
                at=f"{at:%Y-%m-%d}",
                at2=f"{at:%H:%M:%S}",
                kind=kind,
                amount=format_amount(amount),
                amount2=format_amount(after),
                by=by,
                remark=remark,
            )
        )
    return sentences
