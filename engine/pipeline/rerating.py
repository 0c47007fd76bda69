"""Rating stored calls anew: a preview, or reversals and new charges in batches."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from engine.api.operation import Progress
from engine.api.rates import Rerate, RerateChange, RerateResult
from engine.domain.errors import InvalidInput
from engine.domain.site import Site
from engine.domain.zones import parse_moment
from engine.ledger.entries import next_entry, post_set
from engine.pipeline.account_cache import EXTREME_MICROS
from engine.pipeline.live_site import LiveSite
from engine.rating.rerate import (
    BATCH_CALLS,
    RerateBatch,
    Selection,
    changed_calls,
    rerate_span,
    update_calls,
    update_numbers,
)
from engine.store import Database, Session, Writer

MAX_LISTED = 1000


@dataclass
class _Sum:
    calls: int = 0
    amount_micros: int = 0


@dataclass(frozen=True, kw_only=True)
class _Available:
    """What an extension had before the run; an extension that is not there has nothing."""

    extension: str
    name: str = ""
    billing: bool = False
    available_micros: int = 0


_MOVED = pa.schema(
    [
        ("extension", pa.string()),
        ("name", pa.string()),
        ("billing", pa.bool_()),
        ("available_micros", pa.int64()),
        ("calls", pa.int64()),
        ("amount_micros", pa.int64()),
    ]
)


class Rerating:
    """One run. A cancelled one leaves complete batches only."""

    def __init__(
        self,
        *,
        database: Database,
        writer: Writer,
        state: LiveSite,
        progress: Callable[[Progress], None],
        moved: Callable[[], None],
        cancelled: threading.Event,
        now: Callable[[], datetime],
        batch_calls: int = BATCH_CALLS,
    ) -> None:
        """`moved` runs in the writer thread after each commit that moved balances."""
        self._database = database
        self._writer = writer
        self._state = state
        self._progress = progress
        self._moved = moved
        self._cancelled = cancelled
        self._now = now
        self._batch_calls = batch_calls
        self._sums: dict[str, _Sum] = {}
        self._changed = 0
        self._examined = 0
        self._newly_rated = 0

    def run(self, request: Rerate, *, operator: str) -> RerateResult:
        """Examines the calls of the period; posts what changes when the request says so.

        Raises `InvalidInput` for a period that cannot be read, or that ends before it begins.
        """
        site = self._state.site
        selection = Selection(
            first=parse_moment(request.since, site.zone, field="from"),
            last=parse_moment(request.until, site.zone, field="to", end=True),
            extensions=None if request.extensions is None else tuple(request.extensions),
            only_unrated=request.only_unrated,
        )
        if selection.last <= selection.first:
            raise InvalidInput.in_field("to", "the end must come after the beginning.")
        with self._database.reading() as session:
            span = rerate_span(session, selection)
            before = self._available(session) if span.calls else {}
            after, started = span.first_call_id - 1, time.monotonic()
            while after < span.last_call_id and not self._cancelled.is_set():
                if request.apply:
                    batch = self._writer.run(self._posting(selection, after, operator), after=self._posted)
                else:
                    batch = self._examine(session, selection, after)
                after = batch.upto_call_id
                self._examined += batch.examined
                self._progress(
                    Progress(
                        done=self._examined,
                        total=span.calls,
                        unit="calls",
                        rows_per_second=self._examined / max(time.monotonic() - started, 1e-3),
                    )
                )
            return self._result(session, request, site, before)

    def _examine(self, session: Session, selection: Selection, after: int) -> RerateBatch:
        batch = changed_calls(
            session,
            self._state.book,
            site=self._state.site,
            selection=selection,
            after=after,
            batch_calls=self._batch_calls,
        )
        self._add(session, batch.changed)
        return batch

    def _posting(self, selection: Selection, after: int, operator: str) -> Callable[[Session], RerateBatch]:
        def change(session: Session) -> RerateBatch:
            batch = self._examine(session, selection, after)
            update_numbers(session, batch.renumbered)
            if batch.changed.num_rows:
                self._check_range(session, batch.changed)
                update_calls(session, batch.changed)
                with session.bound(changed=batch.changed):
                    movements = session.table("rerating.movements")
                post_set(
                    session,
                    movements,
                    first_entry=next_entry(session),
                    now=self._now(),
                    operator=operator,
                    note="re-rated",
                )
            return batch

        return change

    def _posted(self, _session: Session, batch: RerateBatch) -> None:
        if batch.changed.num_rows:
            self._moved()

    def _check_range(self, session: Session, changed: pa.Table) -> None:
        if pc.max(changed["new_cost_micros"]).as_py() > EXTREME_MICROS:
            account_cache = self._state.account_cache
            account_cache.renew(session)
            dearer = pc.subtract(changed["new_cost_micros"], changed["old_cost_micros"])
            account_cache.refuse_beyond_range(changed["extension"].to_pylist(), dearer.to_pylist())

    def _add(self, session: Session, changed: pa.Table) -> None:
        if not changed.num_rows:
            return
        with session.bound(changed=changed):
            sums = session.records(tuple[str, int, int, int], "rerating.sums")
        for extension, calls, amount, newly in sums:
            total = self._sums.setdefault(extension, _Sum())
            total.calls += calls
            total.amount_micros += amount
            self._newly_rated += newly
            self._changed += calls

    def _available(self, session: Session) -> dict[str, _Available]:
        return {one.extension: one for one in session.records(_Available, "ledger.available")}

    def _result(
        self, session: Session, request: Rerate, site: Site, before: dict[str, _Available]
    ) -> RerateResult:
        return RerateResult(
            applied=request.apply,
            cancelled=self._cancelled.is_set(),
            examined=self._examined,
            changed=self._changed,
            amount_micros=sum(total.amount_micros for total in self._sums.values()),
            newly_rated=self._newly_rated,
            extensions=self._changes(session, site, before) if self._sums else [],
        )

    def _changes(self, session: Session, site: Site, before: dict[str, _Available]) -> list[RerateChange]:
        rows: list[dict[str, object]] = []
        for extension, total in self._sums.items():
            known = before.get(extension) or _Available(extension=extension)
            rows.append(asdict(known) | asdict(total))
        with session.bound(moved=pa.Table.from_pylist(rows, schema=_MOVED)):
            return session.records(
                RerateChange, "rerating.changes", site_billing=site.billing, limit=MAX_LISTED
            )
