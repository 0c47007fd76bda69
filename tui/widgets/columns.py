"""The columns of a table: which are shown, in what order, how wide."""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace
from rich.cells import cell_len

GAP_CELLS = 1
"""Blank cells between two columns."""

WIDEST_CELLS = 120
"""The most a column can be widened to."""


class Column(Struct, frozen=True, kw_only=True):
    """One column; widths in terminal cells."""

    key: str
    title: str
    width: int
    align: Literal["left", "right"] = "left"
    min_width: int = 3
    flex: bool = False
    """Takes what is left of the line; gives way, down to `min_width`, when the line is too short."""

    whole: bool = False
    """Never cut, such as an amount: as wide as the widest text that the list has shown."""

    yields: int = 0
    """Where the line is too short, columns with the highest number are the first to stand behind its end,
    where scrolling sideways finds them; 0 = never."""

    sortable: bool = True
    hidden: bool = False


class ColumnState(Struct, frozen=True):
    """What a user chose for one column, to be remembered."""

    key: str
    width: int
    """0 = as the column was given; one sized by the user no longer takes the rest of the line."""

    hidden: bool


class PlacedColumn(Struct, frozen=True):
    """A shown column and where it stands."""

    column: Column
    cell: int
    """Which of a row's cells it shows."""

    x: int
    """Its first terminal cell, counted without horizontal scrolling."""

    width: int


class Columns:
    """The columns of one table in the order in which they are shown.

    The first shown column stays when the others scroll sideways; `margin` cells are kept free before it.
    """

    def __init__(self, columns: Sequence[Column], *, margin: int) -> None:
        self._given = tuple(columns)
        self._cell = {column.key: cell for cell, column in enumerate(columns)}
        self._order = list(columns)
        self._margin = margin
        self._needs: dict[str, int] = {}

    def forget_texts(self) -> None:
        """The list is another one: what its columns needed to be whole no longer counts."""
        self._needs.clear()

    def make_room(self, rows: Iterable[Sequence[str]]) -> None:
        """Widens columns that are never cut for the texts of these rows."""
        whole = [(self._cell[column.key], column.key) for column in self._given if column.whole]
        if whole:
            for cells in rows:
                for cell, key in whole:
                    if cell < len(cells):
                        self._needs[key] = max(self._needs.get(key, 0), cell_len(cells[cell]))

    @property
    def shown(self) -> list[Column]:
        return [column for column in self._order if not column.hidden]

    def texts(self, cells: Sequence[str], *, hidden: bool = False) -> list[tuple[Column, str]]:
        """The shown columns, or also the hidden ones, each with its text of a row."""
        texts = ((column, self._cell[column.key]) for column in (self._order if hidden else self.shown))
        return [(column, cells[cell]) for column, cell in texts if cell < len(cells)]

    @property
    def given_keys(self) -> tuple[str, ...]:
        """The keys in the order of a row's cells."""
        return tuple(self._cell)

    @property
    def every(self) -> tuple[Column, ...]:
        return tuple(self._order)

    @property
    def states(self) -> tuple[ColumnState, ...]:
        given = {column.key: column for column in self._given}
        return tuple(
            ColumnState(
                column.key,
                0
                if (column.width, column.flex) == (given[column.key].width, given[column.key].flex)
                else column.width,
                column.hidden,
            )
            for column in self._order
        )

    def restore(self, states: Sequence[ColumnState]) -> None:
        """Applies what was remembered; columns unknown to it come last, as they were given."""
        given = {column.key: column for column in self._given}
        restored: list[Column] = []
        for state in states:
            if (column := given.pop(state.key, None)) is not None:
                if state.width:
                    width = max(column.min_width, min(state.width, WIDEST_CELLS))
                    column = replace(column, width=width, flex=False)
                restored.append(replace(column, hidden=state.hidden))
        self._order = restored + list(given.values())
        if self._order and not self.shown:
            self._order[0] = replace(self._order[0], hidden=False)

    def reset(self) -> None:
        self._order = list(self._given)

    def hide(self, key: str, hidden: bool = True) -> bool:
        """Hides or shows a column; False if that would leave none."""
        if hidden and [column.key for column in self.shown] == [key]:
            return False
        self._replace(key, lambda column: replace(column, hidden=hidden))
        return True

    def set_width(self, key: str, width: int) -> None:
        """Gives a column a width of its own; one that took the rest of the line no longer does."""
        self._replace(
            key,
            lambda column: replace(column, width=max(column.min_width, min(width, WIDEST_CELLS)), flex=False),
        )

    def move(self, key: str, by: int) -> None:
        """Moves a column past `by` shown ones, to the right if positive."""
        shown = [column.key for column in self.shown]
        if key not in shown:
            return
        target = shown[max(0, min(shown.index(key) + by, len(shown) - 1))]
        if target == key:
            return
        keys = [column.key for column in self._order]
        column = self._order.pop(keys.index(key))
        self._order.insert(keys.index(target), column)

    def _replace(self, key: str, change: Callable[[Column], Column]) -> None:
        self._order = [change(column) if column.key == key else column for column in self._order]

    def place(self, line_cells: int) -> list[PlacedColumn]:
        """The shown columns on a line of `line_cells`; they may reach beyond its end."""
        fitting, behind = self._fitting(line_cells - self._margin)
        widths = [self._width(column) for column in fitting]
        spare = line_cells - self._margin - sum(widths) - GAP_CELLS * max(0, len(fitting) - 1)
        flexible = [index for index, column in enumerate(fitting) if column.flex]
        for nth, index in enumerate(flexible):
            share = spare // (len(flexible) - nth)
            width = max(self._least(fitting[index]), widths[index] + share)
            spare -= width - widths[index]
            widths[index] = width
        widths += [self._width(column) for column in behind]
        placed: list[PlacedColumn] = []
        x = self._margin
        for column, width in zip([*fitting, *behind], widths, strict=True):
            if behind and column is behind[0]:
                x = max(x, line_cells)
            placed.append(PlacedColumn(column, self._cell[column.key], x, width))
            x += width + GAP_CELLS
        return placed

    def _fitting(self, room: int) -> tuple[list[Column], list[Column]]:
        """The columns that share `room` cells, and those that give way to them."""
        fitting = self.shown
        behind: list[Column] = []
        while sum(self._least(column) + GAP_CELLS for column in fitting) - GAP_CELLS > room:
            yielding = max(fitting, key=lambda column: column.yields)
            if not yielding.yields or yielding is fitting[0]:
                break
            fitting.remove(yielding)
            behind.append(yielding)
        return fitting, [column for column in self.shown if column in behind]

    def _width(self, column: Column) -> int:
        return max(column.width, column.min_width, self._needs.get(column.key, 0))

    def _least(self, column: Column) -> int:
        """What a column can be narrowed to, to leave room for others."""
        return max(column.min_width, self._needs.get(column.key, 0)) if column.flex else self._width(column)
