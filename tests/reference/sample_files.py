"""Reads rate sheets, extension sheets and Asterisk files, valid ones only, into the reference's types."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path

from tests.reference.rating import ALL_WEEKDAYS, Call, Rule

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, kw_only=True)
class Extension:
    """A line of an extension sheet."""

    number: str
    billing: bool
    payment: str
    credit_limit_micros: int
    locked: bool


def read_rules(path: Path) -> list[Rule]:
    """The rules of a sheet that has all columns; positions are 1, 2, …"""
    with path.open(encoding="utf-8", newline="") as file:
        return [_rule(position, row) for position, row in enumerate(csv.DictReader(file), start=1)]


def read_extensions(path: Path) -> list[Extension]:
    """The extensions of a sheet that has all columns."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Extension(
                number=row["number"],
                billing=row["billing"] == "true",
                payment=row["payment"],
                credit_limit_micros=micros(row["credit_limit"]),
                locked=row["locked"] == "true",
            )
            for row in csv.DictReader(file)
        ]


def read_asterisk_calls(path: Path, *, trunks: tuple[str, ...]) -> Iterator[Call]:
    """The legs of a Master.csv with times in UTC; outbound by the trunk in `dstchannel`, without its tail."""
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        for row in csv.reader(file):
            trunk = row[6].rpartition("-")[0]
            yield Call(
                extension=row[1],
                dialled=row[2],
                answered_at=datetime.fromisoformat(row[10]).replace(tzinfo=UTC) if row[10] else None,
                billsec=int(row[13]),
                answered=row[14] == "ANSWERED",
                outbound=any(fnmatchcase(trunk, glob) for glob in trunks),
            )


def micros(text: str) -> int:
    """Micro-units of a decimal that has at most six decimals."""
    return int(Decimal(text) * 1_000_000)


def _rule(position: int, row: dict[str, str]) -> Rule:
    days = row["weekdays"]
    return Rule(
        name=row["name"],
        position=position,
        enabled=row["enabled"] == "true",
        prefix=row["prefix"],
        number_length=int(row["number_length"]),
        initial_fee_micros=micros(row["initial_fee"]),
        initial_seconds=int(row["initial_seconds"]),
        price_micros=micros(row["price"]),
        price_seconds=int(row["price_seconds"]) if row["price_seconds"] else None,
        cycle_seconds=int(row["cycle_seconds"]),
        start_time=time.fromisoformat(row["start_time"]),
        end_time=time.fromisoformat(row["end_time"]),
        weekdays=ALL_WEEKDAYS if days == "all" else frozenset(map(_WEEKDAYS.index, days.split(","))),
        valid_from=date.fromisoformat(row["valid_from"]) if row["valid_from"] else None,
        valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
        extensions=None if row["extensions"] == "all" else frozenset(row["extensions"].split()),
    )
