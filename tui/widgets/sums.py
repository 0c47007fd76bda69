"""A few sums in lines and columns, the first line being the one that matters."""

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from tui.terminal.text import clean
from tui.widgets.table_lines import fitted

_LABEL_CELLS = 12
_GAP_CELLS = 2


class Sums(Widget):
    """Titles above numbers, right-aligned; as high as it has lines."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"sums--title", "sums--first", "sums--label"}

    DEFAULT_CSS = """
    Sums {
        height: auto;
        padding: 0 1;
        & > .sums--title { color: $text-muted; }
        & > .sums--label { color: $text-muted; }
        & > .sums--first { color: $foreground; text-style: bold; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._titles: tuple[str, ...] = ()
        self._lines: list[tuple[str, ...]] = [()] * 3

    def show(self, titles: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
        """The first cell of every line is its label."""
        new = [tuple(clean(cell) for cell in line) for line in lines]
        if (tuple(titles), new) == (self._titles, self._lines):
            return
        grown = len(new) != len(self._lines)
        self._titles, self._lines = tuple(titles), new
        self.refresh(layout=grown)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's
        return len(self._lines) + 1

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        every = [self._titles, *self._lines]
        if y >= len(every) or not self._titles:
            return Strip.blank(width, self.rich_style)
        numbers = len(self._titles) - 1
        widest = [max(cell_len(line[n + 1]) for line in every if line) for n in range(numbers)]
        spare = max(0, width - _LABEL_CELLS - sum(widest))
        gap = max(_GAP_CELLS, min(6, spare // max(1, numbers)))
        base = self.rich_style
        style = base + self.get_component_rich_style(
            "sums--title" if y == 0 else "sums--first" if y == 1 else "sums--label", partial=True
        )
        label = base + self.get_component_rich_style("sums--first" if y == 1 else "sums--label", partial=True)
        line = every[y]
        segments = [Segment(fitted(line[0] if line else "", _LABEL_CELLS, align="left", cut="…"), label)]
        for cell, cells in zip(line[1:], widest, strict=False):
            segments.append(Segment(fitted(cell, cells + gap, align="right", cut="…"), style))
        return Strip(segments).adjust_cell_length(width, base)
