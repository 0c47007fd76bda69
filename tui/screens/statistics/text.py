"""How statistics are written on screen."""

import re
from datetime import date

from engine.api.calls import By, Per, StatRow
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


def key_term(per: Per, row: StatRow) -> str:
    """The filter term that finds the calls of a line."""
    if row.unrated is not None:
        return f'reason="{row.unrated}"'
    field = "ext" if per == "extension" else per
    value = row.key
    if not re.fullmatch(r"[\w.+*#/@]+", value):
        value = '"' + value.replace('"', '""') + '"'
    return f"{field}={value}"
