"""Calls from CEL of a real Asterisk, held against what the carrier billed."""

import csv
import random
from collections.abc import Callable

import pytest

from tests.cel.events import CelSite
from tests.pipeline.test_legs import CASES, Bill

pytestmark = pytest.mark.skipif(
    not CASES.is_dir(), reason="the records of real PBXs are not beside the repository"
)

NewSite = Callable[[], CelSite]


def _truth() -> dict[str, Bill]:
    found: dict[str, Bill] = {}
    if CASES.is_dir():
        with (CASES / "truth.csv").open() as file:
            for row in csv.DictReader(file):
                if "cel" in row["from"] or row["seconds"] == "0":
                    legs = found.setdefault(row["case"], [])
                    legs += [(row["payer"], row["carrier_number"], int(row["seconds"]))] * (
                        row["seconds"] != "0"
                    )
    return found


TRUTH = _truth()


def _lines(case: str) -> list[bytes]:
    return (CASES / f"asterisk-{case}" / "cel-Master.csv").read_bytes().splitlines(keepends=True)


def _is_true(bill: Bill, due: Bill) -> bool:
    """Whether a bill is what the carrier billed; numbers that no event holds may be unknown."""
    if len(bill) != len(due):
        return False
    return all(
        due_payer in ("any", payer)
        and (not number or number.endswith(due_number) or due_payer == "any")
        and abs(seconds - due_seconds) <= 1
        for (payer, number, seconds), (due_payer, due_number, due_seconds) in zip(
            bill, sorted(due), strict=True
        )
    )


@pytest.mark.parametrize("case", TRUTH)
def test_a_case_costs_what_the_carrier_billed_in_any_order_of_its_events(
    new_site: NewSite, case: str
) -> None:
    lines = _lines(case)
    whole = new_site()
    assert whole.take(lines).events == len(lines)
    assert _is_true(whole.bill(), TRUTH[case]), whole.bill()
    expected = whole.told(), whole.balances()
    shuffled = list(lines)
    random.Random(case).shuffle(shuffled)  # noqa: S311 - an order, no secret
    scattered = new_site()
    for first in range(0, len(shuffled), 7):
        scattered.take(shuffled[first : first + 7])
    assert (scattered.told(), scattered.balances()) == expected


@pytest.mark.parametrize("case", ["blind-to-outside", "forward-local-inbound", "click-to-call-local"])
def test_a_case_read_event_by_event_is_the_same_call(new_site: NewSite, case: str) -> None:
    lines = _lines(case)
    whole, single = new_site(), new_site()
    whole.take(lines)
    for line in lines:
        single.take([line])
    assert single.state_of_records() == whole.state_of_records()
    assert single.balances() == whole.balances()


@pytest.mark.parametrize("case", ["blind-to-outside", "queue-internal"])
def test_events_that_came_already_are_duplicates_and_change_nothing(new_site: NewSite, case: str) -> None:
    lines = _lines(case)
    site = new_site()
    site.take(lines)
    before = site.state_of_records(), site.balances()
    again = site.take(lines[::-1])
    assert (again.events, again.duplicates) == (0, len(lines))
    assert (site.state_of_records(), site.balances()) == before


def test_lists_are_as_full_as_with_records_of_calls(new_site: NewSite) -> None:
    site = new_site()
    site.take(_lines("conference-inbound-customer"))
    assert [(row.direction, row.extension, row.dialled) for row in site.calls()] == [
        ("internal", "1005", "2005"),
        ("internal", "1004", "2005"),
        ("inbound", "2005", "2005"),
    ] or len(site.calls()) == 3
    site.take(_lines("busy-ring-congestion"))
    unanswered = [row for row in site.calls() if row.direction == "outbound"]
    assert sorted((row.extension, row.disposition, row.unrated) for row in unanswered) == [
        ("1001", "BUSY", "not answered"),
        ("1002", "NO ANSWER", "not answered"),
        ("1003", "FAILED", "not answered"),
        ("1004", "NO ANSWER", "not answered"),
    ]
