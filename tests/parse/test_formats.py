"""Every shipped format: what its sample yields, and that it is found out by itself."""

import json
import random
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from config.format_file import parse_format
from config.formats import format_names, load_format
from config.settings import Numbering
from engine.domain.errors import ConfigError
from engine.parse.detect import detect
from engine.parse.parser import Parser
from engine.parse.schema import Parsed
from tests.parse.lines import ROOT, UTC, check_accounts, parser, read, record

SAMPLES = ROOT / "sample_cdr" / "formats"
CALL_FORMATS = [name for name in format_names() if load_format(name).event is None]
"""Those whose lines are calls; tests/cel has the other."""


def sample(name: str) -> tuple[dict[str, object], bytes, Parser]:
    expected = json.loads((SAMPLES / name / "expected.json").read_text())
    numbering = Numbering(extensions=expected["extensions"], trunks=tuple(expected["trunks"]))
    zone = ZoneInfo(expected["timezone"])
    content = (SAMPLES / name / expected["file"]).read_bytes()
    return expected, content, Parser(load_format(name), numbering=numbering, source_zone=zone, site_zone=zone)


def written_at(expected: dict[str, object]) -> datetime | None:
    """When the sample was written: tells the year of times without one."""
    written = expected.get("written_at")
    return datetime.fromisoformat(str(written)) if written else None


@pytest.mark.parametrize("name", CALL_FORMATS)
def test_a_sample_yields_what_it_must(name: str) -> None:
    expected, content, reading = sample(name)
    found = reading.parse(content, base_offset=0, first=True, final=True, written_at=written_at(expected))
    check_accounts(content, found)
    calls = [
        {
            key: ("" if row[key] is None else str(row[key])) if key.endswith(("_local", "_at")) else row[key]
            for key in expected["calls"][0]  # type: ignore[index]
        }
        for row in found.calls.to_pylist()
    ]
    assert calls == expected["calls"]
    assert found.rejects.select(["field", "reason"]).to_pylist() == expected["rejects"]
    assert found.ignored == expected["ignored"]


