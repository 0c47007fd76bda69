"""Adding or changing one rate rule: every field, when it applies, and what a call would cost under it."""

from collections.abc import Sequence
from datetime import date
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from engine.api.rates import RateRow, SaveRate
from engine.domain.errors import InvalidInput, PbxmeterError
from engine.domain.rates import MAX_NUMBER_LENGTH, Rate, rate_faults
from tui.link.undo_rules import rule_in_list
from tui.screens.extensions.field import ExtensionsField
from tui.screens.rates.text import days_text
from tui.screens.rates.try_out import Question, TryBox
from tui.text.i18n import N_, _, said
from tui.widgets.day_strip import DayStrip
from tui.widgets.field import Field
from tui.widgets.fields import MoneyField, NumberField, SwitchField, TextField
from tui.widgets.forms import Form
from tui.widgets.time_fields import DateField, DurationField, TimeField
from tui.widgets.weekdays_field import WeekdaysField

FAULTS: dict[str, str] = {
    "name": N_("1 to 64 characters."),
    "prefix": N_("Digits, *, # and + only."),
    "number_length": N_("Shorter than the prefix: it could never match."),
    "initial_fee": N_("From 0 to 1,000,000."),
    "price": N_("From 0 to 1,000,000."),
    "initial_seconds": N_("At most 31 days."),
    "price_seconds": N_("1 s to 31 days, or empty."),
    "cycle_seconds": N_("1 s to 31 days."),
    "weekdays": N_("Choose at least one day."),
    "valid_to": N_("Must come after the first day."),
    "extensions": N_("Name at least one, or all."),
}
"""The laws of the fields in few words."""

TALL_LINES = 34
"""From so many lines on, the dialog shows all of its parts at once."""


