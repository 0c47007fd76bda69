"""A line made of pieces, each with a style of its own and what a click on it means."""

from collections.abc import Sequence

from msgspec import Struct
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget


class Piece(Struct, frozen=True):
    """A run of text and the style class it is drawn in; `target` says what a click on it means."""

    text: str
    style: str = ""
    target: str = ""


class PieceLine(Widget):
    """One line of pieces, cut at the end of the line; pieces with a target can be clicked."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._pieces: tuple[Piece, ...] = ()
        self.can_focus = False

    def set_pieces(self, pieces: Sequence[Piece]) -> None:
        if self._pieces != tuple(pieces):
            self._pieces = tuple(pieces)
            self.refresh()

    def style_of(self, name: str) -> Style:
        return self.get_component_rich_style(name, partial=True) if name else Style.null()

    def render_line(self, y: int) -> Strip:
        base = self.rich_style
        if y:
            return Strip.blank(self.size.width, base)
        segments = [Segment(piece.text, base + self.style_of(piece.style)) for piece in self._pieces]
        return Strip(segments).adjust_cell_length(self.size.width, base)

    def piece_at(self, x: int) -> str:
        for piece in self._pieces:
            x -= cell_len(piece.text)
            if x < 0:
                return piece.target
        return ""
