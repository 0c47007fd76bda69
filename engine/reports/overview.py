"""The overview: today against other days, who needs a recharge, the newest calls, what is wrong."""

from datetime import date, datetime, time, timedelta

import msgspec

from engine.api.calls import (
    Alarm,
    DaySums,
    GetOverview,
    ListCalls,
    Overview,
    OverviewExtension,
)
from engine.api.site import SourceState, TargetRow
from engine.domain.errors import InvalidInput
from engine.domain.site import Site
from engine.domain.zones import to_local
from engine.reports.calls import list_calls
from engine.store import Session

MAX_LIMIT = 1_000


def get_overview(
    session: Session,
    site: Site,
    request: GetOverview,
    *,
    now: datetime,
    alarms: list[Alarm],
    sources: list[SourceState],
    targets: list[TargetRow],
) -> Overview:
    """Everything the first screen shows. `now` is naive UTC; days are those of the site's clocks.

    Barred: locked by hand, or billing is on for site and extension and nothing is available. Low: not
    barred, billed, and no more than the site's low balance is available. Raises
    `InvalidInput` for a bad limit.
    """
    if not 1 <= request.limit <= MAX_LIMIT:
        raise InvalidInput.in_field("limit", "must lie between 1 and {max_limit:,}.", max_limit=MAX_LIMIT)
    today = to_local(now, site.zone).date()
    sums = _days(session, today)
    people = _extensions(session, site, request.limit)
    return Overview(
        now=now,
        today=sums[0],
        yesterday=sums[1],
        same_day_last_week=sums[7],
        by_hour=_hours(session, today),
        barred=people.barred,
        low=people.low,
        over_limit_count=people.over_limit_count,
        low_count=people.low_count,
        barred_count=people.barred_count,
        recent=list_calls(session, site, ListCalls(limit=request.limit)).rows,
        alarms=alarms,
        sources=sources,
        targets=targets,
    )


class _Extensions(msgspec.Struct):
    barred: list[OverviewExtension]
    low: list[OverviewExtension]
    over_limit_count: int = 0
    low_count: int = 0
    barred_count: int = 0


def _days(session: Session, today: date) -> dict[int, DaySums]:
    """The sums of today and of the seven days before, by how many days ago."""
    first = today - timedelta(days=7)
    rows = session.rows("overview.days", start=_midnight(first), end=_midnight(today + timedelta(days=1)))
    known = {row[0]: row[1:] for row in msgspec.convert(rows, list[tuple[date, int, int, int, int, int]])}
    sums: dict[int, DaySums] = {}
    for ago in range(8):
        day = today - timedelta(days=ago)
        calls, answered, billsec, cost_micros, unrated = known.get(day, (0, 0, 0, 0, 0))
        sums[ago] = DaySums(
            day=day.isoformat(),
            calls=calls,
            answered=answered,
            billsec=billsec,
            cost_micros=cost_micros,
            unrated=unrated,
        )
    return sums


def _hours(session: Session, today: date) -> list[int]:
    rows = session.rows("overview.hours", start=_midnight(today), end=_midnight(today + timedelta(days=1)))
    counts = dict(msgspec.convert(rows, list[tuple[int, int]]))
    return [counts.get(hour, 0) for hour in range(24)]


def _extensions(session: Session, site: Site, limit: int) -> _Extensions:
    people = _Extensions(barred=[], low=[])
    rows = session.rows(
        "overview.extensions", billing=site.billing, low_balance=site.low_balance_micros, limit=limit
    )
    for number, name, available, locked, barred, low, *counts in msgspec.convert(
        rows, list[tuple[str, str, int, bool, bool, bool, int, int, int]]
    ):
        people.over_limit_count, people.low_count, people.barred_count = counts
        one = OverviewExtension(number=number, name=name, available_micros=available, locked=locked)
        if barred:
            people.barred.append(one)
        elif low:
            people.low.append(one)
    return people


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())
