"""The field of the days of the week."""

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from engine.domain.errors import InvalidInput
from tui.text.i18n import N_, _
from tui.widgets.field import Field


class WeekdaysField(Field[int]):
    """Days of the week as a mask, bit 0 = Monday: left and right choose a day, Space turns it."""

    def __init__(self, key: str, label: str, mask: int, *, hint: str = "", switchable: bool = False) -> None:
        super().__init__(key, label, hint=hint, switchable=switchable)
        self._days = WeekdayRow(mask)

    def editor(self) -> Widget:
        return self._days

    def _state(self) -> object:
        return self._days.mask

    @property
    def value(self) -> int:
        if not self._days.mask:
            raise InvalidInput(_("Choose at least one day."), field=self.key)
        return self._days.mask

    def on_weekday_row_turned(self, message: "WeekdayRow.Turned") -> None:
        message.stop()
        self.edited()


WEEKDAY_NAMES = (N_("Mo"), N_("Tu"), N_("We"), N_("Th"), N_("Fr"), N_("Sa"), N_("Su"))


class WeekdayRow(Static, can_focus=True):
    """`[Mo][Tu] We …`: the days in brackets are on; the one at the cursor is underlined."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "go(-1)", show=False),
        Binding("right", "go(1)", show=False),
        Binding("space", "turn", show=False),
        Binding("asterisk", "all", show=False),
    ]

    @dataclass
    class Turned(Message):
        row: "WeekdayRow"

    def __init__(self, mask: int) -> None:
        super().__init__("", markup=False, classes="weekdays")
        self.mask = mask
        self._day = 0

    def render(self) -> Content:
        parts: list[Content] = []
        for day, name in enumerate(WEEKDAY_NAMES):
            text = f"[{_(name)}]" if self.mask >> day & 1 else f" {_(name)} "
            parts.append(Content.styled(text, "reverse" if day == self._day and self.has_focus else ""))
        return Content("").join(parts)

    def action_go(self, by: int) -> None:
        self._day = (self._day + by) % 7
        self.refresh()

    def action_turn(self) -> None:
        self._set(self.mask ^ 1 << self._day)

    def action_all(self) -> None:
        self._set(0b1111111)

    def _set(self, mask: int) -> None:
        self.mask = mask
        self.refresh()
        self.post_message(self.Turned(self))
