"""How money, durations and times are written on screens.

Money follows CLDR (symbol, digits, grouping); the numbers are written from integers, exactly.
"""

from datetime import datetime

from msgspec import Struct

from engine.domain.errors import InvalidInput
from engine.domain.money import MICROS
from tui.text.currencies import conventions, digits


class MoneyStyle(Struct, frozen=True, kw_only=True):
    """How amounts of one currency look in one language."""

    currency: str = ""
    digits: int = 2
    """The currency's own decimals; more are shown where the amount has them."""

    before: str = ""
    after: str = ""
    """What stands before and after a number with its symbol, such as `¥` or ` €`."""

    decimal: str = "."
    group: str = ","
    minus: str = "-"

    def number(self, micros: int) -> str:
        """The exact amount without symbol: `-1,234.50`."""
        whole, fraction = divmod(abs(micros), MICROS)
        decimals = f"{fraction:06d}".rstrip("0").ljust(self.digits, "0")
        text = f"{whole:,}".replace(",", self.group)
        text = f"{text}{self.decimal}{decimals}" if decimals else text
        return self.minus + text if micros < 0 else text

    def money(self, micros: int) -> str:
        """The exact amount with its symbol: `-¥1,234.50`."""
        number = self.number(abs(micros))
        return f"{self.minus if micros < 0 else ''}{self.before}{number}{self.after}"

    def signed(self, micros: int) -> str:
        """As `number`, with a plus where the amount is positive."""
        return ("+" if micros > 0 else "") + self.number(micros)


def money_style(currency: str, language: str) -> MoneyStyle:
    """CLDR's way to write `currency` in `language`; an unknown currency is written with its code."""
    known = conventions(language)
    symbol = known.symbols.get(currency, currency)
    gap = "\N{NO-BREAK SPACE}"
    return MoneyStyle(
        currency=currency,
        digits=digits(currency),
        before=(symbol + gap if symbol.isalpha() else symbol) if known.symbol_leads else "",
        after="" if known.symbol_leads else gap + symbol,
        decimal=known.decimal,
        group=known.group,
        minus=known.minus,
    )


def duration(seconds: int) -> str:
    """`0:05`, `12:34`, `1:02:03`; hours grow without bound."""
    minutes, second = divmod(max(0, seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"


def local_time(instant: datetime, timezone: str) -> datetime:
    """The site's time of a naive UTC instant; the instant itself where the zone is unknown."""
    from engine.domain.zones import to_local, zone

    try:
        return to_local(instant, zone(timezone))
    except InvalidInput:
        return instant


def stamp(local: datetime | None) -> str:
    """`2026-01-31 18:30:05`."""
    return "" if local is None else f"{local:%Y-%m-%d %H:%M:%S}"


def short_stamp(local: datetime, today: datetime) -> str:
    """In 8 cells: the time of day of a moment of today, else its day: `18:30:05`, `01-31`, `2025-12`."""
    if local.date() == today.date():
        return f"{local:%H:%M:%S}"
    return f"{local:%m-%d}" if local.year == today.year else f"{local:%Y-%m}"


def size_of(count: int) -> str:
    """A number of bytes: `512 B`, `3.4 MB`."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return ""
