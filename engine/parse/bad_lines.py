"""Bad lines of a piece, looked at again: some wait for more, some are calls after all, others stay bad."""

import pyarrow as pa

from config.format_model import Format
from engine.domain.message import Message
from engine.parse.accounting import Outcome
from engine.parse.framing import too_long
from engine.parse.layouts import Layouts
from engine.parse.repair import MAX_SPAN_BYTES, MAX_SPAN_LINES, BadLine, Ignored, Repair, Repaired
from engine.parse.split import decoded, read_lines
from engine.parse.to_calls import CallReader
from engine.parse.to_events import EventReader

CUT_OFF = Message(
    "the file ends without a newline, so that the line may be cut off; retry it if nothing is missing"
)


class BadLines:
    """Looks at the bad lines of one file again."""

    def __init__(self, form: Format, layouts: Layouts, calls: CallReader | EventReader) -> None:
        self._form = form
        self._layouts = layouts
        self._calls = calls

    def without_open_end(self, piece: bytes, end: int, outcome: Outcome, *, final: bool) -> int:
        """Where the piece ends when a record at its end may go on in the next: its lines stay pending."""
        outcome.bad.sort(key=lambda line: line.offset)
        if final or not self._form.quote or self._form.records != "delimited":
            return end
        repair = self._repair()
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
            if not repair.is_open(tail):
                continue
            if isinstance(next(repair.results(piece, outcome.bad[place:])), BadLine):
                outcome.bad = outcome.bad[:place]
                return line.offset
        return end

    def resolve(self, piece: bytes, outcome: Outcome) -> None:
        """Makes rejects of the bad lines that stay bad, and calls of those that can be repaired."""
        repaired: list[Repaired] = []
        for result in self._repair().results(piece, outcome.bad) if outcome.bad else ():
            if isinstance(result, Ignored):
                outcome.ignored_lines.append(result)
            elif isinstance(result, Repaired):
                repaired.append(result)
            else:
                outcome.rejects.append(result)
        self._add_repaired(repaired, outcome)

    def _add_repaired(self, repaired: list[Repaired], outcome: Outcome) -> None:
        """Adds the calls of repaired records; those that are none after all join the rejects."""
        for layout in {id(record.layout): record.layout for record in repaired}.values():
            group = [record for record in repaired if record.layout is layout]
            text = pa.array([record.record for record in group], pa.large_binary())
            if self._form.by_shape:
                columns = read_lines(text, layout, self._calls.used, self._form).columns
            else:
                columns = {
                    name: decoded(pa.array([record.fields[place] for record in group], pa.binary()))
                    for place, name in enumerate(layout)
                    if name in self._calls.used
                }
            table, faults = self._calls.read(
                columns,
                offset=pa.array([record.offset for record in group], pa.int64()),
                length=pa.array([record.length for record in group], pa.int64()),
            )
            outcome.tables.append(table)
            for fault in faults:
                record = group[fault.row]
                outcome.rejects.append(
                    BadLine(
                        offset=record.offset,
                        length=record.length,
                        number=record.number,
                        field=fault.field,
                        reason=fault.reason,
                    )
                )

    def _repair(self) -> Repair:
        return Repair(self._form, self._layouts.of, self._layouts.header)


def cut_off(piece: bytes, begin: int, end: int) -> BadLine:
    """The last line of a file, which ends without a newline: it may have been longer."""
    length = end - begin
    return BadLine(
        offset=begin,
        length=length,
        number=piece.count(b"\n", 0, begin),
        field="",
        reason=too_long(length) or CUT_OFF,
    )
