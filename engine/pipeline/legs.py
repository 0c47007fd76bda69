"""Legs that a batch of calls belongs to: those of its own, and stored calls that change by it."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from engine.domain.call_columns import (
    CALLER_INTERNAL,
    CHANNELS,
    DIALLED_INTERNAL,
    FAR_TRUNK,
    JOINS,
    NEAR_TRUNK,
    OWN_LEG,
)
from engine.domain.names import Direction, Unrated
from engine.domain.site import Site
from engine.legs.records import RECORDS
from engine.legs.settle import Payers, settle
from engine.parse.schema import EMPTY, FALSE
from engine.pipeline.recent_names import RecentNames, hashes
from engine.store import Session

APART = timedelta(days=1)
"""Records under one link id are looked for so long before and after the batch."""

MAX_STEPS = 100
"""From record to record, so many times, when what belongs to a batch is looked for."""

LEG_COLUMNS = pa.schema(
    [
        ("direction", pa.string()),
        ("extension", pa.string()),
        ("channel", pa.string()),
        ("placed_by", pa.string()),
        ("passed_by", pa.string()),
        ("leg", pa.uint64()),
        ("charged_seconds", pa.int32()),
        ("rated_number", pa.string()),
        ("answered", pa.bool_()),
        ("settled", pa.string()),
    ]
)
"""What legs tell of a call. `settled`: the reason of calls that no rule is asked for; null = others."""

_OUTBOUND = pa.scalar(Direction.OUTBOUND.value, pa.string())
_PART = pa.scalar(Unrated.PART_OF_ANOTHER.value, pa.string())
_UNKNOWN = pa.scalar(Unrated.NUMBER_UNKNOWN.value, pa.string())
_NONE = pa.scalar(None, pa.string())
_ZERO = pa.scalar(0, pa.int32())


@dataclass(frozen=True, kw_only=True)
class Settled:
    """The calls of a batch with their legs, and the stored calls that these change."""

    calls: pa.Table
    """With the columns `LEG_COLUMNS`."""
    stored: pa.Table | None
    """Stored calls of the same legs that change: `legs.stored_records`, and `LEG_COLUMNS` as new_…. None =
    there are none."""
    names: Collection[int] | None
    """Hashes of their link ids and channel names; None = too many to say."""


def settle_batch(session: Session, calls: pa.Table, *, site: Site, recent: RecentNames | None) -> Settled:
    """Tells what legs the calls, with their keys and not stored yet, are parts of.

    `recent`: the names of the records stored last, for a few calls; None = the store is asked.
    """
    rows = pa.arange(0, calls.num_rows)
    plain = _alone(calls, site)
    names = calls.select(["link_id", "near_channel", "far_channel", "started_at", "ended_at"])
    names = names.append_column("row", rows).filter(_has(calls["facts"], CHANNELS))
    own_names = None if recent is None else hashes(names)
    if not names.num_rows or (
        recent is not None
        and own_names is not None
        and not recent.shared(session, own_names, since=_first(names))
    ):
        return Settled(calls=_with(calls, plain), stored=None, names=own_names)
    met, stored = _relatives(session, names)
    if not met:
        return Settled(calls=_with(calls, plain), stored=None, names=own_names)
    chosen = pa.array(sorted(met), pa.int64())
    part = calls.take(chosen)
    own = _records(part.append_column("row", chosen))
    records = own if stored is None else pa.concat_tables([own, _records(stored)])
    verdicts = settle(session, records, payers=Payers(first=site.payer, unclaimed=site.unclaimed))
    keys = pa.concat_arrays(
        [part["call_key"].combine_chunks()]
        + ([] if stored is None else [stored["call_key"].combine_chunks()])
    )
    places = pc.index_in(verdicts["leg_row"], value_set=records["row"].combine_chunks())
    verdicts = verdicts.append_column("leg", keys.take(places.combine_chunks()))
    own_verdicts = _in_order_of(verdicts, chosen)
    in_leg = pc.is_valid(own_verdicts["leg_row"])
    members = pc.is_in(rows, chosen.filter(in_leg.combine_chunks()))
    told = _told(own_verdicts.filter(in_leg))
    columns = {
        name: pc.replace_with_mask(plain[name].combine_chunks(), members, told[name].combine_chunks())
        for name in LEG_COLUMNS.names
    }
    settled = pa.table([columns[name] for name in LEG_COLUMNS.names], schema=LEG_COLUMNS)
    return Settled(calls=_with(calls, settled), stored=_changed(stored, verdicts), names=own_names)


def _with(calls: pa.Table, legs: pa.Table) -> pa.Table:
    kept = calls.drop_columns([name for name in LEG_COLUMNS.names if name in calls.column_names])
    for name in LEG_COLUMNS.names:
        kept = kept.append_column(name, legs[name])
    return kept


def _has(facts: pa.ChunkedArray, bit: int) -> pa.ChunkedArray:
    return pc.not_equal(pc.bit_wise_and(facts, pa.scalar(bit, pa.uint16())), pa.scalar(0, pa.uint16()))


def _alone(calls: pa.Table, site: Site) -> pa.Table:
    """The legs of calls that belong to no other record."""
    facts = calls["facts"]
    near_trunk, caller_internal = _has(facts, NEAR_TRUNK), _has(facts, CALLER_INTERNAL)
    leg = pc.and_(_has(facts, FAR_TRUNK), _has(facts, JOINS))
    originated = pc.and_(pc.and_not(near_trunk, leg), caller_internal)
    by_caller = pc.if_else(pc.and_not(caller_internal, near_trunk), calls["caller"], EMPTY)
    placed = pc.if_else(pc.equal(calls["near_device"], EMPTY), by_caller, calls["near_device"])
    written = pc.coalesce(calls["written"], calls["dialled"])
    reached = pc.if_else(_has(facts, DIALLED_INTERNAL), written, EMPTY)
    payer = pc.if_else(pc.equal(placed, EMPTY), reached, placed)
    extension = pc.if_else(leg, payer, calls["extension"])
    outbound = pc.or_(pc.or_(leg, originated), pc.equal(calls["direction"], _OUTBOUND))
    if site.unclaimed:
        nobody = pc.and_(outbound, pc.equal(extension, EMPTY))
        extension = pc.if_else(nobody, pa.scalar(site.unclaimed, pa.string()), extension)
    charged = pc.and_not(pc.and_(outbound, calls["answered"]), originated)
    trunk_channel = pc.if_else(
        _has(facts, FAR_TRUNK), calls["far_channel"], pc.if_else(near_trunk, calls["near_channel"], EMPTY)
    )
    columns = [
        pc.if_else(outbound, _OUTBOUND, calls["direction"]),
        extension,
        trunk_channel,
        pc.if_else(pc.and_not(outbound, leg), calls["extension"], placed),
        pa.repeat(EMPTY, calls.num_rows),
        calls["call_key"],
        pc.if_else(charged, calls["billsec"], _ZERO),
        pc.if_else(leg, calls["dial_number"], _NONE),
        calls["answered"],
        pc.if_else(originated, _UNKNOWN, _NONE),
    ]
    return pa.table(columns, schema=LEG_COLUMNS)


def _relatives(session: Session, names: pa.Table) -> tuple[set[int], pa.Table | None]:
    """(the rows of a batch that belong to other records, the stored records of the same calls).

    Those as `legs.stored_records` gives them; None = there are none.
    """
    rows = _related(session, names)
    met = {row for row in rows if row >= 0}
    known: set[int] = set()
    fresh = rows - met
    found: list[pa.Table] = []
    for _ in range(MAX_STEPS):
        if not fresh:
            break
        known |= fresh
        stored = session.table("legs.stored_records", numbers=sorted(-1 - row for row in fresh))
        found.append(stored)
        asked = _named(stored.set_column(0, "row", pa.arange(0, stored.num_rows)), names.schema)
        fresh = {row for row in _related(session, asked) if row < 0} - known
    if not found:
        return met, None
    stored = pa.concat_tables(found)
    if len(found) > 1:
        # What stored records led to may lead back to rows that lie further away.
        together = pa.concat_tables([names, _named(stored, names.schema)])
        met = {row for row in _related(session, together, alone=True) if row >= 0}
    return met, stored


def _named(stored: pa.Table, schema: pa.Schema) -> pa.Table:
    return stored.select(schema.names).cast(schema)


def _first(names: pa.Table) -> datetime:
    """Stored records that ended earlier belong to none of these."""
    return pc.min(names["started_at"]).as_py() - APART


def _related(session: Session, names: pa.Table, *, alone: bool = False) -> set[int]:
    """The rows of `legs.related`; `alone` = stored records are left out."""
    if alone:
        first, last = datetime.max, datetime.min
    else:
        first, last = _first(names), pc.max(names["ended_at"]).as_py() + APART
    with session.bound(batch=names):
        return {row for (row,) in session.records(tuple[int], "legs.related", first=first, last=last)}


def _records(calls: pa.Table) -> pa.Table:
    """Schema `RECORDS`."""
    facts = calls["facts"]
    written = pc.coalesce(calls["written"], calls["dialled"])
    columns = {
        "row": calls["row"],
        "answered_at": calls["answered_at"],
        "near": calls["near_channel"],
        "far": calls["far_channel"],
        "near_trunk": _has(facts, NEAR_TRUNK),
        "far_trunk": _has(facts, FAR_TRUNK),
        "own_leg": _has(facts, OWN_LEG),
        "joins": _has(facts, JOINS),
        "caller_internal": _has(facts, CALLER_INTERNAL),
        "dialled": written,
        "dialled_internal": _has(facts, DIALLED_INTERNAL),
        "number": pc.coalesce(calls["dial_number"], calls["dialled"]),
        "code": pa.repeat(EMPTY, calls.num_rows),
    }
    for name in RECORDS.names:
        columns.setdefault(name, calls[name] if name in calls.column_names else None)
    return pa.table([columns[name] for name in RECORDS.names], names=RECORDS.names).cast(RECORDS)


def _in_order_of(verdicts: pa.Table, rows: pa.Array) -> pa.Table:
    return verdicts.take(pc.index_in(rows, value_set=verdicts["row"].combine_chunks()))


def _told(verdicts: pa.Table) -> pa.Table:
    """`LEG_COLUMNS` of records that are in a leg."""
    first = pc.equal(verdicts["leg_row"], verdicts["row"])
    unknown = pc.and_(first, pc.equal(verdicts["number"], EMPTY))
    columns = [
        pa.repeat(_OUTBOUND, verdicts.num_rows),
        verdicts["payer"],
        verdicts["channel"],
        verdicts["placed_by"],
        verdicts["passed_by"],
        verdicts["leg"],
        pc.cast(verdicts["charged_seconds"], pa.int32()),
        pc.if_else(unknown, EMPTY, _NONE),
        pc.is_valid(verdicts["answered_at"]),
        pc.if_else(first, _NONE, _PART),
    ]
    return pa.table(columns, schema=LEG_COLUMNS)


def _changed(stored: pa.Table | None, verdicts: pa.Table) -> pa.Table | None:
    """Stored records of legs that are something else now, with `LEG_COLUMNS` as new_…"""
    if stored is None:
        return None
    own = _in_order_of(verdicts, stored["row"].combine_chunks())
    in_leg = pc.is_valid(own["leg_row"])
    members, told = stored.filter(in_leg), _told(own.filter(in_leg))
    for name in LEG_COLUMNS.names:
        members = members.append_column(f"new_{name}", told[name])
    another = pa.repeat(FALSE, members.num_rows)
    for name in ("direction", "extension", "channel", "placed_by", "passed_by", "leg", "charged_seconds"):
        another = pc.or_(another, pc.not_equal(members[name], members[f"new_{name}"]))
    members = members.filter(another)
    return members if members.num_rows else None
