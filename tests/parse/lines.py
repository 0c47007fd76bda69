"""Parsers and lines for tests of reading, and the law that every byte is accounted for."""

from pathlib import Path
from zoneinfo import ZoneInfo

from config.format_file import parse_format
from config.formats import load_format
from config.settings import Numbering
from engine.parse.parser import Parser
from engine.parse.schema import CALLS, REJECTS, Parsed

UTC = ZoneInfo("UTC")
ROOT = Path(__file__).parents[2]
NUMBERING = Numbering(extensions=r"\d{4}", trunks=("IAX2/carrier", "PJSIP/trunk_*"))


def parser(
    name: str = "asterisk-csv",
    *,
    numbering: Numbering = NUMBERING,
    source: ZoneInfo = UTC,
    site: ZoneInfo = UTC,
    text: str | None = None,
) -> Parser:
    """A parser of a shipped format, or of the format in `text`."""
    form = load_format(name) if text is None else parse_format(text, name=name, file=name)
    return Parser(form, numbering=numbering, source_zone=source, site_zone=site)


def record(
    n: int = 1,
    *,
    account: str = "front",
    src: str = "8002",
    dst: str = "913800138000",
    clid: str = '""Li"" <8002>',
    channel: str = "PJSIP/8002-00000001",
    dstchannel: str = "PJSIP/trunk_main-00000002",
    app: str = "Dial",
    data: str = "PJSIP/1@trunk_main,60",
    start: str = "2026-11-02 01:10:53",
    answer: str = '"2026-11-02 01:11:03"',
    end: str = "2026-11-02 01:16:11",
    duration: str = "318",
    billsec: str = "308",
    disposition: str = "ANSWERED",
    userfield: str = "",
    epoch: int = 1793581853,
) -> bytes:
    """A record of 21 columns without its newline; `n` is its sequence."""
    return (
        f'"{account}","{src}","{dst}","from-internal","{clid}","{channel}","{dstchannel}","{app}","{data}",'
        f'"{start}",{answer},"{end}",{duration},{billsec},"{disposition}","DOCUMENTATION","{epoch}.{n}",'
        f'"{userfield}","","{epoch}.{n}",{n}'
    ).encode()


def read(piece: bytes, *, name: str = "asterisk-csv", final: bool = False, base_offset: int = 0) -> Parsed:
    """The piece as the start of a file, its accounts checked."""
    found = parser(name).parse(piece, base_offset=base_offset, first=True, final=final)
    check_accounts(piece, found, base_offset=base_offset)
    return found


def check_accounts(piece: bytes, found: Parsed, *, base_offset: int = 0) -> None:
    """Every byte of the piece is in exactly one of calls, bad lines, ignored and pending."""
    assert found.calls.schema.equals(CALLS)
    assert found.rejects.schema.equals(REJECTS)
    places = [
        (row["line_offset"] - base_offset, row["line_length"])
        for table in (found.calls, found.rejects)
        for row in table.select(["line_offset", "line_length"]).to_pylist()
    ]
    places.sort()
    end = 0
    for offset, length in places:
        assert offset >= end
        assert length > 0
        end = offset + length
    assert end <= found.consumed <= len(piece)
    assert sum(length for _, length in places) + found.ignored_bytes == found.consumed
    assert found.lines == found.calls.num_rows + found.rejects.num_rows + found.ignored
    offsets = found.calls["line_offset"].to_pylist()
    assert offsets == sorted(offsets)
    for row in found.rejects.to_pylist():
        start = row["line_offset"] - base_offset
        assert row["raw"] == piece[start : start + min(row["line_length"], 4096)]
        assert row["reason"]
    for field in CALLS:
        if not field.nullable:
            assert found.calls[field.name].null_count == 0


def sequences(found: Parsed) -> list[int]:
    """The sequence numbers of the calls, in order: the tails of their link ids."""
    return [int(link.rpartition(".")[2]) for link in found.calls["link_id"].to_pylist()]
