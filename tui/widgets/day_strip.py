"""The hours of a day in which a rate rule applies, drawn as a strip."""

from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from engine.domain.rates import Rate

CELLS = 48
"""Half an hour each."""

SECONDS_PER_CELL = 86_400 // CELLS
_FULL, _NEXT, _NONE = ("█", "#"), ("▒", "+"), ("·", ".")


class DayStrip(Widget):
    """One line for each kind of day, and the hours below.

    A window through midnight begins on the chosen days; what lies after midnight belongs to the day after
    and is drawn lighter.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"strip--on", "strip--next", "strip--off", "strip--label"}

    DEFAULT_CSS = """
    DayStrip {
        width: 1fr;
        height: 2;
        & > .strip--on { color: $primary; }
        & > .strip--next { color: $secondary; }
        & > .strip--off { color: $foreground-darken-3; }
        & > .strip--label { color: $foreground-darken-3; }
    }
    """

    def __init__(self, label: str, *, label_cells: int = 18, ascii_only: bool = False) -> None:
        super().__init__()
        self._label = label
        self._label_cells = label_cells
        self._ascii = 1 if ascii_only else 0
        self._cells: tuple[str, ...] = ("off",) * CELLS
        self._note = ""

    def show(self, rate: Rate | None, note: str = "") -> None:
        """Draws the rule's window, or nothing for None; `note` stands behind the strip."""
        cells = ("off",) * CELLS if rate is None else window_cells(rate.start_second, rate.end_second)
        if (cells, note) != (self._cells, self._note):
            self._cells, self._note = cells, note
            self.refresh()

    def render_line(self, y: int) -> Strip:
        base = self.rich_style
        style = {
            name: base + self.get_component_rich_style(f"strip--{name}", partial=True)
            for name in ("on", "next", "off", "label")
        }
        width = self.size.width
        if y == 0:
            glyphs = {"on": _FULL, "next": _NEXT, "off": _NONE}
            segments = [Segment(set_cell_size(self._label, self._label_cells), style["label"])]
            segments += [Segment(glyphs[cell][self._ascii], style[cell]) for cell in self._cells]
            room = width - self._label_cells - CELLS - 1
            if room > 0:
                note = self._note if cell_len(self._note) <= room else set_cell_size(self._note, room)
                segments.append(Segment(" " + note, style["label"]))
        else:
            hours = "".join(f"{hour:<6d}" for hour in range(0, 24, 3)) + "24"
            segments = [Segment(" " * self._label_cells + hours, style["label"])]
        return Strip(segments).adjust_cell_length(width, base)


def window_cells(start: int, end: int) -> tuple[str, ...]:
    """For each half-hour: `on`, `next` (after midnight of a window that began the day before), or `off`."""

    def kind(cell: int) -> str:
        first, last = cell * SECONDS_PER_CELL, (cell + 1) * SECONDS_PER_CELL
        if start == end:
            return "on"
        if start < end:
            return "on" if first < end and last > start else "off"
        if last > start:
            return "on"
        return "next" if first < end else "off"

    return tuple(kind(cell) for cell in range(CELLS))
