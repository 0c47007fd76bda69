"""The one table for every list: marks, choosing and drawing over a `ColumnedView`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from msgspec import Struct
from rich.segment import Segment
from rich.style import Style
from textual import events, work
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.strip import Strip
from textual.timer import Timer

from tui.terminal.fence import DIALOG_GROUP
from tui.terminal.text import clean
from tui.text.i18n import _
from tui.widgets.columned_view import ColumnedView
from tui.widgets.columns import Column
from tui.widgets.cursor_view import HEADER_LINES
from tui.widgets.paged_view import PagedView
from tui.widgets.rows import Row, RowSource
from tui.widgets.table_lines import ASCII_GLYPHS, UNICODE_GLYPHS, TableLines

ROW_STYLES = ("good", "warning", "error", "muted", "accent", "strong")
"""Names usable in `Row.styles` and `Row.cell_styles`; each is the component class `row--NAME`."""

PLACE_SECONDS = 1.2
"""How long the place in the list stays on the screen after the last scrolling."""


def _key(name: str, keys: str, action: str, label: str) -> Binding:
    """A binding that a key map can change as `list.NAME`."""
    return Binding(keys, action, label, show=False, id=f"list.{name}")


class _Drawing(Struct, frozen=True):
    """What all lines of one pass share."""

    lines: TableLines
    base: Style
    place: str
    """Beside the thumb of the scrollbar; '' = nothing."""
    place_line: int


class WindowedTable(ColumnedView, can_focus=True):
    """A table of rows from a `RowSource`, however many.

    Marks are kept by key: they outlive sorting, filtering, refreshing and paging. Texts are cleaned and never
    read as markup.
    """

    ALLOW_SELECT = False

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--header",
        "table--sorted",
        "table--cursor",
        "table--cursor-blurred",
        "table--marked",
        "table--note",
        "table--place",
        *(f"row--{name}" for name in ROW_STYLES),
    }

    DEFAULT_CSS = """
    WindowedTable {
        background: $surface;
        color: $foreground;
        height: 1fr;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 1;
        & > .table--header { background: $panel; text-style: bold; }
        & > .table--sorted { color: $accent; }
        & > .table--cursor { background: $primary; color: $background; }
        & > .table--cursor-blurred { background: $panel; }
        & > .table--marked { color: $accent; text-style: bold; }
        & > .table--place { background: $accent; color: $background; text-style: bold; }
        & > .table--note { color: $foreground-darken-3; }
        & > .row--good { color: $success; }
        & > .row--warning { color: $warning; }
        & > .row--error { color: $error; }
        & > .row--muted { color: $foreground-darken-3; }
        & > .row--accent { color: $accent; }
        & > .row--strong { text-style: bold; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        _key("down", "down,j", "move(1)", "Down"),
        _key("up", "up,k", "move(-1)", "Up"),
        _key("page_down", "pagedown,ctrl+f", "page(1)", "Page down"),
        _key("page_up", "pageup,ctrl+b", "page(-1)", "Page up"),
        _key("half_page_down", "ctrl+d", "half_page(1)", "Half a page down"),
        _key("half_page_up", "ctrl+u", "half_page(-1)", "Half a page up"),
        _key("first", "g,home", "first", "First row"),
        _key("last", "G,end", "last", "Last row"),
        _key("left", "left,h", "sideways(-1)", "Left"),
        _key("right", "right,l", "sideways(1)", "Right"),
        _key("open", "enter", "select", "Open"),
        _key("whole", "Y", "whole", "The row in full"),
        _key("mark", "space", "mark", "Mark"),
        _key("mark_all", "asterisk", "mark_all", "Mark all"),
        _key("invert_marks", "percent_sign", "invert_marks", "Invert marks"),
        Binding(
            "less_than_sign",
            "sort_column(-1)",
            "Sort by the column before",
            show=False,
            id="list.sort_before",
        ),
        Binding(
            "greater_than_sign", "sort_column(1)", "Sort by the next column", show=False, id="list.sort_next"
        ),
        _key("turn_sort", "z", "turn_sort", "Turn the order"),
        Binding(
            "left_square_bracket", "resize_column(-1)", "Narrower column", show=False, id="list.narrower"
        ),
        _key("wider", "right_square_bracket", "resize_column(1)", "Wider column"),
        Binding(
            "left_curly_bracket", "move_column(-1)", "Column to the left", show=False, id="list.column_left"
        ),
        Binding(
            "right_curly_bracket", "move_column(1)", "Column to the right", show=False, id="list.column_right"
        ),
    ]

    @classmethod
    def key_names(cls) -> dict[str, str]:
        """The keys of every binding, by its name without `list.`."""
        found = [binding for binding in cls.BINDINGS if isinstance(binding, Binding)]
        return {str(binding.id).removeprefix("list."): binding.key for binding in found}

    @dataclass
    class RowSelected(PagedView.ViewMessage):
        """Enter or a double click on a row."""

        key: str
        row: int

    @dataclass
    class MarksChanged(PagedView.ViewMessage):
        marked: int
        """How many rows are marked."""

        partial: bool = False
        """Everything loaded was marked or inverted, but the list has rows that are not loaded."""

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        source: RowSource | None = None,
        placeholder: str = "",
        loading_text: str = "…",
        ascii_only: bool = False,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """`placeholder` stands in an empty list, `loading_text` in one whose first rows are on their way."""
        super().__init__(columns, source=source, id=id, classes=classes)
        self.placeholder = placeholder
        self.loading_text = loading_text
        self._glyphs = ASCII_GLYPHS if ascii_only else UNICODE_GLYPHS
        self._marks: dict[str, tuple[str, ...] | None] = {}
        self._place_timer: Timer | None = None
        self.place_column: str | None = None
        """While the list scrolls, this column's text in the top row stands beside the scrollbar's thumb."""

    # Marks

    @property
    def marked_keys(self) -> frozenset[str]:
        return frozenset(self._marks)

    @property
    def marked_cells(self) -> dict[str, tuple[str, ...] | None]:
        """The marked rows by key, in the order of marking: their texts when last seen, None = never seen."""
        return dict(self._marks)

    @property
    def cursor_cells(self) -> tuple[str, ...]:
        """The texts of the row under the cursor, cleaned by nobody yet; empty while it is not there."""
        row = None if self.keys_wait else self._pages.row(self._cursor)
        return row.cells if row is not None else ()

    def clear_marks(self) -> None:
        self._set_marks(())

    def mark(self, keys: Iterable[str]) -> None:
        """Marks these rows too, whether they are loaded or not."""
        self._set_marks([*self._marks, *keys])

    def _set_marks(self, keys: Iterable[str], *, partial: bool = False) -> None:
        seen = {row.key: row.cells for _number, row in self._pages.loaded()}
        self._marks = {key: seen.get(key) or self._marks.get(key) for key in keys}
        self.refresh()
        self.post_message(self.MarksChanged(self, len(self._marks), partial))

    def action_mark(self) -> None:
        key = self.cursor_key
        if key is None:
            return
        if key in self._marks:
            del self._marks[key]
        else:
            self._marks[key] = self.cursor_cells
        self._refresh_row(self._cursor)
        self.post_message(self.MarksChanged(self, len(self._marks)))
        self.action_move(1)

    def action_mark_all(self) -> None:
        keys = [row.key for _number, row in self._pages.loaded()]
        partial = len(keys) < self._pages.rows
        self._set_marks([*self._marks, *keys], partial=partial)

    def action_invert_marks(self) -> None:
        keys = dict.fromkeys(row.key for _number, row in self._pages.loaded())
        partial = len(keys) < self._pages.rows
        kept = [key for key in self._marks if key not in keys]
        self._set_marks([*kept, *(key for key in keys if key not in self._marks)], partial=partial)

    # Selecting and the mouse

    def action_select(self) -> None:
        key = self.cursor_key
        if key is not None:
            self.post_message(self.RowSelected(self, key, self._cursor))

    @work(group=DIALOG_GROUP)
    async def action_whole(self) -> None:
        """Shows the row under the cursor in full, hidden columns too; a cell can be copied there."""
        from tui.widgets.row_in_full import RowInFull

        texts = self._columns.texts(self.cursor_cells, hidden=True)
        if not texts:
            return
        chosen = await self.app.push_screen_wait(RowInFull([(column.title, text) for column, text in texts]))
        if chosen:
            self.app.copy_to_clipboard(chosen)
            self.app.notify(_("Copied: %s") % chosen)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        event.stop()
        if offset.y < HEADER_LINES:
            self.head_clicked(offset.x)
            return
        row = self.top_row + offset.y - HEADER_LINES
        if row >= self._pages.rows:
            return
        self.move_to(row)
        if event.chain == 2:
            self.action_select()

    # Where in the list one is, while it scrolls

    def _scrolled(self) -> None:
        if self.place_column is None or self._pages.rows <= self.visible_rows:
            return
        if self._place_timer is not None:
            self._place_timer.stop()
        self._place_timer = self.set_timer(PLACE_SECONDS, self._forget_place)

    def _forget_place(self) -> None:
        self._place_timer = None
        self.refresh(Region(0, self._thumb_line + HEADER_LINES, self.size.width, 1))

    @property
    def _thumb_line(self) -> int:
        span = max(1, self._pages.rows - self.visible_rows)
        return round(min(self.top_row, span) / span * (self.visible_rows - 1))

    def _place_text(self) -> str:
        """What stands beside the thumb; '' while the list rests or its top row is on its way."""
        if self._place_timer is None or self.place_column is None:
            return ""
        row = self._pages.row(self.top_row)
        cell = next(
            (cell for cell, key in enumerate(self._columns.given_keys) if key == self.place_column), None
        )
        return clean(row.cells[cell]) if row is not None and cell is not None else ""

    def _with_place(self, strip: Strip, text: str, base: Style) -> Strip:
        """The thumb's line with the place at its end."""
        place = Segment(f" {text} ", base + self._component("table--place"))
        return Strip.join([strip.crop(0, self.view_size.width - place.cell_length), Strip([place])])

    # Drawing

    def _component(self, name: str) -> Style:
        return self.get_component_rich_style(name, partial=True, default=Style.null())

    def render_lines(self, crop: Region) -> list[Strip]:
        self._drawn = self._drawing()
        try:
            return super().render_lines(crop)
        finally:
            self._drawn = None

    def _drawing(self) -> "_Drawing":
        width = self.view_size.width
        lines = TableLines(
            placed=self._columns.place(width),
            width=width,
            scroll_x=round(self.scroll_x),
            glyphs=self._glyphs,
            style=self._component,
        )
        return _Drawing(lines, self.rich_style, self._place_text(), self._thumb_line)

    def render_line(self, y: int) -> Strip:
        drawing = self._drawn or self._drawing()
        base = drawing.base
        if y < HEADER_LINES:
            return drawing.lines.header(
                self._sort_key, self._sort_descending, base + self._component("table--header")
            )
        line = y - HEADER_LINES
        strip = self._body_line(drawing.lines, self.top_row + line, base)
        if drawing.place and line == drawing.place_line:
            return self._with_place(strip, drawing.place, base)
        return strip

    def _body_line(self, lines: TableLines, number: int, base: Style) -> Strip:
        if number >= self._pages.rows:
            note = ""
            if number == 0:
                note = self.loading_text if self._incoming is not None else self.placeholder
            return lines.note(note, base + self._component("table--note"))
        over = Style.null()
        if number == self._cursor:
            over = self._component("table--cursor" if self.has_focus else "table--cursor-blurred")
        row: Row | None = self._pages.row(number)
        if row is None:
            return lines.waiting(base, over)
        return lines.row(row, marked=row.key in self._marks, base=base, over=over)
