"""The same random calls in every format and dress that can hold them: the same calls come out."""

import csv
import io
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.formats import load_format
from config.settings import Numbering
from config.time_formats import NAMED_FORMATS, time_format
from engine.parse.parser import Parser
from engine.parse.schema import Parsed
from engine.parse.timestamps import read_time
from tests.parse.lines import UTC, check_accounts

NUMBERING = Numbering(extensions=r"8\d{3}", trunks=("PJSIP/carrier",))
WRITTEN = datetime(2026, 6, 1)


@dataclass(frozen=True)
class Call:
    """A call to the outside."""

    number: int
    start: datetime
    extension: str
    dialled: str
    ring: int
    talk: int

    @property
    def answer(self) -> datetime:
        return self.start + timedelta(seconds=self.ring)

    @property
    def end(self) -> datetime:
        return self.answer + timedelta(seconds=self.talk)


calls = st.lists(
    st.builds(
        Call,
        number=st.integers(0, 0xFFFF),
        start=st.datetimes(datetime(2026, 1, 13), datetime(2026, 5, 20)).map(
            lambda one: one.replace(microsecond=0)
        ),
        extension=st.integers(8000, 8999).map(str),
        dialled=st.integers(10**6, 10**13).map(str),
        ring=st.integers(0, 30),
        talk=st.one_of(st.just(0), st.integers(1, 86_000)),
    ),
    min_size=1,
    max_size=8,
    unique_by=(lambda call: call.number, lambda call: (call.extension, call.start)),
).map(lambda found: sorted(found, key=lambda call: call.start))


def full(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def disposition(call: Call) -> str:
    return "ANSWERED" if call.talk else "NO ANSWER"


def channels(call: Call) -> tuple[str, str]:
    return f"PJSIP/{call.extension}-{call.number:08x}", f"PJSIP/carrier-{call.number:08x}"


def asterisk(columns: int) -> Callable[[Call], list[str]]:
    def row(call: Call) -> list[str]:
        near, far = channels(call)
        answer = full(call.answer) if call.talk else ""
        cells = ["", call.extension, call.dialled, "out", f'"A" <{call.extension}>', near, far, "Dial", "x"]
        cells += [full(call.start), answer, full(call.end), str(call.ring + call.talk), str(call.talk)]
        cells += [disposition(call), "DOCUMENTATION"]
        return [*cells, f"x.{call.number}", "", "", "l", "7"][:columns]

    return row


def freepbx(call: Call) -> list[str]:
    near, far = channels(call)
    cells = [full(call.start), f'"A \\"B" <{call.extension}>', call.extension, call.dialled, "out", near, far]
    cells += ["Dial", "x", str(call.ring + call.talk), str(call.talk), disposition(call), "3", "", "x.1", "u"]
    return cells


def cx(columns: int) -> Callable[[Call], list[str]]:
    def row(call: Call) -> list[str]:
        times = [f"{one:%Y/%m/%d %H:%M:%S}" for one in (call.start, call.answer, call.end)]
        cells = [f"Call {call.number}", f"id_{call.number}", clock(call.talk) if call.talk else "", times[0]]
        cells += [
            times[1] if call.talk else "",
            times[2],
            "TerminatedByDst",
            f"Ext.{call.extension}",
            call.dialled,
        ]
        cells += [f"Ext.{call.extension}", "10001", call.dialled, *[""] * 7, f"Chain: Ext.{call.extension};"]
        return [*cells, "Extension", "Line", "", "A", "B", "", ""][:columns]

    return row


def avaya(columns: int) -> Callable[[Call], list[str]]:
    def row(call: Call) -> list[str]:
        cells = [f"{call.start:%Y/%m/%d %H:%M:%S}", clock(call.talk), str(call.ring), call.extension, "O"]
        cells += [
            call.dialled,
            call.dialled,
            "",
            "0",
            str(call.number),
            "0",
            f"E{call.extension}",
            "A",
            "T9001",
        ]
        return [*cells, "Line 1", "0", "0", *["x"] * 30][:columns]

    return row


def freeswitch(call: Call) -> list[str]:
    cells = ["A", call.extension, call.dialled, "default", full(call.start)]
    cells += [
        full(call.answer) if call.talk else "",
        full(call.end),
        str(call.ring + call.talk),
        str(call.talk),
    ]
    return [*cells, "NORMAL_CLEARING", f"uuid-{call.number}", "", "", "PCMA", "PCMA"]


def openscape(columns: int) -> Callable[[Call], list[str]]:
    def row(call: Call) -> list[str]:
        cells = [f"{call.end:%d.%m.%y}", f"{call.end:%H:%M:%S}", "7801", call.extension]
        cells += [f"{call.ring // 60:02}:{call.ring % 60:02}", clock(call.talk), call.dialled, "", "2"]
        return [*cells, *[""] * 10][:columns]

    return row


def kamailio(call: Call) -> list[str]:
    return [call.extension, call.dialled, full(call.start), str(call.talk), f"id-{call.number}", "f", "t"]


def yeastar(call: Call) -> list[str]:
    cells = [str(call.number), full(call.start), f'"A" <{call.extension}>', call.dialled]
    cells += [
        str(call.ring + call.talk),
        str(call.ring),
        str(call.talk),
        disposition(call),
        "",
        "",
        "SIP1",
        "Outbound",
    ]
    return cells


FREEPBX = (
    "calldate,clid,src,dst,dcontext,channel,dstchannel,lastapp,lastdata,duration,billsec,disposition,amaflags,"
    "accountcode,uniqueid,userfield"
)
KAMAILIO = "src_username,dst_ousername,call_start_time,duration,sip_call_id,sip_from_tag,sip_to_tag"
YEASTAR = (
    "ID,Time,Call From,Call To,Call Duration,Ring Duration,Talk Duration,Status,Reason,Source Trunk,"
    "Destination Trunk,Communication Type"
)

Row = Callable[[Call], list[str]]
WRITERS: list[tuple[str, tuple[Row, ...], str]] = [
    ("asterisk-csv", tuple(asterisk(columns) for columns in (16, 18, 21)), ""),
    ("freepbx-export", (freepbx,), FREEPBX),
    ("3cx", (cx(20), cx(27)), ""),
    ("avaya-ipo", (avaya(17), avaya(35), avaya(37), avaya(41)), ""),
    ("freeswitch-csv", (freeswitch,), ""),
    ("openscape", (openscape(10), openscape(15), openscape(17)), ""),
    ("kamailio-cdrs", (kamailio,), KAMAILIO),
    ("yeastar", (yeastar,), YEASTAR),
]


def in_dress(form: str, rows: Sequence[list[str]], header: str, chance: random.Random) -> bytes:
    """The rows of a format with separators, quotes, order of columns and line ends drawn by lot."""
    end = chance.choice(["\n", "\r\n", "\r"] if len(rows) + bool(header) > 1 else ["\n", "\r\n"])
    text = io.StringIO()
    if form == "freeswitch-csv":
        text.write("".join(",".join(f'"{cell}"' for cell in row) + end for row in rows))
        return text.getvalue().encode()
    quoting: Literal[0, 1] = chance.choice([csv.QUOTE_ALL, csv.QUOTE_MINIMAL])
    delimiter = chance.choice(",\t;|")
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=end)
    table = [header.split(","), *rows] if header else list(rows)
    if header:
        order = list(range(len(table[0])))
        chance.shuffle(order)
        table = [[row[place] for place in order] for row in table]
    writer.writerows(table)
    return text.getvalue().encode()


