"""The same table in other clothes: delimiters, quotes, line ends, dumps, dates of spreadsheets."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from config.settings import Numbering
from engine.domain.errors import InvalidInput
from engine.parse.detect import detect
from engine.parse.schema import Parsed
from tests.parse.lines import UTC, check_accounts, parser

CASES = Path(__file__).parents[3] / "shared" / "cases"
OFFICE = Numbering(extensions=r"20\d", trunks=("PJSIP/carrier",))

HEADER = (
    "calldate", "clid", "src", "dst", "dcontext", "channel", "dstchannel", "lastapp", "lastdata", "duration",
    "billsec", "disposition", "amaflags", "accountcode", "uniqueid", "userfield",
)  # fmt: skip
ROWS = tuple(
    (
        f"2026-01-01 09:{number:02}:00", f'"Ann "A" Lee" <20{number}>', f"20{number}", f"555012{number}",
        "from-internal", f"PJSIP/20{number}-0000000{number}", f"PJSIP/carrier-0000001{number}", "Dial",
        f"PJSIP/555012{number}@carrier,300", "70", "61", "ANSWERED", "3", "",
        f"{1767258000 + 60 * number}.{number}", "",
    )
    for number in range(1, 5)
)  # fmt: skip


def doubled(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def backslashed(text: str) -> str:
    return "\\N" if not text else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def bare(text: str) -> str:
    return text.replace("\\", "\\\\") or "NULL"


def outfile(text: str) -> str:
    return text.replace("\\", "\\\\") or "\\N"


def written(field: Callable[[str], str], delimiter: str, end: str, *, header: bool) -> bytes:
    rows = [",".join(HEADER).replace(",", delimiter)] if header else []
    rows += [delimiter.join(field(text) for text in row) for row in ROWS]
    return (end.join(rows) + end).encode()


DRESSES = [
    (field, delimiter, end, header)
    for field, delimiter in (
        *((doubled, mark) for mark in ",\t;|"),
        *((backslashed, mark) for mark in ",\t;"),
        (bare, "\t"),
        (outfile, "\t"),
    )
    for end in ("\n", "\r\n", "\r")
    for header in (True, False)
]


def read(content: bytes, name: str = "freepbx-export") -> Parsed:
    found = parser(name, numbering=OFFICE).parse(content, base_offset=0, first=True, final=True)
    check_accounts(content, found)
    return found


def keys(found: Parsed) -> list[tuple[str, object]]:
    return list(zip(found.calls["key_text"].to_pylist(), found.calls["started_at"].to_pylist(), strict=True))


PLAIN = written(doubled, ",", "\n", header=True)


@pytest.mark.parametrize(("field", "delimiter", "end", "header"), DRESSES)
def test_a_table_is_the_same_in_every_dress(
    field: Callable[[str], str], delimiter: str, end: str, header: bool
) -> None:
    content = written(field, delimiter, end, header=header)
    found = read(content)
    assert found.rejects.num_rows == 0
    assert keys(found) == keys(read(PLAIN))
    assert found.calls["extension"].to_pylist() == ["201", "202", "203", "204"]


@pytest.mark.parametrize(("field", "delimiter", "end", "header"), DRESSES[::5])
def test_every_dress_is_detected(field: Callable[[str], str], delimiter: str, end: str, header: bool) -> None:
    content = written(field, delimiter, end, header=header)
    found = detect(content, name="x", site_zone=UTC, numbering=OFFICE)
    assert (found.format, found.timezone) == ("freepbx-export", "UTC")
    assert found.trunks == ["PJSIP/carrier"]


@pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not beside the repository")
@pytest.mark.parametrize(
    ("file", "form"), [("CDRReport.csv", "issabel-report"), ("mysql.tsv", "freepbx-export")]
)
def test_the_exports_of_an_issabel_are_detected_and_read(file: str, form: str) -> None:
    content = (CASES / "issabel-report-export" / file).read_bytes()
    assert detect(content, name="x", site_zone=UTC, numbering=OFFICE).format == form
    (call,) = read(content, form).calls.to_pylist()
    assert (call["extension"], call["dialled"], call["billsec"], call["direction"]) == (
        "201",
        "5550123",
        61,
        "outbound",
    )


def dated(dates: list[str], ids: bool = False) -> bytes:
    rows = [",".join(HEADER)]
    for number, date in enumerate(dates):
        row = [doubled(text) for text in ROWS[0]]
        row[0] = f"{date} 9:{number:02}:00"
        row[5] = f"PJSIP/201-{number:08x}"
        row[14] = f"1767344400.{number}" if ids else "x"
        rows.append(",".join(row))
    return ("\n".join(rows) + "\n").encode()


def days(found: Parsed) -> list[str]:
    return [f"{moment:%m-%d}" for moment in found.calls["started_at"].to_pylist()]


@pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not beside the repository")
def test_american_dates_are_read_as_the_unique_ids_say_and_ruined_numbers_are_bad() -> None:
    found = read((CASES / "us-dates-of-excel/export.csv").read_bytes())
    assert days(found) == ["01-02"]
    assert found.rejects["field"].to_pylist() == ["dialled", "dialled"]
    assert "8.61E+12" in found.rejects["reason"][0].as_py()


@pytest.mark.parametrize(
    ("dates", "ids", "right"),
    [
        (["1/2/2026", "1/13/2026"], False, ["01-02", "01-13"]),
        (["1/2/2026", "13/1/2026"], False, ["02-01", "01-13"]),
        (["1/2/2026"], True, ["01-02"]),
        (["2/1/2026"], True, ["01-02"]),
        (["1/9/2026", "1/10/2026", "2/1/2026"], False, ["01-09", "01-10", "02-01"]),
        (["9/1/2026", "10/1/2026", "1/2/2026"], False, ["01-09", "01-10", "02-01"]),
        (["3/3/2026"], False, ["03-03"]),
    ],
)
def test_the_file_decides_how_its_dates_are_read(dates: list[str], ids: bool, right: list[str]) -> None:
    assert days(read(dated(dates, ids))) == right


@pytest.mark.parametrize("dates", [["1/2/2026"], ["1/2/2026", "2/2/2026", "3/2/2026"]])
def test_dates_that_nothing_decides_are_refused_with_both_readings(dates: list[str]) -> None:
    with pytest.raises(InvalidInput, match=r"1/2/2026.*is 2026-02-01 as DD/MM.*or 2026-01-02 as MM/DD"):
        read(dated(dates))


def test_a_file_with_dates_in_both_orders_is_refused() -> None:
    with pytest.raises(InvalidInput, match="two ways"):
        read(dated(["13/1/2026", "1/13/2026"]))


def test_the_second_half_of_another_format_is_bad_line_by_line() -> None:
    other = b"".join(b'"x","%d","y"\n' % number for number in range(4))
    found = read(PLAIN + other)
    assert (found.calls.num_rows, found.rejects.num_rows) == (4, 4)
    assert found.rejects["reason"].to_pylist() == ["has 3 columns, not 16"] * 4


def test_a_header_in_other_words_is_not_taken_for_a_record() -> None:
    with pytest.raises(InvalidInput, match="it lacks"):
        read(PLAIN.replace(b"calldate", b"fecha", 1))


def test_a_file_that_nothing_reads_is_told_what_is_in_the_way() -> None:
    table = b"calldate;src;dst;duration\n2026-01-01 09:00:00;201;555;10\n"
    found = detect(table, name="x", site_zone=UTC, numbering=OFFICE)
    assert found.format == ""
    assert any(
        "it lacks channel, dstchannel, billsec, disposition" in str(reason) for reason in found.reasons
    )
    assert any("semicolons" in str(reason) for reason in found.reasons)


@pytest.mark.parametrize(
    ("zone", "doubt"), [("UTC", ""), ("Asia/Tokyo", "-9 hours"), ("America/Lima", "+5 hours")]
)
def test_a_zone_that_the_unique_ids_contradict_is_told_line_by_line(zone: str, doubt: str) -> None:
    reading = parser("freepbx-export", numbering=OFFICE, source=ZoneInfo(zone))
    lines = PLAIN.splitlines(keepends=True)
    reading.parse(lines[0] + lines[1], base_offset=0, first=True)
    assert not reading.zone_doubt
    for line in lines[2:]:
        reading.parse(line, base_offset=1, first=False)
    assert doubt in str(reading.zone_doubt)
    assert bool(doubt) == bool(reading.zone_doubt)


OWN = """
delimiter: '|'
layouts: [[date, time, line, extension, ring, duration, number, charge, kind, a, b, c, d, e, f]]
define:
  ended: join(date, ' ', time)
