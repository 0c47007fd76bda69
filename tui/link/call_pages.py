"""The calls of a list, read by keyset: pages from the nearest known call, from the start or from the end."""

from collections.abc import Callable
from threading import Lock
from typing import TypeVar

from engine.api.calls import CallCount, CallCursor, CallFilter, CallRow, CallSort, CountCalls, ListCalls
from engine.api.operation import Operation
from engine.domain.errors import PbxmeterError
from tui.link.connection import EngineLink
from tui.widgets.rows import Page, PageRequest, Row

R = TypeVar("R")


class CallRows:
    """A `RowSource` of calls under one filter in one order."""

    def __init__(
        self,
        link: EngineLink,
        chosen: CallFilter,
        *,
        sort: CallSort,
        descending: bool,
        row: Callable[[CallRow], Row],
        counted: Callable[["CallRows", CallCount], None],
    ) -> None:
        """`row` and `counted` run in the threads that fetch."""
        self.filter = chosen
        self._link = link
        self._sort: CallSort = sort
        self._descending = descending
        self._row = row
        self._counted = counted
        self._calls: int | None = None
        self._counting = Lock()
        self._cancelled = False

    def page(self, request: PageRequest) -> Page:
        page = self._ask(self._listing(request))
        return Page(rows=[self._row(call) for call in page.rows], first=page.first, last=page.last)

    def count(self) -> int:
        with self._counting:
            figures = self._ask(CountCalls(filter=self.filter))
            self._calls = figures.calls
        self._counted(self, figures)
        return figures.calls

    def cancel(self) -> None:
        self._cancelled = True

    def _listing(self, request: PageRequest) -> ListCalls:
        """The way to the page that passes over the fewest calls."""
        end = request.start + request.size
        ways: list[tuple[int, CallCursor | None, CallCursor | None, bool]] = [
            (request.start, None, None, False)
        ]
        if request.from_end:
            ways.append((0, None, None, True))
        elif self._calls is not None and end <= self._calls:
            ways.append((self._calls - end, None, None, True))
        if request.after is not None and isinstance(request.after.cursor, CallCursor):
            ways.append((request.start - request.after.row - 1, request.after.cursor, None, False))
        if request.before is not None and isinstance(request.before.cursor, CallCursor):
            ways.append((request.before.row - end, None, request.before.cursor, False))
        offset, after, before, from_end = min(
            (way for way in ways if way[0] >= 0), key=lambda way: (way[0], way[3])
        )
        return ListCalls(
            filter=self.filter,
            sort=self._sort,
            descending=self._descending,
            after=after,
            before=before,
            from_end=from_end,
            offset=offset,
            limit=request.size,
        )

    def _ask(self, operation: Operation[R]) -> R:
        def stop_if_cancelled(_progress: object) -> None:
            if self._cancelled:
                raise PbxmeterError("No longer wanted.", code="cancelled")

        return self._link.call(operation, progress=stop_if_cancelled)
