"""The filter language: what words mean, and how it refuses."""

import contextlib
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.errors import InvalidInput
from engine.domain.filter_fields import ALONE, Kind
from engine.domain.filters import FIELDS, Field, Filter, Period, Span, Term, complete, parse_filter

SHANGHAI = ZoneInfo("Asia/Shanghai")


def terms(text: str) -> list[Term]:
    return list(parse_filter(text, zone=SHANGHAI).terms)


def refusal(text: str) -> str:
    with pytest.raises(InvalidInput) as caught:
        parse_filter(text, zone=SHANGHAI)
    assert caught.value.field == "where"
    assert str(caught.value).startswith("where: ")
    return str(caught.value)


def january() -> Period:
    return Period(datetime(2025, 12, 31, 16), datetime(2026, 1, 31, 16))


def test_nothing_typed_asks_for_everything() -> None:
    assert parse_filter("", zone=SHANGHAI) == parse_filter(" \t ", zone=SHANGHAI) == Filter()


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("1001", Term("text", ":", ("1001",))),
        ("-1001", Term("text", ":", ("1001",), negated=True)),
        ('"-1001"', Term("text", ":", ("-1001",))),
        ('"王 小明"', Term("text", ":", ("王 小明",))),
        ('say""hi', Term("text", ":", ("sayhi",))),
        ('"a""b"', Term("text", ":", ('a"b',))),
        ("answered", Term("is", ":", ("answered",))),
        ("-Answered", Term("is", ":", ("answered",), negated=True)),
        ('"answered"', Term("text", ":", ("answered",))),
        ("is:answered,unrated", Term("is", ":", ("answered", "unrated"))),
        ("outbound", Term("direction", ":", ("outbound",))),
        ("-internal", Term("direction", ":", ("internal",), negated=True)),
        ('reason:"no rule"', Term("reason", ":", ("no rule",))),
        ("ext:1001", Term("ext", ":", ("1001",))),
        ("EXTENSION:1001", Term("ext", ":", ("1001",))),
        ("ext=1001", Term("ext", "=", ("1001",))),
        ("ext!=1001", Term("ext", "=", ("1001",), negated=True)),
        ("-ext!=1001", Term("ext", "=", ("1001",))),
        ("ext:1001,1002", Term("ext", ":", ("1001", "1002"))),
        ("ext:0100-0199,2*", Term("ext", ":", (Span("0100", "0199"), "2*"))),
        ('ext:"1001-1050"', Term("ext", ":", ("1001-1050",))),
        ('ext=""', Term("ext", "=", ("",))),
        ("dialled:0044", Term("dialled", ":", ("0044",))),
        ('rate:"Mobile day","a,b"', Term("rate", ":", ("Mobile day", "a,b"))),
        ("trunk:PJSIP/trunk-1", Term("trunk", ":", ("PJSIP/trunk-1",))),
        ("name:a:b", Term("name", ":", ("a:b",))),
        ("cost>5", Term("cost", ">", (5_000_000,))),
        ("cost>=1,", None),
        ("cost:0.5-1", Term("cost", ":", (Span(500_000, 1_000_000),))),
        ("cost=0.000001", Term("cost", "=", (1,))),
        ("billsec>=60", Term("billsec", ">=", (60,))),
        ("talk<5m", Term("billsec", "<", (300,))),
        ("duration<=1:30", Term("duration", "<=", (90,))),
        ("duration:1h-2:00:00", Term("duration", ":", (Span(3600, 7200),))),
        ("billsec!=0", Term("billsec", "=", (0,), negated=True)),
        ("2026-01", Term("time", ":", (january(),))),
        ('"2026-01"', Term("time", ":", (january(),))),
        ("-2026-01", Term("time", ":", (january(),), negated=True)),
        ("on:2026-01", Term("time", ":", (january(),))),
        ("2026-01-01..2026-01", Term("time", ":", (january(),))),
        ("-on:2026-01-01..2026-01-31", Term("time", ":", (january(),), negated=True)),
        ("1001..1050", Term("text", ":", ("1001..1050",))),
        ("1001-12", Term("text", ":", ("1001-12",))),
        ('text:"2026-01"', Term("text", ":", ("2026-01",))),
        ("after:2026-01", Term("time", ">=", (january().start,))),
        ("since:2026-01", Term("time", ">=", (january().start,))),
        ("before:2026-01", Term("time", "<", (january().start,))),
        ("until:2026-01", Term("time", "<", (january().end,))),
        (
            "2026-01-05T18:30",
            Term("time", ":", (Period(datetime(2026, 1, 5, 10, 30), datetime(2026, 1, 5, 10, 31)),)),
        ),
        (
            '"2026-01-05 18:30:07"',
            Term("time", ":", (Period(datetime(2026, 1, 5, 10, 30, 7), datetime(2026, 1, 5, 10, 30, 8)),)),
        ),
        (
            "on:2026-01-05T18:30+02:00",
            Term("time", ":", (Period(datetime(2026, 1, 5, 16, 30), datetime(2026, 1, 5, 16, 31)),)),
        ),
    ],
)
def test_a_word_is_this_term(text: str, term: Term | None) -> None:
    if term is None:
        refusal(text)
    else:
        assert terms(text) == [term]


