"""What all charts have in common."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget


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
