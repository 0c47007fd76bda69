"""Editing one extension, adding new ones, and changing many at once."""

from collections.abc import Sequence

from engine.api.extensions import Changed, ExtensionRow, SetExtensions
from engine.domain.errors import InvalidInput
from engine.domain.names import Payment
from tui.i18n import _, ngettext
from tui.screens.extension_state import payment_text
from tui.widgets.fields import ChoiceField, ExtensionsField, Field, MoneyField, SwitchField, TextField
from tui.widgets.forms import Form


def _payments() -> list[tuple[Payment, str]]:
    return [(payment, payment_text(payment)) for payment in Payment]


class EditExtension(Form[Changed]):
    """One extension; only what differs is sent."""

    def __init__(self, row: ExtensionRow) -> None:
        super().__init__(_("Extension %s") % row.number, submit=_("Save"))
        self._row = row
        self.name_field = TextField("name", _("Name"), row.name, max_length=64)
        self.billing = SwitchField("billing", _("Billing"), row.billing)
        self.payment = ChoiceField("payment", _("Payment"), _payments(), row.payment)
        self.credit = MoneyField("credit_limit", _("Credit limit"), row.credit_limit_micros)
        self.locked = SwitchField("locked", _("Locked by hand"), row.locked, texts=(_("locked"), _("free")))

    def fields(self) -> Sequence[Field[object]]:
        return [self.name_field, self.billing, self.payment, self.credit, self.locked]

    def consequence(self) -> str:
        row, said = self._row, list[str]()
        if self.billing.value != row.billing:
            said.append(
                _("Calls from now on cost money.") if self.billing.value else _("Calls no longer cost money.")
            )
        if self.payment.value != row.payment and row.total_recharged_micros:
            said.append(_("The total recharged starts at 0 again; the balance stays."))
        if self.locked.value != row.locked:
            said.append(
                _("The PBX will refuse its calls.") if self.locked.value else _("Its lock is taken off.")
            )
        available = row.balance_micros + self.credit.value
        if self.billing.value and available <= 0:
            said.append(_("Nothing is available: it is over limit."))
        return " ".join(said)

    async def submit(self) -> Changed:
        row = self._row
        name, billing, payment = self.name_field.value, self.billing.value, self.payment.value
        credit, locked = self.credit.value, self.locked.value
        return await self.ask(
            SetExtensions(
                numbers=[row.number],
                name=name if name != row.name else None,
                billing=billing if billing != row.billing else None,
                payment=payment if payment != row.payment else None,
                credit_limit_micros=credit if credit != row.credit_limit_micros else None,
                locked=locked if locked != row.locked else None,
            )
        )


class NewExtensions(Form[Changed]):
    """Adds one extension or a range of them."""

    def __init__(self) -> None:
        super().__init__(_("New extensions"), submit=_("Add"))
        self.numbers = ExtensionsField("numbers", _("Numbers"), all_allowed=False, pick=False)
        self.name_field = TextField("name", _("Name"), max_length=64, hint=_("of a single one"))
        self.billing = SwitchField("billing", _("Billing"), False)
        self.payment = ChoiceField("payment", _("Payment"), _payments(), Payment.PREPAID)
        self.credit = MoneyField("credit_limit", _("Credit limit"), 0)

    def fields(self) -> Sequence[Field[object]]:
        return [self.numbers, self.name_field, self.billing, self.payment, self.credit]

    def _chosen(self) -> tuple[str, ...]:
        numbers = self.numbers.value or ()
        if self.name_field.value and len(numbers) > 1:
            raise InvalidInput(_("One name for several extensions: leave it empty."), field="name")
        return numbers

    def consequence(self) -> str:
        count = len(self._chosen())
        return ngettext("Adds %d extension.", "Adds %d extensions.", count) % count

    async def submit(self) -> Changed:
        numbers = self._chosen()
        if len(numbers) > 1:
            await self.confirm(self.consequence())
        return await self.ask(
            SetExtensions(
                numbers=list(numbers),
                create=True,
                name=self.name_field.value or None,
                billing=self.billing.value,
                payment=self.payment.value,
                credit_limit_micros=self.credit.value,
            )
        )


class BatchEdit(Form[Changed]):
    """Changes properties of many extensions; each property has its own switch, and only those on count."""

    def __init__(self, numbers: Sequence[str]) -> None:
        count = len(numbers)
        super().__init__(
            ngettext("Change %d extension", "Change %d extensions", count) % count,
            submit=_("Change"),
            intro=_("Only what is switched on [x] is changed. Space turns a switch; typing turns it on."),
        )
        self._numbers = list(numbers)
        self.billing = SwitchField("billing", _("Billing"), True, switchable=True)
        self.payment = ChoiceField("payment", _("Payment"), _payments(), switchable=True)
        self.credit = MoneyField("credit_limit", _("Credit limit"), 0, switchable=True)
        self.locked = SwitchField(
            "locked", _("Locked by hand"), True, texts=(_("locked"), _("free")), switchable=True
        )

    def fields(self) -> Sequence[Field[object]]:
        return [self.billing, self.payment, self.credit, self.locked]

    def consequence(self) -> str:
        said: list[str] = []
        if self.billing.on:
            said.append(_("billing on") if self.billing.value else _("billing off"))
        if self.payment.on:
            said.append(_("%s (the total recharged starts at 0 again)") % payment_text(self.payment.value))
        if self.credit.on:
            said.append(_("credit limit %s") % self.shell.money.money(self.credit.value))
        if self.locked.on:
            said.append(_("locked") if self.locked.value else _("lock taken off"))
        if not said:
            return ""
        count = len(self._numbers)
        return ngettext("%d extension: %s.", "%d extensions: %s.", count) % (count, ", ".join(said))

    async def submit(self) -> Changed:
        summary = self.consequence()
        if not summary:
            raise InvalidInput(_("Nothing is switched on yet."), field="")
        await self.confirm(summary)
        return await self.ask(
            SetExtensions(
                numbers=self._numbers,
                billing=self.billing.value if self.billing.on else None,
                payment=self.payment.value if self.payment.on else None,
                credit_limit_micros=self.credit.value if self.credit.on else None,
                locked=self.locked.value if self.locked.on else None,
            )
        )
