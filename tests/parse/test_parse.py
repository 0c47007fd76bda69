"""Calls out of Asterisk's records: direction, extension, trunk, times and keys."""

import re
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from config.settings import Numbering, Payer
from engine.domain.errors import InvalidInput
from engine.parse.schema import Parsed
from tests.parse.lines import NUMBERING, ROOT, UTC, check_accounts, parser, read, record


def one(line: bytes, *, numbering: Numbering = NUMBERING, **zones: Any) -> dict[str, object]:
    found = parser(numbering=numbering, **zones).parse(line + b"\n", base_offset=0, first=True)
    assert found.rejects.num_rows == 0, found.rejects.to_pylist()
    return found.calls.to_pylist()[0]


def fault(line: bytes) -> tuple[str, str]:
    found = read(record(1) + b"\n" + line + b"\n" + record(3) + b"\n")
    assert found.calls.num_rows == 2
    return found.rejects["field"][0].as_py(), found.rejects["reason"][0].as_py()


def outbound_of(found: Parsed) -> list[dict[str, int]]:
    calls = found.calls
    return calls.filter(pc.field("direction") == "outbound").select(["answered", "billsec"]).to_pylist()


def test_a_real_asterisk_file_yields_its_published_figures() -> None:
    expected_lines = (ROOT / "sample_cdr/asterisk/Master.csv").read_bytes()
    found = read(expected_lines)
    outbound = outbound_of(found)
    billable = [row["billsec"] for row in outbound if row["answered"] and row["billsec"] > 0]
    assert (found.calls.num_rows, len(outbound), len(billable), sum(billable)) == (500, 179, 151, 713)
    assert found.rejects.num_rows == 0


def test_a_call_to_a_trunk_is_outbound_and_named_without_technology_and_tail() -> None:
    call = one(record(dstchannel="IAX2/carrier-3045"))
    assert (call["direction"], call["trunk"], call["extension"], call["caller_name"]) == (
        "outbound",
        "carrier",
        "8002",
        "Li",
    )


def test_a_failed_call_is_outbound_by_what_it_dialled() -> None:
    call = one(
        record(dstchannel="", data="IAX2/carrier/0216338750,20", answer="", disposition="FAILED", billsec="0")
    )
    assert (call["direction"], call["trunk"], call["answered"]) == ("outbound", "carrier", False)


def test_a_leg_that_did_not_dial_is_not_outbound() -> None:
    call = one(record(dstchannel="", app="Hangup", data="IAX2/carrier/1,20"))
    assert (call["direction"], call["trunk"]) == ("other", "")


def test_without_trunks_nothing_is_outbound() -> None:
    assert one(record(), numbering=Numbering(extensions=r"\d{4}"))["direction"] == "other"


def test_a_call_from_a_trunk_is_inbound_and_belongs_to_who_was_called() -> None:
    call = one(
        record(src="02155550123", dst="8005", channel="IAX2/carrier-1", dstchannel="PJSIP/8005-00000002")
    )
    assert (call["direction"], call["extension"], call["caller_name"]) == ("inbound", "8005", "")


def test_a_call_between_extensions_is_internal() -> None:
    assert one(record(dst="8005", dstchannel="PJSIP/8005-2"))["direction"] == "internal"


def test_the_extension_comes_from_the_channel_when_src_is_an_outside_number() -> None:
    call = one(record(src="02155550100"))
    # The name is that of whoever called from outside.
    assert (call["extension"], call["caller_name"]) == ("8002", "")
    assert one(record(src="02155550100", channel="Local/9@x-1;2"))["extension"] == ""


@pytest.mark.parametrize("payer", ["caller", "forwarder"])
def test_the_device_that_dialled_pays_whatever_number_it_shows(payer: Payer) -> None:
    line = record(src="8001", channel="PJSIP/8009-00000001")
    numbering = Numbering(extensions=r"\d{4}", trunks=("PJSIP/trunk_*",), payer=payer)
    assert one(line, numbering=numbering)["extension"] == "8009"


def test_a_device_that_is_not_named_by_its_extension_is_looked_up() -> None:
    line = record(src="8001", channel="PJSIP/frontdesk-00000001")
    assert one(line)["extension"] == "8001"
    numbering = Numbering(extensions=r"\d{4}", trunks=("PJSIP/trunk_*",), devices={"PJSIP/frontdesk": "8009"})
    assert one(line, numbering=numbering)["extension"] == "8009"


def test_no_answer_with_seconds_is_not_answered() -> None:
    call = one(record(disposition="NO ANSWER"))
    assert (call["answered"], call["answered_at"], call["billsec"]) == (False, None, 308)


@pytest.mark.parametrize(
    ("line", "field", "reason"),
    [
        (record(start="2026-13-02 01:10:53"), "start", "is not a time: '2026-13-02 01:10:53'"),
        (record(start=""), "start", "is missing"),
        (record(start="0001-01-01 00:00:00"), "start", "is not a time"),
        (record(answer='"soon"'), "answer", "is not a time: 'soon'"),
        (record(duration="-1"), "duration", "is not a number of seconds: '-1'"),
        (record(billsec="9999999999"), "billsec", "is not a number of seconds"),
        (b"1,2,3", "", "has 3 columns, not 16 to 21"),
    ],
)
def test_a_bad_value_is_named_with_its_field(line: bytes, field: str, reason: str) -> None:
    found = fault(line)
    assert found[0] == field
    assert found[1].startswith(reason)


def test_the_same_record_has_the_same_key_in_every_file_and_place() -> None:
    other = read(record(9) + b"\r\n" + record(1, billsec="307") + b"\r\n", base_offset=7)
    # Unique ids and sequences are missing in some files of the same call.
    assert other.calls["key_text"][0] == read(record(1) + b"\n").calls["key_text"][0]
    assert len(set(other.calls["key_text"].to_pylist())) == 2


