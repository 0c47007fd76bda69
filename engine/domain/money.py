"""Money: integers of 1/1,000,000 of the currency unit, read strictly and written exactly."""

import re

from engine.domain.errors import InvalidInput
from engine.domain.message import Message

MICROS = 1_000_000
MAX_AMOUNT_MICROS = 10**12 * MICROS
"""The largest amount that may be typed: one million million units, far inside 64 bits."""

# `1,234` could be a decimal comma, so thousands need a second comma or a decimal point beside them.
_GROUPED = r"[1-9]\d{0,2}(?:,\d{3}){2,}|[1-9]\d{0,2},\d{3}(?=\.)"
_PLAIN = re.compile(rf"(?P<sign>[+-]?)(?P<whole>\d+|{_GROUPED}|(?=\.\d))(?:\.(?P<fraction>\d*))?")


def parse_amount(text: str, *, field: str = "amount", signed: bool = False) -> int:
    """Micro-units of a typed decimal amount such as `1234.5`, `1,234.50` or `.5`.

    Raises `InvalidInput` naming `field` for anything ambiguous (`12,5`, `1.234,50`), with more than six
    decimals, with an exponent, negative where `signed` is false, or beyond `MAX_AMOUNT_MICROS`.
    """
    shown = text if len(text) <= 40 else text[:40] + "…"
    match = _PLAIN.fullmatch(text.strip()) if text.isascii() else None
    if match is None:
        hint = ""
        if re.fullmatch(r"[+-]?\d+,\d+", text.strip()):
            whole, _, digits = text.strip().partition(",")
            hint = (
                Message(
                    " Write {whole}{digits} or {whole2}.{digits2}: the comma may mean either.",
                    whole=whole,
                    digits=digits,
                    whole2=whole,
                    digits2=digits,
                )
                if len(digits) == 3
                else Message(" Write the decimal sign as a point, as in 12.5.")
            )
        raise InvalidInput.in_field(
            field,
            "{shown!r} is not an amount.{hint}",
            shown=shown,
            hint=hint or Message(" Write it as 1234.50."),
        )
    fraction = match["fraction"] or ""
    if len(fraction.rstrip("0")) > 6:
        raise InvalidInput.in_field(field, "{shown!r} has more than 6 decimals.", shown=shown)
    whole = match["whole"].replace(",", "")
    if len(whole.lstrip("0")) > 13:
        raise InvalidInput.in_field(field, "{shown!r} is out of range.", shown=shown)
    micros = int(whole or "0") * MICROS + int(fraction[:6].ljust(6, "0") or "0")
    if micros > MAX_AMOUNT_MICROS:
        raise InvalidInput.in_field(field, "{shown!r} is out of range.", shown=shown)
    if match["sign"] == "-":
        if not signed and micros:
            raise InvalidInput.in_field(field, "{shown!r} must not be negative.", shown=shown)
        micros = -micros
    return micros


def format_amount(micros: int, *, digits: int = 2) -> str:
    """The exact decimal of an amount, with at least `digits` decimals and more where the value has them.

    `12_500` gives `0.0125`; no rounding ever happens, no thousands are separated.
    """
    sign = "-" if micros < 0 else ""
    whole, fraction = divmod(abs(micros), MICROS)
    decimals = f"{fraction:06d}".rstrip("0").ljust(digits, "0")
    return f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"
