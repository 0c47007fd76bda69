"""JSON and XML documents in a piece of a file: one document, one call."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast
from xml.parsers import expat

import pyarrow as pa

from config.formats import Format
from engine.parse.accounting import Outcome
from engine.parse.framing import MAX_LINE_BYTES, UTF8_BOM
from engine.parse.repair import BadLine
from engine.parse.to_calls import CallReader

_SPACE = b" \t\r\n"


@dataclass(frozen=True, kw_only=True)
class _Document:
    """One document, or what is none."""

    offset: int
    length: int
    """The white space behind it included."""
    values: dict[str, str]
    """Text by path, as in `variables.uuid` or `callflow.0.times`; empty where `fault` is given."""
    fault: str
    """Why it cannot be read; '' = it can."""


class _Unfinished(Exception):
    """The document goes on behind the end of the bytes."""


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
        outcome.rejects += [_bad(piece, one, "", one.fault) for one in found if one.fault]
        sound = [document for document in found if not document.fault]
        if sound:
            raw = [piece[one.offset : one.offset + one.length].strip() for one in sound]
            table, faults = self._calls.read(
                {name: _column(sound, name) for name in self._calls.used},
                lines=pa.array(raw, pa.large_binary()),
                offset=pa.array([document.offset for document in sound], pa.int64()),
                length=pa.array([document.length for document in sound], pa.int64()),
            )
            outcome.tables.append(table)
            outcome.rejects += [_bad(piece, sound[fault.row], fault.field, fault.reason) for fault in faults]
        return outcome, end


def _column(found: list[_Document], name: str) -> pa.Array:
    return pa.array([document.values.get(name, "") for document in found], pa.string())


def _bad(piece: bytes, document: _Document, name: str, reason: str) -> BadLine:
    return BadLine(
        offset=document.offset,
        length=document.length,
        number=piece.count(b"\n", 0, document.offset),
        field=name,
        reason=reason,
    )


def _documents(piece: bytes, start: int, records: str, *, final: bool) -> tuple[list[_Document], int, int]:
    """(documents from `start` on, where the first begins, where the last whole one ends)."""
    read = _json if records == "json" else _xml
    place = begin = _behind_space(piece, start)
    found: list[_Document] = []
    while place < len(piece):
        fault, values = "", dict[str, str]()
        try:
            end, values = read(piece, place)
        except _Unfinished:
            following = _next_start(piece, place)
            if following is None and not final and len(piece) - place <= MAX_LINE_BYTES:
                return found, begin, place
            end, fault = following or len(piece), "the document is not complete"
        except (ValueError, RecursionError) as error:
            end = _next_start(piece, place) or len(piece)
            fault = f"is not {records.upper()}: {error}"
        end = _behind_space(piece, end)
        found.append(_Document(offset=place, length=end - place, values=values, fault=fault))
        place = end
    return found, begin, place


def _behind_space(piece: bytes, place: int) -> int:
    while place < len(piece) and piece[place] in _SPACE:
        place += 1
    return place


def _next_start(piece: bytes, place: int) -> int | None:
    """The next line that begins a document."""
    starts = [at for mark in (b"\n{", b"\n<") if (at := piece.find(mark, place)) >= 0]
    return min(starts) + 1 if starts else None


def _json(piece: bytes, place: int) -> tuple[int, dict[str, str]]:
    # Bytes that are not UTF-8 become lone surrogates, so that places can be counted back.
    text = piece[place : place + MAX_LINE_BYTES].decode("utf-8", "surrogateescape")
    if not text.startswith("{"):
        raise ValueError("a document begins with {")
    try:
        value, end = json.JSONDecoder(parse_float=str, parse_int=str).raw_decode(text)
    except json.JSONDecodeError as error:
        unfinished = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated")
        raise _Unfinished if unfinished else ValueError(error.msg) from error
    values: dict[str, str] = {}
    _flatten(value, "", values)
    return place + len(text[:end].encode("utf-8", "surrogateescape")), values


def _flatten(value: object, path: str, into: dict[str, str]) -> None:
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
        raise ValueError("a document begins with <")
    data = piece[place : place + MAX_LINE_BYTES]
    reading = _Elements()
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise ValueError("document types and entities are refused")

    parser.StartDoctypeDeclHandler = cast(Callable[..., None], refuse)
    parser.EntityDeclHandler = cast(Callable[..., None], refuse)
    parser.StartElementHandler = reading.start
    parser.CharacterDataHandler = reading.text
    parser.EndElementHandler = lambda _: reading.end(parser.CurrentByteIndex)
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        if reading.closed is None:
            unfinished = error.code in (
                expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
                expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
                expat.errors.codes[expat.errors.XML_ERROR_PARTIAL_CHAR],
            )
            raise _Unfinished if unfinished else ValueError(str(error)) from error
    assert reading.closed is not None
    return place + data.index(b">", reading.closed) + 1, reading.values


class _Elements:
    """Collects the text of elements by path."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.closed: int | None = None
        """Where the root's end tag begins; None = it is still open."""
        self._path: list[str] = []
        self._counts: dict[str, int] = {}

    def start(self, name: str, _: dict[str, str]) -> None:
        path = ".".join([*self._path[1:], name]) if self._path else ""
        seen = self._counts.get(path, 0)
        self._counts[path] = seen + 1
        self._path.append(f"{name}.{seen}" if seen else name)
        if len(self._path) > 64:
            raise ValueError("elements are nested too deeply")

    def text(self, data: str) -> None:
        path = ".".join(self._path[1:])
        if path and self.closed is None:
            self.values[path] = self.values.get(path, "") + data

    def end(self, index: int) -> None:
        self._path.pop()
        if not self._path and self.closed is None:
            self.closed = index
