"""Choosing extensions from the list by marks."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from engine.api.extensions import ExtensionRow, Extensions, ListExtensions
from engine.domain.errors import EngineDown, PbxmeterError
from tui.link.operation_pages import OperationRows
from tui.screens.extensions.state import state_text
from tui.terminal.text import clean
from tui.text.i18n import _, ngettext
from tui.widgets.columns import Column
from tui.widgets.entry import Entry
from tui.widgets.rows import Row
from tui.widgets.shell import Shell, shell_of
from tui.widgets.table import WindowedTable


class PickExtensions(ModalScreen[list[str] | None]):
    """Ends with the marked numbers, None = as before."""

    AUTO_FOCUS = "WindowedTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", show=False),
        Binding("f2,ctrl+j", "choose", show=False),
        Binding("slash,f3", "find", show=False),
    ]

    def __init__(self, marked: Iterable[str]) -> None:
        super().__init__()
        self._first_marked: Sequence[str] = tuple(marked)
        self._text = ""

    @property
    def shell(self) -> Shell:
        return shell_of(self)

    def compose(self) -> ComposeResult:
        dialog = Vertical(classes="dialog picker")
        dialog.border_title = _("Choose extensions")
        with dialog:
            yield Entry(placeholder=_("/ part of a number or name"))
            yield WindowedTable(
                [
                    Column(key="number", title=_("Number"), width=9, sortable=False),
                    Column(key="name", title=_("Name"), width=20, flex=True, sortable=False),
                    Column(key="state", title=_("State"), width=14, sortable=False),
                ],
                ascii_only=self.shell.ascii_only,
            )
            yield Static("", id="picked", markup=False)
            yield Static(
                _("Space: mark   *: all   F2 or Enter: take the marked   /: find   Esc: back"),
                classes="dialog-keys",
                markup=False,
            )

    def on_mount(self) -> None:
        table = self.query_one(WindowedTable)
        table.mark(self._first_marked)
        self._list()

    def _list(self) -> None:
        text = self._text

        def rows(answer: Extensions) -> list[Row]:
            return [self._row(row) for row in answer.rows]

        self.query_one(WindowedTable).set_source(
            OperationRows(
                self.shell.link,
                ask=lambda offset, limit: ListExtensions(text=text, offset=offset, limit=limit),
                rows=rows,
                total=lambda answer: answer.total,
            )
        )

    def _row(self, row: ExtensionRow) -> Row:
        state, style = state_text(row, ascii_only=self.shell.ascii_only)
        return Row(key=row.number, cells=(row.number, clean(row.name), state), cell_styles=("", "", style))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._text = event.value.strip()
        self._list()

    @on(Input.Submitted)
    def _found(self, event: Input.Submitted) -> None:
        event.stop()
        self.query_one(WindowedTable).focus()

    @on(WindowedTable.MarksChanged)
    def _marks(self, message: WindowedTable.MarksChanged) -> None:
        count = message.marked
        self.query_one("#picked", Static).update(ngettext("%d marked", "%d marked", count) % count)

    @on(WindowedTable.FetchFailed)
    def _fetch_failed(self, message: WindowedTable.FetchFailed) -> None:
        error = message.error
        wanted = isinstance(error, PbxmeterError) and error.code != "cancelled"
        if wanted and not isinstance(error, EngineDown):
            self.shell.tell(cast(PbxmeterError, error))

    @on(WindowedTable.RowSelected)
    def _selected(self) -> None:
        self.action_choose()

    def action_find(self) -> None:
        self.query_one(Entry).focus()

    def action_choose(self) -> None:
        table = self.query_one(WindowedTable)
        numbers = sorted(table.marked_keys)
        if not numbers and table.cursor_key is not None:
            numbers = [table.cursor_key]
        self.dismiss(numbers)

    def action_back(self) -> None:
        if self.query_one(Entry).has_focus:
            self.query_one(WindowedTable).focus()
        else:
            self.dismiss(None)
