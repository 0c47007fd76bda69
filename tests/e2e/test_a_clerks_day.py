"""The whole way by keys alone: the installed program in a pseudo-terminal, on a site set up by command."""

import csv
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from tests.e2e.site import NAME, PASSWORD, Office
from tests.tui.pty import Terminal


@pytest.fixture(scope="module")
def desk(office: Office) -> Iterator[Terminal]:
    """The terminal at which the day is spent, at first at the sign-in."""
    with office.terminal() as terminal:
        yield terminal


def test_a_wrong_password_is_refused_and_the_right_one_opens_the_overview(desk: Terminal) -> None:
    desk.send(f"{NAME}\rwrong horse\r".encode())
    desk.wait_for("Name and password do not fit")
    desk.send(f"{NAME}\r{PASSWORD}\r".encode())
    text = desk.wait_for("live", timeout=40)
    assert NAME in text.splitlines()[22]


def test_two_extensions_found_by_name_are_recharged_together(office: Office, desk: Terminal) -> None:
    desk.send(b"2")
    desk.wait_for("7 rows")
    desk.send(b"/ada\r")
    text = desk.wait_for("2 rows")
    assert "Ada Alder" in text
    assert "Adam Ash" in text
    assert "Ed Elm" not in text
    desk.send(b"  r12.50\r")
    desk.wait_for("CN¥25.00 in all")
    desk.send(b"at the desk\r")
    desk.wait_for("(y)")
    desk.send(b"y")
    desk.wait_for("Recharged 2 extensions with CN¥25.00")
    desk.wait_for(lambda text: text.count(" 17.50 ") == 2)
    for number in ("1001", "1003"):
        row = office.extension(number)
        assert (row["balance"], row["total_recharged"], row["available"]) == ("12.50", "12.50", "17.50")
    assert office.extension("1002")["balance"] == "0.00"
    rows = office.document("recharges", "list")["rows"]
    assert {(row["extension"], row["note"], row["operator"]) for row in rows} == {
        ("1001", "at the desk", NAME),
        ("1003", "at the desk", NAME),
    }


def test_a_batch_edit_changes_what_is_switched_on_and_nothing_else(office: Office, desk: Terminal) -> None:
    before = {number: office.extension(number) for number in ("1005", "1006")}
    desk.send(b"\x1b")
    desk.wait_for("7 rows")
    desk.send(b"/state:billed payment:postpaid\r")
    desk.wait_for("2 rows")
    desk.send(b"*b")
    desk.wait_for("Change 2 extensions")
    # Two fields down each with a switch and an editor, then the credit limit's switch and its amount.
    desk.send(b"\t\t\t\t \t75")
    desk.wait_for("2 extensions: credit limit CN¥75.00")
    desk.send(b"\x1bOQ")
    desk.wait_for("(y)")
    desk.send(b"y")
    desk.wait_for("75.00")
    desk.wait_for(lambda text: "Change 2 extensions" not in text)
    for number, row in before.items():
        now = office.extension(number)
        assert now["credit_limit"] == "75.00"
        assert {key for key in row if row[key] != now[key]} <= {"credit_limit", "available"}
