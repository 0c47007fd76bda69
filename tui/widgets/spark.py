"""A chart of one line, such as calls by hour."""

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.blocks import spark_line

TITLE_CELLS = 12


class Spark(Widget):
    """One cell for each value, behind a title; the latest where there are more than cells."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"spark--title", "spark--line"}

    DEFAULT_CSS = """
    Spark {
        width: 1fr;
        height: 1;
        & > .spark--title { color: $text-muted; }
        & > .spark--line { color: $primary; }
    }
    """

    def __init__(
        self,
        values: Sequence[int] = (),
        *,
        title: str = "",
        ascii_only: bool = False,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._values = tuple(values)
        self._title = set_cell_size(f" {title}", TITLE_CELLS) if title else ""
        self._ascii_only = ascii_only

    def set_values(self, values: Sequence[int]) -> None:
        if self._values != tuple(values):
            self._values = tuple(values)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        base = self.rich_style
        if y:
            return Strip.blank(self.size.width, base)
        room = max(0, self.size.width - cell_len(self._title))
        values = self._values[-room:] if room else ()
        segments = [
            Segment(self._title, base + self.get_component_rich_style("spark--title", partial=True)),
            Segment(
                spark_line(values, ascii_only=self._ascii_only),
                base + self.get_component_rich_style("spark--line", partial=True),
            ),
        ]
        return Strip(segments).adjust_cell_length(self.size.width, base)
