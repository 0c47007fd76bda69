"""Rate sheets: what they say, what a preview counts, and that export and import are inverse."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings

from engine.api.operation import ImportResult
from engine.domain.rates import Rate
from engine.rating.sheet import export_rates, import_rates
from engine.rating.versions import listed_rates
from engine.store import Session
from tests.rating.site import HYPOTHESIS, NOW, put_rates, rate_of_rule
from tests.reference.rating import Rule
from tests.reference.strategies import rule_lists


def load(session: Session, text: str | bytes, *, apply: bool = True) -> ImportResult:
    content = text.encode() if isinstance(text, str) else text
    return import_rates(session, content, apply=apply, operator="ann", now=NOW)


def listed(session: Session) -> list[Rate]:
    return [row.rate for row in listed_rates(session)]


def counts(result: ImportResult) -> tuple[int, int, int, int]:
    return result.added, result.changed, result.removed, result.unchanged


@pytest.fixture
def empty(rating_store: Session) -> Session:
    put_rates(rating_store, [])
    return rating_store


def test_a_name_is_enough(empty: Session) -> None:
    assert counts(load(empty, "name\nEverything\n")) == (1, 0, 0, 0)
    assert listed(empty) == [Rate(name="Everything")]


def test_every_column_is_read(empty: Session) -> None:
    load(
        empty,
        "extensions,valid_to,valid_from,weekdays,end_time,start_time,cycle_seconds,price_seconds,price,"
        "initial_seconds,initial_fee,number_length,prefix,enabled,name\n"
        '8002 8001,2027-01-01,2026-02-03,"sat,mon",06:00,22:30:15,1,60,"1,234.50",30,0.2,12,91,no,Night\n',
    )
    assert listed(empty) == [
        Rate(
            name="Night",
            enabled=False,
            prefix="91",
            number_length=12,
            initial_fee_micros=200_000,
            initial_seconds=30,
            price_micros=1_234_500_000,
            price_seconds=60,
            cycle_seconds=1,
            start_second=81_015,
            end_second=21_600,
            weekdays=0b0100001,
            valid_from=date(2026, 2, 3),
            valid_to=date(2027, 1, 1),
            extensions=("8001", "8002"),
        )
    ]


def test_empty_cells_are_defaults(empty: Session) -> None:
    load(empty, "name,price,cycle_seconds,weekdays,extensions,enabled\nA,,,,,\n")
    assert listed(empty) == [Rate(name="A")]


SHEET = "name,prefix,price\nA,9,0.1\nB,90,0.2\nC,900,0.3\n"


def test_a_preview_changes_nothing(empty: Session) -> None:
    result = load(empty, SHEET, apply=False)
    assert (result.applied, counts(result)) == (False, (3, 0, 0, 0))
    assert str(result.preview[0]) == "+ A: prefix 9, price 0.1"
    assert listed(empty) == []


def test_a_preview_tells_what_would_be_odd_and_was_not(empty: Session) -> None:
    load(empty, "name,prefix,price\nA,9,1\nOld,9,2\n")
    sheet = "name,prefix,price\nNew,8,1\nA,9,1\nOld,9,2\nTwin,8,3\n"
    odd = load(empty, sheet, apply=False).remarks
    assert [(remark.line, remark.column) for remark in odd] == [(4, "Twin")]
    assert "never wins: rule 1 (New)" in str(odd[0].reason)
    assert load(empty, sheet).remarks == []


def test_rules_are_recognised_by_name(empty: Session) -> None:
    load(empty, SHEET)
    before = listed_rates(empty)
    result = load(empty, "name,prefix,price\nA,9,0.1\nB,90,0.25\nD,,1\n")
    assert counts(result) == (1, 1, 1, 1)
    assert [str(line) for line in result.preview] == ["~ B: price 0.2 → 0.25", "+ D: price 1", "- C"]
    after = listed_rates(empty)
    assert after[0] == before[0]
    assert (after[1].rate_id, after[1].version_id) == (before[1].rate_id, 4)
    assert (after[2].rate_id, after[2].version_id) == (4, 5)


def test_another_order_is_a_change_without_a_version(empty: Session) -> None:
    load(empty, SHEET)
    result = load(empty, "name,prefix,price\nA,9,0.1\nC,900,0.3\nB,90,0.2\n")
    assert counts(result) == (0, 2, 0, 1)
    assert [str(line) for line in result.preview] == ["~ C: position 3 → 2", "~ B: position 2 → 3"]
    assert [(row.rate_id, row.version_id, row.rate.name) for row in listed_rates(empty)] == [
        (1, 1, "A"),
        (3, 3, "C"),
        (2, 2, "B"),
    ]


def test_a_rule_put_in_front_moves_nothing(empty: Session) -> None:
    load(empty, SHEET)
    assert counts(load(empty, SHEET.replace("A,9,0.1", "Z,1,1\nA,9,0.1"))) == (1, 0, 0, 3)


def test_rules_of_one_name_are_matched_in_order(empty: Session) -> None:
    load(empty, "name,prefix\nA,1\nA,2\n")
    assert counts(load(empty, "name,prefix\nA,1\nA,3\nA,4\n")) == (1, 1, 0, 1)


@pytest.mark.parametrize(
    ("line", "column", "words"),
    [
        ('x,9,"0,05",,,', "price", "decimal sign as a point"),
        ("x,9,1e3,,,", "price", "not an amount"),
        ("x,9,NaN,,,", "price", "not an amount"),
        ("x,9,0.0000001,,,", "price", "more than 6 decimals"),
        ("x,9,2000000,,,", "price", "between 0 and 1,000,000"),
        ("x,9,1,24:00,,", "start_time", "Midnight is 00:00"),
        ("x,9,1,7:5,,", "start_time", "Write it as 08:30"),
        ("x,9,1,,2026-02-30,", "valid_to", "not a date"),
        ("x,9,1,,20260201,", "valid_to", "not a date"),
        ("x,9a,1,,,", "prefix", "digits"),
        (",9,1,,,", "name", "1 to 64"),
        ("x" * 65 + ",9,1,,,", "name", "1 to 64"),
        ('x,9,1,,,"mon,funday"', "weekdays", "'funday' is not a weekday"),
    ],
)
def test_a_wrong_cell_is_named(empty: Session, line: str, column: str, words: str) -> None:
    result = load(empty, f"name,prefix,price,start_time,valid_to,weekdays\ngood,9,1,,,\n{line}\n")
    assert [(fault.line, fault.column) for fault in result.faults] == [(3, column)]
    assert words in str(result.faults[0].reason)
    assert not result.applied
    assert listed(empty) == []


def test_every_fault_of_every_line_is_listed(empty: Session) -> None:
    result = load(empty, "name,prefix,price,cycle_seconds\nA,9,x,y\nB,b,1,0\n\nC,9,1,60\nD,9,1\nE,e,x,0\n")
    assert [(fault.line, fault.column) for fault in result.faults] == [
        (2, "price"),
        (2, "cycle_seconds"),
        (3, "prefix"),
        (3, "cycle_seconds"),
        (6, ""),
        (7, "price"),
        (7, "prefix"),
        (7, "cycle_seconds"),
    ]


def test_a_sheet_without_rules_does_not_empty_the_list(empty: Session) -> None:
    assert load(empty, "name,price\n").faults == []
    load(empty, SHEET)
    result = load(empty, "name,price\n")
    assert "remove all 3" in str(result.faults[0].reason)
    assert len(listed(empty)) == 3


@settings(max_examples=40, **HYPOTHESIS)
@given(rules=rule_lists())
def test_an_export_imports_back_to_the_same(rating_store: Session, rules: tuple[Rule, ...]) -> None:
    rates = [rate_of_rule(rule) for rule in rules]
    put_rates(rating_store, rates)
    sheet = export_rates(rating_store)
    assert sheet.rows == len(rates)
    assert counts(load(rating_store, sheet.text)) == (0, 0, 0, len(rates))
    put_rates(rating_store, [])
    load(rating_store, sheet.text)
    assert listed(rating_store) == rates


def test_names_of_any_script_and_punctuation_survive(empty: Session) -> None:
    rates = [Rate(name=name) for name in ('a "b", c;', "国内 夜间", "=1+1", "all")]
    put_rates(empty, rates)
    text = export_rates(empty).text
    load(empty, text)
    assert listed(empty) == rates
    assert counts(load(empty, text.replace("\n", "\r\n"))) == (0, 0, 0, 4)
    assert counts(load(empty, b"\xef\xbb\xbf" + text.encode())) == (0, 0, 0, 4)


def test_switching_a_rule_off_in_the_sheet_is_a_change_without_a_version(empty: Session) -> None:
    put_rates(empty, [Rate(name="A")])
    assert counts(load(empty, "name,enabled\nA,off\n")) == (0, 1, 0, 0)
    assert listed_rates(empty)[0] == (1, 1, 1, replace(Rate(name="A"), enabled=False))
