"""Sources of rows for tests of the table."""

import threading
from dataclasses import dataclass, field

from textual.app import App, ComposeResult

from tui.widgets.columns import Column
from tui.widgets.rows import Page, PageRequest, Row, RowSource
from tui.widgets.table import WindowedTable

COLUMNS = (
    Column(key="number", title="Number", width=12, align="right"),
    Column(key="name", title="Name", width=20, min_width=8, flex=True),
    Column(key="cost", title="Cost", width=12, align="right"),
)


@dataclass
class NumberedRows:
    """`rows` rows whose keys are their numbers, counted from `first` (rows before it have gone, or come)."""

    rows: int
    first: int = 0
    name: str = "row"
    descending: bool = False
    requests: list[PageRequest] = field(default_factory=list)
    cancelled: int = 0

    def page(self, request: PageRequest) -> Page:
        self.requests.append(request)
        numbers = range(request.start, min(request.start + request.size, self.rows))
        rows = [self._row(number) for number in numbers]
        return Page(rows=rows, first=rows[0].key if rows else None, last=rows[-1].key if rows else None)

    def _row(self, place: int) -> Row:
        number = self.first + (self.rows - 1 - place if self.descending else place)
        return Row(key=f"k{number}", cells=(str(number), f"{self.name} {number}", f"{number}.00"))

    def count(self) -> int:
        return self.rows

    def cancel(self) -> None:
        self.cancelled += 1


@dataclass
class HeldRows(NumberedRows):
    """Answers pages, and counts, only when let go."""

    page_gate: threading.Event = field(default_factory=threading.Event)
    count_gate: threading.Event = field(default_factory=threading.Event)

    def page(self, request: PageRequest) -> Page:
        self.page_gate.wait(20)
        return super().page(request)

    def count(self) -> int:
        self.count_gate.wait(20)
        return super().count()


class TableApp(App[None]):
    """One table, and what it said."""

    def __init__(self, source: RowSource | None, columns: tuple[Column, ...] = COLUMNS) -> None:
        super().__init__()
        self.table = WindowedTable(
            columns, source=source, placeholder="No calls match.", loading_text="Loading"
        )
        self.said: list[object] = []

    def compose(self) -> ComposeResult:
        yield self.table

    def on_mount(self) -> None:
        self.table.focus()

    def on_cursor_view_row_highlighted(self, message: WindowedTable.RowHighlighted) -> None:
        self.said.append(message)

    def on_paged_view_counted(self, message: WindowedTable.Counted) -> None:
        self.said.append(message)

    def on_paged_view_loaded(self, message: WindowedTable.Loaded) -> None:
        self.said.append(message)

    def on_paged_view_fetch_failed(self, message: WindowedTable.FetchFailed) -> None:
        self.said.append(message)

    def on_windowed_table_row_selected(self, message: WindowedTable.RowSelected) -> None:
        self.said.append(message)

    def on_windowed_table_marks_changed(self, message: WindowedTable.MarksChanged) -> None:
        self.said.append(message)

    def on_columned_view_sort_requested(self, message: WindowedTable.SortRequested) -> None:
        self.said.append(message)

    def lines(self) -> list[str]:
        """What the table shows, line by line."""
        return [self.table.render_line(y).text for y in range(self.table.view_size.height)]

    def last(self, kind: type) -> object:
        return next((message for message in reversed(self.said) if isinstance(message, kind)), None)
