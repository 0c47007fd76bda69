"""The rules by prefix, in memory: finds the winner and the cost of one call at a time.

For batches of a few calls, where planning the statement `rating.bulk_prices` would take longer than rating.
It is the same contest and the same arithmetic as in the macros of `engine/sql/migrations/0002_rating.sql`;
the tests hold both against the plain reference, on the same cases.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, cast

import pyarrow as pa

MAX_COST_MICROS = 9_000_000_000_000_000_000
"""Where the price of cycles stops; only a call that lasts for longer than a month can reach it."""


class Priced(NamedTuple):
    """What a rule makes of a call."""

    cost_micros: int
    rate_version: int
    cycles: int
    first_block_micros: int


@dataclass(frozen=True, slots=True)
class _Conditions:
    start_second: int
    end_second: int
    weekdays: int
    valid_from: date | None
    valid_to: date | None
    extensions: frozenset[str] | None

    def fit(self, extension: str, local: datetime) -> bool:
        if self.extensions is not None and extension not in self.extensions:
            return False
        day = local.date()
        if self.valid_from is not None and day < self.valid_from:
            return False
        if self.valid_to is not None and day >= self.valid_to:
            return False
        return self._in_window(local.hour * 3600 + local.minute * 60 + local.second, local.weekday())

    def _in_window(self, clock: int, weekday: int) -> bool:
        start, end = self.start_second, self.end_second
        if start < end and not start <= clock < end:
            return False
        if start > end and clock < start:
            if clock >= end:
                return False
            weekday = (weekday + 6) % 7
        return bool(self.weekdays >> weekday & 1)


@dataclass(frozen=True, slots=True)
class _Rule:
    number_length: int
    conditions: _Conditions | None
    """None = always fits."""
    version_id: int
    initial_fee_micros: int
    initial_seconds: int
    price_micros: int
    price_seconds: int | None
    cycle_seconds: int

    def priced(self, billsec: int) -> Priced:
        cycles = -(-max(0, billsec - self.initial_seconds) // self.cycle_seconds)
        if self.price_seconds is None:
            micros = cycles * self.price_micros
        else:
            double = 2 * cycles * self.cycle_seconds * self.price_micros
            micros = (double + self.price_seconds) // (2 * self.price_seconds)
        cost = self.initial_fee_micros + min(micros, MAX_COST_MICROS)
        return Priced(cost, self.version_id, cycles, self.initial_fee_micros)


_CONTEST = ("prefix", "number_length", "conditional")
_CONDITIONS = ("start_second", "end_second", "weekdays", "valid_from", "valid_to", "extensions")
_PRICE = ("initial_fee_micros", "initial_seconds", "price_micros", "price_seconds", "cycle_seconds")


class RuleIndex:
    """The rules of a book, those of one prefix in the order of their ranks."""

    def __init__(self, rules: pa.Table) -> None:
        """Of the table `RateBook.rules`."""
        self._rules: dict[str, list[_Rule]] = {}
        columns = [rules[name].to_pylist() for name in (*_CONTEST, "version_id", *_PRICE, *_CONDITIONS)]
        for prefix, number_length, conditional, version_id, *fields in zip(*columns, strict=True):
            price = cast("tuple[int, int, int, int | None, int]", tuple(fields[:5]))
            start, end, weekdays, first, last, chosen = fields[5:]
            extensions = None if chosen is None else frozenset[str](chosen)
            conditions = _Conditions(start, end, weekdays, first, last, extensions) if conditional else None
            rule = _Rule(number_length, conditions, version_id, *price)
            self._rules.setdefault(prefix, []).append(rule)
        self._lengths = sorted({len(prefix) for prefix in self._rules}, reverse=True)

    def priced(self, extension: str, dialled: str, billsec: int, local: datetime | None) -> Priced | None:
        """What a call answered at that local time costs; None = no rule."""
        characters = len(dialled)
        for length in self._lengths:
            if length > characters:
                continue
            for rule in self._rules.get(dialled[:length], ()):
                if rule.number_length not in (0, characters):
                    continue
                if rule.conditions is None or (local is not None and rule.conditions.fit(extension, local)):
                    return rule.priced(billsec)
        return None