times: {format: DD.MM.YY HH:MM:SS}
call:
  end: ended
  ring: ring
  billsec: duration
  answered: positive(duration)
  disposition: kind
  extension: internal(extension)
  dialled: number
  outbound: present(number)
"""


@pytest.mark.parametrize("form", ["own", "openscape"])
@pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not beside the repository")
def test_a_date_and_a_time_in_columns_of_their_own_are_joined(form: str) -> None:
    content = (CASES / "date-and-time-in-two-columns/openscape.txt").read_bytes()
    text = OWN if form == "own" else None
    found = parser(form, numbering=OFFICE, text=text).parse(content, base_offset=0, first=True)
    (call,) = found.calls.to_pylist()
    assert (call["extension"], call["billsec"], str(call["ended_at"])) == ("201", 67, "2026-01-14 09:21:40")


@pytest.mark.parametrize(
    ("now", "text", "year"), [("2026-03-01", "12/31 10:00", 2025), ("2026-03-01", "03/01 10:00", 2026)]
)
def test_the_year_of_a_time_without_one_is_that_of_its_file(now: str, text: str, year: int) -> None:
    form = OWN.replace("DD.MM.YY HH:MM:SS", "MM/DD HH:MM").replace("'|'", "';'")
    line = ";".join([*text.split(), "7", "201", "2", "0:07", "5550123", *[""] * 8])
    found = parser("own", numbering=OFFICE, text=form).parse(
        line.encode() + b"\n", base_offset=0, first=True, written_at=datetime.fromisoformat(now)
    )
    assert found.calls["ended_at"][0].as_py().year == year
