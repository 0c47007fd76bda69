"""Recharging one extension or many: the same amount to each, all of them or none."""

import uuid
from collections.abc import Sequence

from engine.api.extensions import Recharge, Recharged
from engine.domain.errors import EngineDown
from tui.connection import NOT_SENT
from tui.i18n import _, ngettext
from tui.screens.base import SiteScreen
from tui.widgets.fields import Field, MoneyField, TextField
from tui.widgets.forms import Form

ASK_ABOVE = 1
"""More extensions than this are asked about once more."""


class RechargeForm(Form[Recharged]):
    """Ends with what was recharged. One form has one key: repeating a failed try never recharges twice."""

    def __init__(self, numbers: Sequence[str], *, names: str = "") -> None:
        title = (
            _("Recharge %s") % f"{numbers[0]} {names}".strip()
            if len(numbers) == 1
            else ngettext("Recharge %d extension", "Recharge %d extensions", len(numbers)) % len(numbers)
        )
        super().__init__(title, submit=_("Recharge"), intro=_listed(numbers))
        self._numbers = list(numbers)
        self._key = uuid.uuid4().hex
        self._sent: tuple[int, str] | None = None
        self.amount = MoneyField("amount", _("Amount for each"), least=1)
        self.note = TextField("note", _("Note"), max_length=200, placeholder=_("optional"))

    def fields(self) -> Sequence[Field[object]]:
        return [self.amount, self.note]

    def consequence(self) -> str:
        money = self.shell.money
        count = len(self._numbers)
        if count == 1:
            return _("Adds %s to the balance of %s.") % (money.money(self.amount.value), self._numbers[0])
        return _("Adds %s to each of %d extensions: %s in all.") % (
            money.money(self.amount.value),
            count,
            money.money(self.amount.value * count),
        )

    async def submit(self) -> Recharged:
        if len(self._numbers) > ASK_ABOVE:
            await self.confirm(self.consequence())
        content = (self.amount.value, self.note.value)
        if self._sent is not None and self._sent != content:
            self._key = uuid.uuid4().hex
        self._sent = content
        operation = Recharge(
            numbers=self._numbers, amount_micros=self.amount.value, note=self.note.value, key=self._key
        )
        try:
            return await self.ask(operation)
        except EngineDown as error:
            if error.code == NOT_SENT:
                raise
            hint = _(
                "Whether it was done is not known: sending the same again is safe, it is never done twice."
            )
            raise EngineDown(f"{error.message} {hint}") from error


async def recharge(screen: SiteScreen, numbers: Sequence[str], *, names: str = "") -> bool:
    """The whole way: form, recharge, toast. Whether something was recharged; for use in a dialog worker."""
    form = RechargeForm(numbers, names=names)
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
    shell.done(text, undo=_("an adjustment of the same amount (D in the ledger, admin)"))
    return True


def _listed(numbers: Sequence[str]) -> str:
    if len(numbers) == 1:
        return ""
    shown = " ".join(numbers[:12])
    return f"{shown} …" if len(numbers) > 12 else shown
