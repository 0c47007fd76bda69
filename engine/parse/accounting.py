"""Accounting for every byte of a piece: calls, bad lines, and lines that are neither."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from engine.api.message_json import to_json
from engine.parse.call_segments import merged
from engine.parse.repair import BadLine, Ignored
from engine.parse.schema import CALLS, EVENTS, MAX_RAW_BYTES, REJECTS, Parsed

_NO_REJECTS = REJECTS.empty_table()


@dataclass(kw_only=True)
class Outcome:
    """The calls, bad lines and ignored lines of a chunk, or of a whole piece."""

    tables: list[pa.Table] = field(default_factory=list[pa.Table])
    bad: list[BadLine] = field(default_factory=list[BadLine])
    """Lines that are no record by themselves; a closer look at them is still to come."""
    rejects: list[BadLine] = field(default_factory=list[BadLine])
    """Those that stay bad."""
    ignored: int = 0
    ignored_bytes: int = 0
    ignored_lines: list[Ignored] = field(default_factory=list[Ignored])
    """Blank and other lines among the records; not counted in `ignored` and `ignored_bytes`."""
    lines: int = 0
    """Newlines passed."""

    def add(self, other: "Outcome", *, lines_before: int) -> None:
        self.tables += other.tables
        if lines_before:
            self.bad += [line._replace(number=line.number + lines_before) for line in other.bad]
        else:
            self.bad += other.bad
        self.ignored += other.ignored
        self.ignored_bytes += other.ignored_bytes
        self.ignored_lines += other.ignored_lines
        self.lines += other.lines

    def cut(self, end: int, *, most_calls: int) -> int:
        """Where the piece ends when it holds no more than so many calls; what lies behind is dropped."""
        calls = _in_order(self.tables)
        if calls.num_rows <= most_calls:
            return end
        end = calls["line_offset"][most_calls].as_py()
        self.tables = [calls.slice(0, most_calls)]
        self._drop_behind(end)
        return end

    def join_segments(self, end: int, *, final: bool) -> int:
        """Puts calls together of their segments; where the piece ends: before an unfinished call."""
        if not self.tables:
            return end
        whole = merged(_in_order(self.tables), end=end, final=final)
        self.tables = [whole.calls]
        self.ignored += whole.joined
        self.ignored_bytes += whole.joined_bytes
        if whole.pending is None:
            return end
        self._drop_behind(whole.pending)
        return whole.pending

    def parsed(self, piece: bytes, *, base_offset: int, consumed: int) -> Parsed:
        """The accounts of a piece that starts `base_offset` bytes into its file."""
        records = _in_order(self.tables)
        if base_offset:
            place = records.schema.get_field_index("line_offset")
            moved = pc.add(records["line_offset"], pa.scalar(base_offset, pa.int64()))
            records = records.set_column(place, CALLS.field("line_offset"), moved)
        ignored = self.ignored + sum(line.lines for line in self.ignored_lines)
        are_events = records.schema.equals(EVENTS)
        return Parsed(
            calls=CALLS.empty_table() if are_events else records,
            events=records if are_events else EVENTS.empty_table(),
            rejects=_rejected(piece, self.rejects, base_offset),
            ignored=ignored,
            ignored_bytes=self.ignored_bytes + sum(line.length for line in self.ignored_lines),
            consumed=consumed,
            lines=records.num_rows + len(self.rejects) + ignored,
        )

    def _drop_behind(self, end: int) -> None:
        self.ignored_lines = [line for line in self.ignored_lines if line.offset < end]
        self.rejects = [line for line in self.rejects if line.offset < end]


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
            pa.array([str(line.reason) for line in rejects], pa.string()),
            pa.array([to_json(line.reason) for line in rejects], pa.string()),
            pa.array(
                [piece[line.offset : line.offset + min(line.length, MAX_RAW_BYTES)] for line in rejects],
                pa.binary(),
            ),
        ],
        schema=REJECTS,
    )
