"""Input made to cost much: the work grows with its length and no faster, and every byte is accounted for."""

import json
import sys
from collections.abc import Callable
from types import CodeType, FrameType

import pytest

from engine.parse import documents
from tests.parse.lines import check_accounts, parser, record

Hostile = Callable[[int], bytes]

HOSTILE: dict[str, tuple[str, Hostile]] = {
    "a line of quotes": ("asterisk-csv", lambda size: b'"' * size + b"\n"),
    "a line of quotes and commas": ("asterisk-csv", lambda size: b'",' * (size // 2) + b"\n"),
    "lines of quotes": ("asterisk-csv", lambda size: (b'"' * 999 + b"\n") * (size // 1000)),
    "long lines of quotes": ("asterisk-csv", lambda size: (b'"' * 15_999 + b"\n") * (size // 16_000)),
    "open quotes": ("asterisk-csv", lambda size: b'"a\n' * (size // 3)),
    "open quotes that doubled ones follow": (
        "asterisk-csv",
        lambda size: (b'"a\n' + b'""b\n' * 63) * (size // 255),
    ),
    "an open quote before long lines": (
        "asterisk-csv",
        lambda size: (b'"a\n' + (b"b" * 99 + b"\n") * 63) * (size // 6_303),
    ),
    "torn records before whole ones": (
        "asterisk-csv",
        lambda size: (b'"front","8002' + record() + b"\n") * (size // 250),
    ),
    "carriage returns": ("asterisk-csv", lambda size: b"\r" * size + b"\n"),
    "records between carriage returns": (
        "asterisk-csv",
        lambda size: (record() + b"\r") * (size // 240) + b"\n",
    ),
    "commas": ("asterisk-csv", lambda size: b"," * size + b"\n"),
    "line ends": ("asterisk-csv", lambda size: b"\n" * size),
    "records between many line ends": (
        "asterisk-csv",
        lambda size: (record() + b"\r\n" * 400) * (size // 1_040),
    ),
    "zero bytes": ("asterisk-csv", lambda size: b"x" * 600 + b"\n" + b"\0\n" * (size // 2)),
    "JSON begun on every line": ("freeswitch-json", lambda size: b"{\n" * (size // 2)),
    "JSON nested on one line": ("freeswitch-json", lambda size: b'{"a":' * (size // 5)),
    "JSON nested line by line": ("freeswitch-json", lambda size: b'{"a":\n' * (size // 6)),
    "JSON lists nested": ("freeswitch-json", lambda size: b'{"a":' + b"[" * size),
    "JSON nested 900 deep, over and over": (
        "freeswitch-json",
        lambda size: (b'{"a":\n' * 900 + b"1" + b"}" * 900 + b"\n") * (size // 6_302),
    ),
    "JSON of one long name over many values": (
        "freeswitch-json",
        lambda size: b'{"' + b"n" * (size // 2) + b'":{' + b'"b":"",' * (size // 14) + b'"c":""}}\n',
    ),
    "JSON documents that are torn": (
        "freeswitch-json",
        lambda size: b'{"variables":{"a":"b\n' * (size // 21),
    ),
    "JSON of white space": ("freeswitch-json", lambda size: b'{"a":' + b" " * size + b"1}"),
    "XML nested": ("freeswitch-xml", lambda size: b"<a>" * (size // 3)),
    "XML nested line by line": ("freeswitch-xml", lambda size: b"<a>\n" * (size // 4)),
    "XML of empty lines": ("freeswitch-xml", lambda size: b"<cdr><a>" + b"\n" * size + b"</a></cdr>\n"),
    "XML of one name": (
        "freeswitch-xml",
        lambda size: b"<cdr>" + b"<a>x</a>" * (size // 8) + b"</cdr>\n",
    ),
    "XML of long names": (
        "freeswitch-xml",
        lambda size: b"<cdr><" + b"n" * (size // 2) + b">" + b"<b/>" * (size // 8) + b"</cdr>\n",
    ),
    "XML of references": (
        "freeswitch-xml",
        lambda size: b"<cdr><a>" + b"&#10;" * (size // 5) + b"</a></cdr>\n",
    ),
}
"""By name: the format, and the input of about a size in bytes."""

SIZE = 32_000

_NOT_ADDED = {"piece", "view"}
"""What is handed on as a whole: to pass it on is no work."""


class Work:
    """Steps of reading: calls of functions, and bytes or characters handed to ours."""

    def __init__(self) -> None:
        self.calls = 0
        self.bytes = 0
        self._ours: dict[CodeType, tuple[str, ...]] = {}

    def count(self, frame: FrameType, event: str, _: object) -> None:
        """A profile function."""
        if event == "c_call":
            self.calls += 1
        elif event == "call":
            self.calls += 1
            for name in self._texts_of(frame.f_code):
                value = frame.f_locals.get(name)
                if isinstance(value, bytes | str):
                    self.bytes += len(value)

    def _texts_of(self, code: CodeType) -> tuple[str, ...]:
        found = self._ours.get(code)
        if found is None:
            ours = "/engine/parse/" in code.co_filename or code.co_filename.endswith("json/decoder.py")
            names = code.co_varnames[: code.co_argcount] if ours else ()
            found = self._ours[code] = tuple(name for name in names if name not in _NOT_ADDED)
        return found


def work_of(form: str, piece: bytes) -> Work:
    """The work of reading a piece as the whole of a file."""
    reader, work = parser(form), Work()
    sys.setprofile(work.count)
    try:
        found = reader.parse(piece, base_offset=0, first=True, final=True)
    finally:
        sys.setprofile(None)
    check_accounts(piece, found)
    return work


@pytest.mark.parametrize("name", HOSTILE)
def test_twice_the_input_is_twice_the_work(name: str) -> None:
    form, made = HOSTILE[name]
    once, twice = work_of(form, made(SIZE)), work_of(form, made(2 * SIZE))
    assert twice.calls <= 2.5 * once.calls + 1000
    assert twice.bytes <= 2.5 * once.bytes + SIZE
    assert twice.calls <= 60 * 2 * SIZE


def test_good_documents_behind_torn_ones_are_found_all_the_same() -> None:
    good = json.dumps({"variables": {"start_epoch": "1793581853", "uuid": "u"}}).encode() + b"\n"
    torn = b'{"variables":\n' * 50
    found = parser("freeswitch-json").parse(torn + good + good, base_offset=0, first=True, final=True)
    assert found.lines == 52


def test_after_much_in_vain_reading_goes_on_behind_the_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "VAIN_TIMES", -1_000_000)
    torn = b'{"a":\n' * 5 + b"{}" + b"\n{}\n"
    found = parser("freeswitch-json").parse(torn, base_offset=0, first=True, final=True)
    assert found.rejects["line_length"].to_pylist()[0] == len(torn) - 3
    check_accounts(torn, found)
