"""The SQL held against the plain reference: random lists and calls, and every edge the strategies know."""

import os

import pytest
from hypothesis import given, settings

from engine.domain.site import Site
from engine.rating.book import RateBook
from engine.rating.calls import rate_calls
from engine.store import Session
from tests.rating.site import HYPOTHESIS, call_table, put_extensions, put_rates, rate_of_rule
from tests.reference.rating import rate
from tests.reference.strategies import Case, cases


def expected(case: Case) -> list[tuple[int, int, str | None, int | None, int, int]]:
    """What the reference says, as rows of `rate_calls`."""
    rows: list[tuple[int, int, str | None, int | None, int, int]] = []
    for row, call in enumerate(case.calls):
        verdict = rate(
            call,
            case.rules,
            site_billing=case.site_billing,
            extension_billed=call.extension in case.billed,
            zone=case.zone,
        )
        version = verdict.rule.position if verdict.rule else None
        rows.append(
            (
                row,
                verdict.cost_micros,
                verdict.unrated_reason,
                version,
                verdict.cycles,
                verdict.first_block_micros,
            )
        )
    return rows


def rated(session: Session, case: Case) -> list[tuple[object, ...]]:
    put_rates(session, [rate_of_rule(rule) for rule in case.rules])
    put_extensions(session, case.billed, unbilled=["100"] if "100" not in case.billed else [])
    site = Site(zone=case.zone, billing=case.site_billing)
    verdicts = rate_calls(session, RateBook.load(session), call_table(case.calls, case.zone), site=site)
    return list(zip(*verdicts.to_pydict().values(), strict=True))


@settings(max_examples=300, **HYPOTHESIS)
@given(case=cases(max_calls=20))
def test_rated_sets_agree_with_the_reference(rating_store: Session, case: Case) -> None:
    assert rated(rating_store, case) == expected(case)


@pytest.mark.long
@settings(max_examples=int(os.environ.get("PBXMETER_EXAMPLES", "50000")), **HYPOTHESIS)
@given(case=cases(max_rules=20, max_calls=40))
def test_the_long_campaign_finds_no_difference(rating_store: Session, case: Case) -> None:
    assert rated(rating_store, case) == expected(case)
