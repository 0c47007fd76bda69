"""Columns and the order of a list: chosen, moved, sized and sorted by keys and by the mouse at the head."""

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import Struct
from textual import events
from textual.actions import SkipAction
from textual.scrollbar import ScrollDown, ScrollUp

from tui.widgets.columns import Column, Columns, ColumnState
from tui.widgets.cursor_view import HEADER_LINES
from tui.widgets.paged_view import PagedView
from tui.widgets.rows import Row, RowSource
from tui.widgets.table_lines import MARGIN_CELLS


class _Drag(Struct, frozen=True):
    """A column whose edge is held by the mouse."""

    key: str
    from_x: int
    from_width: int


class ColumnedView(PagedView):
    """A `PagedView` of rows with columns."""

    @dataclass
    class SortRequested(PagedView.ViewMessage):
        """The rows are wanted in another order: call `set_source` with a source that has it."""

        column: str
        descending: bool

    @dataclass
    class ColumnsChanged(PagedView.ViewMessage):
        """Columns were moved, sized, hidden or shown: `column_states` is worth remembering."""

    def __init__(
        self, columns: Sequence[Column], *, source: RowSource | None, id: str | None, classes: str | None
    ) -> None:
        super().__init__(source=source, id=id, classes=classes)
        self._columns = Columns(columns, margin=MARGIN_CELLS)
        self._sort_key: str | None = None
        self._sort_descending = False
        self._drag: _Drag | None = None
        self._dragged = False

    # Columns

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns in their present order, hidden ones included."""
        return self._columns.every

    @property
    def column_states(self) -> tuple[ColumnState, ...]:
        return self._columns.states

    def restore_columns(self, states: Sequence[ColumnState]) -> None:
        """Applies remembered `column_states`."""
        self._columns.restore(states)
        self._columns_changed()

    def reset_columns(self) -> None:
        self._columns.reset()
        self._columns_changed()
        self.post_message(self.ColumnsChanged(self))

    def hide_column(self, key: str, hidden: bool = True) -> None:
        """Hides or shows a column; the last one shown stays."""
        if self._columns.hide(key, hidden):
            self._columns_changed()
            self.post_message(self.ColumnsChanged(self))

    def resize_column(self, key: str, by: int) -> None:
        """Makes a column `by` cells wider than it stands there; its width is then its own."""
        self._set_width(key, self._width_of(key) + by)

    def _width_of(self, key: str) -> int:
        placed = self._columns.place(self.view_size.width)
        given = (column.width for column in self._columns.every if column.key == key)
        return next((column.width for column in placed if column.column.key == key), next(given, 0))

    def _set_width(self, key: str, width: int) -> None:
        self._columns.set_width(key, width)
        self._columns_changed()
        self.post_message(self.ColumnsChanged(self))

    def move_column(self, key: str, by: int) -> None:
        """Moves a column past `by` others, to the right if positive."""
        self._columns.move(key, by)
        self._columns_changed()
        self.post_message(self.ColumnsChanged(self))

    def _columns_changed(self) -> None:
        self._size_changed()
        self.refresh()

    def _another_list(self) -> None:
        self._columns.forget_texts()

    def _rows_arrived(self, rows: Sequence[Row]) -> None:
        self._columns.make_room(row.cells for row in rows)

    def _content_width(self) -> int:
        placed = self._columns.place(self.view_size.width)
        return placed[-1].x + placed[-1].width if placed else self.view_size.width

    def _chosen_column(self) -> str:
        return self._sort_key or self._columns.shown[0].key

    def action_resize_column(self, by: int) -> None:
        self.resize_column(self._chosen_column(), by)

    def action_move_column(self, by: int) -> None:
        self.move_column(self._chosen_column(), by)

    def action_sideways(self, by: int) -> None:
        """Moves all columns but the first by one column, or by a view where a column is wider than that.

        At the left end the key is left to what stands around the list.
        """
        if by < 0 and round(self.scroll_x) == 0:
            raise SkipAction
        placed = self._columns.place(self.view_size.width)[1:]
        if not placed:
            return
        here = round(self.scroll_x)
        starts = [column.x - placed[0].x for column in placed]
        if by > 0:
            room = max(1, self.view_size.width - placed[0].x)
            target = min([start for start in starts if start > here] + [here + room])
        else:
            target = max([start for start in starts if start < here], default=0)
        self.scroll_x = self.scroll_target_x = target

    # Sorting

    @property
    def sort(self) -> tuple[str | None, bool]:
        """The column whose header carries the arrow, and whether the order is descending."""
        return self._sort_key, self._sort_descending

    def set_sort(self, column: str | None, descending: bool = False) -> None:
        """Tells the table in which order its source is; asks for nothing."""
        self._sort_key, self._sort_descending = column, descending
        self.refresh()

    def _request_sort(self, column: str, descending: bool) -> None:
        self.set_sort(column, descending)
        self.post_message(self.SortRequested(self, column, descending))

    def action_sort_column(self, by: int) -> None:
        keys = [column.key for column in self._columns.shown if column.sortable]
        if keys:
            place = keys.index(self._sort_key) + by if self._sort_key in keys else min(0, by)
            self._request_sort(keys[place % len(keys)], False)

    def action_turn_sort(self) -> None:
        if self._sort_key is not None:
            self._request_sort(self._sort_key, not self._sort_descending)

    def shown_cells(self, cells: Sequence[str]) -> list[tuple[Column, str]]:
        """The shown columns in their present order, each with its text of a row."""
        return self._columns.texts(cells)

    def watch_scroll_x(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_x(old_value, new_value)
        if round(old_value) != round(new_value):
            self.refresh()

    # The mouse at the head and on the scrollbar

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Takes hold of the edge of a column, which is the gap behind it."""
        self._dragged = False
        offset = event.get_content_offset(self)
        if offset is None or offset.y >= HEADER_LINES:
            return
        for number, placed in enumerate(self._columns.place(self.view_size.width)):
            end = placed.x + placed.width - (round(self.scroll_x) if number else 0)
            if offset.x == end:
                self._drag = _Drag(placed.column.key, event.screen_x, placed.width)
                self.capture_mouse()
                return

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._drag is not None:
            self._dragged = True
            self._set_width(self._drag.key, self._drag.from_width + event.screen_x - self._drag.from_x)

    def on_mouse_up(self) -> None:
        if self._drag is not None:
            self._drag = None
            self.release_mouse()

    def head_clicked(self, x: int) -> None:
        """Sorts by the column there, the other way round where it is sorted by it already."""
        if self._dragged:
            return
        for number, placed in enumerate(self._columns.place(self.view_size.width)):
            start = placed.x - (round(self.scroll_x) if number else 0)
            if start <= x < start + placed.width:
                key = placed.column.key
                if placed.column.sortable:
                    self._request_sort(key, key == self._sort_key and not self._sort_descending)
                return

    def on_scroll_up(self, event: ScrollUp) -> None:
        """A click on the scrollbar above its thumb."""
        event.prevent_default()
        self._jump_to_pointer()

    def on_scroll_down(self, event: ScrollDown) -> None:
        """A click on the scrollbar below its thumb."""
        event.prevent_default()
        self._jump_to_pointer()

    def _jump_to_pointer(self) -> None:
        """Shows the part of the list that lies where the scrollbar was clicked."""
        bar = self.vertical_scrollbar.region
        share = (self.app.mouse_position.y - bar.y) / max(1, bar.height - 1)
        self.jump_to(share)
