"""How statistics are written: on screen, and as the CSV of what is seen."""

import csv
import io
import re
from collections.abc import Sequence
from datetime import date

from engine.api.calls import By, HeatCell, Per, StatRow
from engine.domain.money import format_amount
from engine.domain.names import WEEKDAYS
from tui.screens.calls.text import REASONS
from tui.terminal.text import clean
from tui.text.i18n import N_, _

BYS: dict[By, str] = {
    "day": N_("by day"),
    "month": N_("by month"),
    "year": N_("by year"),
    "hour": N_("by hour of the day"),
    "weekday": N_("by weekday"),
}

PERS: dict[Per, str] = {
    "": N_("all together"),
    "extension": N_("per extension"),
    "trunk": N_("per trunk"),
    "rate": N_("per rule"),
    "destination": N_("per destination"),
    "country": N_("per country"),
    "prefix": N_("per prefix"),
}

DAY_NAMES = (
    N_("Mon"),
    N_("Tue"),
    N_("Wed"),
    N_("Thu"),
    N_("Fri"),
    N_("Sat"),
    N_("Sun"),
)


def period_text(by: By, period: str) -> str:
    """The period of a line as people read it."""
    if by == "weekday" and period in WEEKDAYS:
        return _(DAY_NAMES[WEEKDAYS.index(period)])
    if by == "hour":
        return f"{period}:00"
    if period == "all":
        return _("all")
    return period


def short_period(by: By, period: str) -> str:
    """The period below a bar."""
    if by == "day":
        return period[5:] if period.endswith("-01") else period[8:]
    return period if by in ("hour", "year") else period_text(by, period)


def is_weekend(by: By, period: str) -> bool:
    """Whether the bar is a Saturday or Sunday."""
    if by == "weekday":
        return period in ("sat", "sun")
    return by == "day" and date.fromisoformat(period).weekday() >= 5


def key_text(per: Per, row: StatRow) -> str:
    """What a line belongs to: `8001 Li`, a trunk, a rule, `900852 Hong Kong`."""
    if row.unrated is not None:
        return f"({_(REASONS[row.unrated])})"
    if not row.key:
        return {
            "rate": _("without a rule"),
            "trunk": _("without a trunk"),
            "destination": _("without a destination"),
        }.get(per, _("none"))
    return f"{clean(row.key)} {clean(row.label)}".strip() if row.label != row.key else clean(row.key)


def lines_csv(rows: Sequence[StatRow], per: Per) -> str:
    """period[,extension|trunk|rate|destination|country|prefix],calls,answered,duration,average_duration,cost

    Per rate a column `reason` follows the rule's name: why no rule rated these calls.
    """
    text = io.StringIO(newline="")
    sheet = csv.writer(text, lineterminator="\n")
    sheet.writerow(
        [
            "period",
            *([per] if per else []),
            *(["reason"] if per == "rate" else []),
            "calls",
            "answered",
            "duration",
            "average_duration",
            "cost",
        ]
    )
    for row in rows:
        key = [row.key] if per else []
        if per == "rate":
            key.append(row.unrated or "")
        figures = (row.calls, row.answered, row.duration, row.average_duration)
        sheet.writerow([row.period, *key, *figures, format_amount(row.cost_micros)])
    return text.getvalue()


def heat_csv(cells: Sequence[HeatCell]) -> str:
    """weekday,hour,calls,duration,cost"""
    text = io.StringIO(newline="")
    sheet = csv.writer(text, lineterminator="\n")
    sheet.writerow(["weekday", "hour", "calls", "duration", "cost"])
    for cell in cells:
        sheet.writerow(
            [
                WEEKDAYS[cell.weekday],
                f"{cell.hour:02d}",
                cell.calls,
                cell.billsec,
                format_amount(cell.cost_micros),
            ]
        )
    return text.getvalue()


def key_term(per: Per, row: StatRow) -> str:
    """The filter term that finds the calls of a line."""
    if row.unrated is not None:
        return f'reason="{row.unrated}"'
    field = "ext" if per == "extension" else per
    value = row.key
    if not re.fullmatch(r"[\w.+*#/@]+", value):
        value = '"' + value.replace('"', '""') + '"'
    return f"{field}={value}"
