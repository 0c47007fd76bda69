"""Re-rating: what counts as changed, in batches, and that a second run finds nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings

from engine.domain.rates import Rate
from engine.domain.site import Site
from engine.rating.book import RateBook
from engine.rating.rerate import RerateBatch, Selection, changed_calls, rerate_span, update_calls
from engine.store import Session
from tests.rating.site import (
    HYPOTHESIS,
    call_table,
    put_extensions,
    put_rates,
    rate_of_rule,
    rated,
    store_calls,
    stored_costs,
    stored_verdicts,
)
from tests.reference.rating import Call
from tests.reference.strategies import Case, cases

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 3, 1, 8, 0)
EVERYTHING = Selection(first=datetime(2000, 1, 1), last=datetime(2100, 1, 1))
RATE = Rate(name="All", price_micros=100_000)


def rerate(
    session: Session,
    selection: Selection = EVERYTHING,
    *,
    site: Site | None = None,
    batch_calls: int = 500_000,
) -> list[RerateBatch]:
    """A whole run, applied."""
    site = site or Site(zone=BERLIN, billing=True)
    span = rerate_span(session, selection)
    batches: list[RerateBatch] = []
    after = span.first_call_id - 1
    while span.calls and after < span.last_call_id:
        book = RateBook.load(session)
        batch = changed_calls(
            session, book, site=site, selection=selection, after=after, batch_calls=batch_calls
        )
        update_calls(session, batch.changed)
        batches.append(batch)
        after = batch.upto_call_id
    assert sum(batch.examined for batch in batches) == span.calls
    return batches


def changed(batches: list[RerateBatch]) -> list[int]:
    """The calls whose cost or reason changed."""
    return [
        row["call_id"]
        for batch in batches
        for row in batch.changed.to_pylist()
        if (row["old_cost_micros"], row["old_unrated"]) != (row["new_cost_micros"], row["new_unrated"])
    ]


@pytest.fixture
def month(rating_store: Session) -> Session:
    """Thirty calls of a minute, one a day, numbered 1 to 30 and rated; every third one by 1002."""
    put_extensions(rating_store, ["1001", "1002"])
    put_rates(rating_store, [RATE])
    calls = [
        Call(
            extension="1002" if day % 3 == 0 else "1001",
            dialled="123",
            answered_at=(START + timedelta(days=day)).replace(tzinfo=UTC),
            billsec=60,
        )
        for day in range(30)
    ]
    store_calls(rating_store, calls, BERLIN, site=Site(zone=BERLIN, billing=True))
    return rating_store


def test_the_same_list_changes_nothing(month: Session) -> None:
    assert changed(rerate(month)) == []


def test_another_price_changes_every_call_once(month: Session) -> None:
    put_rates(month, [replace(RATE, price_micros=200_000)])
    first = rerate(month)
    row = first[0].changed.to_pylist()[0]
    assert (row["old_cost_micros"], row["new_cost_micros"], row["cycles"]) == (100_000, 200_000, 1)
    assert len(changed(first)) == 30
    assert stored_costs(month) == [200_000] * 30
    assert changed(rerate(month)) == []


def test_batches_add_up(month: Session) -> None:
    put_rates(month, [replace(RATE, price_micros=200_000)])
    batches = rerate(month, batch_calls=7)
    assert [batch.examined for batch in batches] == [7, 7, 7, 7, 2]
    assert changed(batches) == list(range(1, 31))


def test_only_the_period_and_the_extensions_chosen(month: Session) -> None:
    put_rates(month, [replace(RATE, price_micros=200_000)])
    chosen = Selection(
        first=START + timedelta(days=3), last=START + timedelta(days=9), extensions=("1002", "7")
    )
    assert changed(rerate(month, chosen)) == [4, 7]


def test_only_calls_without_a_rule(month: Session) -> None:
    put_rates(month, [replace(RATE, extensions=("1002",))])
    rerate(month)
    put_rates(month, [replace(RATE, price_micros=200_000)])
    only = replace(EVERYTHING, only_unrated=True)
    batches = rerate(month, only)
    assert len(changed(batches)) == 20
    assert set(batches[0].changed["old_unrated"].to_pylist()) == {"no rule"}
    assert stored_costs(month)[:3] == [100_000, 200_000, 200_000]


def test_a_rule_of_another_name_and_the_same_price_is_taken_along_once(month: Session) -> None:
    put_rates(month, [Rate(name="Unused", prefix="999"), replace(RATE, name="Renamed")])
    first = rerate(month)
    assert changed(first) == []
    assert set(first[0].changed["rate_version"].to_pylist()) == {2}
    assert rerate(month)[0].changed.num_rows == 0


def test_a_rule_for_nothing_is_not_no_rule(month: Session) -> None:
    put_rates(month, [])
    assert len(changed(rerate(month))) == 30
    put_rates(month, [replace(RATE, price_micros=0)])
    batches = rerate(month)
    assert len(changed(batches)) == 30
    assert set(batches[0].changed["new_unrated"].to_pylist()) == {None}


def test_switching_billing_off_and_rating_anew_gives_everything_back(month: Session) -> None:
    batches = rerate(month, site=Site(zone=BERLIN, billing=False))
    assert set(batches[0].changed["new_unrated"].to_pylist()) == {"billing off"}
    assert stored_costs(month) == [0] * 30


@settings(max_examples=25, **HYPOTHESIS)
@given(before=cases(max_calls=12), after=cases(max_calls=1))
def test_a_second_run_changes_nothing_and_the_result_is_a_fresh_rating(
    rating_store: Session, before: Case, after: Case
) -> None:
    put_rates(rating_store, [rate_of_rule(rule) for rule in before.rules])
    put_extensions(rating_store, before.billed)
    store_calls(
        rating_store, before.calls, before.zone, site=Site(zone=before.zone, billing=before.site_billing)
    )
    put_rates(rating_store, [rate_of_rule(rule) for rule in after.rules])
    put_extensions(rating_store, after.billed)
    site = Site(zone=before.zone, billing=after.site_billing)
    rerate(rating_store, site=site, batch_calls=5)
    fresh = rated(rating_store, call_table(before.calls, before.zone), site)
    assert stored_verdicts(rating_store) == fresh
    assert sum(batch.changed.num_rows for batch in rerate(rating_store, site=site)) == 0


def test_nothing_selected_is_nothing_examined(month: Session) -> None:
    nothing = Selection(first=START + timedelta(days=40), last=START + timedelta(days=50))
    assert rerate_span(month, nothing).calls == 0
    assert rerate(month, nothing) == []


def test_update_without_changes_is_nothing(month: Session) -> None:
    update_calls(month, pa.table({"call_id": pa.array([], pa.int64())}))
    assert stored_costs(month) == [100_000] * 30
