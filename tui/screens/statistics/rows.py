"""The numbers beside or below a chart of the statistics: columns and rows."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from engine.api.calls import By, Per, StatRow
from engine.domain.names import WEEKDAYS
from tui.screens.statistics.text import DAY_NAMES, key_text, period_text
from tui.text.format import MoneyStyle, duration
from tui.text.i18n import _
from tui.widgets.columns import Column
from tui.widgets.rows import Row

MAX_BARS = 40_000
"""More than a century of days."""


def without_gaps(by: By, rows: Sequence[StatRow]) -> list[StatRow]:
    """Lines by time, with empty ones where nothing happened between the first and the last.

    Of the hours of a day and the days of a week there are all. Where that makes more than `MAX_BARS`, the
    lines stay as they are.
    """
    if not rows:
        return []
    known = {row.period: row for row in rows}
    periods = _periods(by, rows[0].period, rows[-1].period)
    if len(periods) > MAX_BARS:
        return list(rows)
    return [known.get(period) or _nothing(period) for period in periods]


def _periods(by: By, first: str, last: str) -> list[str]:
    match by:
        case "day":
            start = date.fromisoformat(first)
            days = (date.fromisoformat(last) - start).days + 1
            return [(start + timedelta(days=day)).isoformat() for day in range(days)]
        case "month":
            start, end = (
                int(year) * 12 + int(month) - 1 for year, month in (first.split("-"), last.split("-"))
            )
            return [f"{month // 12:04d}-{month % 12 + 1:02d}" for month in range(start, end + 1)]
        case "year":
            return [f"{year:04d}" for year in range(int(first), int(last) + 1)]
        case "hour":
            return [f"{hour:02d}" for hour in range(24)]
        case "weekday":
            return list(WEEKDAYS)
        case "all":
            return [first]


def _nothing(period: str) -> StatRow:
    return StatRow(
        period=period,
        key="",
        label="",
        calls=0,
        answered=0,
        duration=0,
        average_duration=0,
        cost_micros=0,
    )


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
