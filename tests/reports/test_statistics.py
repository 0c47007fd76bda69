"""Sums by period and key, on the site's clocks."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from engine.api.calls import CallFilter, CountCalls, GetHeat, GetOverview, GetStatistics, Per, StatRow
from engine.api.extensions import ListRecharges
from engine.domain.errors import InvalidInput
from engine.domain.names import Direction
from engine.ledger.listings import list_recharges
from engine.reports.calls import count_calls
from engine.reports.overview import get_overview
from engine.reports.statistics import average, get_heat, get_statistics
from tests.reports.building import NOON, SHANGHAI, Books, insert
from tui.screens.statistics.text import key_term


def lines(books: Books, **asked: Any) -> list[StatRow]:
    return get_statistics(books.session, books.site, GetStatistics(**asked)).rows


def test_an_average_is_rounded_half_up_and_0_without_answered_calls() -> None:
    assert [average(3, 2), average(5, 2), average(4, 3), average(5, 3), average(7, 0)] == [2, 3, 1, 2, 0]
    assert average(10**17 + 1, 2) == 5 * 10**16 + 1


def test_only_outbound_calls_count_unless_asked_otherwise(books: Books) -> None:
    books.call()
    books.call(direction="internal", cost_micros=0)
    books.call(direction="inbound", cost_micros=0)
    assert [row.calls for row in lines(books)] == [1]
    assert [row.calls for row in lines(books, all_directions=True)] == [3]
    assert [row.calls for row in lines(books, filter=CallFilter(direction=Direction.INBOUND))] == [1]
    assert [row.calls for row in lines(books, filter=CallFilter(where="direction:inbound,internal"))] == [2]


def test_talk_time_and_average_are_those_of_answered_calls(books: Books) -> None:
    books.call(billsec=10, cost_micros=7)
    books.call(billsec=15, cost_micros=8)
    books.call(answered_at=None, billsec=99, cost_micros=0)
    (row,) = lines(books, by="all")
    assert row == StatRow(
        period="all", key="", label="", calls=3, answered=2, duration=25, average_duration=13, cost_micros=15
    )


def test_sums_of_a_site_may_be_larger_than_any_amount_of_its_own(books: Books) -> None:
    largest = 2**62
    for number in ("1001", "1002", "1003"):
        books.call(extension=number, cost_micros=largest)
        books.entry(number, "recharge", largest, largest)
    asked = GetStatistics(by="all")
    found = get_statistics(books.session, books.site, asked)
    assert msgspec.json.decode(msgspec.json.encode(found), type=type(found)).total.cost_micros == 3 * largest
    assert [row.cost_micros for row in found.rows] == [3 * largest]
    assert [cell.cost_micros for cell in get_heat(books.session, books.site, GetHeat()).cells] == [
        3 * largest
    ]
    counted = count_calls(books.session, books.site, CountCalls())
    assert counted.cost_micros == 3 * largest
    today = get_overview(
        books.session, books.site, GetOverview(), now=NOON, alarms=[], sources=[], targets=[]
    ).today
    assert today.cost_micros == 3 * largest
    assert list_recharges(books.session, books.site, ListRecharges()).amount_micros == 3 * largest


@pytest.mark.parametrize(
    ("by", "periods"),
    [
        ("day", ["2025-12-31", "2026-01-01", "2026-02-01"]),
        ("month", ["2025-12", "2026-01", "2026-02"]),
        ("year", ["2025", "2026"]),
        ("hour", ["00", "23"]),
        ("weekday", ["wed", "thu", "sun"]),
        ("all", ["all"]),
    ],
)
def test_periods_are_those_of_the_sites_clocks_in_order(books: Books, by: str, periods: list[str]) -> None:
    for started in (datetime(2025, 12, 31, 15, 59), datetime(2025, 12, 31, 16), datetime(2026, 1, 31, 16)):
        books.call(started_at=started)
    assert [row.period for row in lines(books, by=by)] == periods


def test_by_extension_gives_its_name_and_an_unknown_one_none(books: Books) -> None:
    books.extension("1001", name="Reception")
    books.call()
    books.call(extension="1002")
    books.call(extension="")
    found = [(row.key, row.label) for row in lines(books, per="extension")]
    assert found == [("", ""), ("1001", "Reception"), ("1002", "")]


def test_by_rate_adds_up_all_versions_of_a_name(books: Books) -> None:
    books.rate(1, name="Mobile")
    books.rate(2, name="Mobile")
    for version in (1, 2, None):
        books.call(rate_version=version)
    assert [(row.key, row.calls) for row in lines(books, per="rate")] == [("", 1), ("Mobile", 2)]


def test_the_prefix_is_that_of_its_rule_or_the_first_digits(books: Books) -> None:
    books.rate(1, name="Mobile day", prefix="9013")
    books.rate(2, name="Mobile night", prefix="9013")
    books.rate(3, name="UK", prefix="90044")
    books.rate(4, name="Rest", prefix="")
    for version, dialled in (
        (1, "901355"),
        (2, "901356"),
        (3, "9004412"),
        (4, "9555"),
        (None, "9556"),
        (None, "1"),
    ):
        books.call(rate_version=version, dialled=dialled)
    found = [(row.key, row.label, row.calls) for row in lines(books, by="all", per="prefix")]
    assert found == [
        ("1", "", 1),
        ("90044", "UK", 1),
        ("9013", "Mobile day …", 2),
        ("955", "", 2),
    ]


def test_without_a_rule_there_is_a_line_for_each_reason(books: Books) -> None:
    books.rate(1, name="Mobile")
    books.call(rate_version=1)
    for reason in ("not answered", "no rule", "extension not billed", "not answered"):
        books.call(unrated=reason, cost_micros=0)
    found = [(row.key, row.unrated, row.calls) for row in lines(books, by="all", per="rate")]
    assert found == [
        ("", "extension not billed", 1),
        ("", "no rule", 1),
        ("", "not answered", 2),
        ("Mobile", None, 1),
    ]


def test_unanswered_calls_count_for_the_prefix_that_an_answered_one_would(books: Books) -> None:
    in_use(books, 1, name="Mobile", prefix="91")
    in_use(books, 2, name="Shanghai", prefix="9021")
    in_use(books, 3, name="Off", prefix="9021555", enabled=False)
    books.call(rate_version=1, dialled="913800")
    for dialled in ("913811", "92", "9021555", "9"):
        books.call(dialled=dialled, answered_at=None, cost_micros=0, unrated="not answered")
    found = [(row.key, row.label, row.calls, row.answered) for row in lines(books, by="all", per="prefix")]
    assert found == [
        ("9", "", 1, 0),
        ("9021", "Shanghai", 1, 0),
        ("91", "Mobile", 2, 1),
        ("92", "", 1, 0),
    ]
    for key, _label, calls, _answered in found:
        where = CallFilter(where=f"prefix={key}")
        assert (
            get_statistics(books.session, books.site, GetStatistics(by="all", filter=where)).total.calls
            == calls
        )


def in_use(books: Books, version_id: int, *, enabled: bool = True, **given: object) -> None:
    """A rule in the list."""
    books.rate(version_id, **given)
    row: dict[str, object] = {
        "rate_id": version_id, "version_id": version_id, "position": version_id, "enabled": enabled,
    }  # fmt: skip
    insert(books.session, "rate", [row])


@pytest.mark.parametrize("per", ["extension", "trunk", "rate", "destination", "country", "prefix"])
def test_a_line_finds_the_calls_that_it_counts(books: Books, per: Per) -> None:
    books.rate(1, name="Mobile, day", prefix="9013")
    books.rate(2, name="All else", prefix="")
    books.rate(3, name="Near", prefix="90")
    for number, (version, dialled) in enumerate(
        [(1, "90135"), (1, "90136"), (2, "9013"), (3, "9013"), (None, "90199"), (None, "9"), (None, "")]
    ):
        books.call(
            rate_version=version,
            dialled=dialled,
            extension=["1001", "1002", ""][number % 3],
            trunk=["PJSIP/a b", 'say "hi"', ""][number % 3],
            unrated=None if version else ["no rule", "not answered"][number % 2],
        )
    for line in lines(books, by="all", per=per):
        counted = get_statistics(
            books.session, books.site, GetStatistics(by="all", filter=CallFilter(where=key_term(per, line)))
        )
        assert counted.total.calls == line.calls, key_term(per, line)


def test_the_total_counts_what_the_limit_leaves_out(books: Books) -> None:
    for day in range(5):
        books.call(started_at=NOON + timedelta(days=day), trunk=f"trunk {day}")
    found = get_statistics(books.session, SHANGHAI, GetStatistics(per="trunk", limit=2))
    assert [(row.period, row.key) for row in found.rows] == [
        ("2026-01-15", "trunk 0"),
        ("2026-01-16", "trunk 1"),
    ]
    assert (found.total.calls, found.total.cost_micros, found.total.period) == (5, 2_500_000, "all")


def test_without_calls_there_are_no_lines_and_a_total_of_nothing(books: Books) -> None:
    found = get_statistics(books.session, SHANGHAI, GetStatistics())
    assert found.rows == []
    assert (found.total.calls, found.total.average_duration, found.total.cost_micros) == (0, 0, 0)
    assert get_heat(books.session, SHANGHAI, GetHeat()).cells == []


def test_the_repeated_and_the_missing_hour_neither_lose_nor_double_a_call(berlin: Books) -> None:
    # 2026-10-25 has 25 hours in Berlin, 2026-03-29 has 23.
    for start, hours in ((datetime(2026, 10, 24, 22), 25), (datetime(2026, 3, 28, 23), 23)):
        for hour in range(hours):
            berlin.call(started_at=start + timedelta(hours=hour))
    by_day = {row.period: row.calls for row in lines(berlin)}
    assert by_day == {"2026-03-29": 23, "2026-10-25": 25}
    autumn = CallFilter(since="2026-10-25", until="2026-10-25")
    by_hour = {row.period: row.calls for row in lines(berlin, by="hour", filter=autumn)}
    assert by_hour == {f"{hour:02d}": 2 if hour == 2 else 1 for hour in range(24)}
    spring = CallFilter(where="2026-03-29")
    by_hour = {row.period: row.calls for row in lines(berlin, by="hour", filter=spring)}
    assert by_hour == {f"{hour:02d}": 1 for hour in range(24) if hour != 2}


def test_the_heat_map_holds_outbound_calls_by_weekday_and_hour(books: Books) -> None:
    books.call(billsec=5)
    books.call(billsec=6, answered_at=None)
    books.call(direction="inbound")
    books.call(started_at=datetime(2026, 1, 18, 16))
    found = get_heat(books.session, SHANGHAI, GetHeat())
    assert [(cell.weekday, cell.hour, cell.calls, cell.billsec) for cell in found.cells] == [
        (0, 0, 1, 60),
        (3, 12, 2, 5),
    ]
    assert found.cells[1].cost_micros == 1_000_000
    every = get_heat(books.session, SHANGHAI, GetHeat(all_directions=True))
    assert [cell.calls for cell in every.cells] == [1, 3]


def test_a_limit_out_of_bounds_is_refused(books: Books) -> None:
    with pytest.raises(InvalidInput) as caught:
        lines(books, limit=0)
    assert caught.value.field == "limit"
