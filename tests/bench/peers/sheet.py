"""The rate sheet as the peers take it: amounts in micro-units, ranked, and who is billed."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY: Final = 127
MICROS: Final = 1_000_000


@dataclass(frozen=True, kw_only=True)
class PeerRule:
    """One enabled rule. Field order is the column order of the peers' tables."""

    rank: int
    """1 = wins against all others that fit: longest prefix, exact length, place in the sheet."""
    prefix: str
    number_length: int
    initial_fee_micros: int
    initial_seconds: int
    price_micros: int
    price_seconds: int
    cycle_seconds: int
    start_second: int
    end_second: int
    weekdays: int
    """Bit 0 = Monday."""
    valid_from: str
    """ISO dates; '' = without that bound."""
    valid_to: str
    chosen: bool
    """Whether `extensions` counts; else all."""
    extensions: frozenset[str]

    @property
    def conditional(self) -> bool:
        """Whether it can fail to fit a call whose number fits."""
        return (
            self.start_second != self.end_second
            or self.weekdays != EVERY_DAY
            or bool(self.valid_from or self.valid_to)
            or self.chosen
        )


def rules_of(path: Path) -> list[PeerRule]:
    """The sheet's enabled rules by rank."""
    with path.open(encoding="utf-8", newline="") as file:
        lines = [line for line in csv.DictReader(file) if line["enabled"] == "true"]
    lines.sort(key=lambda line: (-len(line["prefix"]), line["number_length"] == "0"))
    return [_rule(rank, line) for rank, line in enumerate(lines, start=1)]


def billed_extensions(path: Path) -> frozenset[str]:
    """Those whose calls cost money."""
    with path.open(encoding="utf-8", newline="") as file:
        return frozenset(line["number"] for line in csv.DictReader(file) if line["billing"] == "true")


def lengths(rules: list[PeerRule]) -> list[int]:
    """The distinct lengths of prefixes, longest first."""
    return sorted({len(rule.prefix) for rule in rules}, reverse=True)


def chosen_extensions(rules: list[PeerRule]) -> Iterator[tuple[int, str]]:
    """Rank and extension of the rules that are for some only."""
    return ((rule.rank, number) for rule in rules if rule.chosen for number in sorted(rule.extensions))


def _rule(rank: int, line: dict[str, str]) -> PeerRule:
    return PeerRule(
        rank=rank,
        prefix=line["prefix"],
        number_length=int(line["number_length"]),
        initial_fee_micros=_micros(line["initial_fee"]),
        initial_seconds=int(line["initial_seconds"]),
        price_micros=_micros(line["price"]),
        price_seconds=int(line["price_seconds"] or line["cycle_seconds"]),
        cycle_seconds=int(line["cycle_seconds"]),
        start_second=_second(line["start_time"]),
        end_second=_second(line["end_time"]),
        weekdays=_weekdays(line["weekdays"]),
        valid_from=line["valid_from"],
        valid_to=line["valid_to"],
        chosen=line["extensions"] != "all",
        extensions=frozenset(line["extensions"].split()) if line["extensions"] != "all" else frozenset(),
    )


def _micros(text: str) -> int:
    return int(Decimal(text) * MICROS)


def _second(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60


def _weekdays(text: str) -> int:
    return EVERY_DAY if text == "all" else sum(1 << WEEKDAYS.index(day) for day in text.split(","))
