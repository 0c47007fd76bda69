"""A screen that is one list: filter line, sorting, marks, columns that are remembered, copying.

    class RechargesScreen(ListScreen):
        SCOPE = "recharges"
        SORT = ("time", True)                                    # column and whether descending, at first
        def columns(self): return [Column(key="time", title=_("Time"), width=19), ...]
        def source(self): return OperationRows(...)              # for self.filter_text and self.sort
        def filters(self): return [_("January")]                 # what else narrows the list
        def clear_filters(self): ...                             # takes that away again

The table is `self.table`; `self.targets()` are the marked keys or the one under the cursor. `self.relist()`
shows the list of a new `source()`, after a filter has changed; `reload()` fetches the same one again. A list
of what happened derives from `tui.screens.dated_list.DatedList`, which is narrowed to a period.
"""

import json
import time
from collections.abc import Sequence
from typing import ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.timer import Timer
from textual.widgets import Input

from engine.api.session import GetPreferences, SetPreference
from engine.domain.errors import EngineDown, PbxmeterError
from tui.screens.base import SiteScreen
from tui.screens.filter_line import FilterHistory, FilterLine
from tui.terminal.fence import DIALOG_GROUP
from tui.terminal.text import clean
from tui.text.i18n import N_, _, ngettext
from tui.widgets.actions import Action
from tui.widgets.columns import Column, ColumnState
from tui.widgets.rows import RowSource
from tui.widgets.table import WindowedTable

FILTER_PAUSE_SECONDS = 0.15
REMEMBER_PAUSE_SECONDS = 1.0

WAIT_SECONDS = 0.5
"""A list that takes longer to come says so; the rows of the one before still stand there."""

MAX_COPIED_BYTES = 70_000
"""What terminals take by OSC 52 without cutting it."""


