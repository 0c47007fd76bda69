"""The rules as a list, and what is odd about them: signs in the list, remarks below it, all of it by key."""

from textual import on, work
from textual.app import ComposeResult
from textual.widgets import Static

from engine.api.rates import CheckRates, ListRates, RateRow, Rates
from engine.domain.errors import PbxmeterError
from tui.link.operation_pages import OperationRows
from tui.screens.list_screen import ListScreen
from tui.screens.rates.rows import rate_row, remarks_by_rule, remarks_text, warning_sign
from tui.terminal.fence import DIALOG_GROUP
from tui.terminal.text import clean
from tui.text.i18n import _, ngettext, said
from tui.widgets.dialogs import TextDialog
from tui.widgets.rows import Row
from tui.widgets.table import WindowedTable

MAX_LISTED_REMARKS = 1000


class RemarkedRates(ListScreen):
    """The list of rules, with the remarks on them."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[str, RateRow] = {}
        self._remarks: dict[int, list[str]] = {}
        self._remark_count: int | None = None

    def body(self) -> ComposeResult:
        yield from super().body()
        yield Static("", id="remark", markup=False)

    def on_mount(self) -> None:
        super().on_mount()
        self._check()

    def source(self) -> OperationRows[Rates]:
        text = self.filter_text
        return OperationRows(
            self.shell.link,
            ask=lambda offset, limit: ListRates(text=text, offset=offset, limit=limit),
            rows=lambda answer: [self._row(row) for row in answer.rows],
            total=lambda answer: answer.total,
            answered=lambda answer: self._known.update((str(row.rate_id), row) for row in answer.rows),
        )

    def _row(self, row: RateRow) -> Row:
        return rate_row(
            row,
            odd=bool(self._remarks_of(row)),
            money=self.shell.money,
            ascii_only=self.shell.ascii_only,
        )

    def _remarks_of(self, row: RateRow) -> list[str]:
        return self._remarks.get(row.rate_id) or [said(remark) for remark in row.remarks]

    def reload(self) -> None:
        super().reload()
        self._check()

    def status(self) -> list[tuple[str, str]]:
        pieces = super().status()
        if self._remark_count:
            count = self._remark_count
            text = ngettext("%d remark", "%d remarks", count) % count
            pieces.append((f"{text} (w)", "warning"))
        return pieces

    def _here(self) -> RateRow | None:
        return self._known.get(self.table.cursor_key or "")

    def _chosen(self) -> list[RateRow]:
        return [self._known[key] for key in self.targets() if key in self._known]

    # What is odd

    @work(exclusive=True, group="check")
    async def _check(self) -> None:
        try:
            found = await self.ask(CheckRates(limit=MAX_LISTED_REMARKS))
        except PbxmeterError as error:
            self.reload_failed(error)
            return
        remarks = remarks_by_rule(found)
        changed = remarks != self._remarks
        self._remarks, self._remark_count = remarks, found.total
        if changed:
            self.table.refresh_rows()
        self._show_remark()
        self.show_status()

    @on(WindowedTable.RowHighlighted)
    def _show_remark(self) -> None:
        row = self._here()
        found = self._remarks_of(row) if row is not None else []
        line = self.query_one("#remark", Static)
        glyph = warning_sign(ascii_only=self.shell.ascii_only)
        line.update("\n".join(f"{glyph} {clean(text)}" for text in found[:2]))
        line.set_class(bool(found), "-shown")

    @work(group=DIALOG_GROUP)
    async def action_check(self) -> None:
        try:
            found = await self.ask(CheckRates(limit=MAX_LISTED_REMARKS))
        except PbxmeterError as error:
            self.shell.tell(error)
            return
        if not found.total:
            self.shell.notify(_("Nothing odd: every rule can win, no hours are left out."))
            return
        await self.app.push_screen_wait(TextDialog(_("What is odd about the rules"), remarks_text(found)))
