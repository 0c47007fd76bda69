"""The format asterisk-cel: every mapping that it knows, and that it is found out by itself."""

import json

import pytest

from config.formats import load_format
from config.settings import Numbering
from engine.parse.detect import detect
from engine.parse.parser import Parser
from tests.parse.lines import ROOT, UTC

FOLDER = ROOT / "sample_cdr" / "formats" / "asterisk-cel"
NUMBERING = Numbering(extensions=r"\d{4}", trunks=("IAX2/carrier",))
VALUES = {
    "eventtype": "ANSWER",
    "eventtime": "1795882052.099397",
    "cidnum": "1001",
    "exten": "97081",
    "channame": "IAX2/1001-552",
    "appname": "Dial",
    "appdata": "IAX2/carrier/7081,30",
    "accountcode": "4711",
    "uniqueid": "1795882051.88",
    "linkedid": "1795882051.87",
    "peer": "IAX2/carrier-1",
    "extra": '{"a":"b, c"}',
}


def _parser() -> Parser:
    return Parser(load_format("asterisk-cel"), numbering=NUMBERING, source_zone=UTC, site_zone=UTC)


def test_the_sample_yields_what_it_must_and_is_found_out() -> None:
    expected = json.loads((FOLDER / "expected.json").read_text())
    content = (FOLDER / expected["file"]).read_bytes()
    found = _parser().parse(content, base_offset=0, first=True, final=True)
    assert found.events["type"].to_pylist() == expected["events"]
    assert found.rejects.select(["field", "reason"]).to_pylist() == expected["rejects"]
    assert (found.calls.num_rows, found.ignored) == (0, expected["ignored"])
    assert found.lines == found.events.num_rows + found.rejects.num_rows
    told = detect(content, name="Master.csv", site_zone=UTC, numbering=NUMBERING)
    assert (told.format, told.trunks, told.extensions) == ("asterisk-cel", ["IAX2/carrier"], ["1001"])
    assert told.header[0] == "happened_at"


@pytest.mark.parametrize("layout", load_format("asterisk-cel").layouts, ids=len)
def test_every_mapping_is_read(layout: tuple[str, ...]) -> None:
    fields = ['"' + VALUES.get(name, "").replace('"', '""') + '"' for name in layout]
    found = _parser().parse((",".join(fields) + "\n").encode(), base_offset=0, first=True, final=True)
    (row,) = found.events.to_pylist()
    told = ("type", "caller", "exten", "channel", "app", "unique_id", "link_id", "peer", "extra", "device")
    assert [row[name] for name in told] == [
        *("ANSWER", "1001", "97081", "IAX2/1001-552", "Dial", "1795882051.88", "1795882051.87"),
        *("IAX2/carrier-1", '{"a":"b, c"}', "1001"),
    ]
    assert row["app_data"] == (VALUES["appdata"] if "appdata" in layout else "")
    assert row["happened_at"].isoformat() == "2026-11-28T16:07:32.099397"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-11-28 16:07:32", "2026-11-28T16:07:32"),
        ("2026-11-28 16:07:32.125", "2026-11-28T16:07:32.125000"),
        ("1795882052", "2026-11-28T16:07:32"),
    ],
)
def test_times_are_read_as_cel_conf_has_them_written(text: str, read: str) -> None:
    line = f'"ANSWER","{text}","","","IAX2/carrier-1","","1795882051.88","","",""\n'.encode()
    (row,) = _parser().parse(line, base_offset=0, first=True, final=True).events.to_pylist()
    assert (row["happened_at"].isoformat(), row["link_id"]) == (read, "1795882051.88")