def test_words_are_separated_by_any_blank_and_all_must_fit() -> None:
    typed = 'ext:1001  trunk:carrier\tcost>5 billsec>=60 "2026-01" unrated -internal'
    assert [term.field for term in terms(typed)] == [
        "ext", "trunk", "cost", "billsec", "time", "is", "direction",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("1001 exd:1", ["'exd:1' at column 6", "Did you mean ext?", "quotes"]),
        ("a   foo:1", ["at column 5", "no field 'foo'", "billsec"]),
        ("cost>x", ["'cost>x' at column 1", "is not an amount"]),
        ("cost>12,5", ["takes one value"]),
        ("cost:5-1", ["ends before it begins"]),
        ("cost>-1", ["at column 1"]),
        ("cost>1-2", ["not an amount"]),
        ("billsec>abc", ["seconds such as 90"]),
        ("billsec>99999999999", ["at most"]),
        ("billsec>9999999h", ["at most"]),
        ("ext:10-1050", ["same number of digits"]),
        ("ext:1050-1001", ["ends before it begins"]),
        ("ext:", ["a value is missing", "ext:1001-1050"]),
        ("ext:1001,,1002", ["a value is missing"]),
        ('trunk:""', ["a value is missing"]),
        ("ext>5", ["ext takes : = !="]),
        ("after>2026-01", ["after takes :"]),
        ("after:soon", ["this is not a time", "2026-01-31"]),
        ("2026-01-20..2026-01-10", ["ends before it begins"]),
        ("2026-01-10..2026-02-30", ["this is not a time"]),
        ("on:2026-01..", ["this is not a time"]),
        ("after:2026-01..2026-02", ["this is not a time"]),
        ("on:2026-13", ["this is not a time"]),
        ("2026-02-30", ["'2026-02-30' at column 1", "this is not a time"]),
        ("until:9999-12-31", ["this is not a time"]),
        ("is:happy", ["is is one of answered, unanswered"]),
        ("reason:busy", ['"no rule"']),
        ("direction:up", ["outbound, inbound, internal, other"]),
        ('1001 "abc', ["the quote opened at column 6", "not closed"]),
        ("-", ["nothing to look for"]),
        ('""', ["nothing to look for"]),
        ("a " * 65, ["at most 64 terms"]),
        ("a" * 4001, ["at most 4,000 characters"]),
        ("ext:" + "1," * 500 + "1", ["at most 500 values"]),
    ],
)
def test_a_refusal_says_which_word_where_and_what_would_do(text: str, parts: list[str]) -> None:
    message = refusal(text)
    for part in parts:
        assert part in message
    assert len(message) < 400


@given(st.text(alphabet='ext:cost><=!-,"*12 .王\x00\ud7ffm', max_size=40))
def test_any_text_is_a_filter_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidInput):
        parse_filter(text, zone=SHANGHAI)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_the_example_of_each_field_asks_about_it(field: Field) -> None:
    (term,) = terms(field.example)
    assert term.field == ("time" if field.kind is Kind.MOMENT else field.name)
    assert field.meaning


def texts(typed: str, **known: list[str]) -> list[str]:
    return [found.text for found in complete(typed, len(typed), known=known)]


def test_a_word_begun_completes_to_fields_and_words_alone() -> None:
    assert texts("un") == ["until:", "unanswered", "uncharged", "unrated"]
    assert texts("1001 -ex") == ["ext:"]
    assert set(ALONE) <= set(texts(""))


def test_a_value_begun_completes_to_the_fields_own_words_and_to_known_ones() -> None:
    assert texts("direction:in") == ["inbound", "internal"]
    assert texts('reason:"no r') == ['"no rule"']
    assert texts('rate:"mob', rate=["Mobile day", "Local"]) == ['"Mobile day"']
    assert texts("trunk:carr", trunk=["PJSIP/carrier"]) == ["PJSIP/carrier"]
    assert texts("ext:1001,10", ext=["1001", "1002", "2001"]) == ["1001", "1002"]
    assert texts("direction:inbound,ot") == ["other"]
    assert texts("nofield:x") == texts("cost>1") == []


def test_a_completion_put_in_its_place_parses() -> None:
    typed = 'unrated rate:"mob -internal'
    cursor = len('unrated rate:"mob')
    (found,) = complete(typed[:cursor], cursor, known={"rate": ["Mobile day"]})
    whole = typed[: found.start] + found.text + typed[found.end :]
    assert whole == 'unrated rate:"Mobile day" -internal'
    assert len(terms(whole)) == 3


@given(st.text(max_size=30), st.integers(-3, 40))
def test_completing_never_fails(text: str, cursor: int) -> None:
    for found in complete(text, cursor, known={"ext": ["1001"]}):
        assert 0 <= found.start <= found.end <= len(text)
