"""The columns of a table: which are shown, in what order, how wide."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

GAP_CELLS = 1
"""Blank cells between two columns."""

WIDEST_CELLS = 120
"""The most a column can be widened to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column; widths in terminal cells."""

    key: str
    title: str
    width: int
    align: Literal["left", "right"] = "left"
    min_width: int = 3
    flex: bool = False
    """Takes what is left of the line; gives way, down to `min_width`, when the line is too short."""

    sortable: bool = True
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class ColumnState:
    """What a user chose for one column, to be remembered."""

    key: str
    width: int
    """0 = as the column was given; one sized by the user no longer takes the rest of the line."""

    hidden: bool


@dataclass(frozen=True, slots=True)
class PlacedColumn:
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

    @property
    def shown(self) -> list[Column]:
        return [column for column in self._order if not column.hidden]

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

    def resize(self, key: str, by: int) -> None:
        """Makes a column `by` cells wider; one that took the rest of the line no longer does."""
        self._replace(
            key,
            lambda column: replace(
                column, width=max(column.min_width, min(column.width + by, WIDEST_CELLS)), flex=False
            ),
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
        shown = self.shown
        widths = [max(column.width, column.min_width) for column in shown]
        spare = line_cells - self._margin - sum(widths) - GAP_CELLS * max(0, len(shown) - 1)
        flexible = [index for index, column in enumerate(shown) if column.flex]
        for nth, index in enumerate(flexible):
            share = spare // (len(flexible) - nth)
            width = max(shown[index].min_width, widths[index] + share)
            spare -= width - widths[index]
            widths[index] = width
        placed: list[PlacedColumn] = []
        x = self._margin
        for column, width in zip(shown, widths, strict=True):
            placed.append(PlacedColumn(column, self._cell[column.key], x, width))
            x += width + GAP_CELLS
        return placed