def read(form: str, content: bytes) -> Parsed:
    reading = Parser(load_format(form), numbering=NUMBERING, source_zone=UTC, site_zone=UTC)
    found = reading.parse(content, base_offset=0, first=True, final=True, written_at=WRITTEN)
    check_accounts(content, found)
    assert found.rejects.num_rows == 0, (content, found.rejects.to_pylist())
    return found


def said(found: Parsed) -> Counter[tuple[object, ...]]:
    names = ("extension", "dialled", "billsec", "answered", "direction")
    return Counter(tuple(row[name] for name in names) for row in found.calls.to_pylist())


def identities(found: Parsed) -> Counter[tuple[object, ...]]:
    return Counter((row["key_text"], row["started_at"]) for row in found.calls.to_pylist())


@pytest.mark.parametrize(("form", "rows", "header"), WRITERS, ids=[writer[0] for writer in WRITERS])
@settings(max_examples=25, deadline=None)
@given(made=calls, seed=st.integers(0, 2**32))
def test_the_same_calls_come_out_of_every_dress(
    form: str, rows: tuple[Row, ...], header: str, made: list[Call], seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - clothes, no secrets
    truth = Counter((one.extension, one.dialled, one.talk, one.talk > 0, "outbound") for one in made)
    first: Counter[tuple[object, ...]] | None = None
    for row in rows * 2:
        found = read(form, in_dress(form, [row(call) for call in made], header, chance))
        assert said(found) == truth
        first = first or identities(found)
        assert identities(found) == first


@settings(max_examples=25, deadline=None)
@given(made=calls)
def test_a_call_is_the_same_in_the_files_and_in_the_table_of_an_asterisk(made: list[Call]) -> None:
    chance = random.Random(1)  # noqa: S311 - clothes, no secrets
    file = read("asterisk-csv", in_dress("asterisk-csv", [asterisk(21)(call) for call in made], "", chance))
    table = read(
        "freepbx-export", in_dress("freepbx-export", [freepbx(call) for call in made], FREEPBX, chance)
    )
    assert identities(file) == identities(table)


@settings(max_examples=200, deadline=None)
@given(
    moment=st.datetimes(datetime(1999, 1, 1), datetime(2060, 1, 1)),
    name=st.sampled_from(
        [
            "YYYY-MM-DD HH:MM:SS", "DD.MM.YY HH:MM:SS", "MM/DD/YY hh:MMAM", "DD/MM/YYYY hh:MM:SS AM",
            "HH:MM MM/DD",
            "MM/DD HH:MM:SS", "DD-MMM-YYYY HH:MM", "YYYYMMDDHHMMSS", "DDMMYY HHMM", "YYYY/MM/DD HH:MM",
        ]
    ),
)  # fmt: skip
def test_every_time_format_is_read_as_it_is_written(moment: datetime, name: str) -> None:
    form = time_format(name)
    assert name not in NAMED_FORMATS
    if "short year" in form.parts and moment.year < 2000:
        return
    moment = moment.replace(microsecond=0, second=moment.second if "second" in form.parts else 0)
    found = read_time(form.written(moment), (name,), moment + timedelta(hours=1))
    assert found == (moment, False)
