"""Pieces of CDR files to calls and bad lines, by a format: every byte accounted for."""

import os
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

from config.format_model import Format
from config.settings import Numbering
from config.time_formats import ambiguous_pairs
from engine.domain.errors import InvalidInput
from engine.domain.message import Message
from engine.parse.accounting import Outcome
from engine.parse.bad_lines import BadLines, cut_off
from engine.parse.bulk import ChunkReader
from engine.parse.date_order import has_two_orders, with_one_order
from engine.parse.documents import DocumentReader
from engine.parse.dress import SAMPLE_BYTES, Dress, dress_of
from engine.parse.framing import UTF8_BOM, chunks, refuse_utf16, whole_bytes
from engine.parse.layouts import Layouts
from engine.parse.schema import Parsed
from engine.parse.to_calls import CallReader
from engine.parse.to_events import EventReader

WORKERS = min(4, os.cpu_count() or 1)
"""Chunks of one piece worked on at once; Arrow releases the interpreter meanwhile."""

BULK_NICENESS = 10


def give_way() -> None:
    """Lets everything else on the host go first, screens and the PBX: for threads that read much at once."""
    thread = threading.get_native_id()
    os.setpriority(os.PRIO_PROCESS, thread, max(BULK_NICENESS, os.getpriority(os.PRIO_PROCESS, thread)))


MAX_DRESSES = 16
FEW_LINES = 3
"""A head of fewer does not show how a file is written."""


@dataclass(frozen=True, kw_only=True)
class _Reading:
    """What reads a file as it is dressed."""

    form: Format
    layouts: Layouts
    chunks: ChunkReader
    bad_lines: BadLines
    calls: CallReader


