"""The export of calls: a stream of Arrow batches in the columns that people and spreadsheets read."""

# pyarrow makes the functions of its compute module at import; its stubs do not list them.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Generator, Iterator
from datetime import datetime, timedelta

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from engine.api.calls import MAX_SORTED_CALLS, ExportCalls
from engine.domain.call_columns import CALL_EXPORT
from engine.domain.errors import InvalidInput
from engine.domain.site import Site
from engine.domain.zones import offsets
from engine.reports.conditions import call_conditions, since, until
from engine.store import Condition, Session

SLICE_DAYS = 31
"""Calls are sorted and sent a month at a time: the first rows leave at once, and no sort outgrows memory."""

SORTED_SLICE = 65_536
"""Calls fetched at once for an order that is not that of time."""

LATEST = datetime(9990, 1, 1)
"""Nonsense beyond it must not overflow the calendar."""

COLUMNS = pa.schema(
    [pa.field(name, pa.int32() if kind == "whole" else pa.string()) for name, kind in CALL_EXPORT.items()]
)
"""Times are ISO 8601 with the site's offset, '' where there is none; cost is an exact decimal."""

Stretch = tuple[datetime, datetime, int]


def export_calls(session: Session, site: Site, request: ExportCalls) -> pa.RecordBatchReader:
    """The calls that match in the order asked for, with the columns `COLUMNS`.

    The session is busy until the reader is read or closed. Raises `InvalidInput` for a bad filter, and for
    more calls than are sorted.
    """
    where = call_conditions(request.filter, site)
    edges = msgspec.convert(
        session.row("calls.matching_span", where=where), tuple[datetime | None, datetime | None]
    )
    first, last = edges
    if first is None or last is None:
        return pa.RecordBatchReader.from_batches(COLUMNS, iter(()))
    # Answers and ends come after starts, by days at most; what lies beyond keeps the last offset.
    stretches = offsets(site.zone, first, min(last, LATEST) + timedelta(days=400))
    if request.sort == "time" and not request.descending:
        found = _oldest_first(session, where, first, last)
    else:
        found = _sorted(session, _ids_in_order(session, request, where))
    return pa.RecordBatchReader.from_batches(COLUMNS, (_exported(batch, stretches) for batch in found))


def _oldest_first(
    session: Session, where: list[Condition], first: datetime, last: datetime
) -> Generator[pa.RecordBatch]:
    # All slices show one and the same moment.
    with session.snapshot():
        start: datetime | None = first
        while start is not None and start <= last:
            end = min(start, LATEST) + timedelta(days=SLICE_DAYS)
            sent = False
            for batch in session.reader("calls.export", where=[*where, since(start), until(end)]):
                sent = sent or batch.num_rows > 0
                yield batch
            start = end if sent else _next_start(session, where, end)


def _ids_in_order(session: Session, request: ExportCalls, where: list[Condition]) -> pa.ChunkedArray:
    name = f"calls.page_{request.sort}_{'down' if request.descending else 'up'}"
    ids = session.table(name, where=where, limit=MAX_SORTED_CALLS + 1, offset=0).column(0)
    if len(ids) > MAX_SORTED_CALLS:
        raise InvalidInput(
            "More than {max_sorted_calls:,} calls are exported oldest first only: narrow them, "
            "or take that order.",
            max_sorted_calls=MAX_SORTED_CALLS,
            field="sort",
        )
    return ids


def _sorted(session: Session, ids: pa.ChunkedArray) -> Generator[pa.RecordBatch]:
    with session.snapshot():
        for start in range(0, len(ids), SORTED_SLICE):
            wanted = ids.slice(start, SORTED_SLICE)
            found = session.table("calls.export", where=[Condition("one_of", {"values": wanted.to_pylist()})])
            places = pc.index_in(wanted, value_set=found.column("call_id"))
            yield from found.take(pc.drop_null(places)).combine_chunks().to_batches()


def _next_start(session: Session, where: list[Condition], after: datetime) -> datetime | None:
    """Where calls go on after a month without any."""
    row = session.row("calls.matching_span", where=[*where, since(after)])
    return msgspec.convert(row, tuple[datetime | None, datetime | None])[0]


def _exported(batch: pa.RecordBatch, stretches: list[Stretch]) -> pa.RecordBatch:
    columns = [
        _iso(batch.column(name), stretches) if CALL_EXPORT[name] == "time" else batch.column(name)
        for name in COLUMNS.names
    ]
    return pa.RecordBatch.from_arrays(
        [column.cast(field.type) for column, field in zip(columns, COLUMNS, strict=True)], schema=COLUMNS
    )


def _iso(instants: pa.Array, stretches: list[Stretch]) -> pa.Array:
    """ISO 8601 with offset of naive UTC instants, '' for null. One pass for each stretch the array meets."""
    bounds = pc.min_max(instants).as_py()
    if bounds["min"] is None:
        return pa.array([""] * len(instants), pa.string())
    met = list(_meeting(stretches, bounds["min"], bounds["max"]))
    text = _stamped(instants, met[0][2])
    for start, _, seconds in met[1:]:
        text = pc.if_else(
            pc.greater_equal(instants, pa.scalar(start, instants.type)), _stamped(instants, seconds), text
        )
    return pc.fill_null(text, "")


def _meeting(stretches: list[Stretch], first: datetime, last: datetime) -> Iterator[Stretch]:
    """The stretches from the one that holds `first` to the one that holds `last`."""
    following = [*stretches[1:], None]
    for stretch, after in zip(stretches, following, strict=True):
        if (after is None or after[0] > first) and (stretch[0] <= last or stretch is stretches[0]):
            yield stretch


def _stamped(instants: pa.Array, seconds: int) -> pa.Array:
    local = pc.add(instants, pa.scalar(timedelta(seconds=seconds), pa.duration("us")))
    try:
        text = local.cast(pa.timestamp("s")).cast(pa.string())
    except pa.ArrowInvalid:
        # Some PBXs write fractions of a second; whole seconds go without, as datetime.isoformat has it.
        text = pc.replace_substring_regex(local.cast(pa.string()), r"\.000000$", "")
    with_t = pc.utf8_replace_slice(text, 10, 11, "T")
    return pc.binary_join_element_wise(with_t, _offset(seconds), "")


def _offset(seconds: int) -> str:
    sign = "-" if seconds < 0 else "+"
    hours, rest = divmod(abs(seconds), 3600)
    minutes, odd = divmod(rest, 60)
    return f"{sign}{hours:02d}:{minutes:02d}" + (f":{odd:02d}" if odd else "")
