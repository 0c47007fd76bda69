"""The guide's questions about the site, answers proposed from the file; ends with config.yaml written."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from zoneinfo import available_timezones

from textual.suggester import SuggestFromList

from config.lockout import HOME_LIST, SPOOL_LIST
from config.new_site import NewSite, can_be_made, config_text, extension_pattern, write_new
from config.places import FoundFile
from config.settings import Numbering, host_zone
from engine.api.home import home_folder
from engine.api.site import DetectResult, SetSetting
from engine.domain.errors import ConfigError, InvalidInput, PbxmeterError
from engine.domain.zones import zone
from tui.link.connection import EngineLink
from tui.terminal.text import clean
from tui.text import i18n
from tui.text.i18n import _, ngettext, said
from tui.widgets.field import Field, TypedField
from tui.widgets.fields import SwitchField, TextField
from tui.widgets.forms import Form

MAX_TRUNKS_SHOWN = 8
NUMBERS_SHOWN = 4
FIRST_CURRENCY = "USD"
"""What the engine takes until somebody chooses."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """The file that was written; `instead` = it was not, and this is what to do by hand."""

    path: Path
    instead: str = ""


class ZoneField(TypedField[str]):
    """An IANA time zone; '' only where `empty` says what that means."""

    def __init__(self, key: str, label: str, name: str, *, empty: str = "", hint: str = "") -> None:
        super().__init__(key, label, name, hint=hint, placeholder=empty, max_length=64)
        self._may_be_empty = bool(empty)
        names = sorted(available_timezones(), key=lambda known: ("/" not in known, known))
        self.entry.suggester = SuggestFromList(names, case_sensitive=False)

    def read(self, text: str) -> str:
        if not text and self._may_be_empty:
            return ""
        try:
            zone(text)
        except InvalidInput as error:
            raise InvalidInput(_("No such zone; Asia/Shanghai is one."), field=self.key) from error
        return text


class PatternField(TypedField[str]):
    """A regular expression for internal numbers; its note counts the numbers of the file that it fits."""

    def __init__(self, key: str, label: str, pattern: str, *, seen: Sequence[str]) -> None:
        super().__init__(key, label, pattern, max_length=200)
        self._seen = seen

    def read(self, text: str) -> str:
        try:
            pattern = re.compile(text)
        except re.error as error:
            raise InvalidInput(_("Not an expression; 8\\d{3} is one."), field=self.key) from error
        if pattern.fullmatch(""):
            raise InvalidInput(_("Must not fit an empty number."), field=self.key)
        return text

    def note(self) -> str:
        if not self._seen:
            return ""
        pattern = re.compile(self.value)
        others = [number for number in self._seen if not pattern.fullmatch(number)]
        if not others:
            return ngettext("fits the %d seen", "fits all %d seen", len(self._seen)) % len(self._seen)
        return _("not: %s") % clean(", ".join(others[:NUMBERS_SHOWN]))


class SiteForm(Form[Written]):
    """Zone, numbers, trunks, currency."""

    def __init__(
        self, file: FoundFile, format_name: str, detected: DetectResult, *, config_path: Path, currency: str
    ) -> None:
        super().__init__(
            _("Your site"),
            submit=_("Write config.yaml"),
            intro=_("Proposed from the file and this host; change what is not right."),
        )
        self._file = file
        self._format = format_name
        self._path = config_path
        self._currency = currency
        zone_here = host_zone().key
        self.timezone = ZoneField("timezone", _("Time zone"), zone_here, hint=_("of the site"))
        self.source_timezone = ZoneField(
            "source_timezone",
            _("Times in the file"),
            detected.timezone,
            empty=_("the site's zone"),
            hint=_("zone they are written in"),
        )
        self.extensions = PatternField(
            "extensions",
            _("Extensions"),
            extension_pattern(detected.extensions) or Numbering().extensions,
            seen=detected.extensions,
        )
        self.currency = TextField(
            "currency",
            _("Currency"),
            currency_of(zone_here) if currency == FIRST_CURRENCY else currency,
            required=True,
            max_length=3,
            hint=_("such as USD, EUR, CNY"),
        )
        self.trunks = [
            SwitchField(
                f"trunk_{place}",
                _("Trunks") if not place else "",
                on=True,
                texts=(clean(name), clean(name)),
                hint=_("calls leave by these") if not place else "",
            )
            for place, name in enumerate(detected.trunks[:MAX_TRUNKS_SHOWN])
        ]
        self._seen_trunks = detected.trunks[:MAX_TRUNKS_SHOWN]
        self.more_trunks = TextField(
            "more_trunks",
            _("More trunks") if self.trunks else _("Trunks"),
            hint=_("with commas; such as DAHDI/*"),
        )

    def fields(self) -> Sequence[Field[object]]:
        return [
            self.timezone,
            self.source_timezone,
            self.extensions,
            self.currency,
            *self.trunks,
            self.more_trunks,
        ]

    def _site(self) -> NewSite:
        chosen = [
            _escaped(name) for name, field in zip(self._seen_trunks, self.trunks, strict=True) if field.value
        ]
        typed = [text.strip() for text in self.more_trunks.value.split(",") if text.strip()]
        return NewSite(
            timezone=self.timezone.value,
            extensions=self.extensions.value,
            trunks=tuple(dict.fromkeys([*chosen, *typed])),
            path=self._file.source,
            format=self._format,
            source_timezone=self.source_timezone.value,
            barred_list=_barred_list(self._path.parent),
        )

    def consequence(self) -> str:
        site = self._site()
        if not site.trunks:
            return _("Without trunks no call can be told to be outbound, unless the format says so itself.")
        return _("Writes %s; the calls of the file are read at once.") % clean(str(self._path))

    async def submit(self) -> Written:
        try:
            text = config_text(self._site(), base=self._path.parent, language=i18n.language())
        except ConfigError as error:
            raise InvalidInput(clean(said(error.message))) from error
        if contradiction := await self._contradiction():
            await self.confirm(contradiction, yes=_("Take it all the same"))
        if (currency := self.currency.value.upper()) != self._currency:
            await self.ask(SetSetting(name="currency", value=currency))
        try:
            await self.shell.link.run(lambda: write_new(self._path, text))
        except PbxmeterError as error:
            return Written(path=self._path, instead=_by_hand(said(error.message), text))
        return Written(path=self._path)

    async def _contradiction(self) -> str:
        """A question, where the file itself says that its times are of another zone; '' = it does not."""
        chosen = self.source_timezone.value or self.timezone.value
        found = await self.shell.link.run(
            partial(_detected, self.shell.link, self._file.path, self._format, chosen)
        )
        if not found.contradiction:
            return ""
        return _("The times in the file are not of %s: %s Every call would be stored at a wrong time.") % (
            chosen,
            clean(said(found.contradiction)),
        )


def _barred_list(home: Path) -> str:
    """Where the PBX can read it, for the one site that a host has; other sites must not share it."""
    usual = home == home_folder() and "PBXMETER_HOME" not in os.environ
    return SPOOL_LIST if usual and can_be_made(SPOOL_LIST) else HOME_LIST


def _detected(link: EngineLink, path: Path, form: str, timezone: str) -> DetectResult:
    # pyarrow comes with the client: imported after the first paint.
    from engine.api.files import detect_file

    return detect_file(link.client, path, form=form, timezone=timezone)


def currency_of(zone_name: str) -> str:
    """What is paid with in the country of that time zone; where none is known, what new sites begin with."""
    from babel.core import get_global
    from babel.numbers import get_territory_currencies

    name = get_global("zone_aliases").get(zone_name, zone_name)
    country = get_global("zone_territories").get(name, "")
    return next(iter(get_territory_currencies(country)), FIRST_CURRENCY) if country else FIRST_CURRENCY


def _escaped(name: str) -> str:
    """A glob that means the name itself."""
    return re.sub(r"([*?[])", r"[\1]", name)


def _by_hand(reason: str, text: str) -> str:
    return "\n".join([reason, _("This is what would stand in it; take over what you need:"), "", text])
