"""Recharges: who was given how much, when and by whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.message import Message

from engine.api.events import BalancesMoved, Event
from engine.api.extensions import ExportRecharges, ListRecharges, RechargeRow, Recharges, RechargeSort
from tui.link.operation_pages import OperationRows
from tui.screens.dated_list import DatedList
from tui.terminal.fence import DIALOG_GROUP
from tui.terminal.text import clean
from tui.text.i18n import N_, _, ngettext
from tui.widgets.actions import LEDGER, PERIOD, Action
from tui.widgets.columns import Column
from tui.widgets.rows import Row
from tui.widgets.table import WindowedTable

_SORTS: dict[str | None, RechargeSort] = {
    "time": "time",
    "extension": "extension",
    "amount": "amount",
    "operator": "operator",
}


class RechargesScreen(DatedList):
    """The list of recharges."""

    SCOPE = "recharges"
    TITLE_TEXT = N_("Recharges")
    CSS_PATH = "recharges.tcss"
    SORT: ClassVar[tuple[str | None, bool]] = ("time", True)
    EMPTY = N_("No recharge in this period.")
    FILTER_HINT = N_("part of a number, name or note; Enter: keep, Esc: clear")
    HELP = N_(
        "Every recharge with the balance before and after it. Recharges are never changed or removed; a "
        "mistake is corrected by an adjustment in the extension's ledger."
    )
    REFRESH_ON: ClassVar[tuple[type[Event], ...]] = (BalancesMoved,)
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        PERIOD,
        LEDGER,
        Action(
            name="export",
            anywhere=True,
            keys="x",
            label=N_("Export"),
            help=N_("Write the recharges shown as CSV, Parquet or a spreadsheet, or copy them."),
            operation=ExportRecharges,
            online=True,
        ),
    )

    @dataclass
    class _Answered(Message):
        amount_micros: int

    def __init__(self) -> None:
        super().__init__()
        self._sum_micros: int | None = None
        self._extensions: dict[str, str] = {}

    def columns(self) -> Sequence[Column]:
        return [
            Column(key="time", title=_("Time"), width=16),
            Column(key="extension", title=_("Ext."), width=6),
            Column(key="name", title=_("Name"), width=8, yields=2, sortable=False),
            Column(
                key="before",
                title=_("Before"),
                width=9,
                align="right",
                whole=True,
                yields=1,
                sortable=False,
            ),
            Column(key="amount", title=_("Amount"), width=9, align="right", whole=True),
            Column(key="after", title=_("After"), width=9, align="right", whole=True, sortable=False),
            Column(key="operator", title=_("By"), width=6),
            Column(key="note", title=_("Note"), width=6, min_width=6, flex=True, sortable=False),
        ]

    def source(self) -> OperationRows[Recharges]:
        text, period = self.filter_text, self.period
        sort, descending = self.sort

        def ask(offset: int, limit: int) -> ListRecharges:
            return ListRecharges(
                since=period.since,
                until=period.until,
                text=text,
                sort=_SORTS.get(sort, "time"),
                descending=descending,
                offset=offset,
                limit=limit,
            )

        return OperationRows(
            self.shell.link,
            ask=ask,
            rows=lambda answer: [self._row(row) for row in answer.rows],
            total=lambda answer: answer.total,
            answered=self._answered,
        )

    def _answered(self, answer: Recharges) -> None:
        self._extensions.update((str(row.entry_id), row.extension) for row in answer.rows)
        self.post_message(self._Answered(answer.amount_micros))

    @on(_Answered)
    def _sum_arrived(self, message: _Answered) -> None:
        self._sum_micros = message.amount_micros
        self.show_status()

    def _row(self, row: RechargeRow) -> Row:
        money = self.shell.money
        return Row(
            key=str(row.entry_id),
            cells=(
                f"{self.shell.local(row.posted_at):%Y-%m-%d %H:%M}",
                clean(row.extension),
                clean(row.name),
                money.number(row.balance_before_micros),
                money.signed(row.amount_micros),
                money.number(row.balance_after_micros),
                clean(row.operator),
                clean(row.note),
            ),
            cell_styles=("", "", "", "", "good"),
        )

    def status(self) -> list[tuple[str, str]]:
        pieces = super().status()
        if self._sum_micros is not None:
            pieces.append((_("%s in all") % self.shell.money.money(self._sum_micros), ""))
        return pieces

    @on(WindowedTable.RowSelected)
    async def _selected(self) -> None:
        await self.open_row("ledger")

    @work(group=DIALOG_GROUP)
    async def action_ledger(self) -> None:
        from tui.screens.extensions.ledger import LedgerScreen

        number = self._extensions.get(self.table.cursor_key or "")
        if number is not None:
            await self.app.push_screen_wait(LedgerScreen(number))

    @work(group=DIALOG_GROUP)
    async def action_export(self) -> None:
        from tui.screens.export import export_sheet

        sort, descending = self.sort
        await export_sheet(
            self.shell,
            _("Export recharges"),
            self.ask(
                ExportRecharges(
                    since=self.period.since,
                    until=self.period.until,
                    text=self.filter_text,
                    sort=_SORTS.get(sort, "time"),
                    descending=descending,
                )
            ),
            stem="recharges",
            noun=lambda rows: ngettext("%s recharge", "%s recharges", rows),
            in_words=" ".join([self.filter_text, *self.filters()]),
        )
