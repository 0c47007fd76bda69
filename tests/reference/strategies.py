"""Hypothesis strategies that make rules and calls meet at their edges.

The rules of a case are drawn around two numbers, so that they overlap, nest and compete; most have only a
few conditions, so that several fit. Calls are drawn from the rules: window edges, dates, block and cycle
ends, and the days on which clocks change. A rule or a call is one draw of bytes, thrown as dice, and no
strategy is built while drawing: a draw takes longer than everything that is done with it.
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

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe")
EXTENSIONS = ("1001", "1002", "01001", "8888")
MAX_PRICE_MICROS = 10**12
MAX_TALK_SECONDS = 7 * 86_400
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
    *(date(2026, 4, 5), date(2026, 10, 4)),
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
_TALK_TIMES = (0, 1, 59, 60, 61, 7200, MAX_TALK_SECONDS)

_NUMBER_CHARACTERS = "0123456789*#+"
_FIRST_DAY = date(2025, 12, 25)


class _Dice:
    """Numbers thrown out of bytes; once these are used up, every throw is 0. All zeros is the simplest."""

    def __init__(self, thrown: bytes) -> None:
        self._left = int.from_bytes(thrown, "big")

    def below(self, end: int) -> int:
        """A number from 0 to `end` - 1."""
        self._left, number = divmod(self._left, end)
        return number

    def one_of(self, items: Sequence[Item]) -> Item:
        return items[self.below(len(items))]

    def rarely(self) -> bool:
        return self.below(7) == 6


_SITE_DICE = st.binary(min_size=48, max_size=48).map(_Dice)
_RULE_DICE = st.binary(min_size=40, max_size=40).map(_Dice)
_CALL_DICE = st.binary(min_size=40, max_size=40).map(_Dice)


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
def rules(draw: DrawFn, *, around: Sequence[str] = _SEED_NUMBERS, position: int = 1) -> Rule:
    """One rule that the product would accept, for numbers like these, with few or many of the conditions."""
    dice = draw(_RULE_DICE)
    number = dice.one_of(around)
    prefix = number[: dice.below(len(number) + 1)]
    # Two throws that must agree: a condition is on for one rule in four.
    wanted = dice.below(256) & dice.below(256)
    length = 0
    if wanted & 1:
        length = len(number) or 1
    elif wanted & 2 and dice.rarely():
        length = max(1, len(prefix)) + dice.below(MAX_NUMBER_LENGTH + 1 - max(1, len(prefix)))
    start_time, end_time = (_clock_time(dice), _clock_time(dice)) if wanted & 4 else (time(0), time(0))
    valid_from, valid_to = _validity(dice) if wanted & 8 else (None, None)
    return Rule(
        name=f"rule {position}",
        position=position,
        enabled=not (wanted & 16 and wanted & 32),
        prefix=prefix,
        number_length=length,
        initial_fee_micros=_amount(dice),
        initial_seconds=dice.one_of(_BLOCKS),
        price_micros=_amount(dice),
        price_seconds=dice.one_of(_PRICE_SECONDS),
        cycle_seconds=dice.one_of(_CYCLES),
        start_time=start_time,
        end_time=end_time,
        weekdays=_weekdays(dice) if wanted & 64 else ALL_WEEKDAYS,
        valid_from=valid_from,
        valid_to=valid_to,
        extensions=frozenset({dice.one_of(EXTENSIONS), EXTENSIONS[0]}) if wanted & 128 else None,
    )


@st.composite
def rule_lists(
    draw: DrawFn, *, around: Sequence[str] = _SEED_NUMBERS, max_rules: int = 8
) -> tuple[Rule, ...]:
    """Up to `max_rules` rules in their order."""
    count = draw(_SITE_DICE).below(max_rules + 1)
    return tuple(draw(rules(around=around, position=position)) for position in range(1, count + 1))


@st.composite
def calls(
    draw: DrawFn, some_rules: Sequence[Rule] = (), *, zone: ZoneInfo, around: Sequence[str] = _SEED_NUMBERS
) -> Call:
    """A call of any kind, near the edges of one of the rules where there are any."""
    dice = draw(_CALL_DICE)
    rule = dice.one_of(some_rules) if some_rules and not dice.rarely() else None
    billsec = _talk_time(dice, rule)
    kind = dice.below(20)
    return Call(
        extension=dice.one_of(EXTENSIONS),
        dialled=_dialled(dice, rule, around),
        answered_at=_moment(dice, rule, zone) if billsec > 0 or kind > 9 else None,
        billsec=billsec,
        answered=kind not in (0, 1),
        outbound=kind not in (0, 2),
    )


@st.composite
def cases(draw: DrawFn, *, max_rules: int = 8, max_calls: int = 5) -> Case:
    """A whole site; billing is mostly on, or nothing would be rated."""
    dice = draw(_SITE_DICE)
    zone = ZoneInfo(dice.one_of(ZONES))
    count = 1 + dice.below(max_calls)
    site_billing = dice.below(20) != 19
    billed = frozenset(EXTENSIONS[: 1 + dice.below(4)] if dice.rarely() else EXTENSIONS)
    around = (_number(dice), _number(dice))
    some_rules = draw(rule_lists(around=around, max_rules=max_rules))
    return Case(
        zone=zone,
        site_billing=site_billing,
        billed=billed,
        rules=some_rules,
        calls=tuple(draw(calls(some_rules, zone=zone, around=around)) for _ in range(count)),
    )


def _number(dice: _Dice) -> str:
    """A dialled number of 0 to 20 characters."""
    return _any_number(dice) if dice.rarely() else dice.one_of(_SEED_NUMBERS)


def _any_number(dice: _Dice) -> str:
    return "".join(dice.one_of(_NUMBER_CHARACTERS) for _ in range(dice.below(MAX_NUMBER_LENGTH + 1)))


def _moment(dice: _Dice, rule: Rule | None, zone: ZoneInfo) -> datetime:
    """An instant in UTC, in whole seconds, often one second around an edge of the rule or of a day."""
    day, clock = _day(dice), _clock_time(dice)
    if rule is not None and not dice.rarely():
        bounds = [bound for bound in (rule.valid_from, rule.valid_to) if bound is not None]
        day = dice.one_of(bounds) if bounds else day
        clock = dice.one_of((rule.start_time, rule.end_time, clock))
    local = datetime.combine(day, clock, zone).replace(fold=dice.below(2))
    return local.astimezone(UTC) + timedelta(seconds=dice.one_of(_STEPS))


def _amount(dice: _Dice) -> int:
    return dice.below(MAX_PRICE_MICROS + 1) if dice.rarely() else dice.one_of(_AMOUNTS)


def _clock_time(dice: _Dice) -> time:
    if not dice.rarely():
        return dice.one_of(_TIMES)
    minute = dice.below(1440)
    return time(minute // 60, minute % 60)


def _day(dice: _Dice) -> date:
    return _FIRST_DAY + timedelta(days=dice.below(381)) if dice.rarely() else dice.one_of(_DAYS)


def _weekdays(dice: _Dice) -> frozenset[int]:
    """One to seven days."""
    mask = 1 + dice.below(127)
    return frozenset(day for day in range(7) if mask >> day & 1)


def _validity(dice: _Dice) -> tuple[date | None, date | None]:
    """At least one bound, and a first day before the last where there are both."""
    first = _day(dice)
    return dice.one_of(((first, None), (None, first), (first, first + timedelta(days=1 + dice.below(381)))))


def _talk_time(dice: _Dice, rule: Rule | None) -> int:
    if rule is None or dice.rarely():
        return dice.below(7201) if dice.rarely() else dice.one_of(_TALK_TIMES)
    edge = rule.initial_seconds + dice.below(7) * rule.cycle_seconds
    return max(0, edge + dice.below(3) - 1)


def _dialled(dice: _Dice, rule: Rule | None, around: Sequence[str]) -> str:
    if rule is None or dice.below(7) > 3:
        return _any_number(dice) if dice.rarely() else dice.one_of(around)
    wanted = rule.number_length or min(MAX_NUMBER_LENGTH, len(rule.prefix) + dice.below(7))
    tail = f"{dice.below(10**MAX_NUMBER_LENGTH):0{MAX_NUMBER_LENGTH}d}"
    return rule.prefix + tail[: wanted - len(rule.prefix)]
