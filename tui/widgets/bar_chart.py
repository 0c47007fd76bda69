"""Upright bars over labels, such as calls by day."""

from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.strip import Strip

from tui.terminal.text import clean
from tui.widgets.blocks import centred, eighths, nice_top, padded_left, shortened, upright
from tui.widgets.chart import PartsChart

LEAST_SLOT_CELLS = 2
MOST_SLOT_CELLS = 9
_READOUT_LINES = 1
_LABEL_LINES = 1


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; `value` in the unit that the chart's `formatted` reads."""

    label: str
    value: int
    title: str = ""
    """The label in full, for the line above the chart; '' = as it is below the bar."""
    weekend: bool = False


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where things stand at the present size."""

    axis: int
    """Cells for the numbers beside the bars."""

    slot: int
    """Cells for one bar and the gap behind it."""

    first: int
    shown: int
    rows: int
    top: int


class BarChart(PartsChart[Bar]):
    """Bars precise to an eighth of a cell, their scale on the left and the selected bar's number above.

    The highest bars and weekends have colours of their own; the highest also carry a mark in the readout.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "bars--bar",
        "bars--peak",
        "bars--weekend",
        "bars--selected",
        "bars--scale",
        "bars--readout",
    }

    DEFAULT_CSS = """
    BarChart {
        height: 1fr;
        min-height: 4;
        & > .bars--bar { color: $primary; }
        & > .bars--peak { color: $warning; }
        & > .bars--weekend { color: $secondary; }
        & > .bars--selected { color: $foreground; text-style: bold; }
        & > .bars--scale { color: $foreground-darken-3; }
        & > .bars--readout { text-style: bold; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "select_part(-1)", "Bar to the left", show=False),
        Binding("right,l", "select_part(1)", "Bar to the right", show=False),
        Binding("home,g", "select_end(0)", "First bar", show=False),
        Binding("end,G", "select_end(-1)", "Last bar", show=False),
        Binding("enter", "open_part", "Open", show=False),
    ]

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or not self._parts:
            return
        plan = self._plan()
        place = (offset.x - plan.axis) // plan.slot
        if offset.x >= plan.axis and place < plan.shown:
            self._clicked(plan.first + place)

    def _plan(self) -> _Plan:
        rows = max(1, self.size.height - _READOUT_LINES - _LABEL_LINES)
        top = nice_top(max((bar.value for bar in self._parts), default=0))
        axis = max(cell_len(self._tick(top, rows, row)) for row in range(-1, rows)) + 1
        room = max(LEAST_SLOT_CELLS, self.size.width - axis)
        slot = max(LEAST_SLOT_CELLS, min(MOST_SLOT_CELLS, room // max(1, len(self._parts))))
        shown = max(1, min(len(self._parts), room // slot))
        first = min(max(self._first, self._selected - shown + 1), self._selected, len(self._parts) - shown)
        self._first = max(0, first)
        return _Plan(axis, slot, self._first, shown, rows, top)

    def _tick(self, top: int, rows: int, row: int) -> str:
        """The number at the upper edge of `row`, counted from the bottom; "" where it is none or all is 0."""
        value, rest = divmod(top * (row + 1), rows)
        drawn = any(bar.value > 0 for bar in self._parts)
        wanted = row == -1 or (drawn and (row == rows - 1 or (rows >= 4 and 2 * (row + 1) == rows)))
        return self.formatted(value) if wanted and not rest else ""

    def render_line(self, y: int) -> Strip:
        plan = self._plan()
        if y < _READOUT_LINES:
            return self._readout(plan)
        row = plan.rows - 1 - (y - _READOUT_LINES)
        if row < -1:
            return self._strip([])
        scale = padded_left(self._tick(plan.top, plan.rows, row), plan.axis - 1) + " "
        parts = [(scale, self._component("bars--scale"))]
        parts.extend(self._labels(plan) if row < 0 else self._bar_cells(plan, row))
        return self._strip(parts)

    def _readout(self, plan: _Plan) -> Strip:
        if not self._parts:
            return self._strip([])
        bar = self._parts[self._selected]
        text = f"{clean(bar.title or bar.label)}  {self.formatted(bar.value)}"
        if self._is_peak(bar):
            text += " *" if self.ascii_only else " ▲"
        span = ""
        if plan.shown < len(self._parts):
            span = f"{plan.first + 1}-{plan.first + plan.shown} / {len(self._parts)}"
        room = self.size.width - cell_len(span)
        text = shortened(text, room)
        blanks = " " * (room - cell_len(text))
        return self._strip(
            [(text + blanks, self._component("bars--readout")), (span, self._component("bars--scale"))]
        )

    def _is_peak(self, bar: Bar) -> bool:
        return bar.value > 0 and bar.value == max(other.value for other in self._parts)

    def _bar_cells(self, plan: _Plan, row: int) -> list[tuple[str, Style]]:
        styles = {name: self._component(f"bars--{name}") for name in ("bar", "peak", "weekend", "selected")}
        peak = max((bar.value for bar in self._parts), default=0)
        parts: list[tuple[str, Style]] = []
        for index in range(plan.first, min(plan.first + plan.shown, len(self._parts))):
            bar = self._parts[index]
            name = "weekend" if bar.weekend else "bar"
            if bar.value == peak:
                name = "peak"
            if index == self._selected and self.has_focus:
                name = "selected"
            cell = upright(eighths(bar.value, plan.top, plan.rows), row, ascii_only=self.ascii_only)
            parts.append((cell * (plan.slot - 1) + " ", styles[name]))
        return parts

    def _labels(self, plan: _Plan) -> list[tuple[str, Style]]:
        """Labels under their bars; where they are wider than those, only as many as fit."""
        shown = range(plan.first, min(plan.first + plan.shown, len(self._parts)))
        labels = {index: clean(self._parts[index].label) for index in shown}
        widest = max((cell_len(label) for label in labels.values()), default=0)
        step = max(1, -(-(widest + 1) // plan.slot))
        plain, chosen = self._component("bars--scale"), self._component("bars--selected")
        parts: list[tuple[str, Style]] = []
        for index in range(shown.start, shown.stop, step):
            slots = min(step, shown.stop - index)
            style = chosen if index == self._selected and self.has_focus else plain
            if step == 1:
                parts.append((centred(labels[index], plan.slot - 1) + " ", style))
            else:
                text = shortened(labels[index], slots * plan.slot)
                parts.append((text + " " * (slots * plan.slot - cell_len(text)), style))
        return parts