class ListScreen(SiteScreen):
    """One table over the whole screen. See the module's docstring."""

    SCOPE = "list"
    AUTO_FOCUS = "WindowedTable"
    SORT: ClassVar[tuple[str | None, bool]] = (None, False)
    FILTER_WORDS: ClassVar[tuple[str, ...]] = ()
    """Offered as completion while a filter is typed."""

    FILTER_HINT: ClassVar[str] = N_("part of a number or name; Enter: keep, Esc: clear")
    EMPTY: ClassVar[str] = N_("Nothing here.")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "history(1)", show=False),
        Binding("down", "history(-1)", show=False),
        Binding("tab", "complete", show=False),
    ]
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action(
            name="find",
            keys="slash,f3",
            label=N_("Find"),
            help=N_("Narrow the list as you type. Enter keeps the filter, Esc clears it."),
        ),
        Action(
            name="copy",
            keys="y",
            label=N_("Copy"),
            help=N_("Copy the marked rows, or the one under the cursor, to your terminal's clipboard."),
            shown=False,
        ),
        Action(
            name="whole",
            keys="Y",
            label=N_("In full"),
            help=N_("Show the row under the cursor in full, hidden columns too, and copy one of its cells."),
            shown=False,
        ),
        Action(
            name="columns",
            keys="C",
            label=N_("Columns"),
            help=N_("Choose which columns are shown, in which order and how wide; remembered for you."),
            shown=False,
        ),
    )

    def __init__(self) -> None:
        super().__init__()
        self.filter_text = ""
        self.sort = self.SORT
        self._marked = 0
        self._history = FilterHistory()
        self._filter_timer: Timer | None = None
        self._remember_timer: Timer | None = None
        self._relisted = 0.0

    # What a list gives

    def columns(self) -> Sequence[Column]:
        raise NotImplementedError

    def source(self) -> RowSource:
        """The rows for `filter_text`, `sort` and other filters. Raises `PbxmeterError` for a wrong filter."""
        raise NotImplementedError

    def filters(self) -> list[str]:
        """Other filters in force, in words."""
        return []

    def clear_filters(self) -> None:
        """Takes the other filters away."""

    def above(self) -> ComposeResult:
        """Widgets above the table."""
        yield from ()

    # What every list does

    @property
    def table(self) -> WindowedTable:
        return self.query_one("#list", WindowedTable)

    @property
    def filter_line(self) -> FilterLine:
        return self.query_one(FilterLine)

    def body(self) -> ComposeResult:
        yield FilterLine(words=self.FILTER_WORDS, placeholder=_(self.FILTER_HINT))
        yield from self.above()
        yield WindowedTable(
            self.columns(),
            placeholder=_(self.EMPTY),
            loading_text=_("Asking the engine…"),
            ascii_only=self.shell.ascii_only,
            id="list",
        )

    def on_mount(self) -> None:
        self._recall()
        self.table.set_sort(*self.sort)
        self.relist()

    def targets(self) -> list[str]:
        """The marked rows' keys, else the key under the cursor, else none."""
        table = self.table
        if table.marked_keys:
            return sorted(table.marked_keys)
        return [table.cursor_key] if table.cursor_key is not None else []

    def relist(self) -> None:
        """Shows the list anew from its top, after filter or order have changed."""
        self.table.place_column = self.sort[0]
        self.filter_line.show(self.filters())
        try:
            source = self.source()
        except PbxmeterError as error:
            self.shell.tell(error)
            return
        self.table.set_source(source)
        self._relisted = time.monotonic()
        self.set_timer(WAIT_SECONDS, self.show_status)
        self.show_status()

    def reload(self) -> None:
        self.table.refresh_rows()

    def waiting(self) -> list[tuple[str, str]]:
        """Says that the list is still to come, once that takes long."""
        if self.table.keys_wait and time.monotonic() - self._relisted >= WAIT_SECONDS:
            return [(_("Asking the engine…"), "muted")]
        return []

    def status(self) -> list[tuple[str, str]]:
        table = self.table
        pieces = self.waiting()
        if self._marked:
            pieces.append((ngettext("%d marked", "%d marked", self._marked) % self._marked, "marked"))
        if table.row_count_exact or not table.fetching:
            more = "" if table.row_count_exact else "+"
            pieces.append((ngettext("%s row", "%s rows", table.row_count) % f"{table.row_count:,}{more}", ""))
        return pieces

    def back(self) -> bool:
        if self.filter_text or self.filter_line.entry.value or self.filters():
            self.clear_filters()
            self.filter_line.entry.value = self.filter_text = ""
            self.table.focus()
            self.relist()
            return True
        if self.filter_line.entry.has_focus:
            self.table.focus()
            return True
        if self.table.marked_keys:
            self.table.clear_marks()
            return True
        return False

    # The filter

    def action_find(self) -> None:
        line = self.filter_line
        line.add_class("-shown")
        line.entry.focus()

    @on(Input.Changed, "#filter-entry")
    def _filter_typed(self, event: Input.Changed) -> None:
        event.stop()
        if self._filter_timer is not None:
            self._filter_timer.stop()
        self._filter_timer = self.set_timer(FILTER_PAUSE_SECONDS, self._apply_filter)

    @on(Input.Submitted, "#filter-entry")
    def _filter_kept(self, event: Input.Submitted) -> None:
        event.stop()
        self._apply_filter()
        self._keep_in_history(event.value.strip())
        self.table.focus()
        self.call_after_refresh(lambda: self.filter_line.show(self.filters()))

    def _keep_in_history(self, text: str) -> None:
        if self._history.add(text):
            self._remember(f"filters.{self.SCOPE}", self._history.stored())

    def action_history(self, by: int) -> None:
        """Brings back an earlier filter or the one after it; below the newest comes the list."""
        entry = self.filter_line.entry
        if not entry.has_focus:
            return
        if by < 0 and not self._history.walking:
            self.table.focus()
            return
        present = entry.value
        entry.value = self._history.older(present) if by > 0 else self._history.newer(present)
        entry.cursor_position = len(entry.value)

    async def action_complete(self) -> None:
        """Completes the word of the filter; elsewhere goes to the next widget."""
        entry = self.filter_line.entry
        if not entry.has_focus:
            self.focus_next()
            return
        whole = await entry.suggester.get_suggestion(entry.value) if entry.suggester is not None else None
        if whole is not None:
            entry.value = whole if whole.endswith((":", '"')) else whole + " "
            entry.cursor_position = len(entry.value)

    def _apply_filter(self) -> None:
        if self._filter_timer is not None:
            self._filter_timer.stop()
            self._filter_timer = None
        text = self.filter_line.entry.value.strip()
        if text != self.filter_text:
            self.filter_text = text
            self.relist()

    # The table

    @on(WindowedTable.MarksChanged)
    def _marks_changed(self, message: WindowedTable.MarksChanged) -> None:
        self._marked = message.marked
        self.show_status()
        if message.partial:
            self._mark_rest()

    def _mark_rest(self) -> None:
        self.shell.warn(_("Only the rows read so far are marked: the list is longer."))

    @on(WindowedTable.SortRequested)
    def _sort_requested(self, message: WindowedTable.SortRequested) -> None:
        self.sort = (message.column, message.descending)
        self.relist()

    @on(WindowedTable.Loaded)
    @on(WindowedTable.Counted)
    def _loaded(self) -> None:
        self.data_arrived()

    @on(WindowedTable.FetchFailed)
    def _fetch_failed(self, message: WindowedTable.FetchFailed) -> None:
        error = message.error
        if isinstance(error, EngineDown) or getattr(error, "code", "") == "cancelled":
            return
        if isinstance(error, PbxmeterError):
            self.reload_failed(error)
        else:
            raise error

    async def cells_of(self, keys: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The texts of marked rows that were never on the screen. Raises `PbxmeterError`."""
        del keys
        return {}

    @work(group=DIALOG_GROUP)
    async def action_copy(self) -> None:
        table = self.table
        rows = table.marked_cells or ({table.cursor_key: table.cursor_cells} if table.cursor_key else {})
        unseen = [key for key, cells in rows.items() if cells is None]
        try:
            fetched = await self.cells_of(unseen) if unseen else {}
        except PbxmeterError as error:
            self.shell.tell(error)
            return
        lines = [
            "\t".join(clean(text) for _column, text in table.shown_cells(cells))
            for key, seen in rows.items()
            if (cells := seen or fetched.get(key))
        ]
        if not lines:
            return
        if len(text := "\n".join(lines)) > MAX_COPIED_BYTES or len(text.encode()) > MAX_COPIED_BYTES:
            self.shell.warn(_("This is too much for the clipboard: mark fewer rows, or export them."))
            return
        self.app.copy_to_clipboard(text)
        count = len(lines)
        said = ngettext(
            "Copied %d row to your terminal's clipboard.",
            "Copied %d rows to your terminal's clipboard.",
            count,
        )
        self.shell.notify(said % count)
        if count < len(rows):
            self.shell.warn(
                _("%d marked rows were never read here, and are not in it.") % (len(rows) - count)
            )

    def action_whole(self) -> None:
        self.table.action_whole()

    async def open_row(self, name: str) -> None:
        """Carries out the action that Enter stands for; who may not sees the row in full."""
        action = next(action for action in self.all_actions() if action.name == name)
        if action.least_role is None or self.shell.may(action.least_role):
            await self.action_act(name)
        else:
            self.action_whole()

    # Columns

    @work(group=DIALOG_GROUP)
    async def action_columns(self) -> None:
        from tui.screens.choose_columns import ChooseColumns

        await self.app.push_screen_wait(ChooseColumns(self.table))

    @work(group="recall", exclusive=True)
    async def _recall(self) -> None:
        try:
            values = (await self.ask(GetPreferences())).values
            self._history.load(values.get(f"filters.{self.SCOPE}", "[]"))
            states = cast("list[list[object]]", json.loads(values.get(f"columns.{self.SCOPE}", "[]")))
            remembered = [
                ColumnState(str(key), int(str(width)), bool(hidden)) for key, width, hidden in states
            ]
        except (PbxmeterError, ValueError, TypeError):
            # What cannot be read is as good as never remembered.
            return
        if remembered:
            self.table.restore_columns(remembered)

    @on(WindowedTable.ColumnsChanged)
    def _columns_changed(self) -> None:
        if self._remember_timer is not None:
            self._remember_timer.stop()
        self._remember_timer = self.set_timer(REMEMBER_PAUSE_SECONDS, self._remember_columns)

    def _remember_columns(self) -> None:
        states = [[state.key, state.width, state.hidden] for state in self.table.column_states]
        self._remember(f"columns.{self.SCOPE}", json.dumps(states))

    @work(group="remember")
    async def _remember(self, name: str, value: str) -> None:
        try:
            await self.ask(SetPreference(name=name, value=value))
        except PbxmeterError as error:
            self.reload_failed(error)
