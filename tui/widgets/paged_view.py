"""A scrolling view of a list of which only the pages around the visible rows are held."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from textual import on, work
from textual.message import Message

from tui.widgets.cursor_view import CursorView
from tui.widgets.pages import Pages
from tui.widgets.rows import AtHand, MemoryRows, Page, PageRequest, Row, RowSource

SEARCHED_PAGES = 2
"""How many pages to either side of its old place the cursor's row is looked for after a refresh."""

_POLL_SECONDS = 0.005


class PagedView(CursorView):
    """Fetches pages in a thread, one at a time and those in view first; keeps a cursor row in view.

    A new source and a refresh leave the old rows on the screen until all rows of the view are there.
    """

    @dataclass
    class Counted(CursorView.ViewMessage):
        """The exact number of rows is known."""

        rows: int

    @dataclass
    class Loaded(CursorView.ViewMessage):
        """Rows of a new source, or refreshed ones, are on the screen."""

    @dataclass
    class FetchFailed(CursorView.ViewMessage):
        """The source raised `error`; what was shown stays. `refresh_rows` tries again."""

        error: Exception

    @dataclass
    class _PageArrived(Message, bubble=False):
        pages: Pages
        request: PageRequest
        page: Page | Exception

    @dataclass
    class _CountArrived(Message, bubble=False):
        pages: Pages
        rows: int | Exception

    def __init__(self, *, source: RowSource | None, id: str | None, classes: str | None) -> None:
        super().__init__(Pages(source or MemoryRows()), id=id, classes=classes)
        self._incoming: Pages | None = self._pages if source is not None else None
        self._is_refresh = False
        self._refresh_again = False
        self._page_under_way: Pages | None = None
        self._count_under_way: Pages | None = None
        self._paused = False
        self.stays_first = False
        """A cursor on the first row stays first after a refresh, whichever row that then is."""

    @property
    def fetching(self) -> bool:
        """New or refreshed rows are on their way and older ones, if any, still on the screen."""
        return self._incoming is not None

    @property
    def keys_wait(self) -> bool:
        """The rows still on the screen are those of an earlier list: what is typed is meant for the next."""
        return self._incoming is not None and not self._is_refresh and not self._paused and self.is_running

    def set_source(self, source: RowSource) -> None:
        """Shows another list from its top: also the same rows in another order or under another filter."""
        self._cancel_sources()
        # A source slow to notice that it was cancelled does not hold up the new one; its answer is dropped.
        self._page_under_way = self._count_under_way = None
        self._incoming = Pages(source)
        self._is_refresh = self._refresh_again = self._paused = False
        self._to_end = False
        self._fetch()

    def refresh_rows(self) -> None:
        """Fetches the rows in view again; the cursor stays on its row, found by its key."""
        self._paused = False
        if self._incoming is not None:
            self._refresh_again = True
        else:
            self._incoming = Pages(self._pages.source, previous=self._pages)
            self._is_refresh = True
        self._fetch()

    async def refreshed(self) -> None:
        """As `refresh_rows`; returns once the rows are there, or failed to come, with the cursor in view."""
        self.refresh_rows()
        while self._incoming is not None and not self._paused and self.is_running:
            await asyncio.sleep(_POLL_SECONDS)
        self._place_cursor(self._cursor)

    # Fetching

    def on_mount(self) -> None:
        self._fetch()

    def on_unmount(self) -> None:
        self._cancel_sources()

    def on_resize(self) -> None:
        self._size_changed()
        self._fetch()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self._scrolled()
            self._fetch()

    def _another_list(self) -> None:
        """What was shown gives way to another list."""

    def _rows_arrived(self, rows: Sequence[Row]) -> None:
        """Rows of the list shown have come that were not there before."""

    def _scrolled(self) -> None:
        """Another row has come to the top of the view."""

    def _cancel_sources(self) -> None:
        if self._page_under_way is not None or self._count_under_way is not None:
            self._pages.source.cancel()
            if self._incoming is not None and self._incoming.source is not self._pages.source:
                self._incoming.source.cancel()

    def _view_of(self, pages: Pages) -> tuple[int, int]:
        """First and last row that `pages` is to show."""
        top = self.top_row if pages is self._pages or self._is_refresh else 0
        return top, top + self.visible_rows - 1

    def _fetch(self) -> None:
        """Starts fetching the next missing page unless one is under way: its answer comes back here."""
        if self._page_under_way is not None or self._paused or not self.is_running:
            return
        pages = self._incoming if self._incoming is not None else self._pages
        number = pages.missing(*self._view_of(pages)) if pages is self._pages else self._wanted(pages)
        if number is not None:
            self._page_under_way = pages
            request = pages.request(number)
            if isinstance(pages.source, AtHand):
                self._take_page(pages, request, pages.source.page(request))
            else:
                self._fetch_page(pages, request)
        elif self._incoming is not None:
            self._show_incoming(self._incoming)

    def _wanted(self, incoming: Pages) -> int | None:
        """The page without which `incoming` is not shown: of the view, then around the cursor's row."""
        view = self._view_of(incoming)
        if not incoming.has_all(*view):
            return incoming.missing(*view)
        key = self._kept_key
        if key is None or incoming.find(key) is not None:
            return None
        return incoming.unread_around(self._cursor, SEARCHED_PAGES)

    @property
    def _kept_key(self) -> str | None:
        """The row that the cursor stays on when the incoming rows are shown; None = on its place."""
        if not self._is_refresh or (self.stays_first and self._cursor == 0):
            return None
        return self.cursor_key

    @work(thread=True, group="pages", exit_on_error=False)
    def _fetch_page(self, pages: Pages, request: PageRequest) -> None:
        try:
            page: Page | Exception = pages.source.page(request)
        except Exception as error:  # noqa: BLE001 - whatever the source raises is for the screen to tell
            page = error
        self.post_message(self._PageArrived(pages, request, page))

    @work(thread=True, group="count", exit_on_error=False)
    def _fetch_count(self, pages: Pages) -> None:
        try:
            rows: int | Exception = pages.source.count()
        except Exception as error:  # noqa: BLE001 - whatever the source raises is for the screen to tell
            rows = error
        self.post_message(self._CountArrived(pages, rows))

    @on(_PageArrived)
    def _page_arrived(self, message: _PageArrived) -> None:
        self._take_page(message.pages, message.request, message.page)

    def _take_page(self, pages: Pages, request: PageRequest, page: Page | Exception) -> None:
        if pages is self._page_under_way:
            self._page_under_way = None
        if pages is not self._pages and pages is not self._incoming:
            self._fetch()
            return
        if isinstance(page, Exception):
            self._paused = True
            if pages is self._incoming and self._is_refresh:
                self._incoming = None
            self.post_message(self.FetchFailed(self, page))
            return
        pages.store(request, page)
        if pages is self._incoming:
            if self._wanted(pages) is None:
                self._show_incoming(pages)
        else:
            self._rows_arrived(page.rows)
            self._rows_changed()
        self._count()
        self._fetch()

    def _count(self) -> None:
        pages = self._pages
        if self._count_under_way is not None or self._incoming is not None:
            return
        if pages.counted or not pages.count_wanted:
            return
        if pages.end_known:
            self._counted(pages.rows)
        elif isinstance(pages.source, AtHand):
            self._counted(pages.source.count())
        else:
            self._count_under_way = pages
            self._fetch_count(pages)

    @on(_CountArrived)
    def _count_arrived(self, message: _CountArrived) -> None:
        if message.pages is self._count_under_way:
            self._count_under_way = None
        if message.pages is not self._pages:
            self._count()
        elif isinstance(message.rows, Exception):
            if self._pages.count_wanted:
                self._pages.count_wanted = False
                self.post_message(self.FetchFailed(self, message.rows))
        else:
            self._counted(message.rows)

    def _counted(self, rows: int) -> None:
        self._pages.set_count(rows)
        if self._to_end:
            self._to_end = False
            self._size_changed()
            self._place_cursor(rows - 1)
        self._rows_changed()
        self._fetch()
        self.post_message(self.Counted(self, rows))

    def _show_incoming(self, pages: Pages) -> None:
        key = self._kept_key
        top, cursor = (self.top_row, self._cursor) if self._is_refresh else (0, 0)
        self._pages, self._incoming = pages, None
        pages.forget_previous()
        found = pages.find(key) if key is not None else None
        if found is not None:
            # What comes in above a list at its top is seen, until it would push the cursor out of view.
            top = max(0, top + found - cursor) if top > 0 else max(0, found - self.visible_rows + 1)
            cursor = found
        self._cursor = cursor
        if not self._is_refresh:
            self._another_list()
        self._rows_arrived([row for _number, row in pages.loaded()])
        self._size_changed()
        self._scroll_to_row(top)
        self._announced = None if not self._is_refresh else self._announced
        self._rows_changed()
        self.post_message(self.Loaded(self))
        if self._refresh_again:
            self._refresh_again = False
            self.refresh_rows()
