"""What operators switch at run time: billing, currency, low balance, language."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.suggester import SuggestFromList
from textual.widgets import Static

from engine.api.extensions import PreviewBarred
from engine.api.session import Nothing
from engine.api.site import GetSettings, SetSetting
from engine.domain.errors import InvalidInput
from engine.domain.money import format_amount, parse_amount
from tui.link.undo import setting_as_before
from tui.screens.settings.section import Section
from tui.text import i18n
from tui.text.i18n import N_, _
from tui.widgets.bar_warning import barred_text
from tui.widgets.field import Field
from tui.widgets.fields import ChoiceField, MoneyField, SwitchField, TextField
from tui.widgets.forms import Form
from tui.widgets.rows import Row
from tui.widgets.shown_rows import ShownRows
from tui.widgets.table import WindowedTable


@dataclass(frozen=True)
class _Setting:
    name: str
    title: str
    meaning: str


SETTINGS: tuple[_Setting, ...] = (
    _Setting("billing", N_("Billing"), N_("Off: calls are stored and cost nothing; nobody is over limit.")),
    _Setting("currency", N_("Currency"), N_("A label: changing it converts nothing.")),
    _Setting(
        "low_balance", N_("Low balance"), N_("Extensions with no more than this available are listed as low.")
    ),
    _Setting("language", N_("Language"), N_("Automatic: by the locale of each operator.")),
)
AUTOMATIC = N_("automatic")


class GeneralSection(Section):
    """The settings, one a line."""

    NAME = "general"
    TITLE_TEXT = N_("General")
    ACTIONS = ("change",)

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        yield self.table(
            "settings-list",
            [
                ("title", _("Setting"), 12, ""),
                ("value", _("Value"), 14, ""),
                ("meaning", _("What it does"), 20, "*"),
            ],
            empty="",
        )
        yield Static("", id="setting-meaning", markup=False)
        yield Static(_("Enter changes the setting under the cursor (admin)."), classes="note", markup=False)

    def on_mount(self) -> None:
        self._rows = ShownRows(self.query_one(WindowedTable))

    async def load(self) -> None:
        self.values = (await self.ask(GetSettings())).values
        self._rows.show(
            [
                Row(
                    key=setting.name,
                    cells=(
                        _(setting.title),
                        self._text(setting.name, self.values.get(setting.name, "")),
                        _(setting.meaning),
                    ),
                )
                for setting in SETTINGS
            ]
        )

    @on(WindowedTable.RowHighlighted)
    def _show_meaning(self, message: WindowedTable.RowHighlighted) -> None:
        """In full: the column is too narrow for it on a small terminal."""
        meaning = next((setting.meaning for setting in SETTINGS if setting.name == message.key), "")
        self.say("#setting-meaning", _(meaning))

    def _text(self, name: str, value: str) -> str:
        if name == "billing":
            return _("on") if value == "on" else _("off")
        if name == "language":
            return i18n.LANGUAGES.get(value) or _(AUTOMATIC)
        if name == "low_balance" and value:
            return self.shell.money.number(parse_amount(value, field=name, signed=True))
        return value

    async def change(self) -> None:
        name = self.query_one(WindowedTable).cursor_key
        if name is None:
            return
        before = self.values.get(name, "")
        value = await self.app.push_screen_wait(SettingForm(name, before))
        if value is None or value == before:
            return
        title = next(setting.title for setting in SETTINGS if setting.name == name)

        def question() -> str:
            return _("Put %s back to %s?") % (_(title), self._text(name, before) or "–")

        self.shell.done(
            _("Saved; it was %s.") % (self._text(name, before) or "–"),
            reversible=setting_as_before(
                self.shell.link, name, before=before, saved=value, question=question
            ),
        )
        self.settings.reload_soon()


class SettingForm(Form[str]):
    """One setting; ends with its new value."""

    def __init__(self, name: str, value: str) -> None:
        setting = next(setting for setting in SETTINGS if setting.name == name)
        super().__init__(_(setting.title), submit=_("Save"), intro=_(setting.meaning))
        self._name = name
        self._value = value
        self._field = self._make(name, _(setting.title), value)

    @staticmethod
    def _make(name: str, title: str, value: str) -> Field[object]:
        if name == "billing":
            return SwitchField(name, title, value == "on")
        if name == "low_balance":
            return MoneyField(name, title, parse_amount(value or "0", field=name, signed=True), least=None)
        if name == "language":
            return ChoiceField(name, title, [("auto", _(AUTOMATIC)), *i18n.LANGUAGES.items()], value)
        return CurrencyField(name, title, value)

    def fields(self) -> Sequence[Field[object]]:
        return [self._field]

    def _new(self) -> str:
        value = self._field.value
        if isinstance(value, bool):
            return "on" if value else "off"
        return format_amount(value, digits=0) if isinstance(value, int) else str(value)

    def consequence(self) -> str:
        new = self._new()
        if new == self._value:
            return _("Nothing is changed yet.")
        if self._name == "currency":
            return _("All amounts keep their numbers: 10 %s become 10 %s. Nothing is converted.") % (
                self._value,
                new,
            )
        if self._name == "billing":
            if new == "on":
                return _("Calls from now on cost money, and whoever has nothing available is barred.")
            return _("Calls from now on cost nothing; all who are barred as over limit are freed.")
        return ""

    async def submit(self) -> str:
        new = self._new()
        if new != self._value and self._name in ("currency", "billing"):
            warning = ""
            if self._name == "billing":
                warning = barred_text(await self.ask(PreviewBarred(site_billing=new == "on")))
            await self.confirm(self.consequence(), yes=_("Change"), warning=warning)
        result: Nothing = await self.ask(SetSetting(name=self._name, value=new))
        del result
        return new


class CurrencyField(TextField):
    """An ISO 4217 code; known ones are completed."""

    def __init__(self, key: str, label: str, text: str) -> None:
        from babel import Locale

        names = Locale.parse(i18n.language()).currencies
        self._names = {code: str(name) for code, name in names.items()}
        super().__init__(key, label, text, required=True, max_length=3)
        self.entry.suggester = SuggestFromList(sorted(self._names), case_sensitive=False)

    def read(self, text: str) -> str:
        code = text.upper()
        if code not in self._names:
            raise InvalidInput(_("A code such as CNY, EUR or USD."), field=self.key)
        return code

    def note(self) -> str:
        return self._names.get(self.text.strip().upper(), "")
