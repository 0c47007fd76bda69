"""The bad lines of a piece, looked at again: which wait for more, are calls after all, or stay bad."""

import pyarrow as pa

from config.formats import Format
from engine.parse.accounting import Outcome
from engine.parse.framing import too_long
from engine.parse.layouts import Layouts
from engine.parse.repair import MAX_SPAN_BYTES, MAX_SPAN_LINES, BadLine, Ignored, Salvage, Saved
from engine.parse.split import decoded, read_lines
from engine.parse.to_calls import CallReader

CUT_OFF = "the file ends without a newline, so that the line may be cut off; retry it if nothing is missing"


class Leftovers:
    """Sorts out bad lines of one file."""

    def __init__(self, form: Format, layouts: Layouts, calls: CallReader) -> None:
        self._form = form
        self._layouts = layouts
        self._calls = calls

    def without_open_end(self, piece: bytes, end: int, outcome: Outcome, *, final: bool) -> int:
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
            if not salvage.is_open(tail):
                continue
            if isinstance(next(salvage.sort_out(piece, outcome.bad[place:])), BadLine):
                outcome.bad = outcome.bad[:place]
                return line.offset
        return end

    def settle(self, piece: bytes, outcome: Outcome) -> None:
        """Makes rejects of the bad lines that stay bad, and calls of what can be saved of the others."""
        saved: list[Saved] = []
        for result in self._salvage().sort_out(piece, outcome.bad) if outcome.bad else ():
            if isinstance(result, Ignored):
                outcome.ignored_lines.append(result)
            elif isinstance(result, Saved):
                saved.append(result)
            else:
                outcome.rejects.append(result)
        self._save(saved, outcome)

    def _save(self, saved: list[Saved], outcome: Outcome) -> None:
        """Calls of saved records; those that are none after all join the rejects."""
        for layout in {record.layout for record in saved}:
            group = [record for record in saved if record.layout == layout]
            text = pa.array([record.record for record in group], pa.large_binary())
            if self._form.records == "fixed":
                columns = read_lines(text, layout, self._calls.used, self._form).columns
            else:
                columns = {
                    name: decoded(pa.array([record.fields[place] for record in group], pa.binary()))
                    for place, name in enumerate(layout)
                    if name in self._calls.used
                }
            table, faults = self._calls.read(
                columns,
                lines=text,
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

    def _salvage(self) -> Salvage:
        return Salvage(self._form, self._layouts.of, self._layouts.header)


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
