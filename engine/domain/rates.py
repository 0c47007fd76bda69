"""A rate rule and its fields' laws (`spec`: longest prefix, exact length, position)."""

import re
from dataclasses import dataclass
from datetime import date

from engine.domain.errors import InvalidInput
from engine.domain.message import Message
from engine.domain.money import MAX_AMOUNT_MICROS
from engine.domain.names import ALL_WEEKDAYS, WEEKDAYS

MAX_RATE_SECONDS = 86_400 * 31
MAX_NUMBER_LENGTH = 64
MAX_RATE_MICROS = 1_000_000 * 1_000_000
"""The highest fee or price: a million units, so that a month-long call at it still fits 64 bits."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f]")
_PREFIX = re.compile(r"[0-9*#+]*")
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """One rate rule as an operator wrote it."""

    name: str
    enabled: bool = True
    prefix: str = ""
    number_length: int = 0
    """Characters of the whole dialled number, prefix included; 0 = any."""
    initial_fee_micros: int = 0
    initial_seconds: int = 0
    price_micros: int = 0
    price_seconds: int | None = None
    """What the price is for; None = one cycle."""
    cycle_seconds: int = 60
    start_second: int = 0
    """Start of the window, seconds after local midnight; equal to the end = the whole day."""
    end_second: int = 0
    weekdays: int = ALL_WEEKDAYS
    """Bit n set = the window may start on weekday n, Monday first."""
    valid_from: date | None = None
    """First local day; None = always."""
    valid_to: date | None = None
    """First local day that is no longer covered; None = for ever."""
    extensions: tuple[str, ...] | None = None
    """The chosen extensions, sorted; None = all."""


def rate_faults(rate: Rate) -> list[InvalidInput]:
    """Every law of the fields that the rule breaks, each error naming its field; empty when it is sound."""
    faults: list[InvalidInput] = []

    def fault(field: str, what: str, **fields: object) -> None:
        faults.append(InvalidInput.in_field(field, Message(what, **fields)))

    if not 1 <= len(rate.name.strip()) <= 64:
        fault("name", "a name of 1 to 64 characters tells the rules apart.")
    elif _CONTROL.search(rate.name):
        fault("name", "must not hold line breaks or control characters.")
    if not _PREFIX.fullmatch(rate.prefix) or len(rate.prefix) > MAX_NUMBER_LENGTH:
        fault(
            "prefix",
            "{prefix!r} may hold digits, *, # and + only, at most {max_number_length}.",
            prefix=rate.prefix[:40],
            max_number_length=MAX_NUMBER_LENGTH,
        )
    if not 0 <= rate.number_length <= MAX_NUMBER_LENGTH:
        fault(
            "number_length",
            "must lie between 0 (any) and {max_number_length}.",
            max_number_length=MAX_NUMBER_LENGTH,
        )
    elif 0 < rate.number_length < len(rate.prefix):
        fault(
            "number_length",
            "{number_length} is shorter than the prefix {prefix!r} of {count}: no number could "
            "ever match. The length counts the prefix; 0 means any.",
            number_length=rate.number_length,
            prefix=rate.prefix,
            count=len(rate.prefix),
        )
    for field, value in (("initial_fee", rate.initial_fee_micros), ("price", rate.price_micros)):
        if not 0 <= value <= min(MAX_RATE_MICROS, MAX_AMOUNT_MICROS):
            fault(field, "must lie between 0 and 1,000,000.")
    if not 0 <= rate.initial_seconds <= MAX_RATE_SECONDS:
        fault(
            "initial_seconds",
            "must lie between 0 and {max_rate_seconds} seconds.",
            max_rate_seconds=MAX_RATE_SECONDS,
        )
    if not 1 <= rate.cycle_seconds <= MAX_RATE_SECONDS:
        fault(
            "cycle_seconds",
            "must lie between 1 and {max_rate_seconds} seconds.",
            max_rate_seconds=MAX_RATE_SECONDS,
        )
    if rate.price_seconds is not None and not 1 <= rate.price_seconds <= MAX_RATE_SECONDS:
        fault(
            "price_seconds",
            "must lie between 1 and {max_rate_seconds} seconds, or be empty for one cycle.",
            max_rate_seconds=MAX_RATE_SECONDS,
        )
    for field, second in (("start_time", rate.start_second), ("end_time", rate.end_second)):
        if not 0 <= second < 86_400:
            fault(field, "must be a time of day, 00:00 to 23:59.")
    if not 0 < rate.weekdays <= ALL_WEEKDAYS:
        fault("weekdays", "choose at least one day.")
    if rate.valid_from and rate.valid_to and rate.valid_from >= rate.valid_to:
        fault(
            "valid_to",
            "{valid_to} must come after valid_from {valid_from}; that day is excluded.",
            valid_to=rate.valid_to,
            valid_from=rate.valid_from,
        )
    faults += _extension_faults(rate.extensions)
    return faults


def _extension_faults(extensions: tuple[str, ...] | None) -> list[InvalidInput]:
    if extensions is not None and not extensions:
        return [InvalidInput.in_field("extensions", "choose at least one extension, or all.")]
    # Sheets separate them by spaces, and write `all` for every extension.
    for extension in extensions or ():
        if not extension or extension.lower() == "all" or _BLANK.search(extension):
            shown = extension[:40]
            return [InvalidInput.in_field("extensions", "{shown!r} is not an extension number.", shown=shown)]
    return []


def parse_time_of_day(text: str, *, field: str) -> int:
    """Seconds after midnight of `HH:MM` or `HH:MM:SS`; empty = midnight. Raises `InvalidInput`."""
    match = _TIME.fullmatch(text.strip())
    if match:
        hour, minute, second = (int(part or 0) for part in match.groups())
        return hour * 3600 + minute * 60 + second
    if not text.strip():
        return 0
    hint = (
        Message(" Midnight is 00:00; a window that ends there has end 00:00.")
        if text.strip() == "24:00"
        else ""
    )
    raise InvalidInput.in_field(
        field, "{text!r} is not a time of day. Write it as 08:30.{hint}", text=text, hint=hint
    )


def format_time_of_day(second: int) -> str:
    """`HH:MM`, with `:SS` only where there are seconds."""
    hours, rest = divmod(second, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours:02d}:{minutes:02d}" + (f":{seconds:02d}" if seconds else "")


def parse_weekdays(text: str, *, field: str = "weekdays") -> int:
    """The weekday mask of `all`, or names such as `mon,tue`; empty = all. Raises `InvalidInput`."""
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    if not words or words == ["all"]:
        return ALL_WEEKDAYS
    mask = 0
    for word in words:
        if word not in WEEKDAYS:
            raise InvalidInput.in_field(
                field, "{word!r} is not a weekday. Write all, or names such as mon,tue,sat.", word=word
            )
        mask |= 1 << WEEKDAYS.index(word)
    return mask


def format_weekdays(mask: int) -> str:
    """`all`, or the names in order, separated by commas."""
    if mask == ALL_WEEKDAYS:
        return "all"
    return ",".join(name for bit, name in enumerate(WEEKDAYS) if mask >> bit & 1)
