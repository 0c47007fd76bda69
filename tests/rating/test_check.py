"""What the check finds in a list, what it says about it, and that its shadows really never win."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings

from engine.api.rates import CheckRates, RateRemark
from engine.domain.rates import Rate
from engine.domain.site import Site
from engine.rating.check import check_rates, remarks_by_rate
from engine.rating.week import WEEK, described, gaps, union, window
from engine.store import Session
from tests.rating.site import HYPOTHESIS, call_table, put_extensions, put_rates, rate_of_rule, rated
from tests.reference.strategies import Case, cases

MORNING: dict[str, Any] = {"start_second": 8 * 3600, "end_second": 12 * 3600}
DAY: dict[str, Any] = {"start_second": 8 * 3600, "end_second": 18 * 3600}
NIGHT: dict[str, Any] = {"start_second": 18 * 3600, "end_second": 8 * 3600}
WORKDAYS, WEEKEND = 0b0011111, 0b1100000


def found(
    session: Session, *rates: Rate, billed: tuple[str, ...] = ()
) -> list[tuple[str, int | None, int | None]]:
    """Kind, rule and other rule of every finding; rules are numbered from 1."""
    return [
        (remark.kind, remark.rate_id, remark.other_id) for remark in remarks(session, *rates, billed=billed)
    ]


def remarks(session: Session, *rates: Rate, billed: tuple[str, ...] = ()) -> list[RateRemark]:
    put_rates(session, rates)
    put_extensions(session, billed)
    return check_rates(session, CheckRates()).rows


def rate(prefix: str = "9", **fields: Any) -> Rate:
    return Rate(name=f"rule {prefix}", prefix=prefix, **fields)  # type: ignore[arg-type]


def test_a_sound_list_has_no_remarks(rating_store: Session) -> None:
    rates = [rate("9"), rate("90"), rate("90", number_length=12), rate("", **DAY), rate("", **NIGHT)]
    assert found(rating_store, *rates, billed=("1001",)) == []


def test_the_same_prefix_and_length_again_never_wins(rating_store: Session) -> None:
    assert found(rating_store, rate(), rate(), rate(**DAY)) == [("shadowed", 2, 1), ("shadowed", 3, 1)]


def test_a_narrower_rule_behind_a_wider_one_never_wins(rating_store: Session) -> None:
    wide = rate(**DAY, extensions=("1", "2"), valid_from=date(2026, 1, 1))
    narrow = rate(**MORNING, extensions=("2",), valid_from=date(2026, 2, 1), valid_to=date(2026, 3, 1))
    assert found(rating_store, rate(""), wide, narrow) == [("shadowed", 3, 2)]
    assert found(rating_store, rate(""), narrow, wide) == [("order", 3, 2)]


def test_rules_that_cover_a_third_one_together_shadow_it(rating_store: Session) -> None:
    day, night = rate(**DAY), rate(**NIGHT)
    assert found(rating_store, day, night, rate()) == [("shadowed", 3, 1)]
    assert found(rating_store, day, rate(**NIGHT, weekdays=WORKDAYS), rate()) == [("order", 3, 2)]


@pytest.mark.parametrize(
    "second",
    [
        rate("90"),
        rate(number_length=12),
        rate(**NIGHT),
        rate(**DAY, extensions=("2",)),
        rate(**DAY, valid_from=date(2027, 1, 1)),
        rate(**DAY, enabled=False),
    ],
)
def test_rules_that_never_meet_are_no_pair(rating_store: Session, second: Rate) -> None:
    first = rate(**DAY, extensions=("1",), valid_to=date(2027, 1, 1))
    assert found(rating_store, rate(""), first, second) == []


def test_switched_off_rules_shadow_nothing(rating_store: Session) -> None:
    assert found(rating_store, rate(enabled=False), rate()) == []


def test_hours_without_a_rule_are_told(rating_store: Session) -> None:
    rates = [
        rate(**DAY, weekdays=WORKDAYS),
        rate(start_second=22 * 3600, end_second=8 * 3600, weekdays=WORKDAYS),
    ]
    (gap,) = remarks(rating_store, *rates)
    assert (gap.kind, gap.rate_id) == ("gap", 1)
    assert str(gap.text) == (
        "no rule for numbers that start with 9: mon 00:00–08:00, 18:00–22:00; tue,wed,thu,fri 18:00–22:00; "
        "sat 08:00–24:00; sun."
    )


def test_a_shorter_prefix_fills_a_gap(rating_store: Session) -> None:
    assert found(rating_store, rate("90", **DAY), rate("9", **NIGHT)) == [("gap", 2, None)]
    assert found(rating_store, rate("90", **DAY), rate("9")) == []


def test_rules_for_others_fill_no_gap(rating_store: Session) -> None:
    assert found(rating_store, rate(**DAY), rate(**NIGHT, extensions=("7",))) == [("gap", 1, None)]
    assert found(rating_store, rate(**DAY, number_length=9), rate(**NIGHT, number_length=12)) == [
        ("gap", 1, None),
        ("gap", 2, None),
    ]


def test_extensions_that_no_rule_is_for(rating_store: Session) -> None:
    only = rate(extensions=("1001",))
    assert [str(remark.text) for remark in remarks(rating_store, only, billed=("1001", "1002"))] == [
        "extension 1002 is billed, and no rule is for it."
    ]
    assert found(rating_store, only, rate("8"), billed=("1001", "1002")) == []
    assert len(found(rating_store, billed=("1001", "1002"))) == 2


def test_extensions_without_a_rule_are_told_before_whatever_a_limit_cuts_off(rating_store: Session) -> None:
    chosen = rate(extensions=("1001",))
    assert found(rating_store, chosen, chosen, billed=("1002",)) == [
        ("uncovered", None, None),
        ("shadowed", 2, 1),
    ]


def test_the_limit_bounds_rows_and_not_the_total(rating_store: Session) -> None:
    put_rates(rating_store, [rate()] * 5)
    answer = check_rates(rating_store, CheckRates(limit=2))
    assert (len(answer.rows), answer.total) == (2, 4)
    assert list(remarks_by_rate(answer)) == [2, 3]


@settings(max_examples=40, **HYPOTHESIS)
@given(case=cases(max_rules=20, max_calls=30))
def test_a_shadowed_rule_wins_no_call(rating_store: Session, case: Case) -> None:
    shadowed = {
        rate_id
        for kind, rate_id, _ in found(rating_store, *(rate_of_rule(rule) for rule in case.rules))
        if kind == "shadowed"
    }
    put_extensions(rating_store, case.billed)
    verdicts = rated(rating_store, call_table(case.calls, case.zone), Site(zone=case.zone, billing=True))
    assert shadowed.isdisjoint(verdict[3] for verdict in verdicts)


@settings(max_examples=100, deadline=None)
@given(case=cases(max_rules=6, max_calls=1))
def test_a_union_and_its_gaps_make_a_week(case: Case) -> None:
    covered = union(window(rate_of_rule(rule)) for rule in case.rules)
    left = gaps(covered)
    assert sum(last - first for first, last in (*covered, *left)) == WEEK
    assert union([covered, left]) == ((0, WEEK),)


def test_stretches_in_words() -> None:
    assert str(described(((0, WEEK),))) == "every day"
    assert str(described(gaps(window(Rate(name="x", **DAY))))) == "every day 00:00–08:00, 18:00–24:00"
    assert str(described(window(Rate(name="x", weekdays=WEEKEND)))) == "sat,sun"
