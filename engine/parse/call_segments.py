"""Records that are parts of one call, put together again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pyarrow as pa

from engine.parse.schema import CALLS

GROUP = "group"
MORE = "more"
SEGMENTS = CALLS.append(pa.field(GROUP, pa.string())).append(pa.field(MORE, pa.bool_()))
"""Calls before they are put together: what its records share, and whether one more follows."""

MAX_WAIT_BYTES = 65_536
"""How much may be written behind an unfinished call before it is taken as it is."""

# A row of a table, as Arrow gives it: each value has its column's type.
_Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Merged:
    """Calls of whole groups."""

    calls: pa.Table
    """Schema `CALLS`."""
    joined: int
    """Records that went into another's call."""
    joined_bytes: int
    pending: int | None
    """Offset of the first record of a call that is not finished; all from there waits. None = none does."""


def merged(calls: pa.Table, *, end: int, final: bool) -> Merged:
    """Puts the records of each call together; `calls` has schema `SEGMENTS`, `end` is where the piece ends.

    The first record tells who called whom when; seconds add up, and the call is answered if a part of it was.
    """
    groups = list(_groups(calls.to_pylist()))
    waiting = [
        rows[0]["line_offset"]
        for rows in groups
        if rows[-1][MORE] and not final and end - rows[0]["line_offset"] <= MAX_WAIT_BYTES
    ]
    pending = min(waiting) if waiting else None
    kept = [rows for rows in groups if pending is None or all(row["line_offset"] < pending for row in rows)]
    if pending is not None and len(kept) < len(groups):
        # A finished call with a record behind the border waits as a whole, and the border moves before it.
        finished = {id(rows) for rows in kept}
        border = min(rows[0]["line_offset"] for rows in groups if id(rows) not in finished)
        kept = [rows for rows in kept if all(row["line_offset"] < border for row in rows)]
        pending = border
    others = [row for rows in kept for row in rows[1:]]
    whole = sorted((_one(rows) for rows in kept), key=lambda row: row["line_offset"])
    return Merged(
        calls=pa.Table.from_pylist([{name: row[name] for name in CALLS.names} for row in whole], CALLS),
        joined=len(others),
        joined_bytes=sum(row["line_length"] for row in others),
        pending=pending,
    )


def _groups(rows: Iterable[_Row]) -> Iterator[list[_Row]]:
    """Records in order of lines; a group ends with the record that says that none follows."""
    open_groups: dict[str, list[_Row]] = {}
    for row in rows:
        group = open_groups.setdefault(row[GROUP], [])
        group.append(row)
        if not row[MORE]:
            yield open_groups.pop(row[GROUP])
    yield from open_groups.values()


def _one(rows: list[_Row]) -> _Row:
    call = dict(rows[0])
    if len(rows) == 1:
        return call
    # What each of its records says makes the call unique: with another part it is another one.
    call["key_text"] = "\x1e".join(row["key_text"] for row in rows)
    answered = [row for row in rows if row["answered"]]
    outbound = [row for row in rows if row["direction"] == "outbound"]
    call["billsec"] = min(sum(row["billsec"] for row in answered), 2**31 - 1)
    call["duration"] = min(sum(row["duration"] for row in rows), 2**31 - 1)
    call["ended_at"] = call["started_at"] + timedelta(seconds=call["duration"])
    if answered:
        for name in ("answered", "answered_at", "answered_local", "disposition"):
            call[name] = answered[0][name]
    if outbound:
        for name in ("direction", "dialled"):
            call[name] = outbound[0][name]
    for name in ("extension", "trunk"):
        call[name] = next((row[name] for row in rows if row[name]), "")
    return call
