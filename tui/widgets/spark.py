"""A chart of one line, such as calls by hour beside a number."""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.blocks import spark_line


class Spark(Widget):
    """One cell for each value; the latest where there are more than cells."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"spark--line"}

    DEFAULT_CSS = """
    Spark {
        width: 1fr;
        height: 1;
        & > .spark--line { color: $primary; }
    }
    """

    def __init__(
        self,
        values: Sequence[int] = (),
        *,
        ascii_only: bool = False,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._values = tuple(values)
        self._ascii_only = ascii_only

    def set_values(self, values: Sequence[int]) -> None:
        if self._values != tuple(values):
            self._values = tuple(values)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        text = (
            spark_line(list(self._values[-width:]), ascii_only=self._ascii_only) if y == 0 and width else ""
        )
        style = self.rich_style + self.get_component_rich_style("spark--line", partial=True)
        return Strip([Segment(text, style)]).adjust_cell_length(width, self.rich_style)
