"""The first screen's figures."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from engine.api.calls import Alarm, GetOverview, Overview
from engine.domain.errors import InvalidInput
from engine.domain.message import Message
from engine.reports.overview import get_overview
from tests.reports.building import NOON, SHANGHAI, Books


def overview(books: Books, *, limit: int = 50, **site: object) -> Overview:
    return get_overview(
        books.session,
        replace(books.site, **site),
        GetOverview(limit=limit),
        now=NOON,
        alarms=[],
        sources=[],
        targets=[],
    )


def test_today_yesterday_and_last_week_are_days_of_the_sites_clocks(books: Books) -> None:
    midnight = datetime(2026, 1, 14, 16)
    books.call(started_at=midnight)
    books.call(started_at=midnight, answered_at=None, billsec=0, cost_micros=0, unrated="not answered")
    books.call(started_at=NOON, cost_micros=0, unrated="no rule")
    books.call(started_at=midnight - timedelta(seconds=1))
    books.call(started_at=midnight - timedelta(days=7))
    books.call(started_at=midnight - timedelta(days=7, seconds=1))
    books.call(started_at=NOON, direction="inbound")
    found = overview(books)
    today = found.today
    assert (today.day, today.calls, today.answered, today.billsec, today.cost_micros, today.unrated) == (
        "2026-01-15", 3, 2, 120, 500_000, 1,
    )  # fmt: skip
    assert (found.yesterday.day, found.yesterday.calls) == ("2026-01-14", 1)
    assert (found.same_day_last_week.day, found.same_day_last_week.calls) == ("2026-01-08", 1)
    assert found.by_hour == [2, *[0] * 11, 1, *[0] * 11]


def test_recent_calls_are_the_newest_of_all_directions(books: Books) -> None:
    for minute, direction in enumerate(("outbound", "inbound", "internal")):
        books.call(started_at=NOON + timedelta(minutes=minute), direction=direction)
    assert [row.call_id for row in overview(books, limit=2).recent] == [3, 2]


def test_an_extension_with_nothing_available_is_over_limit_while_billing_is_on(books: Books) -> None:
    books.extension("1", balance_micros=-5, credit_limit_micros=5)
    books.extension("2", balance_micros=-4, credit_limit_micros=5)
    books.extension("3", balance_micros=-9, billing=False)
    books.extension("4", balance_micros=-9, locked=True)
    books.extension("5", balance_micros=50, locked=True)
    found = overview(books)
    assert [one.number for one in found.barred] == ["4", "1", "5"]
    assert (found.over_limit_count, found.low_count, found.barred_count) == (2, 0, 3)
    off = overview(books, billing=False)
    assert ([one.number for one in off.barred], off.over_limit_count) == (["4", "5"], 0)
    assert off.barred_count == 2


def test_low_is_available_but_not_above_the_threshold(books: Books) -> None:
    for number, balance in (("0", 0), ("1", 1), ("10", 10), ("11", 11)):
        books.extension(number, balance_micros=balance, name=f"n{number}")
    books.extension("x", balance_micros=5, billing=False)
    found = overview(books, low_balance_micros=10)
    assert [(one.number, one.name, one.available_micros) for one in found.low] == [
        ("1", "n1", 1),
        ("10", "n10", 10),
    ]
    assert found.low_count == 2
    assert overview(books, low_balance_micros=0).low == []
    assert overview(books, low_balance_micros=10, billing=False).low == []


def test_lists_are_bounded_and_counts_are_not(books: Books) -> None:
    for number in range(5):
        books.extension(f"over {number}", balance_micros=-number)
        books.extension(f"low {number}", balance_micros=number + 1)
    found = overview(books, limit=2, low_balance_micros=10)
    assert [one.number for one in found.barred] == ["over 4", "over 3"]
    assert [one.number for one in found.low] == ["low 0", "low 1"]
    assert (found.over_limit_count, found.low_count, found.barred_count) == (5, 5, 5)


def test_an_empty_site_has_an_overview_of_nothing_and_passes_alarms_on(books: Books) -> None:
    alarm = Alarm(id="a", kind="disk", text=Message("full"), since=NOON)
    found = get_overview(
        books.session, SHANGHAI, GetOverview(), now=NOON, alarms=[alarm], sources=["following"], targets=[]
    )
    assert (found.today.calls, found.by_hour, found.recent) == (0, [0] * 24, [])
    assert (found.now, found.alarms, found.sources) == (NOON, [alarm], ["following"])


def test_a_limit_out_of_bounds_is_refused(books: Books) -> None:
    with pytest.raises(InvalidInput):
        overview(books, limit=0)
