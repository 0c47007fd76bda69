"""Equal records of one file, where the clock ticks in minutes: each is a call of its own.

The first, second and so on of them in a file have keys of their own, so that the first of another file is the
same call as the first of this one. How often a record was seen in a file is kept with the calls.
"""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

import hashlib

import pyarrow as pa
import pyarrow.compute as pc

from engine.domain.call_columns import MINUTES
from engine.store import Session, in_order

_MINUTES = pa.scalar(MINUTES, pa.uint16())
_NONE = pa.scalar(0, pa.uint16())


def numbered(session: Session, calls: pa.Table) -> pa.Table:
    """The calls of `of_file`, with other keys for those that their file held before; notes what was seen."""
    marked = pc.not_equal(pc.bit_wise_and(calls["facts"], _MINUTES), _NONE)
    if not pc.any(marked).as_py():
        return calls
    rows = pa.arange(0, calls.num_rows).filter(marked.combine_chunks())
    seen = calls.select(["file_id", "call_key", "started_at"]).take(rows).append_column("row", rows)
    bounds = pc.min_max(seen["started_at"]).as_py()
    with session.bound(recurring=seen):
        found = session.table("pipeline.occurrences", first=bounds["min"], last=bounds["max"])
        session.run("pipeline.note_occurrences")
    later = in_order(found.filter(pc.greater(found["occurrence"], 1)), "row")
    if not later.num_rows:
        return calls
    keys = calls["call_key"].to_pylist()
    for row, occurrence in zip(later["row"].to_pylist(), later["occurrence"].to_pylist(), strict=True):
        digest = hashlib.md5(f"{keys[row]}\x1f{occurrence}".encode(), usedforsecurity=False).digest()
        keys[row] = int.from_bytes(digest[8:], "little")
    place = calls.schema.get_field_index("call_key")
    return calls.set_column(place, "call_key", pa.array(keys, pa.uint64()))