class Parser:
    """Parses pieces of files of one format; one per file, for a header belongs to its file."""

    def __init__(
        self, form: Format, *, numbering: Numbering, source_zone: ZoneInfo, site_zone: ZoneInfo
    ) -> None:
        self._form = form
        self._calls = partial(CallReader, numbering=numbering, source_zone=source_zone, site_zone=site_zone)
        self._events = partial(EventReader, numbering=numbering, source_zone=source_zone)
        self._readings: dict[tuple[object, ...], _Reading] = {}
        self._dresses: dict[bytes, Dress] = {}
        self._orders: dict[bytes, Format] = {}
        self._reading = self._reading_of(form)
        self._documents = DocumentReader(form, self._reading.calls)
        self.dress = Dress(form=form, returns=False)
        """How the file is written that was read last."""

    @property
    def needs_header(self) -> bool:
        """Whether a header must be known before a piece from the middle of a file can be read."""
        return self._reading.layouts.needs_header

    @property
    def notes(self) -> list[Message]:
        """What is other than expected in what was read last, as sentences."""
        further = self._reading.layouts.further
        unknown = Message(
            "It has {count} columns that {name} does not know.", count=further, name=self._form.name
        )
        return [*self.dress.notes, *([unknown] if further else []), *filter(None, [self.zone_doubt])]

    @property
    def zone_doubt(self) -> Message:
        """Why the zone of the times cannot be right; '' = nothing contradicts it."""
        return self._reading.calls.zone_doubt

    def header_of(self, head: bytes) -> bytes | None:
        """The header line in the first bytes of a file; None = there is none, or not all of it yet."""
        return self._reading.layouts.header_of(head.replace(b"\r", b"\n") if self.dress.returns else head)

    def resume(self, header_line: bytes) -> None:
        """Takes the first line of the file; raises `InvalidInput` naming the columns that it lacks."""
        self._reading.layouts.resume(header_line)

    def begin(self, head: bytes, following: bytes = b"") -> None:
        """Takes how a file is written from its first lines, and from a piece that follows somewhere behind.

        Raises `InvalidInput` when its dates can be read two ways.
        """
        few = head.count(b"\n") + head.count(b"\r") < FEW_LINES
        sample = (head + following if few else head)[:SAMPLE_BYTES]
        key = sample
        if key not in self._dresses:
            if len(self._dresses) >= MAX_DRESSES:
                self._dresses.clear()
            self._dresses[key] = dress_of(self._form, sample)
        self.dress = self._dresses[key]
        form = self.dress.form
        if has_two_orders(form):
            form = self._in_one_order(form, head, following)
        self._reading = self._reading_of(form)
        self._reading.layouts.further = 0

    def _in_one_order(self, form: Format, head: bytes, following: bytes) -> Format:
        """What was found out once about a file holds for all of it."""
        key = head[:1024]
        known = self._orders.get(key)
        if known is not None and len(key) == 1024:
            return known
        found = with_one_order(form, head + following)
        if len(self._orders) >= MAX_DRESSES:
            self._orders.clear()
        if len(found.times.formats) + len(ambiguous_pairs(form.times.formats)) == len(form.times.formats):
            self._orders[key] = found
        return found

    def _reading_of(self, form: Format) -> _Reading:
        key = form.delimiter, form.quote, form.escaped, form.times.formats
        known = self._readings.get(key)
        if known is None:
            if len(self._readings) >= MAX_DRESSES:
                self._readings.clear()
            layouts, calls = Layouts(form), self._calls(form)
            records = calls if form.event is None else self._events(form)
            known = _Reading(
                form=form,
                layouts=layouts,
                calls=calls,
                chunks=ChunkReader(form, layouts, records),
                bad_lines=BadLines(form, layouts, records),
            )
            self._readings[key] = known
        return known

    def parse(
        self,
        piece: bytes,
        *,
        base_offset: int,
        first: bool,
        final: bool = False,
        whole: bool = True,
        most_calls: int | None = None,
        written_at: datetime | None = None,
    ) -> Parsed:
        """The calls and bad lines of a piece; it starts at a line, `base_offset` bytes into its file.

        `first` = the piece starts the file; `final` = nothing will follow, and an unterminated last line
        is whole if `whole`, and cut off otherwise. A line is at most MAX_LINE_BYTES long, so a piece of more
        than that always moves on. What lies behind `most_calls` calls stays pending, where lines are calls
        of their own; None = no limit.
        Times without a year are the last ones before `written_at`, in UTC; None = before now.
        Raises `InvalidInput` for UTF-16, for a header that is missing or not of the format, and for dates
        that can be read two ways.
        """
        if first:
            refuse_utf16(piece)
            self.begin(piece)
        self._reading.calls.written_at = written_at or datetime.now(UTC).replace(tzinfo=None)
        if self._form.records in ("json", "xml"):
            outcome, end = self._documents.read(piece, first=first, final=final)
        else:
            text = piece.replace(b"\r", b"\n") if self.dress.returns else piece
            outcome, end = self._lines(text, first=first, final=final, whole=whole)
            if most_calls is not None and self._form.segments is None:
                end = outcome.cut(end, most_calls=most_calls)
        if self._form.segments is not None:
            end = outcome.join_segments(end, final=final)
        return outcome.parsed(piece, base_offset=base_offset, consumed=end)

    def _lines(self, piece: bytes, *, first: bool, final: bool, whole: bool) -> tuple[Outcome, int]:
        """(what the lines are, bytes that are whole lines and need none behind them)."""
        end = whole_bytes(piece, final=final)
        start = 0
        outcome = Outcome()
        if first:
            start = self._start(piece, end, outcome)
        elif self.needs_header:
            raise InvalidInput("The header of the file is not known; read the file from its start.")
        begin = end if whole else max(start, piece.rfind(b"\n", start, end) + 1)
        if piece[begin:end].strip():
            outcome.rejects.append(cut_off(piece, begin, end))
        else:
            begin = end
        ranges = list(chunks(piece, start, begin))
        for found in self._worked(memoryview(piece), ranges):
            outcome.add(found, lines_before=outcome.lines)
        end = self._reading.bad_lines.without_open_end(piece, end, outcome, final=final)
        self._reading.bad_lines.resolve(piece, outcome)
        return outcome, end

    def _start(self, piece: bytes, end: int, outcome: Outcome) -> int:
        """Where the records begin: behind a byte order mark and the header."""
        start = len(UTF8_BOM) if piece.startswith(UTF8_BOM) else 0
        if not end:
            return 0
        outcome.ignored_bytes += min(start, end)
        if not self._form.header:
            return start
        while start < end:
            stop = piece.find(b"\n", start, end) + 1 or end
            line = piece[start:stop]
            if line.strip() and not self._reading.layouts.resume(line):
                break
            outcome.ignored += 1
            outcome.ignored_bytes += len(line)
            outcome.lines += 1
            start = stop
            if line.strip():
                break
        return start

    def _worked(self, view: memoryview, ranges: Sequence[tuple[int, int]]) -> Iterable[Outcome]:
        if len(ranges) <= 1:
            return [self._reading.chunks.read(view[start:stop], start) for start, stop in ranges]
        with ThreadPoolExecutor(min(WORKERS, len(ranges)), "parse", initializer=give_way) as pool:
            return list(
                pool.map(
                    lambda bounds: self._reading.chunks.read(view[bounds[0] : bounds[1]], bounds[0]), ranges
                )
            )
