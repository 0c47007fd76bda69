"""Recharging one extension or many: the same amount to each, all of them or none."""

from collections.abc import Sequence

from textual import work

from engine.api.extensions import BarPreview, ExtensionRow, PreviewBarred, Recharge, Recharged
from engine.domain.errors import InvalidInput, PbxmeterError
from tui.link.undo import entries_taken_back, extension_rows, named
from tui.screens.base import SiteScreen
from tui.screens.one_key import OneKey
from tui.text.i18n import _, flowing, ngettext
from tui.widgets.field import Field
from tui.widgets.fields import MoneyField, TextField
from tui.widgets.forms import Form

ASK_ABOVE = 1
"""More extensions than this are asked about once more."""

MAX_BALANCES = 1000
"""For more extensions than this the form does not say what their balances become."""


class RechargeForm(Form[Recharged]):
    """Ends with what was recharged."""

    def __init__(
        self, numbers: Sequence[str], *, names: str = "", before: Sequence[ExtensionRow] = ()
    ) -> None:
        """`before`: the extensions as they are, where known, to say what they will have."""
        title = (
            _("Recharge %s") % f"{numbers[0]} {names}".strip()
            if len(numbers) == 1
            else ngettext("Recharge %d extension", "Recharge %d extensions", len(numbers)) % len(numbers)
        )
        super().__init__(title, submit=_("Recharge"), intro=_listed(numbers))
        self._numbers = list(numbers)
        self._before = tuple(before)
        self._found: BarPreview | None = None
        self._found_for = 0
        """The amount that `_found` was asked about."""
        self._once = OneKey()
        self.amount = MoneyField("amount", _("Amount for each"), least=1)
        self.note = TextField("note", _("Note"), max_length=200, placeholder=_("optional"))

    def fields(self) -> Sequence[Field[object]]:
        return [self.amount, self.note]

    def consequence(self) -> str:
        money, amount = self.shell.money, self.amount.value
        count = len(self._numbers)
        if count == 1:
            text = _("Adds %s to the balance of %s.") % (money.money(amount), self._numbers[0])
        else:
            text = _("Adds %s to each of %d extensions: %s in all.") % (
                money.money(amount),
                count,
                money.money(amount * count),
            )
        return flowing([text, *self._afterwards(amount)])

    def _afterwards(self, amount: int) -> list[str]:
        """What the balances become, and who can call again."""
        if not self._before:
            return []
        money = self.shell.money
        after = sorted(row.balance_micros + amount for row in self._before)
        if len(after) == 1:
            said = _("Balance: %s, then %s.") % (money.money(after[0] - amount), money.money(after[0]))
        elif after[0] == after[-1]:
            said = _("Balances then: %s each.") % money.money(after[0])
        else:
            said = _("Balances then: %s to %s.") % (money.money(after[0]), money.money(after[-1]))
        notes = [said]
        found = self._found if self._found_for == amount else None
        if found is None:
            return notes
        still = found.over_limit_after
        freed = found.over_limit - still
        if freed:
            notes.append(
                ngettext("%d is no longer over limit.", "%d are no longer over limit.", freed) % freed
            )
        if still:
            notes.append(ngettext("%d stays over limit.", "%d stay over limit.", still) % still)
        return notes

    def field_changed(self) -> None:
        try:
            amount = self.amount.value
        except InvalidInput:
            return
        if self._before and amount != self._found_for:
            self._look(amount)

    @work(exclusive=True)
    async def _look(self, amount: int) -> None:
        try:
            await self._ask_about(amount)
        except PbxmeterError:
            # Submitting asks again, and tells what is wrong.
            return
        self.show_consequence()

    async def _ask_about(self, amount: int) -> None:
        self._found = await self.ask(PreviewBarred(numbers=self._numbers, recharge_micros=amount))
        self._found_for = amount

    async def submit(self) -> Recharged:
        if len(self._numbers) > ASK_ABOVE:
            if self._before:
                await self._ask_about(self.amount.value)
            await self.confirm(self.consequence())
        amount_micros, note = self.amount.value, self.note.value
        return await self._once.send(
            lambda key: self.ask(
                Recharge(numbers=self._numbers, amount_micros=amount_micros, note=note, key=key)
            )
        )


async def recharge(screen: SiteScreen, numbers: Sequence[str], *, names: str = "") -> bool:
    """The whole way: form, recharge, toast. Whether something was recharged; for use in a dialog worker."""
    before: list[ExtensionRow] = []
    if len(numbers) <= MAX_BALANCES:
        try:
            before = await extension_rows(screen.shell.link, numbers)
        except PbxmeterError:
            # The form tells the sums without them; what is wrong shows when it is sent.
            before = []
    form = RechargeForm(numbers, names=names, before=before)
    result = await screen.app.push_screen_wait(form)
    if result is None:
        return False
    shell = screen.shell
    total = shell.money.money(sum(row.amount_micros for row in result.rows))
    if len(result.rows) == 1:
        row = result.rows[0]
        text = _("Recharged %s with %s; the balance is %s.") % (
            row.extension,
            total,
            shell.money.money(row.balance_after_micros),
        )
    else:
        text = _("Recharged %d extensions with %s in all.") % (len(result.rows), total)
    amount = result.rows[0].amount_micros if result.rows else 0

    def question() -> str:
        return _("Take back the recharge of %s to %s, by an adjustment each?") % (
            shell.money.money(amount),
            named([(row.extension, row.name) for row in result.rows]),
        )

    shell.done(
        text,
        undo=_("an adjustment of the same amount (D in the ledger, admin)"),
        reversible=entries_taken_back(
            shell.link, result.rows, reason=lambda: _("undo of the recharge of %s"), question=question
        ),
    )
    return True


def _listed(numbers: Sequence[str]) -> str:
    if len(numbers) == 1:
        return ""
    shown = " ".join(numbers[:12])
    return f"{shown} …" if len(numbers) > 12 else shown
