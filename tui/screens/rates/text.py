"""How rate rules are written in lists and details."""

from engine.domain.names import ALL_WEEKDAYS
from engine.domain.rates import Rate, format_time_of_day
from tui.text.format import MoneyStyle
from tui.text.i18n import _, ngettext
from tui.widgets.weekdays_field import WEEKDAY_NAMES

_WORKDAYS = 0b0011111


def first_block_text(rate: Rate, money: MoneyStyle) -> str:
    """`0.15/60s`; a dash without a first block."""
    if not rate.initial_fee_micros and not rate.initial_seconds:
        return "–"
    return f"{money.number(rate.initial_fee_micros)}/{rate.initial_seconds}s"


def price_text(rate: Rate, money: MoneyStyle) -> str:
    """`0.10/60s`, or `0.05/60s·1s` where the price is for 60 s and every second counts."""
    per = rate.price_seconds or rate.cycle_seconds
    text = f"{money.number(rate.price_micros)}/{per}s"
    return text if per == rate.cycle_seconds else f"{text}·{rate.cycle_seconds}s"


def prefix_text(prefix: str) -> str:
    """The prefix, or that any number fits."""
    return prefix or _("any number")


def window_text(rate: Rate) -> str:
    """`08:00-18:00`, or that it is the whole day."""
    if rate.start_second == rate.end_second:
        return _("all day")
    return f"{format_time_of_day(rate.start_second)}-{format_time_of_day(rate.end_second)}"


def days_text(mask: int) -> str:
    """The days in few letters: all, Mo-Fr, Sa Su."""
    names = [_(name) for name in WEEKDAY_NAMES]
    if mask == ALL_WEEKDAYS:
        return _("all days")
    if mask == _WORKDAYS:
        return f"{names[0]}-{names[4]}"
    return " ".join(name for day, name in enumerate(names) if mask >> day & 1)


def valid_text(rate: Rate) -> str:
    """The dates between which it counts, '' = always; the second one is excluded."""
    if rate.valid_from is None and rate.valid_to is None:
        return ""
    return f"{rate.valid_from or '…'} – {rate.valid_to or '…'}"


def extensions_text(rate: Rate) -> str:
    """`all`, one number, or how many."""
    if rate.extensions is None:
        return _("all")
    if len(rate.extensions) == 1:
        return rate.extensions[0]
    return ngettext("%d ext.", "%d ext.", len(rate.extensions)) % len(rate.extensions)
