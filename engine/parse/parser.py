"""Pieces of CDR files to calls and bad lines, by a format: every byte accounted for."""

import os
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from zoneinfo import ZoneInfo

from config.formats import Format
from config.settings import Numbering
from engine.domain.errors import InvalidInput
from engine.parse.accounting import Outcome
from engine.parse.bad_lines import BadLines, cut_off
from engine.parse.bulk import ChunkReader
from engine.parse.documents import DocumentReader
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


class Parser:
    """Parses pieces of files of one format; one per file, for a header belongs to its file."""

    def __init__(
        self, form: Format, *, numbering: Numbering, source_zone: ZoneInfo, site_zone: ZoneInfo
    ) -> None:
        self._form = form
        self._layouts = Layouts(form)
        calls = CallReader(form, numbering=numbering, source_zone=source_zone, site_zone=site_zone)
        records = calls
        if form.event is not None:
            records = EventReader(form, numbering=numbering, source_zone=source_zone)
        self._chunks = ChunkReader(form, self._layouts, records)
        self._documents = DocumentReader(form, calls)
        self._bad_lines = BadLines(form, self._layouts, records)

    @property
    def needs_header(self) -> bool:
        """Whether a header must be known before a piece from the middle of a file can be read."""
        return self._layouts.needs_header

    def header_of(self, head: bytes) -> bytes | None:
        """The header line in the first bytes of a file; None = there is none, or not all of it yet."""
        return self._layouts.header_of(head)

    def resume(self, header_line: bytes) -> None:
        """Takes the header of the file; raises `InvalidInput` naming the columns that it lacks."""
        self._layouts.resume(header_line)

    def parse(
        self,
        piece: bytes,
        *,
        base_offset: int,
        first: bool,
        final: bool = False,
        whole: bool = True,
        most_calls: int | None = None,
    ) -> Parsed:
        """The calls and bad lines of a piece; it starts at a line, `base_offset` bytes into its file.

        `first` = the piece starts the file; `final` = nothing will follow, and an unterminated last line
        is whole if `whole`, and cut off otherwise. A line is at most MAX_LINE_BYTES long, so a piece of more
        than that always moves on. What lies behind `most_calls` calls stays pending, where lines are calls
        of their own; None = no limit.
        Raises `InvalidInput` for UTF-16, and for a header that is missing or not of the format.
        """
        if first:
            refuse_utf16(piece)
        if self._form.records in ("json", "xml"):
            outcome, end = self._documents.read(piece, first=first, final=final)
        else:
            outcome, end = self._lines(piece, first=first, final=final, whole=whole)
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
        end = self._bad_lines.without_open_end(piece, end, outcome, final=final)
        self._bad_lines.resolve(piece, outcome)
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
            outcome.ignored += 1
            outcome.ignored_bytes += len(line)
            outcome.lines += 1
            start = stop
            if line.strip():
                self.resume(line)
                break
        return start

    def _worked(self, view: memoryview, ranges: Sequence[tuple[int, int]]) -> Iterable[Outcome]:
        if len(ranges) <= 1:
            return [self._chunks.read(view[start:stop], start) for start, stop in ranges]
        with ThreadPoolExecutor(min(WORKERS, len(ranges)), "parse", initializer=give_way) as pool:
            return list(
                pool.map(lambda bounds: self._chunks.read(view[bounds[0] : bounds[1]], bounds[0]), ranges)
            )
