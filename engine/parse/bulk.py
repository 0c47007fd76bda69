"""Chunks of lines to calls and bad lines: each line under the layout that it has."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from config.format_model import Format
from engine.domain.message import Message
from engine.parse.accounting import Outcome
from engine.parse.dress import without_escapes
from engine.parse.framing import MAX_LINE_BYTES, Lines, lines_of, too_long
from engine.parse.layouts import Layouts
from engine.parse.repair import MAX_SPAN_LINES, BadLine, Ignored
from engine.parse.split import Read, Splitter, Unframed, mended, read_delimited, read_lines
from engine.parse.to_calls import CallReader
from engine.parse.to_events import EventReader

NOT_CLOSED = Message("a quote is not closed")
MAX_OPEN_ENDS = 64
"""Last lines with an open quote that are taken off one by one; then every line is looked at for itself."""


@dataclass(frozen=True, kw_only=True)
class _Chunk:
    lines: Lines
    outcome: Outcome

    def note(self, rows: Iterable[int], name: str, reason: Message) -> None:
        """Puts lines aside as bad."""
        chosen = pa.array(rows, pa.int64())
        places = (chosen, self.lines.offset.take(chosen), self.lines.length.take(chosen))
        for row, offset, length in zip(*(place.to_pylist() for place in places), strict=True):
            self.outcome.bad.append(
                BadLine(
                    offset=offset,
                    length=length,
                    number=row,
                    field=name,
                    reason=too_long(length) or reason,
                )
            )


class ChunkReader:
    """Reads chunks of one file; several threads may do so at once."""

    def __init__(self, form: Format, layouts: Layouts, calls: CallReader | EventReader) -> None:
        self._form = form
        self._layouts = layouts
        self._calls = calls
        self._splitter = Splitter(form)

    def read(self, view: memoryview, start: int) -> Outcome:
        """Calls and bad lines of a range that begins at `start` in its piece."""
        lines = lines_of(view, start)
        chunk = _Chunk(lines=lines, outcome=Outcome(lines=len(lines)))
        plain, text = _plain_lines(view, lines)
        indices = pa.arange(0, len(lines))
        if plain is not None:
            odd = _without_blank_runs(pc.indices_nonzero(pc.invert(plain)), chunk)
            chunk.note(odd.to_pylist(), "", Message("is malformed"))
            indices = indices.filter(plain)
            text = text.filter(plain)
        mended_text = mended(text)
        whole = view if plain is None and mended_text is None else None
        text = text if mended_text is None else mended_text
        plain_text = without_escapes(text, self._form)
        if plain_text is not None:
            whole, text = None, plain_text
        self._by_layout(whole, text, indices, chunk)
        return chunk.outcome

    def _by_layout(self, view: memoryview | None, text: pa.Array, indices: pa.Array, chunk: _Chunk) -> None:
        """Reads lines under the layout that the first of them have, the others each under their own."""
        tried = set[int]()
        waiting = [(self._layouts.likely(text), view, text, indices)]
        open_ends = 0
        while waiting:
            count, whole, text, indices = waiting.pop()
            if not len(text):
                continue
            tried.add(count)
            layout = self._layouts.of(count)
            assert layout is not None
            if self._splitter.strict and self._splitter.split_loosely(text[-1].as_py().rstrip(b"\r")) is None:
                # An open quote in the last line is closed by the end of the data, unseen.
                open_ends += 1
                if open_ends < MAX_OPEN_ENDS:
                    chunk.note([indices[-1].as_py()], "", NOT_CLOSED)
                    waiting.append((count, None, text[:-1], indices[:-1]))
                else:
                    waiting.append((count, None, *self._framed(text, indices, chunk)))
                continue
            try:
                read = self._read(whole, text, layout)
            except Unframed:
                text, indices = self._framed(text, indices, chunk)
                if not len(text):
                    continue
                read = self._read(None, text, layout)
            self._take(text, indices, read, chunk)
            groups: dict[int, list[int]] = {}
            for row, columns in read.others.items():
                groups.setdefault(columns, []).append(row)
            for columns, rows in groups.items():
                chosen = pa.array(sorted(rows), pa.int64())
                if columns not in tried and self._layouts.of(columns) is not None:
                    waiting.append((columns, None, text.take(chosen), indices.take(chosen)))
                else:
                    chunk.note(indices.take(chosen).to_pylist(), "", self._layouts.miscounted(columns))

    def _read(self, view: memoryview | None, text: pa.Array, layout: tuple[str, ...]) -> Read:
        if view is not None and self._form.records == "delimited":
            return read_delimited(pa.py_buffer(view), len(text), layout, self._calls.used, self._form)
        return read_lines(text, layout, self._calls.used, self._form)

    def _framed(self, text: pa.Array, indices: pa.Array, chunk: _Chunk) -> tuple[pa.Array, pa.Array]:
        """Only the lines in which every quote stands where it belongs; no other can reach over a newline."""
        closed = pc.match_substring_regex(text, self._splitter.strict)
        chunk.note(indices.filter(pc.invert(closed)).to_pylist(), "", NOT_CLOSED)
        return text.filter(closed), indices.filter(closed)

    def _take(self, text: pa.Array, indices: pa.Array, read: Read, chunk: _Chunk) -> None:
        rows, lines = read.rows, chunk.lines
        if not len(rows):
            return
        every = len(rows) == len(text)
        chosen = indices if every else indices.take(rows)
        all_lines = len(chosen) == len(lines)
        table, faults = self._calls.read(
            read.columns,
            offset=lines.offset if all_lines else lines.offset.take(chosen),
            length=lines.length if all_lines else lines.length.take(chosen),
        )
        chunk.outcome.tables.append(table)
        for fault in faults:
            chunk.note([chosen[fault.row].as_py()], fault.field, fault.reason)


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


def _without_blank_runs(odd: pa.Array, chunk: _Chunk) -> pa.Array:
    """Ignores long runs of blank lines at once; gives the other odd lines, by row.

    The first lines of a run stay, for they may be inside the quotes of a record that begins before it.
    """
    if len(odd) <= MAX_SPAN_LINES:
        return odd
    rows = pc.cast(odd, pa.int64())
    lines = chunk.lines
    blank = pc.is_in(lines.text.take(rows), pa.array([b"", b"\r"], pa.large_binary()))
    # A run ends where an odd line is not blank, and where lines that are not odd stand between two.
    steps = pc.subtract(rows[1:], rows[:-1])
    goes_on = pa.concat_arrays([pa.array([False]), pc.and_(pc.equal(steps, 1), blank[:-1])])
    begins = pc.cumulative_max(pc.if_else(pc.and_(blank, goes_on), pa.scalar(-1, pa.int64()), rows))
    ignored = pc.and_(blank, pc.greater_equal(pc.subtract(rows, begins), MAX_SPAN_LINES))
    runs = (
        pa.table(
            {
                "begin": begins.filter(ignored),
                "offset": lines.offset.take(rows.filter(ignored)),
                "length": lines.length.take(rows.filter(ignored)),
            }
        )
        .group_by("begin")
        .aggregate([("offset", "min"), ("length", "sum"), ("length", "count")])
    )
    for offset, length, count in zip(
        *(runs[name].to_pylist() for name in ("offset_min", "length_sum", "length_count")), strict=True
    ):
        chunk.outcome.ignored_lines.append(Ignored(offset=offset, length=length, lines=count))
    return rows.filter(pc.invert(ignored))
