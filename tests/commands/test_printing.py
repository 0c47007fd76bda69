"""Tables, JSON documents, progress and files, as pieces."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.cells import cell_len

from engine.api.calls import CallRow
from engine.api.extensions import RechargeRow
from engine.api.operation import Progress
from engine.api.rates import RatedParts, RateRow, RateTest
from engine.domain.errors import InvalidInput, StorageError
from engine.domain.names import Direction, Unrated
from engine.domain.rates import Rate
from engine.domain.sheet import meant
from tui.commands.document import json_text, plain_document
from tui.commands.files import written, written_file
from tui.commands.numbers import expanded
from tui.commands.program import USAGE, run_command
from tui.commands.progress import progress_text
from tui.commands.rate_fields import changed_rate
from tui.commands.table import fitted, print_table
from tui.export.call_files import CALL_COLUMNS, write_calls
from tui.export.spreadsheet import refuse_too_many

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_columns_are_aligned_by_the_cells_that_chinese_names_take(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("Name", "Cost"), [("王芳", "1.00"), ("Zoë", "100.00")], right="Cost")
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["Name    Cost", "王芳    1.00", "Zoë   100.00"]
    assert len({cell_len(line) for line in lines}) == 1


def test_a_name_with_terminal_orders_is_printed_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("Name",), [("\x1b]52;c;eA==\x07\u202ex\n2",)])
    printed = capsys.readouterr().out
    assert printed.count("\n") == 2
    assert not set(printed) & {"\x1b", "\x07", "\u202e"}


def test_the_widest_columns_give_way_until_the_line_fits() -> None:
    assert fitted([4, 30, 20], 40) == [4, 16, 16]
    assert fitted([9, 9, 9], 10) == [8, 8, 8]
    assert fitted([4, 5], 80) == [4, 5]


def test_money_is_a_decimal_string_and_times_carry_the_sites_offset() -> None:
    row = RechargeRow(
        entry_id=1,
        posted_at=datetime(2026, 11, 2, 16, 30),
        extension="0801",
        name="王",
        balance_before_micros=-12_500,
        amount_micros=50_000_000,
        balance_after_micros=49_987_500,
        operator="anna",
        note="",
    )
    assert plain_document({"rows": [row], "amount_micros": 50_000_000}, SHANGHAI) == {
        "rows": [
            {
                "entry_id": 1,
                "time": "2026-11-03T00:30:00+08:00",
                "extension": "0801",
                "name": "王",
                "balance_before": "-0.0125",
                "amount": "50.00",
                "balance_after": "49.9875",
                "operator": "anna",
                "note": "",
            }
        ],
        "amount": "50.00",
    }


def test_a_call_has_each_time_once() -> None:
    row = CallRow(
        call_id=7,
        started_at=datetime(2026, 11, 2, 16, 30),
        started_local=datetime(2026, 11, 3, 0, 30),
        answered_at=None,
        ended_at=None,
        extension="8001",
        name="",
        direction=Direction.OUTBOUND,
        dialled="9123",
        trunk="",
        disposition="BUSY",
        duration=3,
        billsec=0,
        cost_micros=0,
        rate="",
        unrated=Unrated.NOT_ANSWERED,
    )
    document = plain_document(row, SHANGHAI)
    assert isinstance(document, dict)
    assert document["started_at"] == "2026-11-03T00:30:00+08:00"
    assert document["unrated"] == "not answered"
    assert document["cost"] == "0.00"
    assert "started_local" not in document


def test_a_rule_is_told_by_the_columns_of_its_sheet() -> None:
    rate = Rate(name="N", prefix="9", price_micros=12_500, start_second=79_200, valid_to=date(2027, 1, 1))
    document = plain_document(RateRow(rate_id=3, position=1, rate=rate, remarks=[]), SHANGHAI)
    header = (Path(__file__).parents[2] / "sample_cdr/office/rates.csv").read_text("utf-8").splitlines()[0]
    assert isinstance(document, dict)
    assert [key for key in document if key not in ("rate_id", "position", "remarks")] == header.split(",")
    assert (document["price"], document["start_time"], document["valid_to"]) == (
        "0.0125",
        "22:00",
        "2027-01-01",
    )
    assert (document["weekdays"], document["extensions"]) == ("all", "all")


def test_local_times_without_their_instant_get_the_offset() -> None:
    parts = RatedParts(cost_micros=0, first_block_micros=0, cycles=0, cycles_micros=0, unrated=None)
    test = RateTest(
        extension="1",
        dialled="2",
        billsec=3,
        answered_local=datetime(2026, 1, 1, 8),
        rate=None,
        rate_id=None,
        parts=parts,
        candidates=[],
        rated_number="2",
        steps=[],
        destination="",
        country="",
    )
    document = plain_document(test, SHANGHAI)
    assert isinstance(document, dict)
    assert document["answered_at"] == "2026-01-01T08:00:00+08:00"


def test_json_holds_nothing_that_a_terminal_obeys_and_reads_back_the_same() -> None:
    text = "王\x1b[2J\x9b\u202e\x7f\U000e0041\n\x00\ufeff"
    printed = json_text({"name": text})
    assert json.loads(printed) == {"name": text}
    assert "王" in printed
    assert all(character == "\n" or character.isprintable() for character in printed)


def test_ranges_keep_leading_zeros_and_name_each_extension_once() -> None:
    assert expanded(["0099-0101", "0100", "8001,8002"]) == ["0099", "0100", "0101", "8001", "8002"]
    assert expanded(["998-1001"]) == ["998", "999", "1000", "1001"]


@pytest.mark.parametrize("words", ["1002-1001", "098-1001", "1-9999999"])
def test_a_range_that_says_nothing_certain_is_refused(words: str) -> None:
    with pytest.raises(InvalidInput):
        expanded([words])


def test_progress_tells_share_rate_and_time_left() -> None:
    report = Progress(done=250, total=1000, unit="calls", rows_per_second=50_000)
    assert progress_text(report, seconds=5) == (
        "[######..................]  25%  250 calls of 1,000 calls  50,000 rows/s  0:15 left"
    )
    assert progress_text(Progress(done=1_500_000, total=0, unit="bytes"), seconds=1) == "1.5 MB"


def test_only_what_was_typed_changes_in_a_rule() -> None:
    rate = Rate(name="A", prefix="9", price_micros=1, price_seconds=60, extensions=("1",))
    changed = changed_rate(rate, price="0.5", price_seconds="", extensions="8001-8002", weekdays="sat,sun")
    assert changed == Rate(
        name="A", prefix="9", price_micros=500_000, extensions=("8001", "8002"), weekdays=0b1100000
    )
    assert changed_rate(rate) == rate
    assert changed_rate(rate, extensions="all").extensions is None


@pytest.mark.parametrize(
    "typed", [{"price_seconds": "x"}, {"valid_from": "2026-02-30"}, {"start_time": "24:00"}, {"price": "1,5"}]
)
def test_a_rules_field_that_cannot_be_read_is_named(typed: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        changed_rate(Rate(name="A"), **typed)
    assert refusal.value.field == next(iter(typed))


COLUMNS = ["started_at", "answered_at", "name", "billsec", "cost"]
TEXTS = ["", "plain", 'say "hi"', "a,b", "two\nlines", "=1+1", "王芳", "\r"]


def call_batches() -> list[pa.RecordBatch]:
    rows = [
        ("2026-11-03T00:30:00+08:00", "" if index % 2 else "2026-11-03T00:30:05+08:00", text, index, "0.0125")
        for index, text in enumerate(TEXTS)
    ]
    arrays = [pa.array(column) for column in zip(*rows, strict=True)]
    batch = pa.record_batch(arrays, names=COLUMNS)
    return [batch.slice(0, 3), batch.slice(3, 0), batch.slice(3)]


def test_exported_csv_reads_back_to_the_same_texts() -> None:
    out = io.BytesIO()
    batches = call_batches()
    assert write_calls(out, batches, file_format="csv", columns=COLUMNS) == len(TEXTS)
    text = out.getvalue().decode()
    assert text.startswith(
        ",".join(COLUMNS) + "\n2026-11-03T00:30:00+08:00,2026-11-03T00:30:05+08:00,,0,0.0125\n"
    )
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [meant(row["name"]) for row in rows] == TEXTS


def test_a_harmless_csv_has_no_text_that_a_spreadsheet_takes_for_a_formula() -> None:
    texts = [
        "=1+2",
        "@sum",
        "+1+cmd|' /C calc'!A0",
        "-2+3+cmd()",
        "\t=1",
        "+49 30/123-4",
        "-12.5",
        "*97",
        "a=b",
    ]
    out = io.BytesIO()
    write_calls(
        out,
        [pa.record_batch([pa.array(texts)], names=["name"])],
        file_format="csv",
        columns=["name"],
    )
    rows = [row["name"] for row in csv.DictReader(io.StringIO(out.getvalue().decode(), newline=""))]
    assert rows == [f"'{text}" for text in texts[:5]] + texts[5:]


def test_exported_parquet_has_instants_and_exact_decimals() -> None:
    out = io.BytesIO()
    batches = call_batches()
    assert write_calls(out, batches, file_format="parquet", columns=COLUMNS) == len(TEXTS)
    table = pq.read_table(io.BytesIO(out.getvalue()))
    first = table.slice(0, 2).to_pylist()
    assert first[0]["started_at"].isoformat() == "2026-11-02T16:30:00+00:00"
    assert first[1]["answered_at"] is None
    assert first[0]["cost"] == Decimal("0.012500")
    assert table.column("name").to_pylist() == TEXTS


def sheet_cells(content: bytes) -> dict[str, tuple[str, str]]:
    """Type and text of every cell of an XLSX file's first sheet, by its name."""
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        root = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))  # noqa: S314 - written by this test
    assert root.find(f".//{space}f") is None, "there is a formula"
    return {
        str(cell.get("r")): (str(cell.get("t", "n")), "".join(cell.itertext()))
        for cell in root.iter(f"{space}c")
    }


