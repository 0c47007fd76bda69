"""Lying bars with their numbers, such as the extensions that spent most."""

from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.strip import Strip

from tui.terminal.text import clean
from tui.widgets.blocks import eighths, lying, padded_left
from tui.widgets.chart import PartsChart
from tui.widgets.table_lines import ASCII_GLYPHS, UNICODE_GLYPHS, fitted

_LEAST_BAR_CELLS = 4


@dataclass(frozen=True, slots=True)
class TopItem:
    """One line; `value` in the unit that the list's `formatted` reads."""

    label: str
    value: int


class TopList(PartsChart[TopItem]):
    """Labels, bars and numbers, one item a line, as given; the longest bar is the greatest value."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"top--label", "top--bar", "top--number", "top--selected"}

    DEFAULT_CSS = """
    TopList {
        height: 1fr;
        & > .top--bar { color: $primary; }
        & > .top--number { text-style: bold; }
        & > .top--selected { color: $accent; text-style: bold reverse; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "select_part(1)", "Down", show=False),
        Binding("up,k", "select_part(-1)", "Up", show=False),
        Binding("enter", "open_part", "Open", show=False),
    ]

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or self._first + offset.y >= len(self._parts):
            return
        self._clicked(self._first + offset.y)

    def render_line(self, y: int) -> Strip:
        height = max(1, self.size.height)
        self._first = max(0, min(max(self._first, self._selected - height + 1), self._selected))
        index = self._first + y
        if index >= len(self._parts):
            return self._strip([])
        numbers = [self.formatted(item.value) for item in self._parts]
        number_cells = max(cell_len(number) for number in numbers)
        widest = max(cell_len(clean(item.label)) for item in self._parts)
        label_cells = max(
            1, min(widest, self.size.width // 2, self.size.width - number_cells - _LEAST_BAR_CELLS - 2)
        )
        bar_cells = max(0, self.size.width - label_cells - number_cells - 2)
        item = self._parts[index]
        top = max(other.value for other in self._parts)
        bar = lying(eighths(item.value, top, bar_cells), ascii_only=self.ascii_only)
        glyphs = ASCII_GLYPHS if self.ascii_only else UNICODE_GLYPHS
        label = fitted(clean(item.label), label_cells, align="left", cut=glyphs.cut)
        chosen = index == self._selected and self.has_focus
        return self._strip(
            [
                (label, self._component("top--selected" if chosen else "top--label")),
                (" " + bar + " " * (bar_cells - len(bar) + 1), self._component("top--bar")),
                (padded_left(numbers[index], number_cells), self._component("top--number")),
            ]
        )
