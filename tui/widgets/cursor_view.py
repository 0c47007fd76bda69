"""The cursor in a scrolling view of rows: where it is, what it moves to, and what is drawn for it."""

from dataclasses import dataclass

from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView

from tui.widgets.pages import Pages

HEADER_LINES = 1


class CursorView(ScrollView):
    """Keeps a cursor row in view; whoever derives from it has the rows come."""

    @dataclass
    class ViewMessage(Message):
        """What all messages of a view carry."""

        view: "CursorView"

        @property
        def control(self) -> "CursorView":
            return self.view

    @dataclass
    class RowHighlighted(ViewMessage):
        """The cursor came to another row, or the row under it arrived. `key` is None in an empty list."""

        key: str | None
        row: int

    def __init__(self, pages: Pages, *, id: str | None, classes: str | None) -> None:
        super().__init__(id=id, classes=classes)
        self._pages = pages
        self._cursor = 0
        self._to_end = False
        self._announced: tuple[str | None, int] | None = None
        self.jump_at_edges = True
        """Scroll half a page when the cursor leaves the view line by line: one repaint instead of ten."""

    @property
    def fetching(self) -> bool:
        """New or refreshed rows are on their way and older ones, if any, still on the screen."""
        return False

    @property
    def keys_wait(self) -> bool:
        """The rows still on the screen are those of an earlier list: what is typed is meant for the next."""
        return False

    @property
    def row_count(self) -> int:
        """Rows known so far; exact when `row_count_exact`."""
        return self._pages.rows

    @property
    def row_count_exact(self) -> bool:
        return self._pages.end_known

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

    def move_to(self, row: int) -> None:
        """Puts the cursor on row number `row`, or on the last one if there are fewer."""
        self._to_end = False
        self._place_cursor(row)

    def on_focus(self) -> None:
        self._refresh_row(self._cursor)

    def on_blur(self) -> None:
        self._refresh_row(self._cursor)

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
        if key is None and (self._pages.rows or self.fetching):
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
