"""Choosing a period: a usual one by a key, or two dates as they are typed."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Key
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from engine.domain.errors import InvalidInput
from engine.domain.zones import parse_moment, zone
from tui.screens.base import SiteScreen
from tui.text.i18n import N_, _
from tui.widgets.field import Field
from tui.widgets.forms import Form
from tui.widgets.time_fields import MomentField


@dataclass(frozen=True)
class Period:
    """Bounds as people type them; '' = open. `until` includes the day, month or year it names."""

    since: str = ""
    until: str = ""
    name: str = ""

    @property
    def label(self) -> str:
        """How the period is called in a filter line; '' = all time."""
        if self.name:
            return _(self.name)
        if self.since and self.until:
            return self.since if self.since == self.until else f"{self.since} – {self.until}"
        if self.since:
            return _("from %s") % self.since
        return _("until %s") % self.until if self.until else ""

    def as_of(self, today: date) -> "Period":
        """A usual period as it lies on that day: what was called today goes on with the clock."""
        return next((usual for usual in usual_periods(today) if self.name and usual.name == self.name), self)


ALL_TIME = Period()
LAST_30_DAYS = Period(name=N_("last 30 days"))
"""To be asked for `as_of` a day, as all that have a name only."""


def usual_periods(today: date) -> list[Period]:
    """Today, yesterday, weeks, months, this year, all time; weeks begin on Monday."""
    monday = today - timedelta(days=today.weekday())
    last_month = today.replace(day=1) - timedelta(days=1)

    def day(moment: date) -> str:
        return moment.isoformat()

    return [
        Period(day(today), day(today), N_("today")),
        Period(day(today - timedelta(days=1)), day(today - timedelta(days=1)), N_("yesterday")),
        Period(day(monday), day(monday + timedelta(days=6)), N_("this week")),
        Period(day(monday - timedelta(days=7)), day(monday - timedelta(days=1)), N_("last week")),
        Period(day(today - timedelta(days=29)), day(today), LAST_30_DAYS.name),
        Period(f"{today:%Y-%m}", f"{today:%Y-%m}", N_("this month")),
        Period(f"{last_month:%Y-%m}", f"{last_month:%Y-%m}", N_("last month")),
        Period(f"{today:%Y}", f"{today:%Y}", N_("this year")),
        ALL_TIME,
    ]


class PeriodForm(Form[Period]):
    """Ends with the chosen period."""

    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(self, period: Period, *, today: date, timezone: str = "UTC") -> None:
        super().__init__(_("Period"), submit=_("Show"))
        self._periods = usual_periods(today)
        where = self._where = zone(timezone)
        self.since = MomentField("from", _("From"), period.since, where=where, today=today)
        self.until = MomentField("to", _("Until, included"), period.until, where=where, today=today)

    @property
    def changed(self) -> bool:
        return False

    def fields(self) -> list[Field[object]]:
        return [self.since, self.until]

    def extra(self) -> ComposeResult:
        yield OptionList(
            *(Option(period.label or _("all time")) for period in self._periods),
            id="usual-periods",
            markup=False,
            compact=True,
        )

    def focus_first(self) -> None:
        self.query_one("#usual-periods").focus()

    def on_key(self, event: Key) -> None:
        """A digit typed on the list begins the first date."""
        if isinstance(self.focused, OptionList) and event.character is not None and event.character.isdigit():
            event.stop()
            self.set_focus(self.since.entry)
            # Behind the news that it has the focus, by which its text is marked to be typed over.
            self.since.entry.post_message(Key(event.key, event.character))

    @on(OptionList.OptionSelected)
    def _usual_chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(self._periods[event.option_index])

    def action_enter(self) -> None:
        if self.focused is self.until.entry:
            self.action_submit()
        else:
            super().action_enter()

    async def submit(self) -> Period:
        since, until = self.since.value, self.until.value
        where = self._where
        if since and until and parse_moment(since, where) >= parse_moment(until, where, end=True):
            raise InvalidInput(_("The end must come after the beginning."), field="to")
        return Period(since, until)


async def ask_period(screen: SiteScreen, present: Period) -> Period | None:
    """The period chosen for a screen that shows `present`; None = it stays."""
    greeting = screen.shell.greeting
    return await screen.app.push_screen_wait(
        PeriodForm(
            present,
            today=screen.shell.now().date(),
            timezone=greeting.timezone if greeting is not None else "UTC",
        )
    )