@pytest.mark.parametrize("name", CALL_FORMATS)
def test_a_sample_yields_the_same_in_pieces_of_any_size(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected, content, reading = sample(name)
    found: list[Parsed] = []
    for few in (0, len(content)):
        monkeypatch.setattr("engine.parse.evaluate.FEW_ROWS", few)
        found.append(
            reading.parse(content, base_offset=0, first=True, final=True, written_at=written_at(expected))
        )
    assert found[0].calls.combine_chunks().equals(found[1].calls.combine_chunks())
    assert found[0].rejects.equals(found[1].rejects)


@pytest.mark.parametrize("name", CALL_FORMATS)
def test_a_sample_is_found_out(name: str) -> None:
    expected, content, _ = sample(name)
    numbering = Numbering(extensions=str(expected["extensions"]))
    found = detect(content, name="x", site_zone=ZoneInfo("Asia/Shanghai"), numbering=numbering)
    assert found.format == name
    assert "8002" in found.extensions
    assert found.rows
    assert found.reasons


def test_a_file_that_is_no_cdr_is_not_taken_for_one() -> None:
    found = detect(b"hello\nworld\n", name="x", site_zone=UTC, numbering=Numbering())
    assert (found.format, found.rows) == ("", [])


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai"])
def test_the_zone_is_told_by_the_epochs(zone: str) -> None:
    content = (ROOT / "sample_cdr/office/Master.csv").read_bytes()
    found = detect(content, name="x", site_zone=ZoneInfo(zone), numbering=Numbering())
    assert (found.format, found.timezone) == ("asterisk-csv", "UTC")
    assert found.trunks[0] == "PJSIP/trunk_main"
    assert not any("would read them as well" in str(reason) for reason in found.reasons)


@pytest.mark.parametrize(("told", "hour"), [(None, "09:10:53"), ("America/New_York", "14:10:53")])
def test_the_first_rows_are_shown_as_the_site_would_read_them(told: str | None, hour: str) -> None:
    content = record(start="2026-11-02 01:10:53", epoch=1793581853) + b"\n"
    found = detect(
        content,
        name="x",
        site_zone=ZoneInfo("Asia/Shanghai"),
        numbering=Numbering(),
        source_zone=ZoneInfo(told) if told else None,
    )
    assert (found.timezone, found.rows[0][0]) == ("UTC", f"2026-11-02 {hour}")


def test_a_json_document_waits_for_its_end() -> None:
    _, content, reading = sample("freeswitch-json")
    first = content.index(b"\n") + 1
    found = reading.parse(content[: first - 20], base_offset=0, first=True)
    assert (found.consumed, found.lines) == (0, 0)
    assert reading.parse(content[:first], base_offset=0, first=True).calls.num_rows == 1


def test_segments_wait_for_the_end_of_their_call() -> None:
    _, content, reading = sample("avaya-ipo")
    lines = content.splitlines(keepends=True)
    found = reading.parse(b"".join(lines[:4]), base_offset=0, first=True)
    assert found.calls.num_rows == 2
    assert found.consumed == len(lines[0] + lines[1])


XML = """
records: xml
times: {format: epoch}
call:
  start: variables.start_epoch
  end: variables.end_epoch
  billsec: variables.billsec
  answered: positive(variables.billsec)
  disposition: variables.hangup_cause
  extension: internal(variables.from)
  dialled: variables.to
  outbound: present(variables.to)
"""
DOCUMENT = (
    b'<?xml version="1.0"?>\n<cdr core-uuid="1"><variables><start_epoch>1793581853</start_epoch>'
    b"<end_epoch>1793581953</end_epoch><billsec>90</billsec><from>8002</from><to>9138</to></variables></cdr>\n"
)


def test_xml_documents_are_calls_and_entities_are_refused() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><cdr>&a;</cdr>\n'
    piece = DOCUMENT + bomb + DOCUMENT
    found = parser("own", text=XML).parse(piece, base_offset=0, first=True, final=True)
    check_accounts(piece, found)
    assert found.calls["extension"].to_pylist() == ["8002", "8002"]
    assert "refused" in found.rejects["reason"][0].as_py()


FIXED = """
records: fixed
layouts: [[date, extension, number, talk]]
widths: [17, 5, 12, 8]
times: {format: MM/DD/YY hh:MMAM}
ignore: ['Date']
call:
  start: date
  duration: talk
  billsec: talk
  answered: positive(talk)
  disposition: ''''''
  extension: internal(extension)
  dialled: number
  outbound: present(number)
"""


def test_fixed_widths_are_cut_and_page_headers_ignored() -> None:
    text = FIXED.replace("''''''", "\"''\"")
    piece = b"Date     Time    Ext  Number\n11/02/26 01:07PM 8002 9138001     00:01'05\n11/02/26 bad\n"
    found = parser("own", text=text).parse(piece, base_offset=0, first=True)
    check_accounts(piece, found)
    assert found.calls.select(["extension", "dialled", "billsec"]).to_pylist() == [
        {"extension": "8002", "dialled": "9138001", "billsec": 65}
    ]
    assert (found.ignored, found.rejects.num_rows) == (1, 1)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("start: variables", "strat: variables", r"own:5: call\.strat: unknown key; did you mean start\?"),
        ("internal(", "eval(", r"own:10: call\.extension: eval is not a function"),
        ("internal(variables.from)", "internal(variables.from", r"does not close the bracket"),
        ("epoch}", "whenever}", r"own:3: times\.format: 'whenever' is not a known time format"),
        (
            "call:\n",
            "define: {a: first(b), b: first(a)}\ncall:\n",
            r"own:4: define\.a: is defined by itself, in a circle: a, b",
        ),
        ("variables.to\n", "join('a', 'b')\n", r"own:11: call\.dialled: join\(\) joins no column"),
        ("variables.to\n", "join()\n", r"own:11: call\.dialled: join\(\) takes 2 argument"),
        (
            "{format: epoch}",
            "{format: [YY/MM/DD HH:MM, DD/MM/YY HH:MM]}",
            r"cannot be told from 'YY/MM/DD HH:MM'",
        ),
        ("present(variables.to)", "variables.to", r"call\.outbound: must be a condition"),
        ("records: xml", "records: sql", r"own:2: records: 'sql' is not a known kind"),
        ("  dialled: variables.to\n", "", r"own:4: call: dialled is missing"),
        ("records: xml\n", "records: xml\nquote: ','\n", r"own:3: quote: is the delimiter as well"),
    ],
)
def test_a_wrong_format_file_is_told_by_line_and_key(old: str, new: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_format(XML.replace(old, new, 1), name="own", file="own")


def mutated(line: bytes, chance: random.Random) -> bytes:
    """The line with a few random wounds."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(line) + 1)
        match chance.randrange(6):
            case 0:
                line = line[:at]
            case 1:
                line = line[:at] + bytes([chance.choice(b'"",\r\x00\xff;\\')]) + line[at:]
            case 2:
                line = line[:at] + line[at + chance.randint(1, 30) :]
            case 3:
                line = line[:at] + chance.randbytes(3).replace(b"\n", b"") + line[at:]
            case 4:
                line = line[:at] + line
            case _:
                line = line[:at] + b'"' + line[at:]
    return line


def fuzz(count: int, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - wounds, not secrets
    lines = (ROOT / "sample_cdr/asterisk/Master.csv").read_bytes().splitlines()
    reading = parser()
    while count > 0:
        block: list[bytes] = []
        good: list[str] = []
        for number in range(min(count, 500)):
            block += [mutated(chance.choice(lines), chance), record(channel=f"PJSIP/8002-{number:08x}")]
            good.append(f"PJSIP/8002-{number:08x}\x1fPJSIP/trunk_main-00000002\x1f")
        count -= 500
        piece = b"\n".join(block) + b"\n"
        found = reading.parse(piece, base_offset=0, first=True, final=True)
        check_accounts(piece, found)
        known = set(good)
        keys = [key for key in found.calls["key_text"].to_pylist() if key[: len(good[0])] in known]
        assert [key[: len(mark)] for key, mark in zip(keys, good, strict=True)] == good


@pytest.mark.parametrize("seed", range(4))
def test_neighbours_of_mutated_lines_are_all_read(seed: int) -> None:
    fuzz(1000, seed)


@pytest.mark.long
def test_neighbours_of_a_million_mutated_lines_are_all_read() -> None:
    for seed in range(100):
        fuzz(10_000, 1000 + seed)


def test_how_many_columns_a_line_may_have_is_said_as_it_is() -> None:
    assert read(b"1,2,3\n", name="3cx").rejects["reason"].to_pylist() == ["has 3 columns, not one of 20, 27"]
    assert read(b"1,2,3\n").rejects["reason"].to_pylist() == ["has 3 columns, not 16 to 21"]


def test_every_format_file_is_listed() -> None:
    files = {path.stem for path in Path(ROOT / "config" / "formats").glob("*.yaml")}
    assert files == set(format_names())
