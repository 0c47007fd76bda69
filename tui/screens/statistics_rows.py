"""The numbers beside or below a chart of the statistics: columns and rows."""

from collections.abc import Callable, Sequence

from engine.api.calls import By, Per, StatRow
from tui.format import MoneyStyle, duration
from tui.i18n import _
from tui.screens.statistics_text import DAY_NAMES, key_text, period_text
from tui.widgets.columns import Column
from tui.widgets.rows import Row


def line_columns() -> list[Column]:
    """The columns of periods and what falls into them."""
    return [
        Column(key="period", title=_("Period"), width=10, sortable=False),
        Column(key="key", title=_("Item"), width=12, min_width=6, flex=True, sortable=False),
        Column(key="calls", title=_("Calls"), width=8, align="right", sortable=False),
        Column(key="answered", title=_("Answered"), width=8, align="right", sortable=False),
        Column(key="talk", title=_("Talk time"), width=10, align="right", sortable=False),
        Column(key="average", title=_("Average"), width=8, align="right", yields=1, sortable=False),
        Column(key="cost", title=_("Cost"), width=12, align="right", whole=True, sortable=False),
    ]


def hour_columns() -> list[Column]:
    """The columns of the hours of a week."""
    days = [
        Column(key=f"day{day}", title=_(name), width=7, align="right", flex=True, whole=True, sortable=False)
        for day, name in enumerate(DAY_NAMES)
    ]
    return [Column(key="hour", title=_("Hour"), width=6, sortable=False), *days]


def line_row(row: StatRow, *, by: By, per: Per, money: MoneyStyle) -> Row:
    """A row under `line_columns`."""
    return Row(
        key=f"{row.period}\n{row.key}",
        cells=(
            period_text(by, row.period),
            key_text(per, row) if per else "",
            f"{row.calls:,}",
            f"{row.answered:,}",
            duration(row.duration),
            duration(row.average_duration),
            money.number(row.cost_micros),
        ),
    )


def hour_rows(values: Sequence[Sequence[int]], formatted: Callable[[int], str]) -> list[Row]:
    """The rows under `hour_columns` for values by weekday and hour."""
    return [
        Row(
            key=str(hour),
            cells=(f"{hour:02d}:00", *(formatted(day[hour]) if day[hour] else "–" for day in values)),
        )
        for hour in range(24)
    ]
