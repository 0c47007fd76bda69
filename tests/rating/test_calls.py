"""Both ways of rating held against the plain reference: random lists and calls, worked cases, limits."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.rates import MAX_RATE_MICROS, MAX_RATE_SECONDS, Rate, rate_faults
from engine.domain.site import Site
from engine.rating.book import RateBook
from engine.rating.calls import VERDICTS, rate_calls
from engine.rating.index import MAX_COST_MICROS
from engine.rating.prices import Prices, bulk_prices, small_prices
from engine.store import Session
from tests.rating.side_by_side import CODES, calls_together, side_by_side, smallest
from tests.rating.site import HYPOTHESIS, call_table, put_extensions, put_rates, rate_of_rule
from tests.reference.rating import Call, Rule, rate
from tests.reference.strategies import Case, cases
from tests.reference.test_worked_cases import WORKED_CASES

Verdicts = list[tuple[object, ...]]

UTC_ZONE = ZoneInfo("UTC")
NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
EXAMPLES = int(os.environ.get("PBXMETER_EXAMPLES", "50000"))
PARTS = 20
"""Hypothesis remembers what it drew; in parts that stays small."""


def expected(case: Case) -> Verdicts:
    """What the reference says, as rows of `rate_calls`."""
    rows: Verdicts = []
    for row, call in enumerate(case.calls):
        verdict = rate(
            call,
            case.rules,
            site_billing=case.site_billing,
            extension_billed=call.extension in case.billed,
            zone=case.zone,
        )
        version = verdict.rule.position if verdict.rule else None
        parts = (verdict.cycles, verdict.first_block_micros)
        rows.append((row, verdict.cost_micros, verdict.unrated_reason, version, *parts))
    return rows


def both_ways(session: Session, calls: pa.Table, site: Site) -> tuple[Verdicts, Verdicts]:
    """The verdicts as a set, and one call after the other."""
    book = RateBook.load(session)
    as_set = rate_calls(session, book, calls, site=site, prices=bulk_prices)
    as_few = rate_calls(session, book, calls, site=site, prices=small_prices)
    assert as_set.schema.equals(as_few.schema)
    assert as_set.schema.equals(VERDICTS)
    return rows_of(as_set), rows_of(as_few)


def rows_of(verdicts: pa.Table) -> Verdicts:
    return list(zip(*verdicts.to_pydict().values(), strict=True))


def hold(session: Session, case: Case) -> None:
    put_rates(session, [rate_of_rule(rule) for rule in case.rules])
    put_extensions(session, case.billed, unbilled={"100"} - case.billed)
    site = Site(zone=case.zone, billing=case.site_billing)
    wanted = expected(case)
    as_set, as_few = both_ways(session, call_table(case.calls, case.zone), site)
    assert as_set == wanted, case
    assert as_few == wanted, case


@settings(max_examples=250, **HYPOTHESIS)
@given(case=cases(max_calls=20))
def test_both_ways_of_rating_agree_with_the_reference(rating_store: Session, case: Case) -> None:
    hold(rating_store, case)


def hold_together(session: Session, cases: Sequence[Case]) -> None:
    """Each of the cases, rated among the rules of the others."""
    apart = side_by_side(cases)
    put_rates(session, [rate_of_rule(rule) for case in apart for rule in case.rules])
    put_extensions(session, frozenset[str]().union(*(case.billed for case in apart)))
    wanted = [verdict for case in apart for verdict in expected(case)]
    numbered = [(row, *verdict[1:]) for row, verdict in enumerate(wanted)]
    as_set, as_few = both_ways(session, calls_together(apart), Site(zone=UTC_ZONE, billing=True))
    if as_set == as_few == numbered:
        return
    for case in cases:
        hold_alone(session, case)
    # None differs alone.
    assert as_set == numbered
    assert as_few == numbered


def hold_alone(session: Session, case: Case) -> None:
    """As `hold`; a case that differs is made smaller first."""
    if differs(session, case):
        hold(session, smallest(case, partial(differs, session)))


def differs(session: Session, case: Case) -> bool:
    try:
        hold(session, case)
    except AssertionError:
        return True
    return False


@settings(max_examples=8, **HYPOTHESIS)
@given(some=st.lists(cases().filter(lambda case: case.site_billing), min_size=2, max_size=len(CODES)))
def test_cases_side_by_side_agree_with_the_reference(rating_store: Session, some: list[Case]) -> None:
    hold_together(rating_store, some)


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
def test_the_long_campaign_finds_no_difference(rating_store: Session, part: int) -> None:
    """Every case side by side with others, and every tenth and those without billing alone."""
    drawn: list[Case] = []

    @settings(max_examples=EXAMPLES // PARTS, database=None, **HYPOTHESIS)
    @given(case=cases(max_rules=20, max_calls=40))
    def draw(case: Case) -> None:
        drawn.append(case)

    draw()
    assert len(drawn) >= EXAMPLES // PARTS
    for place, case in enumerate(drawn):
        if place % 10 == 0 or not case.site_billing:
            hold_alone(rating_store, case)
    billing = [case for case in drawn if case.site_billing]
    for first in range(0, len(billing), len(CODES)):
        hold_together(rating_store, billing[first : first + len(CODES)])


@pytest.mark.parametrize(("rule", "billsec", "cost_micros"), WORKED_CASES)
def test_the_worked_cases(rating_store: Session, rule: Rule, billsec: int, cost_micros: int) -> None:
    assert costs_of(rating_store, rule, [billsec]) == [cost_micros]


def costs_of(session: Session, rule: Rule, billsecs: list[int]) -> list[int]:
    """What calls of those lengths cost, both ways agreeing."""
    put_rates(session, [rate_of_rule(rule)])
    put_extensions(session, ["1001"])
    calls = [Call(dialled="123", answered_at=NOON, billsec=billsec) for billsec in billsecs]
    as_set, as_few = both_ways(session, call_table(calls, UTC_ZONE), Site(zone=UTC_ZONE, billing=True))
    assert as_set == as_few
    return [int(str(verdict[1])) for verdict in as_set]


@pytest.mark.parametrize(("price_micros", "cost"), [(29, 0), (30, 1), (31, 1), (89, 1), (90, 2)])
def test_half_a_micro_unit_rounds_up(rating_store: Session, price_micros: int, cost: int) -> None:
    assert costs_of(
        rating_store, Rule(price_micros=price_micros, price_seconds=60, cycle_seconds=1), [1]
    ) == [cost]


@pytest.mark.parametrize("price_seconds", [None, 1, 7, MAX_RATE_SECONDS])
@pytest.mark.parametrize("cycle_seconds", [1, 59, MAX_RATE_SECONDS])
@pytest.mark.parametrize("initial_seconds", [0, 1, MAX_RATE_SECONDS])
def test_nothing_overflows_at_the_limits_of_the_fields(
    rating_store: Session, price_seconds: int | None, cycle_seconds: int, initial_seconds: int
) -> None:
    rule = Rule(
        initial_fee_micros=MAX_RATE_MICROS,
        initial_seconds=initial_seconds,
        price_micros=MAX_RATE_MICROS,
        price_seconds=price_seconds,
        cycle_seconds=cycle_seconds,
    )
    assert rate_faults(rate_of_rule(rule)) == []
    billsecs = [1, MAX_RATE_SECONDS - 1, MAX_RATE_SECONDS]
    calls = [Call(dialled="123", answered_at=NOON, billsec=billsec) for billsec in billsecs]
    wanted = [
        rate(call, [rule], site_billing=True, extension_billed=True, zone=UTC_ZONE).cost_micros
        for call in calls
    ]
    assert costs_of(rating_store, rule, billsecs) == wanted


def test_a_call_of_68_years_at_the_highest_price_stops_at_the_largest_amount(rating_store: Session) -> None:
    rule = Rule(price_micros=MAX_RATE_MICROS, price_seconds=1, cycle_seconds=MAX_RATE_SECONDS)
    assert costs_of(rating_store, rule, [2**31 - 1]) == [MAX_COST_MICROS]


@settings(max_examples=60, **HYPOTHESIS)
@given(numbers=st.lists(st.text(max_size=8), min_size=1, max_size=20), length=st.integers(1, 8))
def test_characters_of_any_script_count_alike(rating_store: Session, numbers: list[str], length: int) -> None:
    put_rates(rating_store, [Rate(name="Exact", number_length=length), Rate(name="Nine", prefix="9")])
    put_extensions(rating_store, ["1001"])
    calls = [Call(dialled=number, answered_at=NOON, billsec=1) for number in [*numbers, f"9{numbers[0]}"]]
    as_set, as_few = both_ways(rating_store, call_table(calls, UTC_ZONE), Site(zone=UTC_ZONE, billing=True))
    assert as_set == as_few
    for call, verdict in zip(calls, as_few, strict=True):
        assert verdict[3] == (
            2 if call.dialled.startswith("9") else 1 if len(call.dialled) == length else None
        )


def test_without_a_moment_of_answer_only_unconditional_rules_fit(rating_store: Session) -> None:
    put_rates(
        rating_store,
        [
            Rate(name="Night", prefix="1", start_second=1),
            Rate(name="Dated", prefix="1", valid_from=NOON.date()),
            Rate(name="Chosen", prefix="2", extensions=("1001",)),
            Rate(name="All"),
        ],
    )
    put_extensions(rating_store, ["1001"])
    calls = [Call(dialled=dialled, answered_at=None, billsec=1) for dialled in ("11", "22", "33")]
    as_set, as_few = both_ways(rating_store, call_table(calls, UTC_ZONE), Site(zone=UTC_ZONE, billing=True))
    assert as_set == as_few
    assert [verdict[3] for verdict in as_set] == [4, 4, 4]


@pytest.mark.parametrize("prices", [bulk_prices, small_prices])
@pytest.mark.parametrize("count", [0, 1, 5000])
def test_batches_of_any_size_come_back_in_order(rating_store: Session, count: int, prices: Prices) -> None:
    put_rates(rating_store, [Rate(name="All", price_micros=1, cycle_seconds=1)])
    put_extensions(rating_store, ["1001"])
    calls = [Call(dialled="1", answered_at=NOON, billsec=billsec) for billsec in range(count)]
    table = call_table(calls, UTC_ZONE)
    backwards = table.take(pa.array(range(count - 1, -1, -1), pa.int64()))
    site = Site(zone=UTC_ZONE, billing=True)
    verdicts = rate_calls(rating_store, RateBook.load(rating_store), backwards, site=site, prices=prices)
    assert verdicts.schema.equals(VERDICTS)
    assert verdicts["row"].to_pylist() == list(range(count))
    assert verdicts["cost_micros"].to_pylist() == list(range(count))


@pytest.mark.parametrize("count", [1, 5000])
def test_a_caller_may_say_which_extensions_are_billed(rating_store: Session, count: int) -> None:
    put_rates(rating_store, [Rate(name="All")])
    put_extensions(rating_store, ["1001"])
    table = call_table([Call(dialled="1", answered_at=NOON, billsec=1)] * count, UTC_ZONE)
    book, site = RateBook.load(rating_store), Site(zone=UTC_ZONE, billing=True)
    verdicts = rate_calls(rating_store, book, table, site=site, billed={"1001"})
    assert set(verdicts["unrated"].to_pylist()) == {None}


def test_a_rule_behind_an_unconditional_one_is_not_in_the_book(rating_store: Session) -> None:
    same = {"prefix": "9", "number_length": 5}
    put_rates(
        rating_store,
        [
            Rate(name="1", **same, extensions=("1",)),
            Rate(name="2", **same),
            Rate(name="3", **same, extensions=("1",)),
            Rate(name="4", **same),
            Rate(name="5", prefix="9"),
            Rate(name="6", prefix="99", enabled=False),
        ],
    )
    book = RateBook.load(rating_store)
    assert book.rules["position"].to_pylist() == [1, 2, 5]
    assert book.rules["rank"].to_pylist() == [1, 2, 3]
