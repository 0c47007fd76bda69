"""Pieces of CDR files to calls and bad lines, by a format: every byte accounted for."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from config.formats import Format
from config.settings import Numbering
from engine.domain.errors import InvalidInput
from engine.ingest.calls import CallReader
from engine.ingest.columns import Read, Splitter, Unframed, decoded, mended, read_delimited, read_lines
from engine.ingest.documents import columns as document_columns
from engine.ingest.documents import documents
from engine.ingest.framing import (
    MAX_LINE_BYTES,
    UTF8_BOM,
    Lines,
    chunks,
    lines_of,
    refuse_utf16,
    whole_bytes,
)
from engine.ingest.record import CALLS, MAX_RAW_BYTES, REJECTS, Parsed
from engine.ingest.salvage import MAX_SPAN_BYTES, MAX_SPAN_LINES, BadLine, Ignored, Salvage, Saved
from engine.ingest.segments import merged

WORKERS = min(4, os.cpu_count() or 1)
"""Chunks of one piece worked on at once; Arrow releases the interpreter meanwhile."""

_LOOK_AHEAD_LINES = 20
_NO_REJECTS = REJECTS.empty_table()

NOT_CLOSED = "a quote is not closed"


@dataclass(kw_only=True)
class _Outcome:
    """What became of a chunk, or of a whole piece."""

    tables: list[pa.Table] = field(default_factory=list[pa.Table])
    bad: list[BadLine] = field(default_factory=list[BadLine])
    ignored: int = 0
    ignored_bytes: int = 0
    ignored_lines: list[Ignored] = field(default_factory=list[Ignored])
    """Blank and other lines among the records; not counted in `ignored` and `ignored_bytes`."""
    lines: int = 0
    """Newlines passed."""

    def add(self, other: "_Outcome", *, lines_before: int) -> None:
        self.tables += other.tables
        for line in other.bad:
            self.bad.append(
                BadLine(
                    offset=line.offset,
                    length=line.length,
                    number=line.number + lines_before,
                    field=line.field,
                    reason=line.reason,
                )
            )
        self.ignored += other.ignored
        self.ignored_bytes += other.ignored_bytes
        self.lines += other.lines


class Parser:
    """Parses pieces of files of one format; one per file, for a header belongs to its file."""

    def __init__(
        self, form: Format, *, numbering: Numbering, source_zone: ZoneInfo, site_zone: ZoneInfo
    ) -> None:
        self._form = form
        self._calls = CallReader(form, numbering=numbering, source_zone=source_zone, site_zone=site_zone)
        self._splitter = Splitter(form)
        self._used = form.used()
        self._layouts = {len(layout): layout for layout in form.layouts}
        self._header: bytes | None = None

    @property
    def header_line(self) -> bytes | None:
        """The header of the file, to be handed to `resume` later; None = none was seen, or none is needed."""
        return self._header

    @property
    def layouts(self) -> dict[int, tuple[str, ...]]:
        """The columns by their number; those of the header once it is known."""
        return self._layouts

    @property
    def needs_header(self) -> bool:
        """Whether a header must be known before a piece from the middle of a file can be read."""
        return self._form.header and self._header is None

    def header_of(self, head: bytes) -> bytes | None:
        """The header line in the first bytes of a file; None = there is none, or not all of it yet."""
        if not self._form.header:
            return None
        start = len(UTF8_BOM) if head.startswith(UTF8_BOM) else 0
        while start < len(head):
            end = head.find(b"\n", start)
            if end < 0:
                return None
            line = head[start:end].rstrip(b"\r")
            if line.strip():
                return line
            start = end + 1
        return None

    def resume(self, header_line: bytes) -> None:
        """Takes the header of the file; raises `InvalidInput` naming the columns that it lacks."""
        fields, _ = self._splitter.split(header_line.removeprefix(UTF8_BOM).rstrip(b"\r\n"))
        titles = [title.decode("utf-8", "replace").strip() for title in fields or []]
        layout: list[str] = []
        for title in titles:
            name = self._form.names.get(title.lower(), "")
            layout.append("" if name in layout else name)
        missing = [name for name in self._form.required if name not in layout]
        if missing:
            shown = ", ".join(titles)[:200]
            raise InvalidInput(
                f"The first line is not a header of {self._form.name}: it lacks {', '.join(missing)}. "
                f"It reads: {shown!r}",
                field="format",
            )
        self._layouts = {len(layout): tuple(layout)}
        self._header = header_line.removeprefix(UTF8_BOM).rstrip(b"\r\n")

    def parse(
        self,
        piece: bytes,
        *,
        base_offset: int,
        first: bool,
        final: bool = False,
        most_calls: int | None = None,
    ) -> Parsed:
        """The calls and bad lines of a piece; it starts at a line, `base_offset` bytes into its file.

        `first` = the piece starts the file; `final` = nothing will follow, so an unterminated last line is
        whole. A line is at most MAX_LINE_BYTES long, so a piece of more than that always moves on. What lies
        behind `most_calls` calls stays pending, where lines are calls of their own; None = no limit.
        Raises `InvalidInput` for UTF-16, and for a header that is missing or not of the format.
        """
        if self._form.records in ("json", "xml"):
            return self._documents(piece, base_offset=base_offset, first=first, final=final)
        end = whole_bytes(piece, final=final)
        start = 0
        outcome = _Outcome()
        if first:
            refuse_utf16(piece)
            start = self._start(piece, end, outcome)
        elif self.needs_header:
            raise InvalidInput("The header of the file is not known; read the file from its start.")
        ranges = list(chunks(piece, start, end))
        view = memoryview(piece)
        for found in self._worked(view, ranges):
            outcome.add(found, lines_before=outcome.lines)
        end = self._without_open_end(piece, end, outcome, final=final)
        rejects = self._settled(piece, outcome)
        if most_calls is not None and self._form.segments is None:
            end = _cut(outcome, rejects, end, most_calls)
        return self._parsed(piece, outcome, rejects, base_offset=base_offset, consumed=end, final=final)

    def _documents(self, piece: bytes, *, base_offset: int, first: bool, final: bool) -> Parsed:
        outcome = _Outcome()
        if first:
            refuse_utf16(piece)
        mark = len(UTF8_BOM) if first and piece.startswith(UTF8_BOM) else 0
        found, blank, consumed = documents(piece[mark:], self._form.records, final=final)
        outcome.ignored, outcome.ignored_bytes = int(blank > 0), blank + mark
        rejects = [
            BadLine(
                offset=document.offset + mark,
                length=document.length,
                number=piece.count(b"\n", 0, document.offset + mark),
                field="",
                reason=document.fault,
            )
            for document in found
            if document.fault
        ]
        sound = [document for document in found if not document.fault]
        if sound:
            raw = [piece[mark + one.offset : mark + one.offset + one.length].strip() for one in sound]
            table, faults = self._calls.read(
                document_columns(sound, self._used),
                lines=pa.array(raw, pa.large_binary()),
                offset=pa.array([document.offset + mark for document in sound], pa.int64()),
                length=pa.array([document.length for document in sound], pa.int64()),
            )
            outcome.tables.append(table)
            for fault in faults:
                document = sound[fault.row]
                rejects.append(
                    BadLine(
                        offset=document.offset + mark,
                        length=document.length,
                        number=piece.count(b"\n", 0, document.offset + mark),
                        field=fault.field,
                        reason=fault.reason,
                    )
                )
        return self._parsed(
            piece, outcome, rejects, base_offset=base_offset, consumed=consumed + mark, final=final
        )

    def _start(self, piece: bytes, end: int, outcome: _Outcome) -> int:
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

    def _worked(self, view: memoryview, ranges: Sequence[tuple[int, int]]) -> Iterable[_Outcome]:
        if len(ranges) <= 1:
            return [self._chunk(view[start:stop], start) for start, stop in ranges]
        with ThreadPoolExecutor(min(WORKERS, len(ranges)), "parse") as pool:
            return list(pool.map(lambda bounds: self._chunk(view[bounds[0] : bounds[1]], bounds[0]), ranges))

    def _chunk(self, view: memoryview, start: int) -> _Outcome:
        lines = lines_of(view, start)
        outcome = _Outcome(lines=len(lines))
        plain, text = _plain_lines(view, lines)
        indices = pa.arange(0, len(lines))
        if plain is not None:
            odd = pc.indices_nonzero(pc.invert(plain))
            self._note(lines, odd.to_pylist(), "", "is malformed", outcome)
            indices = indices.filter(plain)
            text = text.filter(plain)
        mended_text = mended(text)
        whole = view if plain is None and mended_text is None else None
        text = text if mended_text is None else mended_text
        self._by_layout(whole, lines, text, indices, outcome)
        return outcome

    def _by_layout(
        self, view: memoryview | None, lines: Lines, text: pa.Array, indices: pa.Array, outcome: _Outcome
    ) -> None:
        """Reads lines under the layout that the first of them have, the others each under their own."""
        untried = set(self._layouts)
        waiting = [(self._likely(text), view, text, indices)]
        while waiting:
            count, whole, text, indices = waiting.pop()
            if not len(text):
                continue
            untried.discard(count)
            if self._splitter.strict and self._splitter.split_loosely(text[-1].as_py().rstrip(b"\r")) is None:
                # An open quote in the last line is closed by the end of the data, unseen.
                self._note(lines, [indices[-1].as_py()], "", NOT_CLOSED, outcome)
                waiting.append((count, None, text[:-1], indices[:-1]))
                continue
            try:
                read = self._read(whole, text, self._layouts[count])
            except Unframed:
                text, indices = self._framed(lines, text, indices, outcome)
                if not len(text):
                    continue
                read = self._read(None, text, self._layouts[count])
            self._take(lines, text, indices, read, outcome)
            groups: dict[int, list[int]] = {}
            for row, columns in read.others.items():
                groups.setdefault(columns, []).append(row)
            for columns, rows in groups.items():
                chosen = pa.array(sorted(rows), pa.int64())
                if columns in untried:
                    waiting.append((columns, None, text.take(chosen), indices.take(chosen)))
                else:
                    self._note(
                        lines, indices.take(chosen).to_pylist(), "", self._miscounted(columns), outcome
                    )

    def _read(self, view: memoryview | None, text: pa.Array, layout: tuple[str, ...]) -> Read:
        if view is not None and self._form.records == "delimited":
            return read_delimited(pa.py_buffer(view), len(text), layout, self._used, self._form)
        return read_lines(text, layout, self._used, self._form)

    def _framed(
        self, lines: Lines, text: pa.Array, indices: pa.Array, outcome: _Outcome
    ) -> tuple[pa.Array, pa.Array]:
        """Only the lines in which every quote stands where it belongs; no other can reach over a newline."""
        closed = pc.match_substring_regex(text, self._splitter.strict)
        self._note(lines, indices.filter(pc.invert(closed)).to_pylist(), "", NOT_CLOSED, outcome)
        return text.filter(closed), indices.filter(closed)

    def _likely(self, text: pa.Array) -> int:
        for line in text.slice(0, _LOOK_AHEAD_LINES).to_pylist():
            fields, _ = self._splitter.split(line.rstrip(b"\r"))
            if fields is not None and self._layout_of(len(fields)) is not None:
                return next(
                    n for n, layout in self._layouts.items() if layout is self._layout_of(len(fields))
                )
        return next(iter(self._layouts))

    def _layout_of(self, count: int) -> tuple[str, ...] | None:
        if self._form.records == "fixed":
            return next(iter(self._layouts.values()))
        return self._layouts.get(count)

    def _miscounted(self, columns: int) -> str:
        known = sorted(self._layouts)
        wanted = str(known[0]) if len(known) == 1 else f"{known[0]} to {known[-1]}"
        return f"has {columns} columns, not {wanted}" if columns else "is not written as the format says"

    def _take(self, lines: Lines, text: pa.Array, indices: pa.Array, read: Read, outcome: _Outcome) -> None:
        rows = read.rows
        if not len(rows):
            return
        every = len(rows) == len(text)
        chosen = indices if every else indices.take(rows)
        all_lines = len(chosen) == len(lines)
        table, faults = self._calls.read(
            read.columns,
            lines=text if every else text.take(rows),
            offset=lines.offset if all_lines else lines.offset.take(chosen),
            length=lines.length if all_lines else lines.length.take(chosen),
        )
        outcome.tables.append(table)
        for fault in faults:
            self._note(lines, [chosen[fault.row].as_py()], fault.field, fault.reason, outcome)

    def _note(self, lines: Lines, rows: Iterable[int], name: str, reason: str, outcome: _Outcome) -> None:
        for row in rows:
            length = lines.length[row].as_py()
            outcome.bad.append(
                BadLine(
                    offset=lines.offset[row].as_py(),
                    length=length,
                    number=row,
                    field=name,
                    reason=f"is longer than {MAX_LINE_BYTES:,} bytes" if length > MAX_LINE_BYTES else reason,
                )
            )

    def _salvage(self) -> Salvage:
        return Salvage(self._form, self._layout_of, self._header)

    def _without_open_end(self, piece: bytes, end: int, outcome: _Outcome, *, final: bool) -> int:
        """Where the piece ends when a record at its end may go on in the next: its lines stay pending."""
        outcome.bad.sort(key=lambda line: line.offset)
        if final or not self._form.quote or self._form.records != "delimited":
            return end
        salvage = self._salvage()
        begin = len(outcome.bad)
        border = end
        while begin and outcome.bad[begin - 1].offset + outcome.bad[begin - 1].length == border:
            begin -= 1
            border = outcome.bad[begin].offset
            if end - border > MAX_SPAN_BYTES or len(outcome.bad) - begin >= MAX_SPAN_LINES:
                return end
        for place in range(begin, len(outcome.bad)):
            line = outcome.bad[place]
            tail = piece[line.offset : end].rstrip(b"\r\n")
            results = list(salvage.sort_out(piece, outcome.bad[place:]))
            if isinstance(results[0], BadLine) and salvage.is_open(tail):
                outcome.bad = outcome.bad[:place]
                return line.offset
        return end

    def _settled(self, piece: bytes, outcome: _Outcome) -> list[BadLine]:
        """The bad lines that stay bad; what can be saved of the others joins the outcome."""
        rejects: list[BadLine] = []
        saved: list[Saved] = []
        for result in self._salvage().sort_out(piece, outcome.bad) if outcome.bad else ():
            if isinstance(result, Ignored):
                outcome.ignored_lines.append(result)
            elif isinstance(result, Saved):
                saved.append(result)
            else:
                rejects.append(result)
        outcome.tables += self._saved(saved, rejects)
        return rejects

    def _parsed(
        self,
        piece: bytes,
        outcome: _Outcome,
        rejects: list[BadLine],
        *,
        base_offset: int,
        consumed: int,
        final: bool,
    ) -> Parsed:
        calls = _in_order(outcome.tables)
        if self._form.segments is not None and outcome.tables:
            calls, rejects, consumed = self._merged(calls, outcome, rejects, consumed=consumed, final=final)
        if base_offset:
            place = calls.schema.get_field_index("line_offset")
            moved = pc.add(calls["line_offset"], pa.scalar(base_offset, pa.int64()))
            calls = calls.set_column(place, CALLS.field("line_offset"), moved)
        ignored = outcome.ignored + len(outcome.ignored_lines)
        return Parsed(
            calls=calls,
            rejects=_rejected(piece, rejects, base_offset),
            ignored=ignored,
            ignored_bytes=outcome.ignored_bytes + sum(line.length for line in outcome.ignored_lines),
            consumed=consumed,
            lines=calls.num_rows + len(rejects) + ignored,
        )

    def _merged(
        self, calls: pa.Table, outcome: _Outcome, rejects: list[BadLine], *, consumed: int, final: bool
    ) -> tuple[pa.Table, list[BadLine], int]:
        """(calls put together of segments, bad lines, bytes consumed), all before an unfinished call."""
        whole = merged(calls, end=consumed, final=final)
        if whole.pending is not None:
            consumed = whole.pending
            rejects = [line for line in rejects if line.offset < consumed]
            outcome.ignored_lines = [line for line in outcome.ignored_lines if line.offset < consumed]
        outcome.ignored += whole.joined
        outcome.ignored_bytes += whole.joined_bytes
        return whole.calls, rejects, consumed

    def _saved(self, saved: list[Saved], rejects: list[BadLine]) -> list[pa.Table]:
        """Calls of saved records; those that are none after all join the rejects."""
        tables: list[pa.Table] = []
        for layout in {record.layout for record in saved}:
            group = [record for record in saved if record.layout == layout]
            text = pa.array([record.record for record in group], pa.large_binary())
            if self._form.records == "fixed":
                columns = read_lines(text, layout, self._used, self._form).columns
            else:
                columns = {
                    name: decoded(pa.array([record.fields[place] for record in group], pa.binary()))
                    for place, name in enumerate(layout)
                    if name in self._used
                }
            table, faults = self._calls.read(
                columns,
                lines=text,
                offset=pa.array([record.offset for record in group], pa.int64()),
                length=pa.array([record.length for record in group], pa.int64()),
            )
            tables.append(table)
            for fault in faults:
                record = group[fault.row]
                rejects.append(
                    BadLine(
                        offset=record.offset,
                        length=record.length,
                        number=record.number,
                        field=fault.field,
                        reason=fault.reason,
                    )
                )
        return tables


def _plain_lines(view: memoryview, lines: Lines) -> tuple[pa.Array | None, pa.Array]:
    """(which lines may be read in bulk, None = all; the lines): not blank, too long or oddly ended ones."""
    text = lines.text
    plain: pa.Array | None = None

    def without(odd: pa.Array) -> None:
        nonlocal plain
        if pc.any(odd).as_py():
            even = pc.invert(odd)
            plain = even if plain is None else pc.and_(plain, even)

    bounds = pc.min_max(lines.length).as_py()
    if bounds["min"] is None:
        return None, text
    if bounds["max"] > MAX_LINE_BYTES:
        without(pc.greater(lines.length, MAX_LINE_BYTES))
    if bounds["min"] <= 2:
        without(pc.less_equal(lines.length, 2))
    content = view.obj
    assert isinstance(content, bytes)
    begin = lines.offset[0].as_py()
    stop = begin + len(view)
    if content.find(b"\r", begin, stop) >= 0:
        returns = pc.count_substring(text, b"\r")
        ended = pc.cast(
            pc.equal(pc.binary_slice(text, -1, 2**31 - 1), pa.scalar(b"\r", pa.large_binary())), pa.int64()
        )
        without(pc.greater(returns, ended))
    if content.find(b"\x00", begin, stop) >= 0:
        without(pc.equal(pc.binary_slice(text, 0, 1), pa.scalar(b"\x00", pa.large_binary())))
    return plain, text


def _cut(outcome: _Outcome, rejects: list[BadLine], end: int, most_calls: int) -> int:
    """Where the piece ends when it holds no more than so many calls; what lies behind leaves the outcome."""
    calls = _in_order(outcome.tables)
    if calls.num_rows <= most_calls:
        return end
    end = calls["line_offset"][most_calls].as_py()
    outcome.tables = [calls.slice(0, most_calls)]
    outcome.ignored_lines = [line for line in outcome.ignored_lines if line.offset < end]
    rejects[:] = [line for line in rejects if line.offset < end]
    return end


def _in_order(tables: list[pa.Table]) -> pa.Table:
    if not tables:
        return CALLS.empty_table()
    if len(tables) == 1:
        # The rows of one table are in the order of their lines.
        return tables[0]
    calls = pa.concat_tables(tables)
    offsets = calls["line_offset"]
    if calls.num_rows < 2:
        return calls
    flat = offsets.combine_chunks() if isinstance(offsets, pa.ChunkedArray) else offsets
    steps = pc.pairwise_diff(flat)
    if pc.min(steps).as_py() > 0:
        return calls
    return calls.take(pc.sort_indices(flat))


def _rejected(piece: bytes, rejects: list[BadLine], base_offset: int) -> pa.Table:
    if not rejects:
        return _NO_REJECTS
    rejects.sort(key=lambda line: line.offset)
    return pa.Table.from_arrays(
        [
            pa.array([line.offset + base_offset for line in rejects], pa.int64()),
            pa.array([line.length for line in rejects], pa.int64()),
            pa.array([line.number for line in rejects], pa.int64()),
            pa.array([line.field for line in rejects], pa.string()),
            pa.array([line.reason for line in rejects], pa.string()),
            pa.array(
                [piece[line.offset : line.offset + min(line.length, MAX_RAW_BYTES)] for line in rejects],
                pa.binary(),
            ),
        ],
        schema=REJECTS,
    )