@pytest.mark.parametrize(
    "other",
    [
        record(channel="PJSIP/8002-00000009"),
        record(dstchannel="PJSIP/trunk_spare-00000003"),
        record(dst="913800138001"),
        record(duration="319"),
        record(disposition="FAILED"),
    ],
)
def test_a_known_unique_id_with_other_content_is_another_record(other: bytes) -> None:
    keys = read(record() + b"\n" + other + b"\n").calls["key_text"].to_pylist()
    assert len(set(keys)) == 2


def test_a_record_is_the_same_with_fewer_columns_and_other_quotes() -> None:
    line = b",".join(record(1).split(b",")[:-3])
    plain = line.replace(b'"8002","913800138000"', b"8002,913800138000")
    keys = [read(text + b"\r\n").calls["key_text"].to_pylist() for text in (record(1), line, plain)]
    assert keys[0] == keys[1] == keys[2]


def test_layouts_of_any_column_count_may_follow_each_other() -> None:
    long = record(1)
    short = b",".join(record(2).split(b",")[:-3])
    oldest = b",".join(record(3).split(b",")[:-5])
    found = read(b"\n".join([long, short, oldest, long, short]) + b"\n")
    assert (found.calls.num_rows, found.rejects.num_rows) == (5, 0)


def test_times_are_instants_and_the_sites_clocks() -> None:
    call = one(record(), source=ZoneInfo("America/New_York"), site=ZoneInfo("Asia/Shanghai"))
    assert call["started_at"] == datetime(2026, 11, 2, 6, 10, 53)
    assert call["started_local"] == datetime(2026, 11, 2, 14, 10, 53)
    assert call["answered_local"] == datetime(2026, 11, 2, 14, 11, 3)


# New York, 2026-11-01: 01:30 comes at 05:30 and at 06:30 UTC. 2026-03-08: 02:30 never comes.
@pytest.mark.parametrize(
    ("epoch", "hour"),
    [(int(datetime(2026, 11, 1, 5, 30, tzinfo=UTC).timestamp()), 5), (1793514600, 6)],
)
def test_the_epoch_of_the_unique_id_tells_a_repeated_hour(epoch: int, hour: int) -> None:
    line = record(
        start="2026-11-01 01:30:00",
        answer='"2026-11-01 01:30:10"',
        end="2026-11-01 01:31:00",
        epoch=epoch,
    )
    call = one(line, source=ZoneInfo("America/New_York"))
    assert call["started_at"] == datetime(2026, 11, 1, hour, 30)
    assert call["answered_at"] == datetime(2026, 11, 1, hour, 30, 10)
    assert call["ended_at"] == datetime(2026, 11, 1, hour, 31)


def test_a_time_that_never_was_is_shifted_by_the_gap() -> None:
    line = record(
        start="2026-03-08 02:30:00", answer="", end="2026-03-08 03:31:00", billsec="0", epoch=1772955000
    )
    assert one(line, source=ZoneInfo("America/New_York"))["started_at"] == datetime(2026, 3, 8, 7, 30)


def test_many_chunks_give_what_one_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    piece = b"".join(record(n) + b"\n" + (b'"bad\n' if n % 50 == 0 else b"") for n in range(1, 400))
    whole = read(piece)
    from engine.parse import framing

    monkeypatch.setitem(cast("dict[str, Any]", framing.chunks.__kwdefaults__), "size", 3000)
    parts = read(piece)
    assert parts.calls.equals(whole.calls)
    assert parts.rejects.equals(whole.rejects)


@pytest.mark.parametrize("most", [1, 3, 7, 100])
def test_what_lies_behind_the_most_calls_is_left_for_the_next_piece(most: int) -> None:
    lines = [record(n) for n in range(20)]
    lines[4] = b"rubbish"
    lines[5] = b""
    lines[9] = record(9, account="two\nlines")
    lines[12] = record(12) + b"\n"
    piece = b"\n".join(lines)
    whole = read(piece, final=True)
    reading, offset, parts = parser(), 0, []
    while offset < len(piece):
        found = reading.parse(
            piece[offset:], base_offset=offset, first=offset == 0, final=True, most_calls=most
        )
        check_accounts(piece[offset:], found, base_offset=offset)
        assert found.calls.num_rows <= most
        parts.append(found)
        offset += found.consumed
    assert pa.concat_tables(part.calls for part in parts).equals(whole.calls)
    assert [row for part in parts for row in part.rejects["line_offset"].to_pylist()] == whole.rejects[
        "line_offset"
    ].to_pylist()
    assert sum(part.ignored for part in parts) == whole.ignored == 2
    assert sum(part.lines for part in parts) == whole.lines == 21


def test_a_header_must_be_known_and_fit() -> None:
    reading = parser("yeastar")
    with pytest.raises(InvalidInput, match="header of the file is not known"):
        reading.parse(b"1,2\n", base_offset=10, first=False)
    with pytest.raises(InvalidInput, match=re.escape("lacks time, call from")):
        reading.parse(b"a,b\n1,2\n", base_offset=0, first=True)


def test_a_file_is_resumed_behind_its_header() -> None:
    piece = (ROOT / "sample_cdr/formats/yeastar/cdr.csv").read_bytes()
    header = parser("yeastar").header_of(piece)
    assert header is not None
    start = piece.index(b"\n", len(header) + 5) + 1
    reading = parser("yeastar")
    reading.resume(header)
    found = reading.parse(piece[start:], base_offset=start, first=False)
    check_accounts(piece[start:], found, base_offset=start)
    assert found.calls.num_rows == 3
    assert found.calls["line_offset"][0].as_py() == start
