"""The same table in other clothes: other separators, quotes and line ends than its format says."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from config.expressions import Column
from config.format_model import Format
from engine.domain.message import N_, Message
from engine.parse.layouts import Layouts
from engine.parse.split import Splitter, unescaped
from engine.parse.timestamps import read_seconds, read_time

SAMPLE_BYTES = 16_384
SAMPLE_LINES = 20
RETURNS = Message("Its lines end with carriage returns alone.")
DELIMITERS = {",": N_("commas"), "\t": N_("tabs"), ";": N_("semicolons"), "|": N_("vertical bars")}


@dataclass(frozen=True, kw_only=True)
class Dress:
    """How a file is written."""

    form: Format
    """The format with the file's own separators and quotes."""
    returns: bool
    """Lines end with carriage returns alone."""
    notes: tuple[Message, ...] = ()
    """What is other than the format says, as sentences."""


def ends_with_returns(head: bytes) -> bool:
    """Whether lines end with carriage returns alone: at least two do, and no newline is there."""
    return b"\n" not in head and head.find(b"\r") not in (-1, len(head) - 1)


def dress_of(form: Format, head: bytes) -> Dress:
    """How the file that begins so is written: as its format says, unless another way makes more records."""
    returns = ends_with_returns(head)
    if returns:
        head = head.replace(b"\r", b"\n")
    notes = (RETURNS,) if returns else ()
    plain = Dress(form=form, returns=returns, notes=notes)
    if form.records != "delimited":
        return plain
    lines = [line.rstrip(b"\r") for line in head[:SAMPLE_BYTES].split(b"\n")[:SAMPLE_LINES]]
    lines = [line.removeprefix(b"\xef\xbb\xbf") for line in lines if line.strip()]
    best, most = form, _records(form, lines)
    if most == len(lines):
        return plain
    for other in _others(form, head):
        found = _records(other, lines)
        if found > most:
            best, most = other, found
    if best is form:
        return plain
    return Dress(form=best, returns=returns, notes=(*notes, *_said(form, best)))


def _others(form: Format, head: bytes) -> Iterator[Format]:
    """The format in every dress that the head may have, the likeliest first."""
    backslashes = b"\\" in head or b"NULL" in head
    delimiters = [form.delimiter, *(mark for mark in DELIMITERS if mark != form.delimiter)]
    for delimiter in delimiters:
        if delimiter.encode() not in head:
            continue
        quotes = ['"', ""] if delimiter != '"' else [""]
        for quote in quotes:
            for escaped in (False, True) if backslashes else (False,):
                if (delimiter, quote, escaped) != (form.delimiter, form.quote, form.escaped):
                    yield replace(form, delimiter=delimiter, quote=quote, escaped=escaped)


def _said(form: Format, dressed: Format) -> Iterator[Message]:
    if dressed.delimiter != form.delimiter:
        mark = DELIMITERS.get(dressed.delimiter, dressed.delimiter)
        yield Message("Its fields are separated by {mark}.", mark=Message(mark))
    if dressed.quote != form.quote:
        yield Message("Its fields are in quotes.") if dressed.quote else Message("Nothing is in quotes.")
    if dressed.escaped:
        yield Message("Backslashes escape, as in a dump of a table.")


def _records(form: Format, lines: list[bytes]) -> int:
    """How many of the lines are records of the format, its header included."""
    layouts, splitter = Layouts(form), Splitter(form)
    if not lines:
        return 0
    header = 0
    if form.header:
        if layouts.is_header(lines[0]):
            layouts.resume(lines[0])
            header = 1
        elif not form.layouts:
            return 0
    ignored = tuple(prefix.encode() for prefix in form.ignore)
    times = [
        one.name for one in (form.call.start, form.call.answer, form.call.end) if isinstance(one, Column)
    ]
    counts = [
        one.name for one in (form.call.duration, form.call.ring, form.call.billsec) if isinstance(one, Column)
    ]
    found = header
    for line in lines[header:]:
        if ignored and line.startswith(ignored):
            found += 1
            continue
        fields, _ = splitter.split(line)
        layout = layouts.of(len(fields)) if fields is not None else None
        if fields is None or layout is None:
            continue
        texts = dict(zip(layout, (field.decode("utf-8", "replace") for field in fields), strict=True))
        if all(_is_time(texts.get(name, ""), form) for name in times) and all(
            read_seconds(texts.get(name, "")) is not None for name in counts
        ):
            found += 1
    return found


def _is_time(text: str, form: Format) -> bool:
    return not text.strip("0. ") or read_time(text, form.times.formats) is not None


def without_escapes(lines: pa.Array, form: Format) -> pa.Array | None:
    """The lines of a dump as they would be without backslashes; None = none has any."""
    if not form.escaped:
        return None
    asked = pc.or_(pc.match_substring(lines, b"\\"), pc.match_substring(lines, b"NULL"))
    if not pc.any(asked).as_py():
        return None
    texts = [
        unescaped(line, form) if odd else line
        for line, odd in zip(lines.to_pylist(), asked.to_pylist(), strict=True)
    ]
    return pa.array(texts, lines.type)
