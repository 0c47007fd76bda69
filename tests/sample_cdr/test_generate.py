"""The sample office: reproducible, in Asterisk's form, and shaped like the offices that were measured."""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import mean, quantiles

import pytest

import sample_cdr
from sample_cdr import bulk
from sample_cdr.generate import live_call, live_switchboard, main, rows, write
from sample_cdr.switchboard import Switchboard

OFFICE = Path(sample_cdr.__file__).parent / "office"


def parsed(lines: Iterable[bytes]) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(lines).decode(), newline="")))


def direction(row: list[str]) -> str:
    if row[6].startswith("PJSIP/trunk_"):
        return "outbound"
    if row[5].startswith("PJSIP/trunk_"):
        return "inbound"
    return "internal" if row[7] == "Dial" else "other"


def test_the_committed_office_is_what_the_generator_makes(tmp_path: Path) -> None:
    assert main([str(tmp_path / "Master.csv")]) == 0
    assert (tmp_path / "Master.csv").read_bytes() == (OFFICE / "Master.csv").read_bytes()


@pytest.mark.parametrize("columns", [18, 21])
def test_every_row_has_its_columns_and_its_durations_fit_its_times(columns: int) -> None:
    for row in parsed(rows(3, days=2, columns=columns)):
        assert len(row) == columns
        start, end = (datetime.fromisoformat(row[index]) for index in (9, 11))
        assert (end - start).total_seconds() == int(row[12]) >= int(row[13])
        assert (row[14] == "ANSWERED") == bool(row[10])
        if row[10]:
            assert (end - datetime.fromisoformat(row[10])).total_seconds() == int(row[13])
        epoch = int(row[16].split(".")[0])
        assert abs(start.replace(tzinfo=UTC).timestamp() - epoch) <= 86_400


def test_strings_are_quoted_numbers_are_bare_and_a_missing_answer_is_empty() -> None:
    unanswered = next(line for line in rows(3) if b'"NO ANSWER"' in line)
    assert b'",,"' in unanswered
    assert unanswered.startswith(b'"')
    assert unanswered.endswith(b"\n")
    assert not any(field.startswith(b'"') for field in unanswered.rstrip().split(b",")[-1:])


def test_unique_id_and_sequence_are_unique_together_and_unique_ids_alone_are_not() -> None:
    made = parsed(rows())
    assert len({(row[16], row[20]) for row in made}) == len(made)
    assert len({row[16] for row in made}) < len(made)


def test_rows_come_in_the_order_in_which_calls_end() -> None:
    for lines in (rows(4, days=5), bulk.blocks(4, rows=5000)):
        ends = [row[11] for row in parsed(lines)]
        assert ends == sorted(ends)


def test_until_leaves_out_calls_that_have_not_ended() -> None:
    noon = datetime(2026, 11, 2, 4, tzinfo=UTC)
    ends = [row[11] for row in parsed(rows(until=noon.timestamp()))]
    assert ends
    assert max(ends) <= "2026-11-02 04:00:00"


@pytest.mark.parametrize(
    "lines", [rows(9, extensions=200), bulk.blocks(9, rows=20_000, extensions=400)], ids=["days", "bulk"]
)
def test_the_mix_of_calls_is_that_of_measured_offices(lines: Iterable[bytes]) -> None:
    made = parsed(lines)
    share = Counter(map(direction, made))
    assert 0.38 <= share["outbound"] / len(made) <= 0.44
    assert 0.25 <= share["inbound"] / len(made) <= 0.31
    assert 0.24 <= share["internal"] / len(made) <= 0.30
    outbound = [row for row in made if direction(row) == "outbound"]
    assert 0.84 <= sum(row[14] == "ANSWERED" for row in outbound) / len(outbound) <= 0.88
    talked = [int(row[13]) for row in made if int(row[13]) > 0 and direction(row) != "other"]
    percentile = quantiles(talked, n=100)
    assert 370 <= mean(talked) <= 420
    assert 4 <= percentile[9] <= 6
    assert 130 <= percentile[49] <= 170
    assert 900 <= percentile[89] <= 1100
    assert 2700 <= percentile[98] <= 3300
    hours = Counter((datetime.fromisoformat(row[9]) + timedelta(hours=8)).hour for row in made)
    assert max(hours, key=hours.__getitem__) == 11
    assert 0.17 <= hours[11] / len(made) <= 0.21
    assert hours[12] / len(made) <= 0.06


def test_awkward_names_and_local_legs_are_in_the_office() -> None:
    text = (OFFICE / "Master.csv").read_text(encoding="utf-8")
    assert r'"""Patrick \""PJ\"" O' in text
    assert "Chen, Jing" in text
    assert "王芳" in text
    assert ";1" in text
    assert ";2" in text


def test_bulk_makes_exactly_the_rows_asked_for_with_unique_keys(tmp_path: Path) -> None:
    path = tmp_path / "bulk.csv"
    write(path, bulk.blocks(1, rows=12_345, extensions=2000, distinct_numbers=500))
    made = parsed([path.read_bytes()])
    assert len(made) == 12_345
    assert len({(row[16], row[20]) for row in made}) == 12_345
    assert all(len(row) == 21 for row in made)
    outside = {row[2] for row in made if direction(row) == "outbound"}
    assert 300 < len(outside) <= 550
    assert bulk_days(made) <= 3


def bulk_days(made: list[list[str]]) -> int:
    return (datetime.fromisoformat(made[-1][11]) - datetime.fromisoformat(made[0][11])).days


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    assert b"".join(rows(1, days=1)) == b"".join(rows(1, days=1)) != b"".join(rows(2, days=1))
    assert list(bulk.blocks(1, rows=99)) == list(bulk.blocks(1, rows=99)) != list(bulk.blocks(2, rows=99))


def test_a_live_call_ends_now_with_an_id_of_its_own() -> None:
    switchboard = live_switchboard()
    now = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    made = parsed(live_call(switchboard, now=now.timestamp()) for _ in range(200))
    assert {row[11] for row in made} == {"2026-11-20 09:30:00"}
    assert len({(row[16], row[20]) for row in made}) == 200
    assert {direction(row) for row in made} >= {"outbound", "inbound"}


def test_a_live_call_can_be_wished_for() -> None:
    line = live_call(
        Switchboard(1), now=1_800_000_000, extension="8005", dialled="90013125550100", billsec=61
    )
    (row,) = parsed([line])
    assert (row[1], row[2], row[13], row[14]) == ("8005", "90013125550100", "61", "ANSWERED")
    assert row[6].startswith("PJSIP/trunk_intl-")


def test_a_live_call_of_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="9999"):
        live_call(Switchboard(1), extension="9999")


@pytest.mark.parametrize(
    "arguments", [["--rows", "0"], ["--extensions", "0"], ["--days", "0"], ["--distinct-numbers", "3"]]
)
def test_a_wish_that_cannot_be_met_is_refused_with_exit_code_1(
    tmp_path: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "out.csv"), *arguments]) == 1
    assert "error: " in capsys.readouterr().err


def test_start_is_a_local_day() -> None:
    first = parsed(rows(1, start=date(2027, 1, 1), days=1))[0]
    assert first[9] >= "2026-12-31 16:00:00"
