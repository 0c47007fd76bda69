"""The export of calls against the same rows written by plain Python."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.api.calls import CallFilter, CallSort, ExportCalls, ListCalls
from engine.domain.errors import InvalidInput
from engine.domain.money import format_amount
from engine.reports import export
from engine.reports.calls import export_calls, list_calls
from engine.reports.export import COLUMNS
from tests.reports.building import NOON, Books


def exported(books: Books, **asked: Any) -> list[dict[str, object]]:
    reader = export_calls(books.session, books.site, ExportCalls(filter=CallFilter(**asked)))
    return reader.read_all().to_pylist()


def iso(instant: object, books: Books) -> str:
    if not isinstance(instant, datetime):
        return ""
    return instant.replace(tzinfo=UTC).astimezone(books.site.zone).isoformat()


def test_the_columns_are_those_of_the_contract() -> None:
    assert ",".join(COLUMNS.names) == (
        "started_at,answered_at,ended_at,extension,name,direction,dialled,trunk,disposition,duration,billsec,"
        "cost,rate,unrated,call_key,source,caller,rated_number,charged_seconds,leg,placed_by,passed_by,"
        "called_party,link_id,channel,account_code,destination,country"
    )


def test_rows_come_oldest_first_with_names_and_exact_costs(books: Books) -> None:
    books.extension("1001", name="王小明")
    books.rate(1, name="Mobile")
    books.file("/var/log/Master.csv")
    books.call(rate_version=1, cost_micros=12_500, call_key=2**64 - 1)
    books.call(started_at=NOON - timedelta(days=400), answered_at=None, unrated="not answered", cost_micros=0)
    older, newer = exported(books)
    assert (older["started_at"], older["answered_at"]) == ("2024-12-11T12:00:00+08:00", "")
    assert (older["cost"], older["unrated"], older["rate"]) == ("0.00", "not answered", "")
    assert newer == {
        "started_at": "2026-01-15T12:00:00+08:00", "answered_at": "2026-01-15T12:00:05+08:00",
        "ended_at": "2026-01-15T12:01:05+08:00", "extension": "1001", "name": "王小明",
        "direction": "outbound", "dialled": "0123456", "trunk": "PJSIP/carrier", "disposition": "ANSWERED",
        "duration": 65, "billsec": 60, "cost": "0.0125", "rate": "Mobile", "unrated": "",
        "call_key": "f" * 16, "source": "/var/log/Master.csv",
        "caller": "", "rated_number": "0123456", "charged_seconds": 60, "leg": "f" * 16, "placed_by": "",
        "passed_by": "", "called_party": "", "link_id": "", "channel": "", "account_code": "",
        "destination": "", "country": "",
    }  # fmt: skip


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("sort", ["time", "extension", "dialled", "trunk", "billsec", "cost"])
def test_an_export_has_the_order_of_the_list_of_calls(
    books: Books, sort: CallSort, descending: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "SORTED_SLICE", 7)
    for number in range(40):
        books.call(
            started_at=NOON + timedelta(hours=number * 17 % 40),
            extension=str(1000 + number * 7 % 5),
            dialled=str(number * 13 % 11),
            trunk=f"trunk_{number % 3}",
            billsec=number * 11 % 9,
            cost_micros=number * 5 % 7,
            call_key=number,
        )
    asked = ListCalls(sort=sort, descending=descending)
    listed = list_calls(books.session, books.site, asked).rows
    reader = export_calls(books.session, books.site, ExportCalls(sort=sort, descending=descending))
    rows = reader.read_all().to_pylist()
    shown = [
        (row.extension, row.dialled, row.trunk, row.billsec, format_amount(row.cost_micros)) for row in listed
    ]
    assert [
        tuple(row[name] for name in ("extension", "dialled", "trunk", "billsec", "cost")) for row in rows
    ] == shown
    assert [row["started_at"] for row in rows] == [
        iso(row.started_at.replace(tzinfo=None), books) for row in listed
    ]


def test_more_calls_than_are_sorted_go_oldest_first_only(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "MAX_SORTED_CALLS", 1)
    books.call()
    books.call(started_at=NOON - timedelta(days=1))
    assert len(exported(books)) == 2
    with pytest.raises(InvalidInput, match="oldest first"):
        export_calls(books.session, books.site, ExportCalls(sort="cost"))


def test_each_cost_is_written_as_people_read_it(books: Books) -> None:
    costs = [0, 1, 10, 100_000, 123_456, 1_000_000, 1_010_000, 1_001_000, 10**18 + 5, 999_999]
    for number, cost in enumerate(costs):
        books.call(started_at=NOON + timedelta(seconds=number), cost_micros=cost)
    assert [row["cost"] for row in exported(books)] == [format_amount(cost) for cost in costs]


def test_times_keep_the_offset_of_their_own_moment_through_both_clock_changes(berlin: Books) -> None:
    for change in (datetime(2026, 3, 29, 1), datetime(2026, 10, 25, 1)):
        for seconds in (-7200, -3600, -61, -1, 0, 1, 3599, 3600):
            berlin.call(started_at=change + timedelta(seconds=seconds))
    rows = exported(berlin)
    model = sorted(berlin.calls, key=lambda row: str(row["started_at"]))
    for name in ("started_at", "answered_at", "ended_at"):
        assert [row[name] for row in rows] == [iso(row[name], berlin) for row in model]
    assert {str(row["started_at"])[-6:] for row in rows} == {"+01:00", "+02:00"}


def test_the_offset_changes_at_the_second_even_when_the_first_call_has_a_fraction(berlin: Books) -> None:
    change = datetime(2026, 3, 29, 1)
    for moment in (
        change - timedelta(hours=1, microseconds=-700_000),
        change,
        change + timedelta(milliseconds=300),
    ):
        berlin.call(started_at=moment)
    assert [str(row["started_at"]) for row in exported(berlin)] == [
        "2026-03-29T01:00:00.700000+01:00",
        "2026-03-29T03:00:00+02:00",
        "2026-03-29T03:00:00.300000+02:00",
    ]


def test_months_without_calls_and_nonsense_years_do_not_stop_an_export(books: Books) -> None:
    moments = [datetime(1970, 1, 1), datetime(2026, 1, 1), datetime(2262, 1, 1)]
    for moment in moments:
        books.call(started_at=moment, answered_at=None)
    assert [str(row["started_at"])[:4] for row in exported(books)] == ["1970", "2026", "2262"]


def test_a_filter_narrows_an_export_and_nothing_gives_no_rows(books: Books) -> None:
    books.call()
    books.call(extension="1002")
    assert [row["extension"] for row in exported(books, where="ext:1002")] == ["1002"]
    assert exported(books, where="ext:7") == []
    with pytest.raises(InvalidInput):
        exported(books, where="cost>x")


def test_an_export_left_half_read_frees_the_session(books: Books) -> None:
    books.call(started_at=NOON - timedelta(days=100))
    books.call()
    reader = export_calls(books.session, books.site, ExportCalls())
    assert reader.read_next_batch().num_rows == 1
    reader.close()
    del reader
    assert len(exported(books)) == 2
