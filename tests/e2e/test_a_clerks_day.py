"""The whole way by keys alone: the installed program in a pseudo-terminal, on a site set up by command."""

import contextlib
import csv
import os
import signal
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.e2e.site import NAME, PASSWORD, Office, eventually
from tests.tui.pty import Terminal
from tests.tui.terminal.corpus import CORPUS

OBEYED_BYTES = [b"\x1b]52", b"\x1b]0;", b"\x1b]8;", b"\x1bP", b"\x1b^", b"\x1b_", b"\x1bc", b"\x7f", b"\x0e"]
OBEYED_SIGNS = "\x9b\x9d\x90\x85\u202e\u2066\u200f\u200b\u2028"
"""What a terminal would act upon, and never gets from this program."""


@pytest.fixture(scope="module")
def desk(office: Office) -> Iterator[Terminal]:
    """The terminal at which the day is spent, at first at the sign-in."""
    with office.terminal() as terminal:
        yield terminal


def test_a_wrong_password_is_refused_and_the_right_one_opens_the_overview(desk: Terminal) -> None:
    desk.send(f"{NAME}\rwrong horse\r".encode())
    desk.wait_for("Wrong user name or password")
    desk.send(f"{PASSWORD}\r".encode())
    text = desk.wait_for("live", timeout=90)
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
    after = office.extensions()
    for row in (after["1001"], after["1003"]):
        assert (row["balance"], row["total_recharged"], row["available"]) == ("12.50", "12.50", "17.50")
    assert {row["balance"] for number, row in after.items() if number not in ("1001", "1003")} == {"0.00"}
    rows = office.document("recharges", "list")["rows"]
    assert {(row["extension"], row["note"], row["operator"]) for row in rows} == {
        ("1001", "at the desk", NAME),
        ("1003", "at the desk", NAME),
    }


def test_a_batch_edit_changes_what_is_switched_on_and_nothing_else(office: Office, desk: Terminal) -> None:
    before = office.extensions()
    desk.send(b"\x1b")
    desk.wait_for("7 rows")
    desk.send(b"/state:billed payment:postpaid\r")
    desk.wait_for("2 rows")
    desk.send(b"*b")
    desk.wait_for("Change 2 extensions")
    # Past the switch and the editor of billing and of payment, to the switch of the credit limit.
    desk.send(b"\t\t\t\t \t75")
    desk.wait_for("2 extensions: credit limit CN¥75.00")
    desk.send(b"\x1bOQ")
    desk.wait_for("(y)")
    desk.send(b"y")
    desk.wait_for(lambda text: "Change 2 extensions" not in text and text.count(" 75.00 ") >= 2)
    after = office.extensions()
    assert {number for number, row in before.items() if row != after[number]} == {"1005", "1006"}
    for number in ("1005", "1006"):
        changed = {key: value for key, value in after[number].items() if value != before[number][key]}
        assert changed == {"credit_limit": "75.00", "available": "75.00"}
    desk.send(b"\x1b")
    desk.wait_for("7 rows")
    desk.send(b"\x1b")
    desk.wait_for(lambda text: "marked" not in text)


def test_a_rate_added_in_the_editor_stands_last_and_holds_what_was_typed(
    office: Office, desk: Terminal
) -> None:
    desk.send(b"3")
    desk.wait_for("2 rows")
    desk.send(b"n")
    desk.wait_for("New rate rule")
    # Name, on/off, prefix, length, first block's cost and length, price, cycle.
    desk.send(b"Satellite\t\t0088\t\t1.50\t30\t0.90\t6")
    desk.send(b"\x1bOQ")
    desk.wait_for(lambda text: "New rate rule" not in text and "Satellite" in text)
    rule = office.document("rates", "list", "Satellite")["rows"][0]
    assert (rule["prefix"], rule["number_length"], rule["position"]) == ("0088", 0, 3)
    assert (rule["initial_fee"], rule["initial_seconds"]) == ("1.50", 30)
    assert (rule["price"], rule["cycle_seconds"]) == ("0.90", 6)


def test_a_call_is_priced_on_the_open_screen_without_a_key_and_bars_its_extension(
    office: Office, desk: Terminal
) -> None:
    desk.send(b"5")
    desk.wait_for("No call fits.")
    # The first block 1.50, then 15 cycles of 6 s at 0.90.
    office.append_call("1002", "00881234567", 30 + 15 * 6)
    desk.wait_for(lambda text: "00881234567" in text and "15.00" in text and "Satellite" in text)
    desk.send(b"1")
    desk.wait_for("1 barred")
    desk.wait_for("✗ 1002")
    eventually(lambda: office.barred() == ["1002"], what="1002 in the barred file")
    row = office.extensions()["1002"]
    assert (row["balance"], row["available"], row["barred"]) == ("-15.00", "-10.00", True)


