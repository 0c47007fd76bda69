"""What all charts have in common."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

P = TypeVar("P")


class Chart(Widget, can_focus=True):
    """Draws numbers line by line; one of its parts is selected by keys or the mouse."""

    ALLOW_SELECT = False

    DEFAULT_CSS = "Chart { width: 1fr; }"

    @dataclass
    class ChartMessage(Message):
        """What all messages of a chart carry."""

        chart: "Chart"

        @property
        def control(self) -> "Chart":
            return self.chart

    def __init__(
        self,
        *,
        formatted: Callable[[int], str] = str,
        ascii_only: bool = False,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """`formatted` turns a value (micro-units, seconds, a count) into what people read."""
        super().__init__(id=id, classes=classes)
        self.formatted = formatted
        self.ascii_only = ascii_only

    def _component(self, name: str) -> Style:
        return self.rich_style + self.get_component_rich_style(name, partial=True)

    def _strip(self, parts: Sequence[tuple[str, Style]]) -> Strip:
        """A line of exactly the chart's width."""
        segments = [Segment(text, style) for text, style in parts if text]
        return Strip(segments).adjust_cell_length(self.size.width, self.rich_style)

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()


class PartsChart(Chart, Generic[P]):
    """A chart of parts in a row, such as bars, of which one is selected and can be opened."""

    @dataclass
    class PartHighlighted(Chart.ChartMessage):
        """Another part is selected."""

        index: int

    @dataclass
    class PartSelected(Chart.ChartMessage):
        """Enter, or a click on the part that was selected."""

        index: int

    def __init__(
        self,
        parts: Sequence[P] = (),
        *,
        formatted: Callable[[int], str] = str,
        ascii_only: bool = False,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(formatted=formatted, ascii_only=ascii_only, id=id, classes=classes)
        self._parts = tuple(parts)
        self._selected = 0
        self._first = 0

    @property
    def selected(self) -> int:
        """The index of the selected part."""
        return self._selected

    def set_parts(self, parts: Sequence[P]) -> None:
        """Shows other parts; the selection stays at its place."""
        self._parts = tuple(parts)
        self._selected = max(0, min(self._selected, len(self._parts) - 1))
        self.refresh()

    def action_select_part(self, by: int) -> None:
        self._select(self._selected + by)

    def action_select_end(self, index: int) -> None:
        self._select(index % max(1, len(self._parts)))

    def action_open_part(self) -> None:
        if self._parts:
            self.post_message(self.PartSelected(self, self._selected))

    def _select(self, index: int) -> None:
        index = max(0, min(index, len(self._parts) - 1))
        if self._parts and index != self._selected:
            self._selected = index
            self.refresh()
            self.post_message(self.PartHighlighted(self, index))

    def _clicked(self, index: int) -> None:
        """The mouse came down on a part: opens it if it was selected already."""
        if index == self._selected:
            self.action_open_part()
        else:
            self._select(index)
