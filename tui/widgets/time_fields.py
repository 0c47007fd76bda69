"""Fields of durations, times of day, days and moments."""

import re
from datetime import date, datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from textual.binding import Binding, BindingType

from engine.domain.errors import InvalidInput
from engine.domain.rates import format_time_of_day, parse_time_of_day
from engine.domain.zones import parse_moment
from tui.text.i18n import _
from tui.widgets.field import TypedField
from tui.widgets.fields import TextField

_DURATION = re.compile(r"(?:(?P<h>\d{1,5})h)?(?:(?P<m>\d{1,7})m)?(?:(?P<s>\d{1,8})s?)?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_CLOCK = re.compile(r"(?:(?P<h>\d{1,5}):(?P<m>[0-5]\d)|(?P<n>\d{1,6})):(?P<s>[0-5]\d)", re.ASCII)


class DurationField(TypedField[int | None]):
    """Seconds, typed as `90`, `1:30`, `1h30m` or `90s`; an empty text is None where `optional`."""

    def __init__(
        self,
        key: str,
        label: str,
        seconds: int | None = None,
        *,
        optional: bool = False,
        least: int = 0,
        hint: str = "",
        switchable: bool = False,
    ) -> None:
        super().__init__(
            key, label, "" if seconds is None else str(seconds), hint=hint, switchable=switchable
        )
        self._optional, self._least = optional, least

    @property
    def seconds(self) -> int:
        """The value, 0 for an empty text."""
        return self.value or 0

    def read(self, text: str) -> int | None:
        if not text and self._optional:
            return None
        match = _CLOCK.fullmatch(text) or (
            _DURATION.fullmatch(text.replace(" ", "").lower()) if text else None
        )
        if match is None:
            raise InvalidInput(_("Seconds, or such as 1:30 or 1h30m."), field=self.key)
        parts = {name: int(part) for name, part in match.groupdict().items() if part}
        minutes = parts.get("m", 0) + parts.get("n", 0)
        seconds = parts.get("h", 0) * 3600 + minutes * 60 + parts.get("s", 0)
        if seconds < self._least:
            raise InvalidInput(_("At least %d s.") % self._least, field=self.key)
        return seconds


class TimeField(TypedField[int]):
    """A time of day, in seconds after midnight."""

    def __init__(
        self, key: str, label: str, second: int = 0, *, hint: str = "", switchable: bool = False
    ) -> None:
        super().__init__(key, label, format_time_of_day(second), hint=hint, switchable=switchable)

    def read(self, text: str) -> int:
        try:
            return parse_time_of_day(text, field=self.key)
        except InvalidInput as error:
            raise InvalidInput(_("A time of day, such as 08:30."), field=self.key) from error


class DateField(TypedField[date | None]):
    """A day, typed as 2026-01-31; F4 opens a calendar. An empty text is None where `optional`."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f4", "calendar", show=False)]

    def __init__(
        self,
        key: str,
        label: str,
        day: date | None = None,
        *,
        today: date,
        optional: bool = True,
        hint: str = "",
        switchable: bool = False,
    ) -> None:
        super().__init__(
            key,
            label,
            "" if day is None else day.isoformat(),
            hint=hint or _("F4: calendar"),
            placeholder=_("YYYY-MM-DD"),
            switchable=switchable,
        )
        self._optional = optional
        self._today = today

    def read(self, text: str) -> date | None:
        if not text and self._optional:
            return None
        try:
            if not _DAY.fullmatch(text):
                raise InvalidInput(_("A date, such as 2026-01-31."), field=self.key)
            return date.fromisoformat(text)
        except ValueError as error:
            raise InvalidInput(_("There is no such day."), field=self.key) from error

    def action_calendar(self) -> None:
        from tui.widgets.calendar import Calendar

        try:
            day = self.value
        except InvalidInput:
            day = None

        def chosen(picked: date | None) -> None:
            if picked is not None:
                self.text = picked.isoformat()

        self.app.push_screen(Calendar(day or self._today, today=self._today), chosen)


class MomentField(TextField):
    """A day, month or moment as `parse_moment` reads it, checked as one types; F4 opens a calendar."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f4", "calendar", show=False)]

    def __init__(
        self, key: str, label: str, text: str = "", *, where: ZoneInfo, today: date, required: bool = False
    ) -> None:
        """`where` is the site's zone."""
        hint = _("F4: calendar; or 2026-01")
        super().__init__(key, label, text, required=required, hint=hint, max_length=40)
        self._where = where
        self._today = today

    def read(self, text: str) -> str:
        text = super().read(text)
        if text:
            self._moment(text)
        return text

    def _moment(self, text: str) -> datetime:
        try:
            return parse_moment(text, self._where, field=self.key)
        except InvalidInput as error:
            text = (
                _("There is no such day.")
                if _DAY.fullmatch(text)
                else _("Write 2026-01-31, 2026-01, or 2026-01-31 18:30.")
            )
            raise InvalidInput(text, field=self.key) from error

    def action_calendar(self) -> None:
        from tui.widgets.calendar import Calendar

        match = _DAY.match(self.text.strip())
        try:
            day = date.fromisoformat(match.group()) if match else self._today
        except ValueError:
            day = self._today

        def chosen(picked: date | None) -> None:
            if picked is not None:
                self.text = picked.isoformat()

        self.app.push_screen(Calendar(day, today=self._today), chosen)