def test_an_exported_spreadsheet_has_numbers_local_times_and_no_formulas() -> None:
    out = io.BytesIO()
    assert write_calls(out, call_batches(), file_format="xlsx", columns=COLUMNS) == len(TEXTS)
    cells = sheet_cells(out.getvalue())
    place = {name: chr(ord("A") + number) for number, name in enumerate(COLUMNS)}
    assert cells[f"{place['started_at']}1"] == ("inlineStr", "started_at")
    kind, days = cells[f"{place['started_at']}2"]
    assert kind == "n"
    moment = datetime(1899, 12, 30) + timedelta(days=float(days))
    assert abs(moment - datetime(2026, 11, 3, 0, 30)) < timedelta(milliseconds=1)
    assert cells[f"{place['cost']}2"] == ("n", "0.0125")
    assert cells[f"{place['billsec']}2"] == ("n", "0")
    kinds = {cells[f"{place['name']}{row}"][0] for row in range(2, len(TEXTS) + 2) if TEXTS[row - 2]}
    assert kinds == {"inlineStr"}


def test_a_spreadsheet_refuses_more_rows_than_it_holds() -> None:
    refuse_too_many(1_048_575)
    with pytest.raises(InvalidInput, match="1,048,575 rows"):
        refuse_too_many(1_048_576)


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_an_export_without_calls_still_names_its_columns(file_format: Literal["csv", "parquet"]) -> None:
    out = io.BytesIO()
    assert write_calls(out, [], file_format=file_format) == 0
    if file_format == "csv":
        assert out.getvalue().decode() == ",".join(CALL_COLUMNS) + "\n"
    else:
        assert pq.read_table(io.BytesIO(out.getvalue())).column_names == list(CALL_COLUMNS)


