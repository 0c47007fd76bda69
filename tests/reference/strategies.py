"""Hypothesis strategies that make rules and calls meet at their edges.

The rules of a case are drawn around two numbers, so that they overlap, nest and compete; most have only a
few conditions, so that several fit. Calls are drawn from the rules: window edges, dates, block and cycle
ends, and the days on which clocks change. Every part is one draw of a small integer where that is possible,
and no strategy is built while drawing: a case takes about four milliseconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from tests.reference.rating import ALL_WEEKDAYS, Call, Rule

Item = TypeVar("Item")

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Shanghai")
EXTENSIONS = ("1001", "1002", "01001", "8888")
MAX_PRICE_MICROS = 10**12
MAX_SECONDS = 7 * 86_400
MAX_NUMBER_LENGTH = 20

_SEED_NUMBERS = (
    "913800138000",
    "962345678",
    "9004930123456",
    "+49301234",
    "*98",
    "#31#9110",
    "9" * 20,
    "110",
)
_DAYS = (
    *(date(2026, 3, 8), date(2026, 3, 29), date(2026, 10, 25), date(2026, 11, 1)),
    *(date(2025, 12, 31), date(2026, 2, 28), date(2026, 11, 30), date(2026, 12, 31), date(2026, 6, 17)),
)
_TIMES = (
    *(time(0), time(0, 1), time(1), time(2), time(2, 30), time(3), time(6), time(12), time(18)),
    *(time(22), time(23, 59)),
)
_AMOUNTS = (0, 1, 12_500, 50_000, 150_000, 333_333, 1_000_000, MAX_PRICE_MICROS)
_BLOCKS = (0, 0, 1, 10, 60, 180)
_CYCLES = (1, 6, 55, 60, 3600)
_PRICE_SECONDS = (None, None, None, 7, 60, 1, 3600)
_STEPS = (0, 0, -1, 1, 3600, -3600, 86_400, -86_400)
_TALK_TIMES = (0, 1, 59, 60, 61, 7200, MAX_SECONDS)

_INDEX = st.integers(0, 839)
_SEVENTH = st.integers(0, 6)
_FEATURES = st.integers(0, 255)
_AMOUNT = st.integers(0, MAX_PRICE_MICROS)
_MINUTE = st.integers(0, 1439)
_DAY = st.integers(0, 380)
_SECOND = st.integers(0, 7200)
_DIGITS = st.integers(0, 10**MAX_NUMBER_LENGTH - 1)
_ANY_NUMBER = st.text("0123456789*#+", max_size=MAX_NUMBER_LENGTH)
_FIRST_DAY = date(2025, 12, 25)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A site, its rules, and calls to rate."""

    zone: ZoneInfo
    site_billing: bool
    billed: frozenset[str]
    """Extensions whose billing is on."""
    rules: tuple[Rule, ...]
    calls: tuple[Call, ...]


@st.composite
def extensions(draw: DrawFn) -> str:
    """One of a few internal numbers; leading zeros count."""
    return _one_of(draw, EXTENSIONS)


@st.composite
def numbers(draw: DrawFn) -> str:
    """A dialled number of 0 to 20 characters."""
    return draw(_ANY_NUMBER) if _rarely(draw) else _one_of(draw, _SEED_NUMBERS)


@st.composite
def rules(draw: DrawFn, *, around: Sequence[str] = _SEED_NUMBERS, position: int = 1) -> Rule:
    """One rule that the product would accept, for numbers like these, with few or many of the conditions."""
    number = _one_of(draw, around)
    prefix = number[: draw(_INDEX) % (len(number) + 1)]
    # Two draws that must agree: a condition is on for one rule in four.
    wanted = draw(_FEATURES) & draw(_FEATURES)
    length = 0
    if wanted & 1:
        length = len(number) or 1
    elif wanted & 2 and _rarely(draw):
        length = max(1, len(prefix)) + draw(_INDEX) % (MAX_NUMBER_LENGTH + 1 - max(1, len(prefix)))
    start_time, end_time = (_clock_time(draw), _clock_time(draw)) if wanted & 4 else (time(0), time(0))
    valid_from, valid_to = _validity(draw) if wanted & 8 else (None, None)
    return Rule(
        name=f"rule {position}",
        position=position,
        enabled=not (wanted & 16 and wanted & 32),
        prefix=prefix,
        number_length=length,
        initial_fee_micros=_amount(draw),
        initial_seconds=_one_of(draw, _BLOCKS),
        price_micros=_amount(draw),
        price_seconds=_one_of(draw, _PRICE_SECONDS),
        cycle_seconds=_one_of(draw, _CYCLES),
        start_time=start_time,
        end_time=end_time,
        weekdays=_weekdays(draw) if wanted & 64 else ALL_WEEKDAYS,
        valid_from=valid_from,
        valid_to=valid_to,
        extensions=frozenset({_one_of(draw, EXTENSIONS), EXTENSIONS[0]}) if wanted & 128 else None,
    )


