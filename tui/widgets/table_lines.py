"""How a table's header and rows become lines of the terminal."""

from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache

from msgspec import Struct
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.terminal.text import clean
from tui.widgets.columns import GAP_CELLS, PlacedColumn
from tui.widgets.rows import Row

MARGIN_CELLS = 2
"""Room for the mark before the first column."""

FITTED_TEXTS = 4096
"""Texts kept as they stand in their columns: on the next page many of them stand again."""


class Glyphs(Struct, frozen=True):
    """The characters that carry state."""

    mark: str = "●"
    ascending: str = "▲"
    descending: str = "▼"
    cut: str = "…"
    waiting: str = "·"


UNICODE_GLYPHS = Glyphs()
ASCII_GLYPHS = Glyphs(mark="*", ascending="^", descending="v", cut="~", waiting=".")


@lru_cache(maxsize=FITTED_TEXTS)
def fitted(text: str, cells: int, *, align: str, cut: str) -> str:
    """`text` in exactly `cells` terminal cells; where it does not fit, its end is replaced by `cut`."""
    spare = cells - cell_len(text)
    if spare < 0:
        return set_cell_size(set_cell_size(text, max(0, cells - 1)).rstrip(" ") + cut, cells)
    return " " * spare + text if align == "right" else text + " " * spare


class TableLines(Struct, frozen=True, dict=True):
    """Draws lines `width` cells wide, all but the first column moved `scroll_x` cells to the left."""

    placed: Sequence[PlacedColumn]
    width: int
    scroll_x: int
    glyphs: Glyphs
    style: Callable[[str], Style]
    """The style of a component class of the table, without the parts it does not set."""

    @cached_property
    def _covered(self) -> frozenset[int]:
        """The cells of columns that must be whole and are not wholly in view."""
        if not self.placed:
            return frozenset()
        first = self.placed[0]
        edge = first.x + first.width + GAP_CELLS
        return frozenset(
            placed.cell
            for placed in self.placed
            if placed.column.whole
            and (
                placed.x + placed.width > self.width + (0 if placed is first else self.scroll_x)
                or (placed is not first and placed.x - self.scroll_x < edge)
            )
        )

    def header(self, sort_key: str | None, descending: bool, base: Style) -> Strip:
        texts: list[tuple[str, Style]] = []
        for placed in self.placed:
            column = placed.column
            title = clean(column.title)
            style = base
            if column.key == sort_key:
                arrow = self.glyphs.descending if descending else self.glyphs.ascending
                title = fitted(
                    title, min(cell_len(title), max(0, placed.width - 1)), align="left", cut=self.glyphs.cut
                )
                title += arrow
                style = base + self.style("table--sorted")
            texts.append((fitted(title, placed.width, align=column.align, cut=self.glyphs.cut), style))
        return self._line(Segment(" " * MARGIN_CELLS, base), texts, base)

    def row(self, row: Row, *, marked: bool, base: Style, over: Style) -> Strip:
        """`over` is laid on everything, for the cursor."""
        for name in row.styles:
            base += self.style(f"row--{name}")
        if marked:
            base += self.style("table--marked")
        texts: list[tuple[str, Style]] = []
        covered = self._covered
        for placed in self.placed:
            text = clean(row.cells[placed.cell]) if placed.cell < len(row.cells) else ""
            if text and placed.cell in covered:
                text = self.glyphs.cut * placed.width
            style = base
            if placed.cell < len(row.cell_styles) and (name := row.cell_styles[placed.cell]):
                style += self.style(f"row--{name}")
            texts.append(
                (fitted(text, placed.width, align=placed.column.align, cut=self.glyphs.cut), style + over)
            )
        mark = (self.glyphs.mark if marked else "").ljust(MARGIN_CELLS)
        return self._line(Segment(mark, base + over), texts, base + over)

    def waiting(self, base: Style, over: Style) -> Strip:
        """The place of a row that is not there yet."""
        return self.note(self.glyphs.waiting, base + self.style("table--note") + over)

    def note(self, text: str, style: Style) -> Strip:
        line = set_cell_size(" " * MARGIN_CELLS + clean(text), self.width)
        return Strip([Segment(line, style)], self.width)

    def _line(self, margin: Segment, texts: Sequence[tuple[str, Style]], base: Style) -> Strip:
        gap = " " * GAP_CELLS
        if self.scroll_x == 0:
            # Each run of equal style costs its colours on the line; equal neighbours share them.
            runs = [margin.text]
            styles = [base]
            pieces = [piece for text, style in texts for piece in ((gap, base), (text, style))][1:]
            for text, style in pieces:
                if style == styles[-1]:
                    runs[-1] += text
                else:
                    runs.append(text)
                    styles.append(style)
            cells = MARGIN_CELLS + sum(placed.width + GAP_CELLS for placed in self.placed) - GAP_CELLS
            return Strip(map(Segment, runs, styles), cells).adjust_cell_length(self.width, base)
        fixed = [margin]
        moving: list[Segment] = []
        for number, (text, style) in enumerate(texts):
            part = moving if number else fixed
            part.append(Segment(text, style))
            part.append(Segment(gap, base))
        strip = Strip(fixed)
        if moving:
            room = max(0, self.width - strip.cell_length)
            strip = Strip.join([strip, Strip(moving).crop(self.scroll_x, self.scroll_x + room)])
        return strip.adjust_cell_length(self.width, base).simplify()
