"""A month to choose a day from, by arrows."""

import calendar
from datetime import date
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.text.i18n import _
from tui.widgets.blocks import padded_left
from tui.widgets.weekdays_field import WEEKDAY_NAMES

CELLS_PER_DAY = 4
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)
"""How far it goes; the weeks around these days exist, too."""


class Calendar(ModalScreen[date | None]):
    """Ends with the chosen day, None = none."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "days(-1)", show=False),
        Binding("right,l", "days(1)", show=False),
        Binding("up,k", "days(-7)", show=False),
        Binding("down,j", "days(7)", show=False),
        Binding("pageup", "months(-1)", show=False),
        Binding("pagedown", "months(1)", show=False),
        Binding("home,t", "today", show=False),
        Binding("enter,space", "choose", show=False),
        Binding("escape,q", "close", show=False),
    ]

    def __init__(self, day: date, *, today: date) -> None:
        super().__init__()
        self.day = _within(day)
        self._today = today

    def compose(self) -> ComposeResult:
        dialog = Vertical(classes="dialog calendar")
        dialog.border_subtitle = _("⏎ choose  t today")
        with dialog:
            yield Static("", id="calendar-days", markup=False)

    def on_mount(self) -> None:
        self._draw()

    def _draw(self) -> None:
        self.query_one(".calendar").border_title = f"{self.day:%Y-%m}"
        names = (padded_left(_(name), CELLS_PER_DAY - 1) + " " for name in WEEKDAY_NAMES)
        lines = [Content("").join(Content(name) for name in names)]
        for week in calendar.Calendar().monthdatescalendar(self.day.year, self.day.month):
            lines.append(Content("").join(self._cell(day) for day in week))
        self.query_one("#calendar-days", Static).update(Content("\n").join(lines))

    def _cell(self, day: date) -> Content:
        style = ""
        if day == self.day:
            style = "reverse"
        elif day.month != self.day.month:
            style = "$text-disabled"
        elif day == self._today:
            style = "$accent"
        return Content.styled(f"{day.day:>3} ", style)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self.query_one("#calendar-days"))
        if offset is None or not offset.y:
            return
        weeks = calendar.Calendar().monthdatescalendar(self.day.year, self.day.month)
        weekday = offset.x // CELLS_PER_DAY
        if offset.y <= len(weeks) and weekday < 7:
            self.dismiss(weeks[offset.y - 1][weekday])

    def action_days(self, by: int) -> None:
        self._go(date.fromordinal(self.day.toordinal() + by))

    def action_months(self, by: int) -> None:
        month = self.day.year * 12 + self.day.month - 1 + by
        first = date(month // 12, month % 12 + 1, 1)
        last = calendar.monthrange(first.year, first.month)[1]
        self._go(first.replace(day=min(self.day.day, last)))

    def action_today(self) -> None:
        self._go(self._today)

    def _go(self, day: date) -> None:
        self.day = _within(day)
        self._draw()

    def action_choose(self) -> None:
        self.dismiss(self.day)

    def action_close(self) -> None:
        self.dismiss(None)


def _within(day: date) -> date:
    return min(max(day, FIRST_DAY), LAST_DAY)
