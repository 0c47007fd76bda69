"""The test of one call: it agrees with rating, and says why every other rule lost."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings

from engine.api.rates import RateTest, TestRate
from engine.domain.errors import InvalidInput, NotFound
from engine.domain.names import Unrated
from engine.domain.rates import Rate
from engine.domain.site import Site
from engine.rating.explain import test_rate as explained
from engine.store import Session
from tests.rating.site import HYPOTHESIS, NOW, call_table, put_extensions, put_rates, rate_of_rule, rated
from tests.reference.rating import objections
from tests.reference.strategies import Case, cases

BERLIN = ZoneInfo("Europe/Berlin")
SITE = Site(zone=BERLIN, billing=True)
MINUTE: dict[str, Any] = {"price_micros": 100_000}


def ask(
    session: Session, dialled: str = "912345", billsec: int = 61, at: str = "2026-11-02 12:00", **more: Any
) -> RateTest:
    request = TestRate(extension="1001", dialled=dialled, billsec=billsec, at=at, **more)  # type: ignore[arg-type]
    return explained(session, request, site=SITE, now=NOW)


def reasons(answer: RateTest) -> dict[str, str]:
    return {candidate.name: str(candidate.reason) for candidate in answer.candidates}


def test_winner_parts_and_losers(rating_store: Session) -> None:
    put_rates(
        rating_store,
        [
            Rate(name="All"),
            Rate(name="Other", prefix="8"),
            Rate(name="Line", prefix="9", initial_fee_micros=50_000, initial_seconds=10, **MINUTE),
            Rate(name="Line again", prefix="9"),
            Rate(name="Exact", prefix="9", number_length=9),
            Rate(name="Off", prefix="91", enabled=False),
            Rate(name="Night", prefix="912", start_second=22 * 3600, end_second=6 * 3600, weekdays=0b10),
            Rate(name="Boss", prefix="9123", extensions=("1000",), valid_to=date(2026, 1, 1)),
        ],
    )
    answer = ask(rating_store)
    assert (answer.rate_id, answer.rate and answer.rate.name) == (3, "Line")
    parts = answer.parts
    assert (parts.cost_micros, parts.first_block_micros, parts.cycles, parts.cycles_micros) == (
        150_000,
        50_000,
        1,
        100_000,
    )
    assert answer.answered_local == datetime(2026, 11, 2, 12, 0)
    assert reasons(answer) == {
        "Line": "longest prefix and length that fit, and first in the list among those",
        "Boss": "not for extension 1001; valid from the beginning until before 2026-01-01",
        "Night": "applies 22:00–06:00, through midnight, on tue",
        "Off": "switched off",
        "Exact": "for numbers of 9 characters, this one has 6",
        "Line again": "same prefix and length, but after position 3",
        "All": "shorter prefix than 9",
    }
    assert [candidate.name for candidate in answer.candidates if candidate.won] == ["Line"]


def test_an_exact_length_comes_before_any(rating_store: Session) -> None:
    put_rates(rating_store, [Rate(name="Any"), Rate(name="Six", number_length=6)])
    assert reasons(ask(rating_store)) == {
        "Six": "longest prefix that fits, and an exact length comes before any length",
        "Any": "any length comes after the exact length 6",
    }


def test_a_draft_stands_at_the_end_or_in_for_a_rule(rating_store: Session) -> None:
    put_rates(rating_store, [Rate(name="A", prefix="9"), Rate(name="B", prefix="9")])
    new = ask(rating_store, draft=Rate(name="New", prefix="9"))
    assert [(one.rate_id, one.position, one.name) for one in new.candidates] == [
        (1, 1, "A"),
        (2, 2, "B"),
        (0, 3, "New"),
    ]
    longer = ask(rating_store, draft=Rate(name="New", prefix="91", **MINUTE))
    assert (longer.rate_id, longer.rate, longer.parts.cost_micros) == (
        None,
        Rate(name="New", prefix="91", **MINUTE),
        200_000,
    )
    edited = ask(rating_store, draft=Rate(name="A2", prefix="9"), draft_id=1)
    assert (edited.rate_id, [one.name for one in edited.candidates]) == (1, ["A2", "B"])
    moved_away = ask(rating_store, draft=Rate(name="A2", prefix="8"), draft_id=1)
    assert [one.name for one in moved_away.candidates] == ["B"]


def test_without_a_rule_nothing_wins(rating_store: Session) -> None:
    put_rates(rating_store, [Rate(name="A", prefix="8")])
    answer = ask(rating_store)
    assert (answer.rate, answer.rate_id, answer.candidates) == (None, None, [])
    assert answer.parts.unrated is Unrated.NO_RULE


def test_switches_count_only_when_asked_for(rating_store: Session) -> None:
    put_rates(rating_store, [Rate(name="A")])
    put_extensions(rating_store, [])
    assert ask(rating_store).parts.unrated is None
    answer = ask(rating_store, assume_billed=False)
    assert answer.parts.unrated is Unrated.EXTENSION_NOT_BILLED
    assert reasons(answer) == {"A": "fits, but the call is not charged: extension not billed"}


def test_assumed_billing_holds_while_the_site_bills_nobody(rating_store: Session) -> None:
    put_rates(rating_store, [Rate(name="A", **MINUTE)])
    request = TestRate(extension="1001", dialled="1", billsec=1)
    answer = explained(rating_store, request, site=Site(zone=BERLIN, billing=False), now=NOW)
    assert answer.parts.cost_micros == 100_000
    assert answer.answered_local == NOW.replace(hour=13)


def test_what_cannot_be_asked_is_refused(rating_store: Session) -> None:
    put_rates(rating_store, [])
    for fields, field in (
        ({"billsec": -1}, "billsec"),
        ({"at": "yesterday"}, "at"),
        ({"draft": Rate(name="")}, "name"),
    ):
        with pytest.raises(InvalidInput) as refused:
            ask(rating_store, **fields)  # type: ignore[arg-type]
        assert refused.value.field == field
    with pytest.raises(NotFound):
        ask(rating_store, draft=Rate(name="x"), draft_id=7)


@settings(max_examples=40, **HYPOTHESIS)
@given(case=cases(max_calls=1))
def test_it_agrees_with_rating_and_with_the_reference(rating_store: Session, case: Case) -> None:
    call = case.calls[0]
    assume(call.billsec > 0 and call.answered_at is not None)
    call = replace(call, answered=True, outbound=True)
    put_rates(rating_store, [rate_of_rule(rule) for rule in case.rules])
    put_extensions(rating_store, case.billed)
    site = Site(zone=case.zone, billing=case.site_billing)
    instant = (call.answered_at or datetime.now(UTC)).astimezone(UTC)
    request = TestRate(
        extension=call.extension,
        dialled=call.dialled,
        billsec=call.billsec,
        at=instant.strftime("%Y-%m-%d %H:%M:%SZ"),
        assume_billed=False,
    )
    answer = explained(rating_store, request, site=site, now=NOW)
    (verdict,) = rated(rating_store, call_table([call], case.zone), site)
    parts = answer.parts
    assert (
        parts.cost_micros,
        parts.unrated,
        answer.rate_id,
        parts.cycles,
        parts.first_block_micros,
    ) == verdict[1:]
    fitting = {rule.position for rule in case.rules if not objections(rule, call, case.zone)}
    words = ("longest", "the only", "fits", "shorter", "any length comes", "same prefix")
    assert {one.rate_id for one in answer.candidates if str(one.reason).startswith(words)} == fitting