@st.composite
def rule_lists(
    draw: DrawFn, *, around: Sequence[str] = _SEED_NUMBERS, max_rules: int = 8
) -> tuple[Rule, ...]:
    """Up to `max_rules` rules in their order."""
    count = draw(_INDEX) % (max_rules + 1)
    return tuple(draw(rules(around=around, position=position)) for position in range(1, count + 1))


@st.composite
def calls(
    draw: DrawFn, some_rules: Sequence[Rule] = (), *, zone: ZoneInfo, around: Sequence[str] = _SEED_NUMBERS
) -> Call:
    """A call of any kind, near the edges of one of the rules where there are any."""
    rule = _one_of(draw, some_rules) if some_rules and not _rarely(draw) else None
    billsec = _talk_time(draw, rule)
    kind = draw(_INDEX) % 20
    return Call(
        extension=_one_of(draw, EXTENSIONS),
        dialled=_dialled(draw, rule, around),
        answered_at=draw(moments(rule, zone=zone)) if billsec > 0 or kind > 9 else None,
        billsec=billsec,
        answered=kind not in (0, 1),
        outbound=kind not in (0, 2),
    )


@st.composite
def moments(draw: DrawFn, rule: Rule | None = None, *, zone: ZoneInfo) -> datetime:
    """An instant in UTC, in whole seconds, often one second around an edge of the rule or of a day."""
    day, clock = _day(draw), _clock_time(draw)
    if rule is not None and not _rarely(draw):
        bounds = [bound for bound in (rule.valid_from, rule.valid_to) if bound is not None]
        day = _one_of(draw, bounds) if bounds else day
        clock = _one_of(draw, (rule.start_time, rule.end_time, clock))
    local = datetime.combine(day, clock, zone).replace(fold=draw(_INDEX) % 2)
    return local.astimezone(UTC) + timedelta(seconds=_one_of(draw, _STEPS))


@st.composite
def cases(draw: DrawFn, *, max_rules: int = 8, max_calls: int = 5) -> Case:
    """A whole site; billing is mostly on, or nothing would be rated."""
    zone = ZoneInfo(_one_of(draw, ZONES))
    around = (draw(numbers()), draw(numbers()))
    some_rules = draw(rule_lists(around=around, max_rules=max_rules))
    count = 1 + draw(_INDEX) % max_calls
    return Case(
        zone=zone,
        site_billing=draw(_INDEX) % 20 != 19,
        billed=frozenset(EXTENSIONS[: 1 + draw(_INDEX) % 4]) if _rarely(draw) else frozenset(EXTENSIONS),
        rules=some_rules,
        calls=tuple(draw(calls(some_rules, zone=zone, around=around)) for _ in range(count)),
    )


def _one_of(draw: DrawFn, items: Sequence[Item]) -> Item:
    return items[draw(_INDEX) % len(items)]


def _rarely(draw: DrawFn) -> bool:
    return draw(_SEVENTH) == 6


def _amount(draw: DrawFn) -> int:
    return draw(_AMOUNT) if _rarely(draw) else _one_of(draw, _AMOUNTS)


def _clock_time(draw: DrawFn) -> time:
    if not _rarely(draw):
        return _one_of(draw, _TIMES)
    minute = draw(_MINUTE)
    return time(minute // 60, minute % 60)


def _day(draw: DrawFn) -> date:
    return _FIRST_DAY + timedelta(days=draw(_DAY)) if _rarely(draw) else _one_of(draw, _DAYS)


def _weekdays(draw: DrawFn) -> frozenset[int]:
    """One to seven days."""
    mask = 1 + draw(_INDEX) % 127
    return frozenset(day for day in range(7) if mask >> day & 1)


def _validity(draw: DrawFn) -> tuple[date | None, date | None]:
    """At least one bound, and a first day before the last where there are both."""
    first = _day(draw)
    return _one_of(draw, ((first, None), (None, first), (first, first + timedelta(days=1 + draw(_DAY)))))


def _talk_time(draw: DrawFn, rule: Rule | None) -> int:
    if rule is None or _rarely(draw):
        return draw(_SECOND) if _rarely(draw) else _one_of(draw, _TALK_TIMES)
    edge = rule.initial_seconds + draw(_SEVENTH) * rule.cycle_seconds
    return max(0, edge + draw(_SEVENTH) % 3 - 1)


def _dialled(draw: DrawFn, rule: Rule | None, around: Sequence[str]) -> str:
    if rule is None or draw(_SEVENTH) > 3:
        return draw(_ANY_NUMBER) if _rarely(draw) else _one_of(draw, around)
    wanted = rule.number_length or min(MAX_NUMBER_LENGTH, len(rule.prefix) + draw(_SEVENTH))
    tail = f"{draw(_DIGITS):0{MAX_NUMBER_LENGTH}d}"
    return rule.prefix + tail[: wanted - len(rule.prefix)]
