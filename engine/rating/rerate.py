"""Rates stored calls anew, in batches: which of them would cost something else now.

Only answered outbound calls with talk time are looked at; nothing could make the others cost anything. A
call is rated as if it were stored today: by the list, `numbering.rewrite` and the billing switches as they
stand. It changes when
its cost or its reason does. Where another rule, or a later version of it, comes to the same cost, the call
takes that rule along with its parts, which moves nothing and does not count as a change. A second run finds
nothing to do.
"""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from dataclasses import dataclass
from datetime import datetime
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

from engine.domain.site import Site
from engine.rating.book import RateBook
from engine.rating.calls import rate_calls
from engine.rating.rewriting import with_rated_numbers
from engine.store import Session

_EMPTY = pa.scalar("", pa.string())
_NONE = pa.scalar(None, pa.string())
_FALSE = pa.scalar(False, pa.bool_())

BATCH_CALLS = 500_000
"""The most calls in a batch: it spans so many numbers of calls."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which stored calls."""

    first: datetime
    """Naive UTC; calls that started then or later."""
    last: datetime
    """Naive UTC; calls that started before."""
    extensions: tuple[str, ...] | None = None
    """None = all."""
    only_unrated: bool = False
    """Only those that no rule covered."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """Where the calls of a selection lie; start with `after = first_call_id - 1`."""

    first_call_id: int
    last_call_id: int
    calls: int


@dataclass(frozen=True, kw_only=True)
class RerateBatch:
    """One batch of a selection."""

    changed: pa.Table
    """By call_id: call_id, extension, old_cost_micros, new_cost_micros, old_unrated, new_unrated,
    rate_version, cycles, first_block_micros, rated_number. Calls that only take another rule or number
    along are among them."""
    renumbered: pa.Table
    """call_id and rated_number of calls that cost nothing in any case, where it is another one."""
    examined: int
    upto_call_id: int
    """Pass it as `after` for the next batch; the last batch reaches the span's last call."""


def rerate_span(session: Session, selection: Selection) -> Span:
    """Counts what a run will examine."""
    row = session.row(
        "rating.rerate_span",
        first=selection.first,
        last=selection.last,
        extensions=_listed(selection.extensions),
        only_unrated=selection.only_unrated,
    )
    assert row is not None
    first, last, calls = cast("tuple[int, int, int]", row)
    return Span(first_call_id=first, last_call_id=last, calls=calls)


def changed_calls(
    session: Session,
    book: RateBook,
    *,
    site: Site,
    selection: Selection,
    after: int,
    batch_calls: int = BATCH_CALLS,
) -> RerateBatch:
    """Rates the next batch of calls behind call `after` anew; changes nothing."""
    upto = after + batch_calls
    stored = session.table(
        "rating.rerate_calls",
        after=after,
        upto=upto,
        first=selection.first,
        last=selection.last,
        extensions=_listed(selection.extensions),
        only_unrated=selection.only_unrated,
    )
    numbered = _numbered_anew(stored, site)
    question = numbered.drop_columns(["cost_micros", "unrated", "rate_version", "written", "rated_number"])
    rated = pc.coalesce(numbered["rated_number"], numbered["dialled"])
    question = question.set_column(question.column_names.index("dialled"), "dialled", rated)
    fresh = rate_calls(session, book, question, site=site)
    numbers = numbered.select(["row", "rated_number"])
    with session.bound(rerate_stored=stored, rerate_fresh=fresh, rerate_numbers=numbers):
        changed = session.table("rating.changed_calls")
    return RerateBatch(
        changed=changed,
        renumbered=_renumbered(session, site, selection, after, upto),
        examined=stored.num_rows,
        upto_call_id=upto,
    )


def _numbered_anew(calls: pa.Table, site: Site) -> pa.Table:
    """Stored calls with the numbers that they would be rated by if they came today; '' stays unknown."""
    unknown = pc.fill_null(pc.equal(calls["rated_number"], _EMPTY), _FALSE)
    bare = calls.set_column(
        calls.column_names.index("rated_number"), "rated_number", pc.if_else(unknown, _EMPTY, _NONE)
    )
    return with_rated_numbers(bare, site.rewrite)


def _renumbered(session: Session, site: Site, selection: Selection, after: int, upto: int) -> pa.Table:
    stored = session.table(
        "rating.rerate_numbers",
        after=after,
        upto=upto,
        first=selection.first,
        last=selection.last,
        extensions=_listed(selection.extensions),
        only_unrated=selection.only_unrated,
        rewriting=bool(site.rewrite),
    )
    fresh = _numbered_anew(stored, site).select(["call_id", "rated_number"])
    before, after_ = (pc.coalesce(table["rated_number"], stored["dialled"]) for table in (stored, fresh))
    return fresh.filter(pc.not_equal(before, after_))


def update_calls(session: Session, changed: pa.Table) -> None:
    """Stores what a batch changes; its ledger entries belong into the same transaction."""
    if changed.num_rows:
        first, last = changed["call_id"][0].as_py(), changed["call_id"][-1].as_py()
        with session.bound(rerated_calls=changed):
            session.run("rating.update_calls", first_id=first, last_id=last)


def update_numbers(session: Session, renumbered: pa.Table) -> None:
    """Stores the other numbers of calls that cost nothing."""
    if renumbered.num_rows:
        first, last = renumbered["call_id"][0].as_py(), renumbered["call_id"][-1].as_py()
        with session.bound(renumbered_calls=renumbered):
            session.run("rating.update_numbers", first_id=first, last_id=last)


def _listed(extensions: tuple[str, ...] | None) -> list[str] | None:
    return None if extensions is None else list(extensions)
