"""Statistics: calls, talk time and cost by period of the site's clocks, and by what they belong to."""

from datetime import date, timedelta

import msgspec

from engine.api.calls import (
    By,
    CallFilter,
    GetHeat,
    GetStatistics,
    Heat,
    HeatCell,
    Statistics,
    StatRow,
)
from engine.domain.errors import InvalidInput
from engine.domain.names import WEEKDAYS, Unrated
from engine.domain.site import Site
from engine.reports.conditions import OUTBOUND, call_conditions, names_direction
from engine.store import Condition, Session

MAX_ROWS = 1_000_000

EPOCH = date(1970, 1, 1)


def get_statistics(session: Session, site: Site, request: GetStatistics) -> Statistics:
    """Lines by period, then key, at most `limit` of them; the total is over all calls that match.

    The keys: an extension with its name as label; a trunk; the name a rule had when it rated the call, or
    '' without one and a line for each reason; the name of a destination; its country; or a prefix. That is
    the prefix of the rule that rated the call with its name as label, else the longest prefix of a rule in
    use that the number begins with, so that unanswered calls count where answered ones do, else the
    number's first three characters.

    Raises `InvalidInput` for a bad filter or limit.
    """
    if not 1 <= request.limit <= MAX_ROWS:
        raise InvalidInput.in_field("limit", "must lie between 1 and {max_rows:,}.", max_rows=MAX_ROWS)
    where = _conditions(request.filter, site, all_directions=request.all_directions)
    lines = msgspec.convert(
        session.rows("statistics.lines", where=where, by=request.by, per=request.per, limit=request.limit),
        list[tuple[int, str, Unrated | None, str, int, int, int, int]],
    )
    total = session.row("statistics.total", where=where)
    return Statistics(
        rows=[
            _row(_period(request.by, period), key, label, figures, unrated=unrated)
            for period, key, unrated, label, *figures in lines
        ],
        total=_row("all", "", "", msgspec.convert(total, list[int])),
    )


def get_heat(session: Session, site: Site, request: GetHeat) -> Heat:
    """Calls by weekday and hour, as `get_statistics` counts them; only cells with calls."""
    where = _conditions(request.filter, site, all_directions=request.all_directions)
    rows = msgspec.convert(session.rows("statistics.heat", where=where), list[tuple[int, int, int, int, int]])
    return Heat(
        cells=[
            HeatCell(weekday=weekday, hour=hour, calls=calls, billsec=billsec, cost_micros=cost)
            for weekday, hour, calls, billsec, cost in rows
        ]
    )


def average(duration: int, answered: int) -> int:
    """Whole seconds a call, half up; 0 without calls."""
    return (2 * duration + answered) // (2 * answered) if answered else 0


def _conditions(asked: CallFilter, site: Site, *, all_directions: bool) -> list[Condition]:
    found = call_conditions(asked, site)
    return found if all_directions or names_direction(asked, site) else [*found, OUTBOUND]


def _row(period: str, key: str, label: str, figures: list[int], *, unrated: Unrated | None = None) -> StatRow:
    calls, answered, duration, cost_micros = figures
    return StatRow(
        period=period,
        key=key,
        label=label,
        calls=calls,
        answered=answered,
        duration=duration,
        average_duration=average(duration, answered),
        cost_micros=cost_micros,
        unrated=unrated,
    )


def _period(by: By, number: int) -> str:
    match by:
        case "day":
            return (EPOCH + timedelta(days=number)).isoformat()
        case "month":
            return f"{number // 12:04d}-{number % 12 + 1:02d}"
        case "year":
            return f"{number:04d}"
        case "hour":
            return f"{number:02d}"
        case "weekday":
            return WEEKDAYS[number]
        case "all":
            return "all"
