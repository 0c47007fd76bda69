"""Filters as SQL against the same filters over plain rows."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from operator import ge, gt, le, lt
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.api.calls import CallFilter, ListCalls
from engine.domain.filters import Period, Span, Term, parse_filter
from engine.domain.names import WEEKDAYS
from engine.domain.zones import to_local
from engine.reports.calls import list_calls
from tests.reports.building import NOON, SHANGHAI, Books, open_database

NAMES = {"1001": "Reception", "1002": "王小明", "1010": "Ann Mobile"}
RATES = {1: "Mobile day", 2: "Local"}
PREFIXES = {1: "00", 2: ""}

Row = dict[str, Any]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    """400 calls that differ in everything a filter can ask about."""
    database = open_database(tmp_path_factory.mktemp("office"))
    with database.reading() as session:
        books = Books(session, SHANGHAI)
        for number, name in NAMES.items():
            books.extension(number, name=name)
        for version, name in RATES.items():
            books.rate(version, name=name, prefix=PREFIXES[version])
        extensions = ["1001", "1002", "1010", "10100", "0101", "1a10", ""]
        dialled = ["0044123", "00441", "1001", "13800138000", "*98", ""]
        directions = ["outbound", "outbound", "inbound", "internal", "other"]
        reasons = [None, None, "no rule", "not answered", "extension not billed"]
        books.add_calls(
            [
                {
                    "started_at": NOON + timedelta(hours=7 * n),
                    "extension": extensions[n % 7],
                    "dialled": dialled[n % 6],
                    "trunk": ["PJSIP/Carrier", "DAHDI/1", ""][n % 3],
                    "disposition": ["ANSWERED", "NO ANSWER", "BUSY"][n % 3],
                    "direction": directions[n % 5],
                    "unrated": reasons[n % 5],
                    "rate_version": [1, 2, None][n % 3] if reasons[n % 5] is None else None,
                    "cost_micros": (n % 11) * 250_000,
                    "billsec": (n % 13) * 15,
                    "duration": (n % 13) * 15 + n % 4,
                    "answered_at": None if n % 5 == 3 else NOON,
                }
                for n in range(400)
            ]
        )
        yield books
    database.close()


def found(books: Books, **asked: Any) -> set[int]:
    page = list_calls(books.session, SHANGHAI, ListCalls(filter=CallFilter(**asked), limit=1000))
    return {row.call_id for row in page.rows}


def fits(row: Row, term: Term) -> bool:
    return any(_fits(row, term, value) for value in term.values) is not term.negated


def _fits(row: Row, term: Term, value: Any) -> bool:
    whole = term.operator == "="
    match term.field:
        case "time":
            return _in_time(row["started_at"], term.operator, value)
        case "is":
            return {
                "answered": row["answered_at"] is not None,
                "unanswered": row["answered_at"] is None,
                "charged": row["unrated"] is None,
                "uncharged": row["unrated"] is not None,
                "unrated": row["unrated"] == "no rule",
            }[value]
        case "direction":
            return row["direction"] == value
        case "reason":
            return row["unrated"] == value
        case "weekday":
            return WEEKDAYS[to_local(row["started_at"], SHANGHAI.zone).weekday()] == value
        case "hour":
            return to_local(row["started_at"], SHANGHAI.zone).hour == int(value)
        case "ext":
            return _is_extension(row["extension"], value, whole)
        case "cost" | "billsec" | "duration":
            number = row["cost_micros" if term.field == "cost" else term.field]
            if isinstance(value, Span):
                return value.low <= number <= value.high
            orders: dict[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}
            return orders[term.operator](number, value) if term.operator in orders else number == value
        case "dialled":
            return row["dialled"] == value if whole else row["dialled"].startswith(value)
        case "destination":
            return not value if whole else False
        case "country":
            return not value
        case "prefix":
            held = PREFIXES.get(row["rate_version"]) or row["dialled"][:3]
            return held == value if whole else held.startswith(value)
        case "text":
            held = (row["extension"], row["dialled"], NAMES.get(row["extension"], ""))
            return any(value.lower() in text.lower() for text in held)
        case _:
            return _is_text(row, term.field, value.lower(), whole)


def _in_time(moment: datetime, operator: str, value: Any) -> bool:
    if isinstance(value, Period):
        return value.start <= moment < value.end
    return moment >= value if operator == ">=" else moment < value


def _is_extension(number: str, value: Any, whole: bool) -> bool:
    if isinstance(value, Span):
        low, high = str(value.low), str(value.high)
        return number.isdecimal() and len(number) == len(low) and low <= number <= high
    if not whole and value.endswith("*"):
        return number.startswith(value[:-1])
    return number == value


def _is_text(row: Row, field: str, value: str, whole: bool) -> bool:
    held = {
        "name": NAMES.get(row["extension"]),
        "rate": RATES.get(row["rate_version"], ""),
        "trunk": row["trunk"],
        "disposition": row["disposition"],
    }[field]
    if held is None:
        return False
    return held.lower() == value if whole else value in held.lower()


WORDS = [
    "1001", "101", "REC", "王", "mobile", '"%"', "outbound", "-internal", "answered", "unanswered", "charged",
    "uncharged", "unrated", "is:answered,unrated", "-is:answered,charged", "direction:inbound,other",
    'reason:"no rule"', '-reason:"no rule"', 'reason:"no rule","not answered"', "ext:1001", "ext!=1001",
    "ext:1001,0101", "ext:1000-1010", "ext:0100-0199,10*", "-ext:1000-1050", 'ext=""', "ext=10*", "ext:*",
    "name:reception", "-name:ann", "name=reception", "name:a,王", "dialled:0044", "dialled=00441",
    'dialled=""', "dialled:*,1", "trunk:carrier", "trunk=dahdi/1", 'trunk=""', "-trunk:pjsip,dahdi",
    "rate:mobile", '-rate:"Mobile day"', "rate=local", "rate:mob,loc",
    'rate=""', '-rate="",local', "prefix:00", "-prefix:1,00", "prefix=00",
    'prefix=*98,""',
    "disposition:answer",
    "disposition=busy", "disposition:busy,no", "cost>1", "cost>=1.25", "cost<0.5", "cost<=0.5", "cost:1",
    "cost:0.5-1.5", "-cost:0,1-2", "cost!=0", "billsec>=1m", "billsec:15,60-90", "duration<1:00",
    "duration=0", "2026-02", "-2026-02", "on:2026-02-01", "after:2026-03-01", "before:2026-02",
    "until:2026-02", "-after:2026-02", "text:44,bob", "weekday:sat,sun", "-weekday:mon", "hour:00",
    "-hour:08,15",
]  # fmt: skip


@pytest.mark.parametrize("word", WORDS)
def test_a_term_finds_what_a_plain_loop_finds(office: Books, word: str) -> None:
    (term,) = parse_filter(word, zone=SHANGHAI.zone).terms
    assert found(office, where=word) == {row["call_id"] for row in office.calls if fits(row, term)}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(WORDS), max_size=4))
def test_several_terms_find_what_fits_all_of_them(office: Books, words: list[str]) -> None:
    typed = " ".join(words)
    terms = parse_filter(typed, zone=SHANGHAI.zone).terms
    expected = {row["call_id"] for row in office.calls if all(fits(row, term) for term in terms)}
    assert found(office, where=typed) == expected


def test_the_words_of_the_model_find_some_calls_and_not_all(office: Books) -> None:
    sizes = {word: len(found(office, where=word)) for word in WORDS}
    assert [word for word, size in sizes.items() if size == 0] == ['"%"', "ext=10*"]
    assert [word for word, size in sizes.items() if size == 400] == ["ext:*"]


def test_a_written_filter_and_filled_in_fields_narrow_together(office: Books) -> None:
    both = found(office, where="cost>1", text="1001", status="charged", since="2026-02")
    assert both == (
        found(office, where="cost>1 text:1001 charged after:2026-02")
        & found(office, text="1001")
        & found(office, status="charged")
    )
    assert both
