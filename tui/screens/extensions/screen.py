"""Extensions: who they are, what they have, and everything that is done to them."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from textual import on, work

from engine.api.events import BalancesMoved, Event, SettingsChanged
from engine.api.extensions import (
    ExportExtensions,
    ExtensionRow,
    Extensions,
    ExtensionSort,
    ListExtensions,
    SetExtensions,
    State,
)
from engine.domain.errors import PbxmeterError
from engine.domain.names import Payment
from tui.link.operation_pages import OperationRows
from tui.link.undo import Reversible, Words, extension_rows, extensions_as_before, named
from tui.screens.extensions.actions import EXTENSION_ACTIONS
from tui.screens.extensions.filter import STATES, read_filter
from tui.screens.extensions.forms import BatchEdit, EditExtension, NewExtensions
from tui.screens.extensions.rows import extension_columns, extension_row
from tui.screens.extensions.state import payment_text
from tui.screens.list_screen import ListScreen
from tui.screens.recharges.form import recharge
from tui.terminal.fence import DIALOG_GROUP
from tui.text.i18n import N_, _, ngettext
from tui.widgets.actions import Action, following
from tui.widgets.columns import Column
from tui.widgets.dialogs import Confirm
from tui.widgets.rows import Row
from tui.widgets.table import WindowedTable

_SORTS: dict[str | None, ExtensionSort] = {
    "number": "number",
    "name": "name",
    "recharged": "total_recharged",
    "balance": "balance",
    "credit": "credit_limit",
    "available": "available",
    "state": "state",
}

MARK_LIMIT = 10_000
"""The most extensions that `*` marks at once."""


class ExtensionsScreen(ListScreen):
    """The list of extensions."""

    SCOPE = "extensions"
    TITLE_TEXT = N_("Extensions")
    CSS_PATH = "extensions.tcss"
    SORT: ClassVar[tuple[str | None, bool]] = ("number", False)
    EMPTY = N_("No extension fits. They appear with their first call, or with n.")
    FILTER_WORDS = (
        *(f"state:{state}" for state, _name in STATES if state),
        *(f"payment:{payment.value}" for payment in Payment),
    )
    FILTER_HINT = N_("1001-1050, words of number or name, -without, state:over")
    HELP = N_(
        "An extension costs money only while its billing is on. Available is the balance plus the credit "
        "limit; with nothing left it is over limit, and the PBX refuses its outbound calls. A lock by hand "
        "does the same.\n"
        "Mark several with Space, or all that a filter such as 1001-1050 finds with *, and recharge or "
        "change them in one go."
    )
    REFRESH_ON: ClassVar[tuple[type[Event], ...]] = (BalancesMoved, SettingsChanged)
    ACTIONS: ClassVar[tuple[Action, ...]] = EXTENSION_ACTIONS

    def __init__(self) -> None:
        super().__init__()
        self._state: State = ""
        self._payment: Payment | None = None
        self._known: dict[str, ExtensionRow] = {}

    def columns(self) -> Sequence[Column]:
        return extension_columns()

    # The list

    def source(self) -> OperationRows[Extensions]:
        text, state, payment = read_filter(self.filter_text, state=self._state, payment=self._payment)
        sort, descending = self.sort

        def ask(offset: int, limit: int) -> ListExtensions:
            return ListExtensions(
                text=text,
                state=state,
                payment=payment,
                sort=_SORTS.get(sort, "number"),
                descending=descending,
                offset=offset,
                limit=limit,
            )

        return OperationRows(
            self.shell.link,
            ask=ask,
            rows=lambda answer: [self._row(row) for row in answer.rows],
            total=lambda answer: answer.total,
            answered=lambda answer: self._known.update((row.number, row) for row in answer.rows),
        )

    def _row(self, row: ExtensionRow) -> Row:
        return extension_row(row, money=self.shell.money, ascii_only=self.shell.ascii_only)

    def filters(self) -> list[str]:
        also: list[str] = []
        if self._state:
            also.append(_(dict(STATES)[self._state]))
        if self._payment is not None:
            also.append(payment_text(self._payment))
        return also

    def clear_filters(self) -> None:
        self._state, self._payment = "", None

    def action_state(self) -> None:
        self._state = following(self._state, [state for state, _name in STATES])
        self.relist()

    def action_payment(self) -> None:
        self._payment = following(self._payment, [None, *Payment])
        self.relist()

    def _mark_rest(self) -> None:
        self._mark_all_matching()

    @work(group=DIALOG_GROUP, exclusive=True)
    async def _mark_all_matching(self) -> None:
        text, state, payment = read_filter(self.filter_text, state=self._state, payment=self._payment)
        numbers: list[str] = []
        try:
            while len(numbers) < MARK_LIMIT:
                page = await self.ask(
                    ListExtensions(text=text, state=state, payment=payment, offset=len(numbers), limit=1000)
                )
                numbers += [row.number for row in page.rows]
                if not page.rows or len(numbers) >= page.total:
                    break
        except PbxmeterError as error:
            self.reload_failed(error)
            return
        self.table.mark(numbers)

    async def cells_of(self, keys: Sequence[str]) -> dict[str, tuple[str, ...]]:
        return {row.number: self._row(row).cells for row in await self._fetch(keys)}

    # What is done to them

    async def _fetch(self, numbers: Sequence[str]) -> list[ExtensionRow]:
        return await extension_rows(self.shell.link, numbers)

    def _done(self, text: str, *, reversible: Reversible | None = None) -> None:
        self.shell.done(text, reversible=reversible)
        self.reload_soon()

    @work(group=DIALOG_GROUP)
    async def action_recharge(self) -> None:
        numbers = self.targets()
        if not numbers:
            return
        known = self._known.get(numbers[0])
        if await recharge(self, numbers, names=known.name if known is not None else ""):
            self.table.clear_marks()
            self.reload_soon()

    @on(WindowedTable.RowSelected)
    async def _selected(self) -> None:
        await self.open_row("edit")

    @work(group=DIALOG_GROUP)
    async def action_edit(self) -> None:
        number = self.table.cursor_key
        if number is None:
            return
        try:
            rows = await self._fetch([number])
        except PbxmeterError as error:
            self.shell.tell(error)
            return
        if not rows:
            return
        form = EditExtension(rows[0])
        if await self.app.push_screen_wait(form) is not None:
            changes = form.changes()
            who = [(row.number, row.name) for row in rows]
            self._done(
                _("Saved extension %s.") % number,
                reversible=self._as_before(
                    rows, changes, lambda: _("Put extension %s back to what it was?") % named(who)
                )
                if changes
                else None,
            )

    def _as_before(
        self, before: Sequence[ExtensionRow], changes: Mapping[str, Any], question: Words
    ) -> Reversible:
        def asked() -> str:
            if "payment" in changes:
                return question() + " " + _("The total recharged stays at 0.")
            return question()

        return extensions_as_before(self.shell.link, before, changes, question=asked)

    @work(group=DIALOG_GROUP)
    async def action_batch(self) -> None:
        numbers = self.targets()
        if not numbers:
            return
        form = BatchEdit(numbers)
        changed = await self.app.push_screen_wait(form)
        if changed is not None:
            count = changed.changed
            who = [(row.number, row.name) for row in form.before]
            self._done(
                ngettext("Changed %d extension.", "Changed %d extensions.", count) % count,
                reversible=self._as_before(
                    form.before,
                    form.changes(),
                    lambda: (
                        ngettext(
                            "Put extension %s back to what it was?",
                            "Put extensions %s back to what they were?",
                            len(who),
                        )
                        % named(who)
                    ),
                ),
            )

    @work(group=DIALOG_GROUP)
    async def action_lock(self) -> None:
        numbers = self.targets()
        if not numbers:
            return
        try:
            rows = await self._fetch(numbers)
            lock = not all(row.locked for row in rows)
            if len(numbers) > 1:
                question = (
                    ngettext("Lock %d extension?", "Lock %d extensions?", len(numbers))
                    if lock
                    else ngettext("Unlock %d extension?", "Unlock %d extensions?", len(numbers))
                )
                if not await self.app.push_screen_wait(
                    Confirm(question % len(numbers), yes=_("Lock") if lock else _("Unlock"))
                ):
                    return
            await self.ask(SetExtensions(numbers=numbers, locked=lock))
        except PbxmeterError as error:
            self.shell.tell(error)
            return
        who = numbers[0] if len(numbers) == 1 else _("%d extensions") % len(numbers)
        turned = [row for row in rows if row.locked != lock]
        names = [(row.number, row.name) for row in turned]

        def ask_back() -> str:
            return (_("Take the lock off %s again?") if lock else _("Lock %s again?")) % named(names)

        self._done(
            (_("Locked %s.") if lock else _("Unlocked %s.")) % who,
            reversible=self._as_before(turned, {"locked": lock}, ask_back),
        )

    @work(group=DIALOG_GROUP)
    async def action_ledger(self) -> None:
        from tui.screens.extensions.ledger import LedgerScreen

        number = self.table.cursor_key
        if number is not None:
            await self.app.push_screen_wait(LedgerScreen(number))

    @work(group=DIALOG_GROUP)
    async def action_new(self) -> None:
        changed = await self.app.push_screen_wait(NewExtensions())
        if changed is not None:
            count = changed.changed
            self._done(ngettext("Added %d extension.", "Added %d extensions.", count) % count)

    @work(group=DIALOG_GROUP)
    async def action_export(self) -> None:
        from tui.screens.export import export_sheet

        text, state, payment = read_filter(self.filter_text, state=self._state, payment=self._payment)
        sort, descending = self.sort
        await export_sheet(
            self.shell,
            _("Export extensions"),
            self.ask(
                ExportExtensions(
                    text=text,
                    state=state,
                    payment=payment,
                    sort=_SORTS.get(sort, "number"),
                    descending=descending,
                )
            ),
            stem="extensions",
            noun=lambda rows: ngettext("%s extension", "%s extensions", rows),
            in_words=" ".join([self.filter_text, *self.filters()]),
        )
