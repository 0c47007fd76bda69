"""What a call costs, computed slowly and plainly: the reference that the product's SQL is held against.

One call at a time, exact fractions, the standard library's zoneinfo, and nothing of the product. The rules
are those of section 3 of the domain page. Where that page leaves a choice, this is the one taken:

- Reasons are given in this order: `not outbound`, `not answered`, `no extension`, `billing off`,
  `extension not billed`, `no rule`, and `number unknown` in its place where there is no number.
  What the call was comes before what the site wants.
- A call that the PBX calls answered and that lasted 0 s is `not answered`.
- Equal `start_time` and `end_time` are the calendar day of the answer, whatever the time they name.
- `valid_from` and `valid_to` are compared with the local calendar date of the answer, also for a window
  through midnight: at 02:00 on the day of `valid_to` the rule is over. Weekdays are those on which the
  window starts, so that the same 02:00 belongs to the evening before.
- Local time is the wall clock. The hour that a DST change repeats is inside a window both times.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from math import ceil, floor
from zoneinfo import ZoneInfo

ALL_WEEKDAYS = frozenset(range(7))

NOT_OUTBOUND = "not outbound"
NOT_ANSWERED = "not answered"
NO_EXTENSION = "no extension"
NUMBER_UNKNOWN = "number unknown"
BILLING_OFF = "billing off"
EXTENSION_NOT_BILLED = "extension not billed"
NO_RULE = "no rule"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A line of the rate list; money in micro-units, times in whole seconds."""

    name: str = "rule"
    position: int = 1
    enabled: bool = True
    prefix: str = ""
    number_length: int = 0
    """0 = any."""
    initial_fee_micros: int = 0
    initial_seconds: int = 0
    price_micros: int = 0
    price_seconds: int | None = None
    """None = the cycle."""
    cycle_seconds: int = 60
    start_time: time = time(0)
    end_time: time = time(0)
    weekdays: frozenset[int] = ALL_WEEKDAYS
    """The days on which the window starts, Monday = 0."""
    valid_from: date | None = None
    valid_to: date | None = None
    """None = without that bound; `valid_to` itself is outside."""
    extensions: frozenset[str] | None = None
    """None = all."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """A stored call. `answered` says what the PBX wrote as disposition, whatever `billsec` is."""

    extension: str = "1001"
    dialled: str
    answered_at: datetime | None
    """An instant, with its zone; None = the PBX gave none."""
    billsec: int
    answered: bool = True
    outbound: bool = True


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The winner and the parts of the cost; `rule` is None exactly when `unrated_reason` is not."""

    rule: Rule | None
    cost_micros: int
    unrated_reason: str | None
    cycles: int
    first_block_micros: int
    cycles_micros: int


def rate(
    call: Call,
    rules: Iterable[Rule],
    *,
    site_billing: bool,
    extension_billed: bool,
    zone: ZoneInfo,
) -> Verdict:
    """The verdict on one call. Raises ValueError for an answered call with talk time but no answer time."""
    if not call.outbound:
        return _unrated(NOT_OUTBOUND)
    if not call.answered or call.billsec == 0:
        return _unrated(NOT_ANSWERED)
    if not call.extension:
        return _unrated(NO_EXTENSION)
    if not site_billing:
        return _unrated(BILLING_OFF)
    if not extension_billed:
        return _unrated(EXTENSION_NOT_BILLED)
    candidates = [rule for rule in rules if not objections(rule, call, zone)]
    if not candidates:
        return _unrated(NO_RULE if call.dialled else NUMBER_UNKNOWN)
    winner = min(candidates, key=_precedence)
    cycles = billed_cycles(call.billsec, winner)
    first_block_micros = first_block(winner)
    cycles_micros = price_of_cycles(cycles, winner)
    return Verdict(
        rule=winner,
        cost_micros=first_block_micros + cycles_micros,
        unrated_reason=None,
        cycles=cycles,
        first_block_micros=first_block_micros,
        cycles_micros=cycles_micros,
    )


def objections(rule: Rule, call: Call, zone: ZoneInfo) -> tuple[str, ...]:
    """The fields by which the rule does not fit the call; empty for a candidate."""
    if call.answered_at is None:
        raise ValueError("a call with talk time has a moment of answer")
    local = call.answered_at.astimezone(zone)
    fits = {
        "enabled": rule.enabled,
        "extensions": rule.extensions is None or call.extension in rule.extensions,
        "prefix": call.dialled.startswith(rule.prefix),
        "number_length": rule.number_length in (0, len(call.dialled)),
        "dates": _within_dates(rule, local.date()),
        "window": _within_window(rule, local),
    }
    return tuple(field for field, fit in fits.items() if not fit)


def billed_cycles(billsec: int, rule: Rule) -> int:
    """Started cycles after the end of the first block."""
    return ceil(Fraction(max(0, billsec - rule.initial_seconds), rule.cycle_seconds))


def first_block(rule: Rule) -> int:
    """The micro-units of the first block; 0 where the rule has none."""
    has_first_block = rule.initial_fee_micros > 0 or rule.initial_seconds > 0
    return rule.initial_fee_micros if has_first_block else 0


def price_of_cycles(cycles: int, rule: Rule) -> int:
    """The micro-units of so many cycles, rounded half up in the one division."""
    price_seconds = rule.cycle_seconds if rule.price_seconds is None else rule.price_seconds
    exact = cycles * rule.cycle_seconds * Fraction(rule.price_micros, price_seconds)
    return floor(exact + Fraction(1, 2))


def _precedence(rule: Rule) -> tuple[int, int, int]:
    """The smallest wins: longest prefix, then an exact length, then the order of the list."""
    return (-len(rule.prefix), 0 if rule.number_length else 1, rule.position)


def _within_dates(rule: Rule, day: date) -> bool:
    if rule.valid_from is not None and day < rule.valid_from:
        return False
    return rule.valid_to is None or day < rule.valid_to


def _within_window(rule: Rule, local: datetime) -> bool:
    clock = local.time()
    today = local.date()
    if rule.start_time == rule.end_time:
        return today.weekday() in rule.weekdays
    if rule.start_time < rule.end_time:
        return rule.start_time <= clock < rule.end_time and today.weekday() in rule.weekdays
    if clock >= rule.start_time:
        return today.weekday() in rule.weekdays
    if clock < rule.end_time:
        return (today - timedelta(days=1)).weekday() in rule.weekdays
    return False


def _unrated(reason: str) -> Verdict:
    return Verdict(
        rule=None,
        cost_micros=0,
        unrated_reason=reason,
        cycles=0,
        first_block_micros=0,
        cycles_micros=0,
    )
