"""Stored calls whose legs have changed: rated anew, with reversals and new charges."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from engine.domain.names import EntryKind
from engine.domain.site import Site
from engine.ledger.entries import MOVEMENTS, post_set
from engine.parse.schema import EMPTY
from engine.pipeline.legs import LEG_COLUMNS
from engine.rating.book import RateBook
from engine.rating.calls import VERDICTS, rate_calls
from engine.rating.rewriting import with_rated_numbers
from engine.store import Session


@dataclass(frozen=True, kw_only=True)
class NewlySettled:
    """Calls that are new, and stored calls that are something else now."""

    calls: pa.Table
    """With `LEG_COLUMNS`."""
    stored: pa.Table | None
    """As `settle_stored` takes them; None = there are none."""


NOTE = "settled anew"
"""Of the ledger entries: more records of the same leg have come."""


def rating_question(calls: pa.Table, rows: pa.Array) -> pa.Table:
    """Calls with their legs (`LEG_COLUMNS`) as `rate_calls` takes them."""
    return pa.table(
        {
            "row": rows,
            "extension": calls["extension"],
            "dialled": pc.coalesce(calls["rated_number"], calls["dialled"]),
            "direction": calls["direction"],
            "answered": calls["answered"],
            "billsec": calls["charged_seconds"],
            "answered_local": calls["answered_local"],
            "settled": calls["settled"],
        }
    )


def arriving_by_leg(stored: pa.Table) -> pa.Table:
    """The extensions that pay for changed stored calls, as arrivals."""
    names = pa.repeat(EMPTY, stored.num_rows)
    return pa.table(
        {"call_id": stored["call_id"], "extension": stored["new_extension"], "caller_name": names}
    )


def settle_stored(
    session: Session, stored: pa.Table, *, book: RateBook, site: Site, first_entry: int, now: datetime
) -> list[str]:
    """Rates stored calls anew by what their legs are now: in the store, and in the ledger.

    `stored` are those of `settle_batch`. Returns the extensions whose balances move.
    """
    changed = stored.select(["call_id", "dialled", "written", "answered_local"])
    for name in LEG_COLUMNS.names:
        changed = changed.append_column(name, stored[f"new_{name}"])
    changed = with_rated_numbers(changed, site.rewrite)
    question = rating_question(changed, pa.arange(0, stored.num_rows))
    verdicts = rate_calls(session, book, question, site=site)
    for name in VERDICTS.names[1:]:
        changed = changed.append_column(name, verdicts[name])
    with session.bound(changed=changed):
        session.run("legs.update_calls", first=_least(stored["call_id"]), last=_most(stored["call_id"]))
    movements = _movements(stored, verdicts["cost_micros"])
    if movements.num_rows:
        post_set(session, movements, first_entry=first_entry, now=now, note=NOTE)
    return sorted(set(movements["extension"].to_pylist()))


def _least(numbers: pa.ChunkedArray) -> int:
    return int(pc.min(numbers).as_py())


def _most(numbers: pa.ChunkedArray) -> int:
    return int(pc.max(numbers).as_py())


def _movements(stored: pa.Table, costs: pa.ChunkedArray) -> pa.Table:
    """Reversals of the old charges and the new charges, call by call, where cost or payer is another one."""
    another = pc.or_(
        pc.not_equal(stored["cost_micros"], costs), pc.not_equal(stored["extension"], stored["new_extension"])
    )
    parts: list[pa.Table] = []
    for step, (kind, extension, amounts) in enumerate(
        (
            (EntryKind.REVERSAL, stored["extension"], stored["cost_micros"]),
            (EntryKind.CHARGE, stored["new_extension"], pc.negate(costs)),
        )
    ):
        table = pa.table(
            {
                "place": pc.add(pc.multiply(stored["call_id"], pa.scalar(2)), pa.scalar(step)),
                "extension": extension,
                "kind": pa.repeat(pa.scalar(kind.value, pa.string()), stored.num_rows),
                "amount_micros": amounts,
                "call_id": stored["call_id"],
            }
        )
        parts.append(table.filter(pc.and_(another, pc.not_equal(amounts, pa.scalar(0, pa.int64())))))
    moved = pa.concat_tables(parts).sort_by("place")
    return moved.set_column(0, "place", pa.arange(0, moved.num_rows)).cast(MOVEMENTS)
