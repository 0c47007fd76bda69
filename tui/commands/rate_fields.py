"""A rule's fields as they are typed on the command line."""

from dataclasses import replace
from datetime import date

from engine.domain.errors import InvalidInput
from engine.domain.money import parse_amount
from engine.domain.rates import Rate, parse_time_of_day, parse_weekdays
from tui.commands.numbers import expanded


def changed_rate(
    rate: Rate,
    *,
    rename: str | None = None,
    enabled: str | None = None,
    prefix: str | None = None,
    number_length: int | None = None,
    initial_fee: str | None = None,
    initial_seconds: int | None = None,
    price: str | None = None,
    price_seconds: str | None = None,
    cycle_seconds: int | None = None,
    start_time: str | None = None,
    end_time: str | None = None,
    weekdays: str | None = None,
    valid_from: str | None = None,
    valid_to: str | None = None,
    extensions: str | None = None,
) -> Rate:
    """The rule with what was typed; None = not typed. Raises `InvalidInput` naming the field."""
    typed: dict[str, object] = {
        "name": rename,
        "enabled": None if enabled is None else enabled == "on",
        "prefix": prefix,
        "number_length": number_length,
        "initial_fee_micros": None if initial_fee is None else parse_amount(initial_fee, field="initial_fee"),
        "initial_seconds": initial_seconds,
        "price_micros": None if price is None else parse_amount(price, field="price"),
        "cycle_seconds": cycle_seconds,
        "start_second": None if start_time is None else parse_time_of_day(start_time, field="start_time"),
        "end_second": None if end_time is None else parse_time_of_day(end_time, field="end_time"),
        "weekdays": None if weekdays is None else parse_weekdays(weekdays),
    }
    changes = {field: value for field, value in typed.items() if value is not None}
    # These may be emptied, so that None is a value of theirs.
    if price_seconds is not None:
        changes["price_seconds"] = _whole_number(price_seconds, "price_seconds")
    if valid_from is not None:
        changes["valid_from"] = _day(valid_from, "valid_from")
    if valid_to is not None:
        changes["valid_to"] = _day(valid_to, "valid_to")
    if extensions is not None:
        words = extensions.replace(" ", ",")
        changes["extensions"] = None if words.strip(",") in ("all", "") else tuple(sorted(expanded([words])))
    return replace(rate, **changes)  # pyright: ignore[reportArgumentType] - each value has its field's type


def _whole_number(text: str, field: str) -> int | None:
    if not text.strip():
        return None
    if not text.strip().isdecimal() or len(text) > 12:
        raise InvalidInput.in_field(field, "{text!r} is not a whole number.", text=text)
    return int(text)


def _day(text: str, field: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError as error:
        raise InvalidInput.in_field(field, "{text!r} is not a date. Write 2026-01-31.", text=text) from error
