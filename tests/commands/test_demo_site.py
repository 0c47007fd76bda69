"""The sample office moved to now, and its live calls."""

import csv
import io
import time
from datetime import UTC, datetime
from pathlib import Path

from sample_cdr import site


def test_the_two_weeks_end_at_the_moment_asked_for() -> None:
    now = datetime(2027, 3, 17, 4, 0, tzinfo=UTC).timestamp()
    office = site.office_until_now(now)
    records = [next(csv.reader([line.decode()])) for line in office.lines]
    ends = [record[11] for record in records]
    assert ends == sorted(ends)
    assert ends[0].startswith("2027-03-0")
    assert "2027-03-16" < ends[-1] <= "2027-03-17 04:00:00"
    assert len(records) > 1500


def test_the_promotion_moves_with_the_weeks() -> None:
    sheet = (site.FOLDER / "rates.csv").read_text("utf-8")
    moved = site.office_until_now(datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()).rates.decode()
    before, after = (list(csv.DictReader(io.StringIO(text))) for text in (sheet, moved))
    assert [rule["name"] for rule in before] == [rule["name"] for rule in after]
    days = [rule["valid_from"] for rule in before if rule["valid_from"]]
    assert days
    assert [rule["valid_from"] for rule in after if rule["valid_from"]] != days


def test_calls_are_appended_while_the_block_lasts(tmp_path: Path) -> None:
    path = tmp_path / "Master.csv"
    path.write_bytes(b"")
    with site.live_calls(path, longest_pause=0.02):
        deadline = time.monotonic() + 20
        while path.read_bytes().count(b"\n") < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
    written = path.read_bytes()
    assert written.count(b"\n") >= 3
    assert written.endswith(b"\n")
    assert all(len(row) == 21 for row in csv.reader(written.decode().splitlines()))