class RateEditor(Form[RateRow]):
    """Ends with the rule as it stands in the list once it is saved."""

    CSS_PATH = "rate_editor.tcss"
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(
        self, row: RateRow | None, question: Question, *, today: date, known: Sequence[str] | None = None
    ) -> None:
        """`row` None = a new rule; `known` are the extensions there are."""
        title = _("New rate rule") if row is None else _("Rate rule %d") % row.position
        super().__init__(title, submit=_("Save"))
        self.add_class("rate-editor")
        self.VERTICAL_BREAKPOINTS = [(0, "-short"), (TALL_LINES, "-tall")]
        self._row = row
        self._question = question
        rate = row.rate if row is not None else Rate(name="")
        self.name_field = TextField("name", _("Name of the rule"), rate.name, required=True, max_length=64)
        self.enabled = SwitchField("enabled", _("On/off"), rate.enabled)
        self.prefix = TextField(
            "prefix", _("Prefix"), rate.prefix, hint=_("empty: any number"), max_length=MAX_NUMBER_LENGTH
        )
        self.length = NumberField(
            "number_length",
            _("Number length"),
            rate.number_length,
            most=MAX_NUMBER_LENGTH,
            empty=0,
            hint=_("prefix included; 0: any"),
        )
        self.fee = MoneyField("initial_fee", _("First block costs"), rate.initial_fee_micros)
        self.block = DurationField(
            "initial_seconds", _("First block lasts"), rate.initial_seconds, hint=_("0 and cost 0: none")
        )
        self.price = MoneyField("price", _("Then price"), rate.price_micros, hint=_("of every started cycle"))
        self.cycle = DurationField("cycle_seconds", _("Cycle"), rate.cycle_seconds, least=1)
        self.per = DurationField(
            "price_seconds",
            _("Price is for"),
            rate.price_seconds,
            optional=True,
            least=1,
            hint=_("empty: one cycle"),
        )
        self.start = TimeField("start_time", _("From"), rate.start_second)
        self.end = TimeField(
            "end_time", _("Until, excluded"), rate.end_second, hint=_("the same as from: all day")
        )
        self.weekdays = WeekdaysField(
            "weekdays", _("Days it starts on"), rate.weekdays, hint=_("Space; * all")
        )
        self.valid_from = DateField("valid_from", _("First day"), rate.valid_from, today=today)
        self.valid_to = DateField("valid_to", _("No longer from"), rate.valid_to, today=today)
        self.extensions = ExtensionsField("extensions", _("Extensions"), rate.extensions, known=known)
        self._strip: DayStrip | None = None
        self._try: TryBox | None = None

    def fields(self) -> Sequence[Field[object]]:
        return [
            self.name_field,
            self.enabled,
            self.prefix,
            self.length,
            self.fee,
            self.block,
            self.price,
            self.cycle,
            self.per,
            self.start,
            self.end,
            self.weekdays,
            self.valid_from,
            self.valid_to,
            self.extensions,
        ]

    def extra(self) -> ComposeResult:
        self._strip = DayStrip(_("Applies"), ascii_only=self.shell.ascii_only)
        self._try = TryBox(self._question, draft=self._draft, losers=2)
        yield self._strip
        yield self._try

    def on_mount(self) -> None:
        super().on_mount()
        self.field_changed()

    def rate(self) -> Rate:
        """The rule as it stands in the fields. Raises `InvalidInput` naming the first field at fault."""
        cycle, per = self.cycle.seconds, self.per.value
        return Rate(
            name=self.name_field.value,
            enabled=self.enabled.value,
            prefix=self.prefix.value,
            number_length=self.length.value,
            initial_fee_micros=self.fee.value,
            initial_seconds=self.block.seconds,
            price_micros=self.price.value,
            price_seconds=None if per == cycle else per,
            cycle_seconds=cycle,
            start_second=self.start.value,
            end_second=self.end.value,
            weekdays=self.weekdays.value,
            valid_from=self.valid_from.value,
            valid_to=self.valid_to.value,
            extensions=self.extensions.value,
        )

    def _draft(self) -> tuple[Rate, int | None]:
        rate = self.rate()
        faults = self._faults(rate)
        if faults:
            raise faults[0]
        return rate, self._row.rate_id if self._row is not None else None

    @staticmethod
    def _faults(rate: Rate) -> list[InvalidInput]:
        return [
            InvalidInput(
                _(FAULTS[fault.field]) if fault.field in FAULTS else fault.message, field=fault.field
            )
            for fault in rate_faults(rate)
        ]

    def field_changed(self) -> None:
        """Shows what is wrong at each field, when the rule applies, and what a call would cost."""
        fields = {field.key: field for field in self.fields()}
        for field in fields.values():
            if field.touched:
                field.check()
        try:
            rate = self.rate()
        except InvalidInput:
            rate = None
        else:
            for fault in self._faults(rate):
                field = fields.get(fault.field)
                if field is not None and (field.touched or fault.field != "name"):
                    field.show_error(said(fault.message))
        if self._strip is not None:
            self._strip.show(rate, days_text(rate.weekdays) if rate is not None else "")
        if self._try is not None:
            self._try.ask_soon()

    def consequence(self) -> str:
        faults = self._faults(self.rate())
        if faults:
            raise faults[0]
        if self._row is None:
            return _("Adds the rule at the end of the list. It counts for calls from now on.")
        if self.rate() == self._row.rate:
            return _("Nothing is changed yet.")
        return _("Counts for calls from now on; past calls keep the rule as it was.")

    async def submit(self) -> RateRow:
        rate = self.rate()
        faults = self._faults(rate)
        if faults:
            raise faults[0]
        row = self._row
        saved = await self.ask(SaveRate(rate_id=row.rate_id if row is not None else None, rate=rate))
        try:
            return await rule_in_list(self.shell.link, saved.rate_id)
        except PbxmeterError:
            # It is saved: to say otherwise would have it saved twice.
            return RateRow(
                rate_id=saved.rate_id, position=row.position if row is not None else 0, rate=rate, remarks=[]
            )
