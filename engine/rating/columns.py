"""The columns of a rate sheet: which field of a rule each holds, and how its cells read."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from engine.domain.errors import InvalidInput
from engine.domain.money import format_amount, parse_amount
from engine.domain.rates import Rate, format_time_of_day, format_weekdays, parse_time_of_day, parse_weekdays
from engine.domain.sheet import format_boolean, parse_boolean, parse_whole

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class RateColumn:
    """How the cells of a column are read and written."""

    field: str
    """Of `Rate`."""
    parse: Callable[[str], object]
    """Raises `InvalidInput` naming the column."""
    format: Callable[[Any], str]


def _whole(column: str) -> RateColumn:
    return RateColumn(field=column, parse=lambda text: parse_whole(text, field=column), format=str)


def _amount(column: str) -> RateColumn:
    return RateColumn(
        field=f"{column}_micros",
        parse=lambda text: parse_amount(text, field=column),
        format=lambda micros: format_amount(micros, digits=0),
    )


def _time(column: str, field: str) -> RateColumn:
    return RateColumn(
        field=field, parse=lambda text: parse_time_of_day(text, field=column), format=format_time_of_day
    )


def _day(column: str) -> RateColumn:
    return RateColumn(
        field=column,
        parse=lambda text: _parse_date(text, column),
        format=lambda day: "" if day is None else day.isoformat(),
    )


COLUMNS: Final = {
    "name": RateColumn(field="name", parse=str, format=str),
    "enabled": RateColumn(
        field="enabled", parse=lambda text: parse_boolean(text, field="enabled"), format=format_boolean
    ),
    "prefix": RateColumn(field="prefix", parse=str, format=str),
    "number_length": _whole("number_length"),
    "initial_fee": _amount("initial_fee"),
    "initial_seconds": _whole("initial_seconds"),
    "price": _amount("price"),
    "price_seconds": RateColumn(
        field="price_seconds",
        parse=lambda text: parse_whole(text, field="price_seconds"),
        format=lambda seconds: "" if seconds is None else str(seconds),
    ),
    "cycle_seconds": _whole("cycle_seconds"),
    "start_time": _time("start_time", "start_second"),
    "end_time": _time("end_time", "end_second"),
    "weekdays": RateColumn(field="weekdays", parse=parse_weekdays, format=format_weekdays),
    "valid_from": _day("valid_from"),
    "valid_to": _day("valid_to"),
    "extensions": RateColumn(
        field="extensions",
        parse=lambda text: None if text.lower() == "all" else tuple(sorted(set(text.split()))),
        format=lambda chosen: "all" if chosen is None else " ".join(chosen),
    ),
}

RATE_COLUMNS: Final = tuple(COLUMNS)


def cells(rate: Rate) -> list[tuple[str, str]]:
    """Column and cell of a rule, in the order of the sheet."""
    return [(name, column.format(getattr(rate, column.field))) for name, column in COLUMNS.items()]


def _parse_date(text: str, column: str) -> date:
    if _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise InvalidInput.in_field(column, "{text!r} is not a date. Write it as 2026-01-31.", text=text[:40])
