"""Destinations: the longest prefix names a number; the site's sheet comes before what ships."""

from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.destinations import shipped_destinations
from engine.api.destinations import ListDestinations
from engine.api.operation import ImportResult
from engine.domain.errors import InvalidInput
from engine.rating.destinations import (
    destination_of,
    export_destinations,
    follow_destinations,
    import_destinations,
    list_destinations,
    spans,
)
from engine.store import Database, Session
from tests.reference import numbers as reference

PREFIXES = st.text("0159+*#", max_size=5)
TABLES = st.dictionaries(PREFIXES, st.tuples(st.sampled_from(["A", "B", "C"]), st.sampled_from(["", "AA"])))
NUMBERS = st.text("0159+*#x中", max_size=8)


@pytest.fixture
def store(tmp_path: Path) -> Generator[Session]:
    database = Database(tmp_path / "site.duckdb", threads=1)
    session = database.session()
    with session.transaction():
        follow_destinations(session)
    yield session
    session.close()
    database.close()


def put(session: Session, text: str, *, apply: bool = True) -> ImportResult:
    with session.transaction():
        return import_destinations(session, text.encode(), apply=apply)


def faults(result: ImportResult) -> list[tuple[int, str, str]]:
    assert not result.applied
    return [(fault.line, fault.column, str(fault.reason)) for fault in result.faults]


@settings(deadline=None)
@given(table=TABLES, numbers=st.lists(NUMBERS, min_size=1, max_size=8))
def test_spans_name_numbers_as_the_longest_prefix_does(
    table: dict[str, tuple[str, str]], numbers: list[str]
) -> None:
    found = spans(table)
    lows = [low for low, _, _ in found]
    assert lows == sorted(set(lows))
    for number in [*numbers, *table]:
        below = [span for span in found if span[0] <= number]
        assert (below[-1][1:] if below else ("", "")) == reference.destination(number, table)


def test_what_ships_is_sound() -> None:
    shipped = shipped_destinations()
    assert len(shipped) > 300
    for prefix, (name, country) in shipped.items():
        assert prefix.startswith("+") and prefix[1:].isdecimal() and len(prefix) <= 9
        assert name.isprintable() and name
        assert country == "" or (len(country) == 2 and country.isupper())


@pytest.mark.parametrize(
    ("number", "name", "country"),
    [
        ("+8190123456", "Japan", "JP"),
        ("+12125550100", "United States", "US"),
        ("+14165550100", "Canada", "CA"),
        ("+18765550100", "Jamaica", "JM"),
        ("+77012345678", "Kazakhstan", "KZ"),
        ("+74951234567", "Russia", "RU"),
        ("+390669812345", "Vatican", "VA"),
        ("+441481123456", "Guernsey", "GG"),
        ("+881612345678", "Global mobile satellite", ""),
        ("+", "", ""),
        ("+999", "", ""),
        ("0081901234", "", ""),
        ("", "", ""),
    ],
)
def test_shipped_prefixes_name_international_numbers(
    store: Session, number: str, name: str, country: str
) -> None:
    assert destination_of(store, number) == (name, country)


def test_the_sites_prefixes_come_before_the_shipped_ones_and_name_numbers_as_dialled(store: Session) -> None:
    sheet = "prefix,name,country\n+44,Britain,gb\n0,National,DE\n,Elsewhere,\n00491,Own mobile,DE\n"
    assert put(store, sheet).added == 4
    assert destination_of(store, "+442071234567") == ("Britain", "GB")
    assert destination_of(store, "+441481123456") == ("Guernsey", "GG")
    assert destination_of(store, "030123456") == ("National", "DE")
    assert destination_of(store, "004915112345") == ("Own mobile", "DE")
    assert destination_of(store, "+999") == ("Elsewhere", "")
    assert destination_of(store, "12345") == ("Elsewhere", "")


def test_a_sheet_replaces_the_sites_prefixes_and_comes_out_as_it_went_in(store: Session) -> None:
    put(store, "prefix,name,country\n0,National,DE\n00,Abroad,\n")
    assert export_destinations(store).text == "prefix,name,country\n0,National,DE\n00,Abroad,\n"
    result = put(store, "name;prefix\nNational;0\nService;0800\n", apply=False)
    assert (result.applied, result.added, result.changed, result.removed) == (False, 1, 1, 1)
    assert [str(line) for line in result.preview] == [
        "+ 0800 Service",
        "~ 0 National DE → National ",
        "- 00 Abroad",
    ]
    assert destination_of(store, "0800123") == ("National", "DE")
    put(store, "name;prefix\nNational;0\nService;0800\n")
    assert destination_of(store, "0800123") == ("Service", "")
    assert destination_of(store, "00441") == ("National", "")
    assert put(store, export_destinations(store).text).unchanged == 2


def test_bad_sheets_change_nothing_and_say_where(store: Session) -> None:
    put(store, "prefix,name\n0,National\n")
    sheet = "prefix,name,country\n1,A,\n1,B,\n0x,C,\n2,,\n3,D,DEU\n" + f"{'4' * 65},E,\n5,{'n' * 101},\n"
    assert faults(put(store, sheet)) == [
        (3, "prefix", "'1' stands in line 2 already."),
        (4, "prefix", "'0x' is not a prefix: at most 64 digits, *, # and +."),
        (5, "name", "must be 1 to 100 characters that can be printed."),
        (6, "country", "'DEU' is not a country: two letters, or empty."),
        (7, "prefix", f"'{'4' * 40}' is not a prefix: at most 64 digits, *, # and +."),
        (8, "name", "must be 1 to 100 characters that can be printed."),
    ]
    assert [fault[1] for fault in faults(put(store, "prefix,title\n1,A\n"))] == ["title", "name"]
    assert faults(put(store, "prefix,name\n"))[0][2].startswith("the sheet holds no prefixes")
    assert destination_of(store, "01") == ("National", "")


def test_a_hundred_thousand_prefixes_are_taken_and_no_more(store: Session) -> None:
    rows = [f"{number},P{number % 7},\n" for number in range(100_000, 200_000)]
    assert put(store, "prefix,name,country\n" + "".join(rows)).added == 100_000
    assert destination_of(store, "1234567") == (f"P{123456 % 7}", "")
    assert (
        "at most 100,000 prefixes"
        in faults(
            put(store, "prefix,name\n" + "".join(f"{number},P\n" for number in range(100_000, 200_001)))
        )[0][2]
    )


def test_the_list_tells_whose_a_prefix_is_and_finds_by_prefix_name_and_country(store: Session) -> None:
    put(store, "prefix,name,country\n+81,Nippon,JP\n")
    found = list_destinations(store, ListDestinations(text="jp"))
    assert [(row.prefix, row.name, row.own) for row in found.rows] == [("+81", "Nippon", True)]
    assert next(row.country for row in list_destinations(store, ListDestinations(text="+441")).rows) == "GG"
    assert list_destinations(store, ListDestinations(text="guern", limit=1)).total == 4
    with pytest.raises(InvalidInput):
        list_destinations(store, ListDestinations(limit=0))
