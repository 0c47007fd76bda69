"""Editing one extension, adding new ones, and changing many at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from textual.app import ComposeResult

from engine.api.extensions import Changed, ExtensionRow, PreviewBarred, SetExtensions
from engine.domain.errors import InvalidInput
from engine.domain.names import Payment
from tui.link.undo import extension_rows
from tui.screens.extensions.field import ExtensionsField
from tui.screens.extensions.state import payment_text
from tui.text.i18n import _, flowing, ngettext
from tui.widgets.bar_warning import BarWarning, barred_text
from tui.widgets.field import Field
from tui.widgets.fields import ChoiceField, MoneyField, SwitchField, TextField
from tui.widgets.forms import Form


def _payments() -> list[tuple[Payment, str]]:
    return [(payment, payment_text(payment)) for payment in Payment]


_CAN_BAR = ("billing", "credit_limit_micros", "locked")


def _bars(numbers: Sequence[str], changes: Mapping[str, Any]) -> PreviewBarred | None:
    """The question whom these changes, by their names in `SetExtensions`, would bar; None = nobody."""
    judged = {name: value for name, value in changes.items() if name in _CAN_BAR}
    return PreviewBarred(numbers=list(numbers), **judged) if judged else None


class BarringForm(Form[Changed]):
    """A form whose change may bar extensions: it says so in red, and asks before it does it."""

    def bars(self) -> PreviewBarred | None:
        """The question whom the change would bar; None = it bars nobody. Raises `InvalidInput`."""
        raise NotImplementedError

    def extra(self) -> ComposeResult:
        yield BarWarning()

    def field_changed(self) -> None:
        try:
            change = self.bars()
        except InvalidInput:
            change = None
        self.query_one(BarWarning).look(self.shell.link, change)

    async def warning(self) -> str:
        """How many the change bars for want of money; '' = nobody. Raises `PbxmeterError`."""
        change = self.bars()
        return barred_text(await self.ask(change)) if change is not None else ""


class EditExtension(BarringForm):
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
        return flowing(said)

    def changes(self) -> dict[str, Any]:
        """The properties that differ, by their names in `SetExtensions`."""
        wanted = {
            "name": self.name_field.value,
            "billing": self.billing.value,
            "payment": self.payment.value,
            "credit_limit_micros": self.credit.value,
            "locked": self.locked.value,
        }
        return {name: value for name, value in wanted.items() if value != getattr(self._row, name)}

    def bars(self) -> PreviewBarred | None:
        return _bars([self._row.number], self.changes())

    async def submit(self) -> Changed:
        if warning := await self.warning():
            await self.confirm(_("Extension %s") % self._row.number, warning=warning)
        return await self.ask(SetExtensions(numbers=[self._row.number], **self.changes()))


class NewExtensions(BarringForm):
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

    def bars(self) -> PreviewBarred | None:
        changes = {"billing": self.billing.value, "credit_limit_micros": self.credit.value}
        return _bars(self._chosen(), changes)

    async def submit(self) -> Changed:
        numbers = self._chosen()
        warning = await self.warning()
        if len(numbers) > 1 or warning:
            await self.confirm(self.consequence(), warning=warning)
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


class BatchEdit(BarringForm):
    """Changes properties of many extensions; each property has its own switch, and only those on count."""

    def __init__(self, numbers: Sequence[str]) -> None:
        count = len(numbers)
        super().__init__(
            ngettext("Change %d extension", "Change %d extensions", count) % count,
            submit=_("Change"),
            intro=_("Only what is switched on [x] is changed. Space turns a switch; typing turns it on."),
        )
        self._numbers = list(numbers)
        self.before: list[ExtensionRow] = []
        """What they were when they were changed."""
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
        await self.confirm(summary, warning=await self.warning())
        self.before = await extension_rows(self.shell.link, self._numbers)
        return await self.ask(SetExtensions(numbers=self._numbers, **self.changes()))

    def bars(self) -> PreviewBarred | None:
        return _bars(self._numbers, self.changes())

    def changes(self) -> dict[str, Any]:
        """The properties switched on, by their names in `SetExtensions`."""
        fields: dict[str, Field[Any]] = {
            "billing": self.billing,
            "payment": self.payment,
            "credit_limit_micros": self.credit,
            "locked": self.locked,
        }
        return {name: field.value for name, field in fields.items() if field.on}
