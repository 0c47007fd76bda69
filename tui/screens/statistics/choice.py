"""What the statistics show: by what and per what, which measure in which view, and of whom."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from engine.api.calls import By, CallFilter, GetHeat, GetStatistics, HeatCell, Per, StatRow
from tui.screens.extensions.field import written_extensions
from tui.screens.period import LAST_30_DAYS, Period
from tui.screens.statistics.text import BYS, PERS
from tui.terminal.text import clean
from tui.text.format import MoneyStyle, duration
from tui.text.i18n import N_, _
from tui.widgets.actions import following

Measure = Literal["calls", "talk", "cost"]
View = Literal["bars", "top", "heat"]

MEASURES: dict[Measure, str] = {"calls": N_("calls"), "talk": N_("talk time"), "cost": N_("cost")}
VIEWS: dict[View, str] = {"bars": N_("over time"), "top": N_("top list"), "heat": N_("hours of the week")}
MAX_LINES = 100_000


@dataclass(kw_only=True)
class Choice:
    """What was chosen by keys; `today` is the site's."""

    by: By = "day"
    per: Per = ""
    measure: Measure = "cost"
    view: View = "bars"
    period: Period = LAST_30_DAYS
    extensions: list[str] | None = None
    """None = all."""
    all_directions: bool = False

    @property
    def line_by(self) -> By:
        """What a line of the numbers stands for in time."""
        return "all" if self.view == "top" else self.by

    @property
    def line_per(self) -> Per:
        """What a line of the numbers belongs to; a top list is always one of something."""
        return self.per or "extension" if self.view == "top" else self.per

    def days(self, today: date) -> Period:
        """The period counted."""
        return self.period.as_of(today)

    def calls(self, today: date) -> CallFilter:
        """The calls counted, of whatever direction."""
        days = self.days(today)
        return CallFilter(since=days.since, until=days.until, extensions=self.extensions)

    def bars(self, today: date) -> GetStatistics:
        """The question for the chart over time."""
        return GetStatistics(by=self.by, filter=self.calls(today), all_directions=self.all_directions)

    def lines(self, today: date) -> GetStatistics:
        """The question for the numbers."""
        return GetStatistics(
            by=self.line_by,
            per=self.line_per,
            filter=self.calls(today),
            all_directions=self.all_directions,
            limit=MAX_LINES,
        )

    def hours(self, today: date) -> GetHeat:
        """The question for the hours of the week."""
        return GetHeat(filter=self.calls(today), all_directions=self.all_directions)

    def next_by(self) -> None:
        self.by = following(self.by, list(BYS))
        self.view = "bars"

    def next_per(self) -> None:
        order: list[Per] = list(PERS)
        if self.view == "top":
            order = order[1:]
        self.per = following(self.per if self.per in order else order[0], order)
        if self.view == "heat":
            self.view = "bars"

    def next_measure(self) -> None:
        self.measure = following(self.measure, list(MEASURES))

    def next_view(self) -> None:
        self.view = following(self.view, list(VIEWS))

    def value(self, row: StatRow | HeatCell) -> int:
        """The measure of a line or an hour."""
        if self.measure == "calls":
            return row.calls
        if self.measure == "cost":
            return row.cost_micros
        return row.billsec if isinstance(row, HeatCell) else row.duration

    def value_text(self, value: int, money: MoneyStyle) -> str:
        """A value of the measure, as it is written at a chart."""
        if self.measure == "calls":
            return f"{value:,}"
        return money.number(value) if self.measure == "cost" else duration(value)

    def in_words(self, today: date) -> str:
        """All that was chosen, in a line."""
        parts = [_(MEASURES[self.measure])]
        if self.view == "bars":
            parts += [_(BYS[self.by]), _(PERS[self.per])]
        else:
            parts.append(_(PERS[self.line_per]) if self.view == "top" else _(VIEWS["heat"]))
        who = _("all extensions") if self.extensions is None else written_extensions(self.extensions)
        what = _("all directions") if self.all_directions else _("outbound")
        parts += [self.days(today).label or _("all time"), who, what]
        return " · ".join(clean(part) for part in parts)
