"""Where the rows of a list come from: pages asked for by position, with the nearest known rows as anchors."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

PAGE_ROWS = 256


class Row(Struct, frozen=True):
    """One line of a list, ready to be shown."""

    key: str
    """Unique in the list and the same whenever the row is fetched; marks are kept by it."""

    cells: tuple[str, ...]
    """Texts in the order in which the table's columns were given."""

    styles: tuple[str, ...] = ()
    """Names of styles for the whole row; see `WindowedTable.ROW_STYLES`."""

    cell_styles: tuple[str, ...] = ()
    """A style name for each cell, "" for none; may be shorter than `cells`."""


class Anchor(Struct, frozen=True):
    """A row whose place in the list is known."""

    row: int
    """Its number in the list, from 0."""

    cursor: object
    """What the source gave with that row's page to find it again, such as its sort key."""


class PageRequest(Struct, frozen=True, kw_only=True):
    """Rows `start` to `start + size`, not including the last.

    A source that can read on from a key does so from the anchor; rows that have come or gone since shift the
    numbers, not the rows. Without anchors it counts from the start of the list.
    """

    start: int
    size: int

    after: Anchor | None = None
    """The nearest known row before the page; next to it when `after.row == start - 1`."""

    before: Anchor | None = None
    """The nearest known row behind the page; next to it when `before.row == start + size`."""

    from_end: bool = False
    """The page holds the last `size` rows of the list; it can be read backwards from the end."""


class Page(Struct, frozen=True, kw_only=True):
    """Rows in the order of the list."""

    rows: Sequence[Row]

    first: object = None
    """Finds the first row again (`Anchor.cursor`); None where the source has no such thing."""

    last: object = None
    """Finds the last row again; None where the source has no such thing."""


class RowSource(Protocol):
    """A list in one order, under one filter. Another order or filter is another source."""

    def page(self, request: PageRequest) -> Page:
        """The rows asked for; fewer only where the list ends. Called in a thread, may block and may raise."""
        ...

    def count(self) -> int:
        """How many rows the list has. Called in a thread after the first page, may block and may raise."""
        ...

    def cancel(self) -> None:
        """Nobody waits for answers any more. Called in the application's thread; must not block."""
        ...


class AtHand:
    """Marks sources whose rows are all there already: they are not asked in a thread."""


class MemoryRows(AtHand):
    """Rows that never change."""

    def __init__(self, rows: Sequence[Row] = ()) -> None:
        self.rows = rows

    def page(self, request: PageRequest) -> Page:
        return Page(rows=self.rows[request.start : request.start + request.size])

    def count(self) -> int:
        return len(self.rows)

    def cancel(self) -> None:
        """There is never anything under way."""
