"""Repair of lines that are no record by themselves, where it is certain what the record was.

A record is put together over several lines only when the first ends inside an open quote, the joined text is
exactly a record, and no line in between is a record of its own. Lines that are records never come here. A
good record behind a torn one is cut free only when every cut gives the same call.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import NamedTuple

from config.expressions import Column
from config.format_model import Format
from engine.domain.message import Message
from engine.parse.split import Splitter, layout_number
from engine.parse.timestamps import read_seconds, read_time

MAX_SPAN_LINES = 64
"""A record over more lines than this is not put together."""

MAX_SPAN_BYTES = 65_536

MAX_REPAIR_LINES = 5_000
"""Bad lines of one piece that are looked at closely; the rest goes to quarantine as it is."""

_MAX_CUTS = 400

MAX_LOOKED_AT_BYTES = 32 << 20
"""Bytes of one piece that are split closely, counted each time; the rest goes to quarantine as it is."""


class BadLine(NamedTuple):
    """A line that is no record by itself."""

    offset: int
    """In the piece."""
    length: int
    """The newline included."""
    number: int
    """In the piece, from 0."""
    field: str
    reason: Message


@dataclass(frozen=True, kw_only=True, slots=True)
class Repaired:
    """A record that was put together or cut free."""

    offset: int
    length: int
    number: int
    fields: tuple[bytes, ...]
    record: bytes
    layout: tuple[str, ...]


class Ignored(NamedTuple):
    """Bytes that are neither a call nor a fault: a line, or a run of blank ones."""

    offset: int
    length: int
    lines: int = 1


class Repair:
    """Looks at bad lines one by one."""

    def __init__(
        self, form: Format, layout_of: Callable[[int], tuple[str, ...] | None], header: bytes | None
    ) -> None:
        self._form = form
        self._splitter = Splitter(form)
        self._layout_of = layout_of
        self._header = header
        self.looked_at = 0
        """Bytes split so far."""
        self._ignored = tuple(prefix.encode() for prefix in form.ignore if "*" not in prefix)
        self._patterns = [glob.encode() for glob in form.ignore if "*" in glob]
        call = form.call
        self._times = [
            field.name for field in (call.start, call.answer, call.end) if isinstance(field, Column)
        ]
        self._needed = [field.name for field in (call.start or call.end,) if isinstance(field, Column)]
        self._counts = [
            field.name for field in (call.duration, call.ring, call.billsec) if isinstance(field, Column)
        ]

    def results(self, piece: bytes, lines: list[BadLine]) -> Iterator[Repaired | Ignored | BadLine]:
        """The result for each line, in order; every byte of the lines is in exactly one of the results."""
        place = 0
        most_lines = MAX_REPAIR_LINES
        self.looked_at = 0
        while place < len(lines):
            line = lines[place]
            text = piece[line.offset : line.offset + line.length].rstrip(b"\r\n")
            if not text.strip() or self._is_no_call(text):
                yield Ignored(offset=line.offset, length=line.length)
                place += 1
                continue
            spent = most_lines <= 0 or self.looked_at > MAX_LOOKED_AT_BYTES
            if spent or line.length > MAX_SPAN_BYTES * 16:
                yield line
                place += 1
                continue
            most_lines -= 1
            taken, results = self._looked_at(piece, lines, place, text)
            yield from results
            place += taken

    def is_open(self, text: bytes) -> bool:
        """Whether the line ends inside a quoted field, so that what follows could belong to it."""
        return self._splitter.split(text)[1]

    def _is_no_call(self, text: bytes) -> bool:
        if text == self._header or (bool(self._ignored) and text.lstrip().startswith(self._ignored)):
            return True
        return any(fnmatchcase(text, pattern) for pattern in self._patterns)

    def _looked_at(
        self, piece: bytes, lines: list[BadLine], place: int, text: bytes
    ) -> tuple[int, Iterable[Repaired | BadLine]]:
        line = lines[place]
        if self._form.by_shape and b"\r" not in text and not text.startswith(b"\x00"):
            # Its shape was looked at already.
            return 1, [line]
        alone = self._record(text)
        if alone is not None:
            return 1, [_repaired(line.offset, line.length, line.number, text, alone)]
        if b"\r" in text:
            parts = self._by_return(piece, line)
            if parts:
                return 1, parts
        cut = self._cut_free(text)
        if cut is not None:
            at, record = cut
            torn = BadLine(
                offset=line.offset, length=at, number=line.number, field="",
                reason=Message("a torn record; the whole one behind it on the line was read"),
            )  # fmt: skip
            good = _repaired(line.offset + at, line.length - at, line.number, text[at:], record)
            return 1, [torn, good]
        spanning = self._spanning(piece, lines, place, text)
        if spanning is not None:
            return spanning
        loose = self._checked(self._splitter.split_loosely(text))
        return 1, [line if loose is None else _repaired(line.offset, line.length, line.number, text, loose)]

    def _record(self, text: bytes) -> tuple[list[bytes], tuple[str, ...]] | None:
        """The fields if the text is exactly one record, as far as times and seconds tell."""
        self.looked_at += len(text)
        return self._checked(self._splitter.split(text)[0])

    def _checked(self, fields: list[bytes] | None) -> tuple[list[bytes], tuple[str, ...]] | None:
        if fields is None:
            return None
        if self._form.by_shape:
            layout = self._layout_of(layout_number(fields[0].decode("utf-8", "replace").rstrip(), self._form))
            return None if layout is None else (fields, layout)
        layout = self._layout_of(len(fields))
        if layout is None:
            return None
        values = dict(zip(layout, fields, strict=True))
        for name in self._times:
            value = values.get(name, b"").decode("utf-8", "replace").strip()
            if (value.strip("0.") or name in self._needed) and not read_time(value, self._form.times.formats):
                return None
        for name in self._counts:
            if read_seconds(values.get(name, b"").decode("utf-8", "replace")) is None:
                return None
        return fields, layout

    def _by_return(self, piece: bytes, line: BadLine) -> list[Repaired | BadLine] | None:
        """Records separated by carriage returns alone, if every part is one."""
        raw = piece[line.offset : line.offset + line.length]
        found: list[Repaired | BadLine] = []
        start = 0
        while start < len(raw):
            stop = raw.find(b"\r", start)
            stop = len(raw) if stop < 0 else stop + 1
            while stop < len(raw) and raw[stop : stop + 1] in (b"\r", b"\n"):
                stop += 1
            text = raw[start:stop].rstrip(b"\r\n")
            record = self._record(text)
            if record is None:
                return None
            found.append(_repaired(line.offset + start, stop - start, line.number, text, record))
            start = stop
        return found

    def _cut_free(self, text: bytes) -> tuple[int, tuple[list[bytes], tuple[str, ...]]] | None:
        """Where the one good record behind a torn one begins; None = nowhere, or it is not certain."""
        form = self._form
        if form.by_shape or not form.quote:
            # Without quotes every shortened first field would make a record as well.
            return None
        quote = form.quote.encode()
        found: tuple[int, tuple[list[bytes], tuple[str, ...]]] | None = None
        # No record is longer than the span of one.
        at = text.find(quote, max(1, len(text) - MAX_SPAN_BYTES))
        cuts = 0
        while at > 0 and cuts < _MAX_CUTS and self.looked_at <= MAX_LOOKED_AT_BYTES:
            cuts += 1
            record = self._record(text[at:])
            if record is not None:
                # A torn quote before the first field only makes that one longer: the last cut is true.
                if found is not None and found[1][0][1:] != record[0][1:]:
                    return None
                found = at, record
            at = text.find(quote, at + 1)
        return found

    def _spanning(
        self, piece: bytes, lines: list[BadLine], place: int, text: bytes
    ) -> tuple[int, Iterable[Repaired | BadLine]] | None:
        if not self.is_open(text):
            return None
        first = lines[place]
        end = first.offset + first.length
        quote = self._form.quote.encode()
        quotes = text.count(quote)
        for count in range(1, MAX_SPAN_LINES):
            if place + count >= len(lines):
                return None
            following = lines[place + count]
            size = following.offset + following.length - first.offset
            if following.offset != end or size > MAX_SPAN_BYTES:
                return None
            quotes += piece.count(quote, following.offset, following.offset + following.length)
            end = following.offset + following.length
            if quotes % 2:
                continue
            # The quote that was open is closed: it is a record now or will never be one.
            joined = piece[first.offset : end].rstrip(b"\r\n")
            record = self._record(joined)
            return (
                None
                if record is None
                else (count + 1, [_repaired(first.offset, size, first.number, joined, record)])
            )
        return None


def _repaired(
    offset: int, length: int, number: int, record: bytes, found: tuple[list[bytes], tuple[str, ...]]
) -> Repaired:
    return Repaired(
        offset=offset, length=length, number=number, fields=tuple(found[0]), record=record, layout=found[1]
    )