def test_a_file_appears_whole_or_not_at_all_with_the_rights_of_its_writer(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    before = os.umask(0o027)
    try:
        with written_file(str(target)) as file:
            file.write(b"one")
            assert not target.exists()
    finally:
        os.umask(before)
    assert (target.read_bytes(), target.stat().st_mode & 0o777) == (b"one", 0o640)
    with pytest.raises(ZeroDivisionError), written(str(target)) as file:
        file.write(b"two")
        raise ZeroDivisionError
    assert target.read_bytes() == b"one"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_who_is_killed_while_writing_leaves_nothing_and_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_bytes(b"before")
    program = (
        "import os, signal, sys\n"
        "from tui.commands.files import written_file\n"
        "with written_file(sys.argv[1]) as file:\n"
        "    file.write(b'half')\n"
        "    file.flush()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(target)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert target.read_bytes() == b"before"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_a_folder_that_is_not_there_is_a_storage_error(tmp_path: Path) -> None:
    with (
        pytest.raises(StorageError, match="cannot be written: No such file"),
        written_file(f"{tmp_path}/a/b"),
    ):
        pass


def test_a_usage_error_repeats_what_was_typed_without_its_orders(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["sources", "--\x1b]0;owned\x07", "\x9b31m"]) == USAGE
    said = capsys.readouterr().err
    assert "owned" in said
    assert not set("\x1b\x07\x9b") & set(said)
