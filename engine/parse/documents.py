"""JSON and XML documents in a piece of a file: one document, one call."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast
from xml.parsers import expat

import pyarrow as pa

from config.format_model import Format
from engine.domain.errors import InvalidInput
from engine.domain.message import NOTHING, Message, as_it_is
from engine.parse.accounting import Outcome
from engine.parse.framing import MAX_LINE_BYTES, UTF8_BOM
from engine.parse.repair import BadLine
from engine.parse.to_calls import CallReader

_SPACE = re.compile(rb"[ \t\r\n]*+")
_START = re.compile(rb"\n(?=\{\s*[\"}]|<)")

_BLOCK = 4096
"""So much of a document is looked at first; then four times as much, and so on."""

_LONGEST_WORD = 16
"""No word of JSON and no escape in it is longer."""

MAX_PATH = 1000
"""Characters of the names that lead to a value, and of their number a bound on nesting as well."""

VAIN_TIMES = 4
"""A document that cannot be read is left at the next line that begins one; after so many times the bytes of
the piece were looked at in vain, not before its fault: no byte can be looked at for ever."""


@dataclass(frozen=True, kw_only=True)
class _Document:
    """One document, or what is none."""

    offset: int
    length: int
    """The white space behind it included."""
    values: dict[str, str]
    """Text by path, as in `variables.uuid` or `callflow.0.times`; empty where `fault` is given."""
    fault: Message
    """Why it cannot be read; '' = it can."""


class _Unfinished(Exception):
    """The document goes on behind the end of the bytes."""


class _NoDocument(Exception):
    """Why there is none, and how many bytes it took to tell."""

    def __init__(self, reason: Message, seen: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.seen = seen


class DocumentReader:
    """Reads documents of one format."""

    def __init__(self, form: Format, calls: CallReader) -> None:
        self._records = form.records
        self._calls = calls

    def read(self, piece: bytes, *, first: bool, final: bool) -> tuple[Outcome, int]:
        """(what the documents are, bytes that are whole documents)."""
        mark = len(UTF8_BOM) if first and piece.startswith(UTF8_BOM) else 0
        found, start, end = _documents(piece, mark, self._records, final=final)
        outcome = Outcome(ignored=int(start > mark), ignored_bytes=start)
        lines = _LineNumbers(piece)
        outcome.rejects += [_bad(lines, one, "", one.fault) for one in found if one.fault]
        sound = [document for document in found if not document.fault]
        if sound:
            table, faults = self._calls.read(
                {name: _column(sound, name) for name in self._calls.used},
                offset=pa.array([document.offset for document in sound], pa.int64()),
                length=pa.array([document.length for document in sound], pa.int64()),
            )
            outcome.tables.append(table)
            lines = _LineNumbers(piece)
            outcome.rejects += [_bad(lines, sound[fault.row], fault.field, fault.reason) for fault in faults]
        return outcome, end


def _column(found: list[_Document], name: str) -> pa.Array:
    return pa.array([document.values.get(name, "") for document in found], pa.string())


class _LineNumbers:
    """Numbers of lines, from 0, of places asked for in order."""

    def __init__(self, piece: bytes) -> None:
        self._piece = piece
        self._place = self._number = 0

    def of(self, place: int) -> int:
        """The line that a place is in."""
        self._number += self._piece.count(b"\n", self._place, place)
        self._place = place
        return self._number


def _bad(lines: _LineNumbers, document: _Document, name: str, reason: Message) -> BadLine:
    return BadLine(
        offset=document.offset,
        length=document.length,
        number=lines.of(document.offset),
        field=name,
        reason=reason,
    )


def _documents(piece: bytes, start: int, records: str, *, final: bool) -> tuple[list[_Document], int, int]:
    """(documents from `start` on, where the first begins, where the last whole one ends)."""
    read = _json if records == "json" else _xml
    place = begin = _behind_space(piece, start)
    found: list[_Document] = []
    in_vain = 0
    while place < len(piece):
        fault, values, seen, end = NOTHING, dict[str, str](), 0, place
        try:
            end, values = read(piece, place)
        except _Unfinished:
            following = _next_start(piece, place)
            if following is None and not final and len(piece) - place <= MAX_LINE_BYTES:
                return found, begin, place
            seen = min(len(piece) - place, MAX_LINE_BYTES)
            fault = Message("the document is not complete")
        except _NoDocument as error:
            seen = error.seen
            fault = Message("is not {upper}: {reason}", upper=records.upper(), reason=error.reason)
        if fault:
            in_vain += seen
            bounded = in_vain <= VAIN_TIMES * len(piece) + MAX_LINE_BYTES
            # The fault may be the beginning of the next document: its newline stands before it.
            resumed = place if bounded else min(place + max(0, seen - 2), len(piece))
            end = _next_start(piece, resumed) or len(piece)
        end = _behind_space(piece, end)
        found.append(_Document(offset=place, length=end - place, values=values, fault=fault))
        place = end
    return found, begin, place


def _behind_space(piece: bytes, place: int) -> int:
    space = _SPACE.match(piece, place)
    return place if space is None else space.end()


def _next_start(piece: bytes, place: int) -> int | None:
    """The next line that begins a document."""
    start = _START.search(piece, place)
    return None if start is None else start.end()


def _json(piece: bytes, place: int) -> tuple[int, dict[str, str]]:
    length, end = _BLOCK, 0
    while True:
        cut = length < MAX_LINE_BYTES and place + length < len(piece)
        # Bytes that are not UTF-8 become lone surrogates, so that places can be counted back.
        text = piece[place : place + length].decode("utf-8", "surrogateescape")
        try:
            value, end = _json_value(text, cut=cut)
            break
        except _Unfinished:
            if not cut:
                raise
            length *= 4
    values: dict[str, str] = {}
    try:
        _flatten(value, "", values)
    except InvalidInput as error:
        raise _NoDocument(error.message, end) from error
    return place + len(text[:end].encode("utf-8", "surrogateescape")), values


def _json_value(text: str, *, cut: bool) -> tuple[object, int]:
    """The value and where it ends; a fault close to where the text was cut comes of that."""
    if not text.startswith("{"):
        raise _NoDocument(Message("a document begins with {"), 1)
    try:
        return json.JSONDecoder(parse_float=str, parse_int=str).raw_decode(text)
    except json.JSONDecodeError as error:
        whole = len(text) - _LONGEST_WORD if cut else len(text.rstrip())
        if error.pos >= whole or error.msg.startswith("Unterminated"):
            raise _Unfinished from error
        raise _NoDocument(as_it_is(error.msg), error.pos + 1) from error
    except RecursionError as error:
        raise _NoDocument(Message("it is nested too deeply"), len(text)) from error


def _flatten(value: object, path: str, into: dict[str, str]) -> None:
    if len(path) > MAX_PATH:
        raise InvalidInput("it is nested too deeply")
    match value:
        case dict():
            for key, inner in cast(dict[str, object], value).items():
                _flatten(inner, f"{path}.{key}" if path else key, into)
        case list():
            for place, inner in enumerate(cast(list[object], value)):
                _flatten(inner, f"{path}.{place}" if path else str(place), into)
        case bool():
            into[path] = "true" if value else "false"
        case str():
            into[path] = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case _:
            into[path] = ""


def _xml(piece: bytes, place: int) -> tuple[int, dict[str, str]]:
    """Paths leave out the root; the second of two elements with one name has `.1` behind its name."""
    if piece[place : place + 1] != b"<":
        raise _NoDocument(Message("a document begins with <"), 1)
    reading = _Elements()
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise InvalidInput("document types and entities are refused")

    parser.StartDoctypeDeclHandler = cast(Callable[..., None], refuse)
    parser.EntityDeclHandler = cast(Callable[..., None], refuse)
    parser.StartElementHandler = reading.start
    parser.CharacterDataHandler = reading.text
    parser.EndElementHandler = lambda _: reading.end(parser.CurrentByteIndex)
    end = min(place + MAX_LINE_BYTES, len(piece))
    at, length = place, _BLOCK
    try:
        while reading.closed is None and at < end:
            parser.Parse(piece[at : min(at + length, end)], False)
            at, length = at + length, length * 4
        if reading.closed is None:
            parser.Parse(b"", True)
    except expat.ExpatError as error:
        if reading.closed is None:
            unfinished = error.code in (
                expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
                expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
                expat.errors.codes[expat.errors.XML_ERROR_PARTIAL_CHAR],
            )
            if unfinished:
                raise _Unfinished from error
            raise _NoDocument(as_it_is(error), parser.ErrorByteIndex + 1) from error
    except InvalidInput as error:
        raise _NoDocument(error.message, at + length - place) from error
    assert reading.closed is not None
    return piece.index(b">", place + reading.closed) + 1, reading.values()


class _Elements:
    """Collects the text of elements by path."""

    def __init__(self) -> None:
        self.closed: int | None = None
        """Where the root's end tag begins; None = it is still open."""
        self._texts: dict[str, list[str]] = {}
        self._path: list[str] = []
        self._counts: dict[str, int] = {}

    def values(self) -> dict[str, str]:
        """Text by path."""
        return {path: "".join(texts) for path, texts in self._texts.items()}

    def start(self, name: str, _: dict[str, str]) -> None:
        path = ".".join([*self._path[1:], name]) if self._path else ""
        if len(self._path) >= 64 or len(path) > MAX_PATH:
            raise InvalidInput("elements are nested too deeply")
        seen = self._counts.get(path, 0)
        self._counts[path] = seen + 1
        self._path.append(f"{name}.{seen}" if seen else name)

    def text(self, data: str) -> None:
        path = ".".join(self._path[1:])
        if path and self.closed is None:
            self._texts.setdefault(path, []).append(data)

    def end(self, index: int) -> None:
        self._path.pop()
        if not self._path and self.closed is None:
            self.closed = index
