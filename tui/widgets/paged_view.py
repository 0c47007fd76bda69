"""A scrolling view of a list of which only the pages around the visible rows are held."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from textual import on, work
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView

from tui.widgets.pages import Pages
from tui.widgets.rows import AtHand, MemoryRows, Page, PageRequest, Row, RowSource

HEADER_LINES = 1

SEARCHED_PAGES = 2
"""How many pages to either side of its old place the cursor's row is looked for after a refresh."""

_POLL_SECONDS = 0.005


class PagedView(ScrollView):
    """Fetches pages in a thread, one at a time and those in view first; keeps a cursor row in view.

    A new source and a refresh leave the old rows on the screen until all rows of the view are there.
    """

    @dataclass
    class ViewMessage(Message):
        """What all messages of a view carry."""

        view: "PagedView"

        @property
        def control(self) -> "PagedView":
            return self.view

    @dataclass
    class RowHighlighted(ViewMessage):
        """The cursor came to another row, or the row under it arrived. `key` is None in an empty list."""

        key: str | None
        row: int

    @dataclass
    class Counted(ViewMessage):
        """The exact number of rows is known."""

        rows: int

    @dataclass
    class Loaded(ViewMessage):
        """Rows of a new source, or refreshed ones, are on the screen."""

    @dataclass
    class FetchFailed(ViewMessage):
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
        super().__init__(id=id, classes=classes)
        self._pages = Pages(source or MemoryRows())
        self._incoming: Pages | None = self._pages if source is not None else None
        self._is_refresh = False
        self._refresh_again = False
        self._page_under_way: Pages | None = None
        self._count_under_way: Pages | None = None
        self._paused = False
        self._cursor = 0
        self._to_end = False
        self._announced: tuple[str | None, int] | None = None
        self.jump_at_edges = True
        """Scroll half a page when the cursor leaves the view line by line: one repaint instead of ten."""
        self.stays_first = False
        """A cursor on the first row stays first after a refresh, whichever row that then is."""

    @property
    def row_count(self) -> int:
        """Rows known so far; exact when `row_count_exact`."""
        return self._pages.rows

    @property
    def row_count_exact(self) -> bool:
        return self._pages.end_known

    @property
    def fetching(self) -> bool:
        """New or refreshed rows are on their way and older ones, if any, still on the screen."""
        return self._incoming is not None

    @property
    def keys_wait(self) -> bool:
        """The rows still on the screen are those of an earlier list: what is typed is meant for the next."""
        return self._incoming is not None and not self._is_refresh and not self._paused and self.is_running

    @property
    def cursor_row(self) -> int:
        return self._cursor

    @property
    def cursor_key(self) -> str | None:
        """The key of the row under the cursor; None while it is not there, or belongs to an earlier list."""
        row = None if self.keys_wait else self._pages.row(self._cursor)
        return row.key if row is not None else None

    @property
    def visible_rows(self) -> int:
        """How many rows fit into the view."""
        return max(1, self.view_size.height - HEADER_LINES)

    @property
    def view_size(self) -> Size:
        """The cells of the view without its scrollbars."""
        width, height = self.size
        return Size(
            max(1, width - self.scrollbar_size_vertical), max(1, height - self.scrollbar_size_horizontal)
        )

    @property
    def top_row(self) -> int:
        return round(self.scroll_y)

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

    def move_to(self, row: int) -> None:
        """Puts the cursor on row number `row`, or on the last one if there are fewer."""
        self._to_end = False
        self._place_cursor(row)

    # Fetching

    def on_mount(self) -> None:
        self._fetch()

    def on_unmount(self) -> None:
        self._cancel_sources()

    def on_focus(self) -> None:
        self._refresh_row(self._cursor)

    def on_blur(self) -> None:
        self._refresh_row(self._cursor)

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

    # The cursor and the view

    def _content_width(self) -> int:
        """Cells of the widest line."""
        return self.view_size.width

    def _size_changed(self) -> None:
        self.virtual_size = Size(self._content_width(), self._pages.rows + HEADER_LINES)

    def _rows_changed(self) -> None:
        self._size_changed()
        last = max(0, self._pages.rows - 1)
        if self._cursor > last:
            self._place_cursor(last)
        self.refresh()
        self._announce()

    def _scroll_to_row(self, top: int) -> None:
        self.scroll_y = self.scroll_target_y = max(0, min(top, self._pages.rows - self.visible_rows))

    def _place_cursor(self, row: int, *, by_line: bool = False) -> None:
        old, self._cursor = self._cursor, max(0, min(row, self._pages.rows - 1))
        top, height = self.top_row, self.visible_rows
        if not top <= self._cursor < top + height:
            if by_line and self.jump_at_edges and height > 2:
                top = self._cursor - height // 2
            elif self._cursor < top:
                top = self._cursor
            else:
                top = self._cursor - height + 1
            self._scroll_to_row(top)
        self._refresh_row(old)
        self._refresh_row(self._cursor)
        self._announce()

    def _refresh_row(self, row: int) -> None:
        line = row - self.top_row
        if 0 <= line < self.visible_rows:
            self.refresh(Region(0, line + HEADER_LINES, self.size.width, 1))

    def _announce(self) -> None:
        key = self.cursor_key
        if key is None and (self._pages.rows or self._incoming is not None):
            return
        if self._announced != (key, self._cursor):
            self._announced = (key, self._cursor)
            self.post_message(self.RowHighlighted(self, key, self._cursor))

    def action_move(self, by: int) -> None:
        self._to_end = False
        self._place_cursor(self._cursor + by, by_line=True)

    def action_page(self, pages: int) -> None:
        self._move_view(pages * self.visible_rows)

    def action_half_page(self, halves: int) -> None:
        self._move_view(halves * max(1, self.visible_rows // 2))

    def _move_view(self, by: int) -> None:
        self._to_end = False
        self._scroll_to_row(self.top_row + by)
        self._place_cursor(self._cursor + by)

    def jump_to(self, share: float) -> None:
        """Shows the list from where `share` of it lies above: 0 = its beginning, 1 = its end."""
        self._to_end = False
        top = round(max(0.0, min(share, 1.0)) * max(0, self._pages.rows - self.visible_rows))
        self._scroll_to_row(top)
        self._place_cursor(self.top_row)

    def action_first(self) -> None:
        self.move_to(0)

    def action_last(self) -> None:
        """Goes to the last row; if the list is still being counted, again when that is done."""
        self._place_cursor(self._pages.rows - 1)
        self._to_end = not self._pages.counted
