"""Calls as the store has them, out of what channels make (`engine.cel.calls`)."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

import pyarrow as pa
import pyarrow.compute as pc

from engine.domain.call_columns import CALL_COLUMNS, END_ASSUMED, MADE_OF_EVENTS
from engine.domain.names import Direction, Unrated
from engine.domain.site import Site
from engine.parse import timestamps
from engine.parse.evaluate import stem
from engine.parse.schema import EMPTY
from engine.parse.sides import dial_number
from engine.pipeline.legs import LEG_COLUMNS

_NONE = pa.scalar(None, pa.string())
_ZERO = pa.scalar(0, pa.int32())

TOLD = (
    "started_at", "started_local", "answered_at", "answered_local", "ended_at", "dialled", "trunk",
    "disposition", "duration", "billsec", "caller", "called_party", "account_code", "link_id", "near_channel",
    "far_channel", "facts", "written",
)  # fmt: skip
"""Columns of a call that events tell, its leg apart."""

_COMPARED = (
    *TOLD,
    "direction",
    "extension",
    "channel",
    "placed_by",
    "passed_by",
    "leg",
    "charged_seconds",
)


def calls_of(records: pa.Table, site: Site) -> pa.Table:
    """A call, with `LEG_COLUMNS`, for each channel that has ended and makes one, or is a part of a leg.

    Of the latter, whose `is_call` is false, only those count that are stored already.
    """
    records = records.filter(
        pc.and_(pc.is_valid(records["ended_at"]), pc.not_equal(records["record"], _text("none")))
    )
    rows = records.num_rows
    kind = records["record"]
    leg, part = pc.equal(kind, _text("leg")), pc.equal(kind, _text("part"))
    number = _dialled_numbers(records, leg)
    known = pc.not_equal(number, EMPTY)
    inside = pc.or_(records["exten_internal"], pc.not_equal(records["other_device"], EMPTY))
    direction = pc.if_else(
        pc.or_(leg, part),
        _text(Direction.OUTBOUND.value),
        pc.if_else(
            pc.equal(kind, _text("inbound")),
            _text(Direction.INBOUND.value),
            pc.if_else(inside, _text(Direction.INTERNAL.value), _text(Direction.OTHER.value)),
        ),
    )
    moments = {name: pc.cast(records[name], pa.timestamp("s")) for name in ("started_at", "answered_at")}
    local = {name: timestamps.to_local(times.combine_chunks(), site.zone) for name, times in moments.items()}
    seconds = _bounded(records["seconds"])
    facts = pc.if_else(records["end_assumed"], _bits(MADE_OF_EVENTS | END_ASSUMED), _bits(MADE_OF_EVENTS))
    columns = {
        "started_local": timestamps.micros(local["started_at"]),
        "answered_local": timestamps.micros(local["answered_at"]),
        "direction": direction,
        "dialled": pc.if_else(known, number, records["exten"]),
        "trunk": records["trunk"],
        "duration": _bounded(records["duration"]),
        "billsec": seconds,
        "called_party": records["other_device"],
        "near_channel": pc.if_else(leg, records["dialler_name"], records["channel"]),
        "far_channel": pc.if_else(leg, records["channel"], records["other_name"]),
        "near_device": pa.repeat(EMPTY, rows),
        "far_device": pa.repeat(EMPTY, rows),
        "written": pc.if_else(pc.and_(leg, known), records["exten"], _NONE),
        "dial_number": pa.nulls(rows, pa.string()),
        "facts": facts,
        "rated_number": pc.if_else(pc.and_not(leg, known), EMPTY, _NONE),
        "leg": pc.if_else(part, records["used_by"], records["call_key"]),
        "charged_seconds": pc.if_else(leg, seconds, _ZERO),
        "answered": pc.is_valid(records["answered_at"]),
        "settled": pc.if_else(part, _text(Unrated.PART_OF_ANOTHER.value), _NONE),
        "caller_name": pa.repeat(EMPTY, rows),
        "is_call": pc.invert(part),
    }
    names = [
        column.name
        for column in CALL_COLUMNS
        if column.origin not in ("rating",) and column.name != "call_id"
    ]
    columns |= {name: records[name] for name in names if name not in columns}
    return pa.table(columns)


def changed_calls(calls: pa.Table, stored: pa.Table, places: pa.ChunkedArray) -> pa.Table | None:
    """The stored calls that are something else now, as `settle_stored` takes them; None = there are none.

    `stored` as `cel.stored` gives them, `places` theirs by each of the calls.
    """
    now = calls.filter(pc.is_valid(places))
    if not now.num_rows:
        return None
    before = stored.take(places.drop_null())
    another = pc.not_equal(
        now["settled"].is_valid(), pc.equal(before["unrated"], _text(Unrated.PART_OF_ANOTHER.value))
    )
    another = pc.fill_null(another, False)
    # Rewriting may have made another number of it since.
    unknown = [pc.fill_null(pc.equal(calls["rated_number"], EMPTY), False) for calls in (now, before)]
    another = pc.or_(another, pc.xor(*unknown))
    for name in _COMPARED:
        one, other = now[name], before[name].cast(now[name].type)
        same = pc.or_(pc.fill_null(pc.equal(one, other), False), pc.and_(pc.is_null(one), pc.is_null(other)))
        another = pc.or_(another, pc.invert(same))
    now, before = now.filter(another), before.filter(another)
    if not now.num_rows:
        return None
    table = before.select(["call_id", "extension", "cost_micros"])
    for name in TOLD:
        table = table.append_column(name, now[name])
    for name in LEG_COLUMNS.names:
        table = table.append_column(f"new_{name}", now[name])
    return table


def _dialled_numbers(records: pa.Table, leg: pa.ChunkedArray) -> pa.ChunkedArray:
    """The numbers of legs; '' = unknown. Where the channel's own tells none, what Dial was given may."""
    asked = pc.and_(leg, pc.is_valid(records["dial_data"]))
    if not pc.any(asked).as_py():
        return records["number"]
    part = records.filter(asked)
    pairs = zip(part["dial_data"].to_pylist(), part["channel"].to_pylist(), strict=True)
    found = pa.array([dial_number(data, stem(channel)) for data, channel in pairs], pa.string())
    return pc.replace_with_mask(records["number"].combine_chunks(), asked.combine_chunks(), found)


def _bounded(count: pa.ChunkedArray) -> pa.ChunkedArray:
    limit = pa.scalar(timestamps.MAX_CALL_SECONDS, pa.int64())
    return pc.cast(pc.min_element_wise(count, limit), pa.int32())


def _text(value: str) -> pa.Scalar:
    return pa.scalar(value, pa.string())


def _bits(value: int) -> pa.Scalar:
    return pa.scalar(value, pa.uint16())
