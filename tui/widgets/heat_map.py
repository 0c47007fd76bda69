"""Hours of the day by days of the week."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.strip import Strip

from tui.widgets.blocks import SHADES, padded_left, shade, shade_level, shortened
from tui.widgets.chart import Chart

DAYS = 7
HOURS = 24
_MOST_HOUR_CELLS = 4
_READOUT_LINES = 1


class HeatMap(Chart):
    """Darker for more, by glyph and by colour; the selected hour's number stands above."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "heat--label",
        "heat--readout",
        "heat--selected",
        *(f"heat--{level}" for level in range(SHADES)),
    }

    DEFAULT_CSS = """
    HeatMap {
        height: 9;
        & > .heat--label { color: $foreground-darken-3; }
        & > .heat--readout { text-style: bold; }
        & > .heat--selected { color: $accent; text-style: bold reverse; }
        & > .heat--0 { color: $foreground-darken-3; }
        & > .heat--1 { color: $primary-darken-2; }
        & > .heat--2 { color: $primary; }
        & > .heat--3 { color: $warning-darken-1; }
        & > .heat--4 { color: $warning; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "select_hour(-1)", "Hour before", show=False),
        Binding("right,l", "select_hour(1)", "Next hour", show=False),
        Binding("up,k", "select_day(-1)", "Day before", show=False),
        Binding("down,j", "select_day(1)", "Next day", show=False),
        Binding("enter", "open_hour", "Open", show=False),
    ]

    @dataclass
    class HourSelected(Chart.ChartMessage):
        """Enter, or a click on the hour that was selected."""

        day: int
        """Row of the map, as given."""

        hour: int

    def __init__(
        self,
        day_names: Sequence[str],
        values: Sequence[Sequence[int]] = (),
        *,
        formatted: Callable[[int], str] = str,
        ascii_only: bool = False,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """Seven names, and for each of them 24 values from midnight on."""
        super().__init__(formatted=formatted, ascii_only=ascii_only, id=id, classes=classes)
        self._names = tuple(day_names)
        self._values = _checked(values)
        self._day = 0
        self._hour = 0

    @property
    def selected(self) -> tuple[int, int]:
        """Day and hour."""
        return self._day, self._hour

    def set_values(self, values: Sequence[Sequence[int]]) -> None:
        self._values = _checked(values)
        self.refresh()

    def action_select_hour(self, by: int) -> None:
        self._select(self._day, self._hour + by)

    def action_select_day(self, by: int) -> None:
        self._select(self._day + by, self._hour)

    def action_open_hour(self) -> None:
        self.post_message(self.HourSelected(self, self._day, self._hour))

    def _select(self, day: int, hour: int) -> None:
        self._day = max(0, min(day, DAYS - 1))
        self._hour = max(0, min(hour, HOURS - 1))
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        axis, cells = self._plan()
        place = (offset.y - _READOUT_LINES, (offset.x - axis) // cells)
        if offset.x < axis or not (0 <= place[0] < DAYS and place[1] < HOURS):
            return
        if place == self.selected:
            self.action_open_hour()
        else:
            self._select(*place)

    def _plan(self) -> tuple[int, int]:
        """Cells for the names of days, and for an hour."""
        axis = max((cell_len(name) for name in self._names), default=0) + 1
        return axis, max(1, min(_MOST_HOUR_CELLS, (self.size.width - axis) // HOURS))

    def render_line(self, y: int) -> Strip:
        axis, cells = self._plan()
        day = y - _READOUT_LINES
        if day < 0:
            return self._readout()
        if day == DAYS:
            step = 1 if cells > 2 else 3
            hours = "".join(f"{hour:02d}".ljust(cells * step) for hour in range(0, HOURS, step))
            return self._strip([(" " * axis + hours, self._component("heat--label"))])
        if day > DAYS:
            return self._strip([])
        top = max(max(row) for row in self._values)
        parts: list[tuple[str, Style]] = [
            (padded_left(self._names[day], axis - 1) + " ", self._component("heat--label"))
        ]
        for hour, value in enumerate(self._values[day]):
            level = shade_level(value, top)
            chosen = (day, hour) == self.selected and self.has_focus
            style = self._component("heat--selected" if chosen else f"heat--{level}")
            parts.append((shade(level, ascii_only=self.ascii_only) * cells, style))
        return self._strip(parts)

    def _readout(self) -> Strip:
        value = self.formatted(self._values[self._day][self._hour])
        text = f"{self._names[self._day]} {self._hour:02d}:00  {value}"
        return self._strip([(shortened(text, self.size.width), self._component("heat--readout"))])


def _checked(values: Sequence[Sequence[int]]) -> tuple[tuple[int, ...], ...]:
    if not values:
        return ((0,) * HOURS,) * DAYS
    if len(values) != DAYS or any(len(row) != HOURS for row in values):
        raise ValueError(f"a heat map takes {DAYS} rows of {HOURS} values")
    return tuple(tuple(row) for row in values)