def test_calls_exported_through_the_dialog_are_the_same_in_csv_and_parquet(
    office: Office, desk: Terminal
) -> None:
    office.append_call("1005", "01711111111", 61)
    office.append_call("1006", "5551234", 0)
    office.append_call("1007", "01722222222", 600)
    desk.send(b"5")
    desk.wait_for("4 calls")
    csv_path, parquet_path = office.exports / "day.csv", office.exports / "day.parquet"
    desk.send(b"x")
    desk.wait_for("Export calls")
    desk.send(b"\t" + b"\x05\x15" + str(csv_path).encode() + b"\x1bOQ")
    eventually(csv_path.exists, what="the CSV file")
    desk.wait_for(lambda text: "Export calls" not in text and "Wrote 4 calls" in text)
    desk.send(b"x")
    desk.wait_for("Export calls")
    desk.send(b"\x1b[C\t" + b"\x05\x15" + str(parquet_path).encode() + b"\x1bOQ")
    eventually(parquet_path.exists, what="the Parquet file")
    with csv_path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    table = pq.read_table(parquet_path)
    assert list(rows[0]) == table.column_names
    for row, columns in zip(rows, table.to_pylist(), strict=True):
        texts = {name: _as_in_csv(value) for name, value in columns.items()}
        assert Decimal(row["cost"]) == Decimal(texts["cost"])
        assert {**row, "cost": ""} == {**texts, "cost": ""}
    costs = {row["dialled"]: Decimal(row["cost"]) for row in rows}
    assert costs == {
        "00881234567": Decimal(15),
        "01711111111": Decimal("0.50"),
        "5551234": Decimal(0),
        "01722222222": Decimal(0),
    }
    assert {row["dialled"]: row["unrated"] for row in rows}["01722222222"] == "extension not billed"


def _as_in_csv(value: object) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, datetime) else str(value)


def test_what_is_typed_ahead_in_one_write_goes_to_the_row_that_was_meant(
    office: Office, desk: Terminal
) -> None:
    desk.send(b"2")
    desk.wait_for("Ada Alder")
    before = office.extensions()
    # A filter, a recharge of what it finds, and an amount with a correction in it.
    desk.send(b"/1005\rr100\x7f5\r\r")
    desk.wait_for("Recharged 1005 with CN¥105.00")
    after = office.extensions()
    assert [number for number in after if after[number] != before[number]] == ["1005"]
    desk.send(b"\x1b")
    desk.wait_for("Ada Alder")


def test_what_was_recharged_in_one_terminal_appears_in_the_other_and_survives_its_end(
    office: Office, desk: Terminal
) -> None:
    desk.send(b"2")
    desk.wait_for("Ada Alder")
    with office.signed_in() as other:
        other.send(b"2/1004\rr61.25\r\r")
        other.wait_for("Recharged 1004 with CN¥61.25")
        desk.wait_for(" 61.25 ")
        other.process.kill()
        other.wait_exit()
    office.append_call("1006", "01733333333", 59)
    desk.send(b"5")
    desk.wait_for("01733333333")
    desk.wait_for("live")


def test_a_killed_engine_takes_nothing_from_the_screen_and_comes_back_by_itself(
    office: Office, desk: Terminal
) -> None:
    desk.send(b"2")
    desk.wait_for("Ada Alder")
    desk.send(b"r42.5")
    desk.wait_for("Adds CN¥42.50")
    killed = office.engine_pid()
    os.kill(killed, signal.SIGKILL)
    text = desk.wait_for("No engine since")
    assert "Ada Alder" in text
    # The call that came while no engine ran is found by the next one.
    office.append_call("1005", "01744444444", 60)
    text = desk.wait_for(lambda text: "No engine since" not in text and "live" in text, timeout=120)
    assert office.engine_pid() != killed
    assert "42.5" in text
    desk.send(b"\x1bOQ")
    desk.wait_for("Recharged 1001 with CN¥42.50")
    desk.send(b"5")
    desk.wait_for("01744444444")


def test_a_small_terminal_is_told_so_and_shows_everything_again_when_it_grows(
    office: Office, desk: Terminal
) -> None:
    desk.send(b"2r3.7")
    desk.wait_for("Adds CN¥3.70")
    for cols, rows in ((60, 15), (40, 10)):
        desk.resize(cols, rows)
        desk.wait_for(f"{cols}×{rows}")
        desk.send(b"2r")
    desk.resize(80, 24)
    desk.wait_for("Adds CN¥3.70")
    desk.send(b"\x1b")
    desk.wait_for("(y)")
    desk.send(b"y")
    desk.wait_for(lambda text: "Recharge 1001" not in text and "Ada Alder" in text)


def test_names_and_numbers_from_strangers_reach_no_terminal_as_they_are(office: Office) -> None:
    callers = [text for text in CORPUS if not any(sign in text for sign in "\n\r\ud800")]
    callers += ["[/x] PWNED", "[bold red]PWNED"]
    for text in callers:
        office.append_call("1006", f"01{text}", 1, caller=text, trunk=f"trunk_{text}")
    office.append_call("1006", "0199999999", 1)
    with office.signed_in(cols=120) as terminal:
        terminal.wait_for("0199999999")
        terminal.send(b"5")
        terminal.wait_for(lambda text: "PWNED" in text and "Rule or reason" in text)
        for _line in range(len(callers) + 1):
            terminal.send(b"\r")
            terminal.wait_for("Started")
            terminal.send(b"qj")
            terminal.wait_for(lambda text: "Started" not in text)
        terminal.send(b"7jjl")
        terminal.wait_for("Quarantine")
        terminal.wait_quiet()
        terminal.send(b"q")
        assert terminal.wait_exit() == 0
        raw = bytes(terminal.raw)
    assert b"PWNED" in raw
    assert [sequence for sequence in OBEYED_BYTES if sequence in raw] == []
    assert [sign for sign in OBEYED_SIGNS if sign.encode() in raw] == []


def test_a_hang_up_leaves_no_process_behind(office: Office) -> None:
    with office.signed_in() as terminal:
        terminal.send(b"2")
        terminal.wait_for("Ada Alder")
        pid = terminal.process.pid
        terminal.hang_up()
        terminal.wait_exit()
        eventually(lambda: not _group(pid), what="the end of every process of the terminal")


def _group(leader: int) -> list[int]:
    """The processes of a terminal's session that still run."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError, ProcessLookupError):
                if os.getsid(int(entry.name)) == leader:
                    found.append(int(entry.name))
    return found
