"""Rate rules as rows: what a rule says as a stored version, and back."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple, cast

import pyarrow as pa

from engine.domain.rates import Rate
from engine.domain.sheet import MAX_SHEET_LINES
from engine.store import Session

VERSIONS = pa.schema(
    [
        ("version_id", pa.int64()),
        ("rate_id", pa.int64()),
        ("name", pa.string()),
        ("prefix", pa.string()),
        ("number_length", pa.int32()),
        ("initial_fee_micros", pa.int64()),
        ("initial_seconds", pa.int32()),
        ("price_micros", pa.int64()),
        ("price_seconds", pa.int32()),
        ("cycle_seconds", pa.int32()),
        ("start_second", pa.int32()),
        ("end_second", pa.int32()),
        ("weekdays", pa.int32()),
        ("valid_from", pa.date32()),
        ("valid_to", pa.date32()),
        ("extensions", pa.list_(pa.string())),
    ]
)
"""What the columns of `rate_version` hold, without who wrote it and when."""

FIELDS = VERSIONS.names[2:]
"""The fields of `Rate` that a version keeps; `enabled` belongs to the list."""

LISTED = pa.schema(
    [("rate_id", pa.int64()), ("version_id", pa.int64()), ("position", pa.int32()), ("enabled", pa.bool_())]
)
"""The columns of `rate`."""

MAX_RULES = MAX_SHEET_LINES
"""As many as a sheet can bring back."""

Numbered = tuple[int, int, Rate]
"""Version, rule, and what it says."""


def add_versions(session: Session, versions: Sequence[Numbered], *, operator: str, now: datetime) -> None:
    """Stores versions as said by `operator` at `now` (naive UTC)."""
    if not versions:
        return
    with session.bound(new_versions=version_table(versions)):
        session.run("rates.add_versions", operator=operator, now=now)


def version_table(versions: Sequence[Numbered]) -> pa.Table:
    """Versions as an Arrow table, schema `VERSIONS`."""
    columns: list[list[object]] = [
        [version_id for version_id, _, _ in versions],
        [rate_id for _, rate_id, _ in versions],
        *([getattr(rate, field) for _, _, rate in versions] for field in FIELDS),
    ]
    arrays = [pa.array(values, kind) for values, kind in zip(columns, VERSIONS.types, strict=True)]
    return pa.table(arrays, schema=VERSIONS)


def rate_of(values: Sequence[object], *, enabled: bool) -> Rate:
    """The rule of a row whose columns are `FIELDS`."""
    name, prefix, length, fee, first, price, price_seconds, cycle, start, end, days, since, until, chosen = (
        values
    )
    return Rate(
        name=str(name),
        enabled=enabled,
        prefix=str(prefix),
        number_length=cast(int, length),
        initial_fee_micros=cast(int, fee),
        initial_seconds=cast(int, first),
        price_micros=cast(int, price),
        price_seconds=cast("int | None", price_seconds),
        cycle_seconds=cast(int, cycle),
        start_second=cast(int, start),
        end_second=cast(int, end),
        weekdays=cast(int, days),
        valid_from=cast("date | None", since),
        valid_to=cast("date | None", until),
        extensions=None if chosen is None else tuple(cast("list[str]", chosen)),
    )


def add_list(session: Session, rules: Sequence[tuple[int, int, bool]], *, first_position: int = 1) -> None:
    """Puts rules (rule, version, enabled) into the list, one after another from a position on."""
    if not rules:
        return
    rate_ids, version_ids, enabled = zip(*rules, strict=True)
    positions = range(first_position, first_position + len(rules))
    columns = [
        pa.array(values, kind)
        for values, kind in zip((rate_ids, version_ids, positions, enabled), LISTED.types, strict=True)
    ]
    with session.bound(new_list=pa.table(columns, schema=LISTED)):
        session.run("rates.add_list")


class Listed(NamedTuple):
    """A rule of the list."""

    rate_id: int
    version_id: int
    position: int
    rate: Rate


def listed_rate(row: Sequence[object]) -> Listed:
    """A row of statement `rates.listed`."""
    rate_id, version_id, position, enabled = row[:4]
    rate = rate_of(row[4:], enabled=bool(enabled))
    return Listed(cast(int, rate_id), cast(int, version_id), cast(int, position), rate)


def listed_rates(session: Session) -> list[Listed]:
    """The whole list in order."""
    return [listed_rate(row) for row in session.rows("rates.listed", limit=MAX_RULES, offset=0)]


def last_numbers(session: Session) -> tuple[int, int, int]:
    """The highest version and rule ever given, and how many rules the list has."""
    row = session.row("rates.last_numbers")
    assert row is not None
    return cast("tuple[int, int, int]", row)


def count_of(row: Sequence[object] | None) -> int:
    """The one number of a count, or of rows that a change touched."""
    return cast(int, row[0]) if row else 0
