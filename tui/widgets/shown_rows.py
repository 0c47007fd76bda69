"""Rows that a screen holds itself and replaces as a whole, shown without losing the operator's place."""

from collections.abc import Sequence

from tui.widgets.rows import AtHand, MemoryRows, Page, PageRequest, Row
from tui.widgets.table import WindowedTable


class ShownRows(AtHand):
    """The source of one table. A cursor on the first row stays there; elsewhere it stays on its row."""

    def __init__(self, table: WindowedTable) -> None:
        self._table = table
        self._rows = MemoryRows()
        self._given = False

    def show(self, rows: Sequence[Row]) -> None:
        """Replaces the rows."""
        if self._given and self._rows.rows == rows:
            return
        self._rows = MemoryRows(rows)
        if self._given and self._table.cursor_row > 0:
            self._table.refresh_rows()
        else:
            self._given = True
            self._table.set_source(self)

    def page(self, request: PageRequest) -> Page:
        return self._rows.page(request)

    def count(self) -> int:
        return self._rows.count()

    def cancel(self) -> None:
        """There is never anything under way."""
