"""The ledger of one extension: every money movement, newest first."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from engine.api.extensions import Adjust, EntryRow, ExportLedger, Ledger, ListLedger, Recharged
from engine.domain.errors import EngineDown, PbxmeterError
from engine.domain.names import EntryKind, Role
from tui.link.operation_pages import OperationRows
from tui.link.undo import entries_taken_back, named
from tui.screens.one_key import OneKey
from tui.terminal.fence import DIALOG_GROUP
from tui.terminal.text import clean
from tui.text.format import stamp
from tui.text.i18n import N_, _, ngettext
from tui.widgets.columns import Column
from tui.widgets.field import Field
from tui.widgets.fields import MoneyField, TextField
from tui.widgets.forms import Form
from tui.widgets.rows import Row
from tui.widgets.shell import Shell, shell_of
from tui.widgets.table import WindowedTable

KIND_NAMES = {
    EntryKind.RECHARGE: N_("recharge"),
    EntryKind.CHARGE: N_("charge"),
    EntryKind.ADJUSTMENT: N_("adjustment"),
    EntryKind.REVERSAL: N_("reversal"),
    EntryKind.METHOD_CHANGE: N_("method change"),
}
_KIND_STYLES = {EntryKind.RECHARGE: "good", EntryKind.ADJUSTMENT: "accent", EntryKind.REVERSAL: "warning"}


class LedgerScreen(ModalScreen[None]):
    """Shows the entries of one extension."""

    AUTO_FOCUS = "WindowedTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,m", "close", show=False),
        Binding("D", "adjust", show=False),
        Binding("u", "undo", show=False),
        Binding("x", "export", show=False),
        Binding("f5,ctrl+r,ctrl+l", "reload", show=False),
    ]

    def __init__(self, number: str) -> None:
        super().__init__()
        self._number = number

    @property
    def shell(self) -> Shell:
        return shell_of(self)

    def compose(self) -> ComposeResult:
        dialog = Vertical(classes="dialog wide")
        dialog.border_title = Content(_("Ledger of %s") % clean(self._number))
        with dialog:
            yield WindowedTable(
                [
                    Column(key="time", title=_("Time"), width=19, sortable=False),
                    Column(key="kind", title=_("Kind"), width=13, sortable=False),
                    Column(
                        key="amount",
                        title=_("Amount"),
                        width=10,
                        align="right",
                        whole=True,
                        sortable=False,
                    ),
                    Column(
                        key="balance",
                        title=_("Balance"),
                        width=10,
                        align="right",
                        whole=True,
                        sortable=False,
                    ),
                    Column(key="operator", title=_("By"), width=7, yields=1, sortable=False),
                    Column(key="note", title=_("Note"), width=8, min_width=4, flex=True, sortable=False),
                ],
                placeholder=_("No money has moved yet."),
                loading_text=_("Asking the engine…"),
                ascii_only=self.shell.ascii_only,
            )
            keys = [_("Enter: in full"), _("x: export"), _("Esc: close")]
            if self.shell.may(Role.ADMIN):
                keys = [_("D: adjustment"), _("u: undo"), *keys]
            yield Static("   ".join(keys), classes="dialog-keys", markup=False)

    def on_mount(self) -> None:
        self.query_one(WindowedTable).set_source(
            OperationRows(
                self.shell.link,
                ask=lambda offset, limit: ListLedger(number=self._number, offset=offset, limit=limit),
                rows=self._rows,
                total=lambda answer: answer.total,
            )
        )

    def _rows(self, answer: Ledger) -> list[Row]:
        return [self._row(entry) for entry in answer.rows]

    def _row(self, entry: EntryRow) -> Row:
        money = self.shell.money
        return Row(
            key=str(entry.entry_id),
            cells=(
                stamp(self.shell.local(entry.posted_at)),
                _(KIND_NAMES[entry.kind]),
                money.signed(entry.amount_micros),
                money.number(entry.balance_after_micros),
                clean(entry.operator),
                clean(entry.note),
            ),
            cell_styles=("", _KIND_STYLES.get(entry.kind, "")),
        )

    @on(WindowedTable.RowSelected)
    def _selected(self) -> None:
        self.query_one(WindowedTable).action_whole()

    @on(WindowedTable.FetchFailed)
    def _fetch_failed(self, message: WindowedTable.FetchFailed) -> None:
        if isinstance(message.error, PbxmeterError) and not isinstance(message.error, EngineDown):
            self.shell.tell(message.error)

    @work(group=DIALOG_GROUP)
    async def action_adjust(self) -> None:
        if not self.shell.may(Role.ADMIN):
            self.shell.warn(_("Adjustments need the role admin."))
            return
        done = await self.app.push_screen_wait(AdjustForm(self._number))
        if done is not None and done.rows:
            money = self.shell.money
            balance = money.money(done.rows[0].balance_after_micros)
            row = done.rows[0]

            def question() -> str:
                return _("Take back the adjustment of %s by %s, by an opposite one?") % (
                    named([(row.extension, row.name)]),
                    self.shell.money.money(row.amount_micros),
                )

            self.shell.done(
                _("Adjusted %s; the balance is %s.") % (self._number, balance),
                reversible=entries_taken_back(
                    self.shell.link,
                    done.rows,
                    reason=lambda: _("undo of the adjustment of %s"),
                    question=question,
                ),
            )
            table = self.query_one(WindowedTable)
            await table.refreshed()
            table.move_to(0)

    @work(group=DIALOG_GROUP)
    async def action_export(self) -> None:
        from tui.screens.export import export_sheet

        await export_sheet(
            self.shell,
            _("Export the ledger of %s") % self._number,
            self.shell.link.ask(ExportLedger(number=self._number)),
            stem=f"ledger-{self._number}",
            noun=lambda rows: ngettext("%s entry", "%s entries", rows),
        )

    def action_undo(self) -> None:
        self.shell.undo(self.action_reload)

    def action_reload(self) -> None:
        self.query_one(WindowedTable).refresh_rows()

    def action_close(self) -> None:
        self.dismiss(None)


class AdjustForm(Form[Recharged]):
    """Corrects one balance by a signed amount, with a reason."""

    def __init__(self, number: str) -> None:
        super().__init__(_("Adjustment of %s") % number, submit=_("Adjust"))
        self._number = number
        self._once = OneKey()
        self.amount = MoneyField("amount", _("Amount"), least=None, hint=_("with a minus to take away"))
        self.reason = TextField("reason", _("Reason"), required=True, max_length=200)

    def fields(self) -> Sequence[Field[object]]:
        return [self.amount, self.reason]

    def consequence(self) -> str:
        amount = self.amount.value
        money = self.shell.money.money(abs(amount))
        if amount < 0:
            return _("Takes %s from the balance of %s.") % (money, self._number)
        return _("Adds %s to the balance of %s.") % (money, self._number)

    async def submit(self) -> Recharged:
        amount_micros, reason = self.amount.value, self.reason.value
        return await self._once.send(
            lambda key: self.ask(
                Adjust(number=self._number, amount_micros=amount_micros, reason=reason, key=key)
            )
        )
