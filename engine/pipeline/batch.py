"""Storing one parsed piece of a file: calls, charges, balances, bad lines and position, all or nothing."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from engine.domain.site import Site
from engine.ingest.position import Position
from engine.ingest.record import Parsed
from engine.pipeline.few import append_few, charge_few, fresh_few
from engine.pipeline.positions import Named, Progress, add_file, advance_file, describe_file
from engine.pipeline.recent import Identity
from engine.pipeline.standing import EXTREME_MICROS, Standing
from engine.rating.book import RateBook
from engine.rating.calls import FEW_CALLS, rate_calls
from engine.store import Session, in_order

RATING_COLUMNS = ("extension", "dialled", "direction", "answered", "billsec", "answered_local")


@dataclass(frozen=True, kw_only=True)
class StoredBatch:
    """What storing a piece did."""

    position: Position
    named: Named
    """What its file is known by."""
    lines: int
    stored: int
    duplicates: int
    quarantined: int
    ignored: int
    charged: int
    cost_micros: int
    newest: pa.Table
    """The last calls stored, at most `NEWEST`, columns of table `call` and no more."""
    touched: tuple[str, ...]
    """Extensions charged; at most `MAX_TOUCHED`, beyond that empty = many."""
    arrived: int
    """Extensions seen for the first time."""
    outcome: "StoredCalls"

    def committed(self, session: Session, standing: Standing) -> None:
        """Brings the standing up to date, after the commit and in the writer thread."""
        if self.outcome.balances is not None:
            standing.take_over(
                session,
                file=(self.position.file_id, self.named),
                calls=self.outcome.numbers_used,
                entries=self.charged,
                balances=self.outcome.balances,
                identities=self.outcome.identities,
            )


_NOTHING = pa.scalar(0, pa.int64())
CHARGED = pa.schema([("call_id", pa.int64()), ("extension", pa.string()), ("cost_micros", pa.int64())])
NEWEST = 50
MAX_TOUCHED = 1000

CALL_COLUMNS = (
    *("call_id", "call_key", "started_at", "started_local", "answered_at", "answered_local", "ended_at"),
    *("extension", "direction", "dialled", "trunk", "disposition", "duration", "billsec", "cost_micros"),
    *("unrated", "rate_version", "cycles", "first_block_micros", "line_offset", "line_length"),
)
"""Of table `call`, all but the file."""


def with_keys(session: Session, parsed: Parsed) -> Parsed:
    """The piece with keys instead of their texts, where it has more than a few calls.

    A third of what storing it takes, and nothing of it has to wait for the writer.
    """
    few = parsed.calls.num_rows <= FEW_CALLS
    return parsed if few else replace(parsed, calls=_keyed(session, parsed.calls))


def store_parsed(
    session: Session,
    parsed: Parsed,
    position: Position,
    *,
    format_name: str,
    book: RateBook,
    site: Site,
    standing: Standing,
    now: datetime,
) -> StoredBatch:
    """Stores a piece and moves its file to `position` (after the piece), in the writer's transaction.

    The piece comes from the parser, or from `with_keys`.

    `position.file_id` 0 = a file not stored before; the result's position carries its number.
    """
    new = not position.file_id
    file_id = session.integer("pipeline.next_file") if new else position.file_id
    outcome = store_calls(
        session, parsed.calls, file_id=file_id, book=book, site=site, standing=standing, now=now
    )
    calls, charged = outcome.calls, outcome.charged
    if parsed.rejects.num_rows:
        with session.bound(rejects=parsed.rejects):
            session.run(
                "pipeline.keep_rejects",
                first_id=session.integer("pipeline.next_quarantine"),
                first_line=position.lines - parsed.lines + 1,
                file_id=file_id,
                now=now,
            )
    progress = Progress(
        lines=parsed.lines,
        stored=calls.num_rows,
        duplicates=parsed.calls.num_rows - calls.num_rows,
        quarantined=parsed.rejects.num_rows,
        ignored=parsed.ignored,
        stored_bytes=outcome.bytes,
        duplicate_bytes=_sum(parsed.calls["line_length"]) - outcome.bytes,
        quarantined_bytes=_sum(parsed.rejects["line_length"]) if parsed.rejects.num_rows else 0,
        ignored_bytes=parsed.ignored_bytes,
        last_call_at=pc.max(parsed.calls["started_at"]).as_py(),
    )
    position = replace(position, file_id=file_id)
    named = Named.of(position, format_name)
    if new:
        add_file(session, position, named, progress)
    else:
        advance_file(session, position, progress)
        if standing.files.get(file_id) != named:
            describe_file(session, file_id, named)
    touched = charged["extension"].unique() if charged.num_rows else pa.chunked_array([], pa.string())
    return StoredBatch(
        position=position,
        named=named,
        lines=parsed.lines,
        stored=calls.num_rows,
        duplicates=progress.duplicates,
        quarantined=parsed.rejects.num_rows,
        ignored=parsed.ignored,
        charged=charged.num_rows,
        cost_micros=_sum(charged["cost_micros"]) if charged.num_rows else 0,
        newest=calls.slice(max(0, calls.num_rows - NEWEST)),
        touched=tuple(touched.to_pylist()) if len(touched) <= MAX_TOUCHED else (),
        arrived=outcome.arrived,
        outcome=outcome,
    )


@dataclass(frozen=True, kw_only=True)
class StoredCalls:
    """The calls of a piece that were new."""

    calls: pa.Table
    """As stored: columns of table `call`, and caller_name and answered beside them."""
    charged: pa.Table
    """call_id, extension, cost_micros of those that cost something."""
    bytes: int
    """Of their lines."""
    arrived: int
    """Extensions seen for the first time."""
    numbers_used: int
    """Numbers of calls, gaps included."""
    balances: Mapping[str, int] | None
    """Balances after the charges; None = too many to say, or new extensions: read the standing anew."""
    identities: Collection[Identity] | None
    """Keys and starts; None = too many to say."""


def store_calls(
    session: Session,
    parsed: pa.Table,
    *,
    file_id: int,
    book: RateBook,
    site: Site,
    standing: Standing,
    now: datetime,
) -> StoredCalls:
    """Rates and stores the calls (schema `CALLS`) that are not stored yet, and charges them."""
    standing.renew(session)
    few = parsed.num_rows <= FEW_CALLS
    identities: list[Identity] | None = None
    if few:
        calls, identities = fresh_few(session, parsed, standing.recent)
    else:
        calls = _fresh(session, parsed)
    fresh_bytes = _sum(calls["line_length"])
    if not calls.num_rows:
        nothing = CHARGED.empty_table()
        return StoredCalls(
            calls=calls,
            charged=nothing,
            bytes=0,
            arrived=0,
            numbers_used=0,
            balances=dict[str, int](),
            identities=(),
        )
    calls = _rated(session, calls, book, site, standing)
    unknown = set(calls["extension"].unique().to_pylist()) - standing.accounts.keys() - {""}
    if few:
        append_few(session, calls.select(CALL_COLUMNS), file_id=file_id)
    if unknown or not few:
        with session.bound(stored=calls):
            if not few:
                session.run("pipeline.store_calls", file_id=file_id)
            if unknown:
                arrivals = session.table("pipeline.arrivals")
                with session.bound(arrivals=arrivals):
                    session.run("pipeline.add_arrivals", now=now)
    charged = calls.select(CHARGED.names).filter(pc.greater(calls["cost_micros"], _NOTHING))
    if charged.num_rows and pc.max(charged["cost_micros"]).as_py() > EXTREME_MICROS:
        standing.refuse_beyond_range(charged["extension"].to_pylist(), charged["cost_micros"].to_pylist())
    balances: dict[str, int] | None = {}
    if charged.num_rows and few:
        balances = charge_few(session, charged, standing, now)
    elif charged.num_rows:
        balances = None
        numbers = pa.arange(standing.next_entry, standing.next_entry + charged.num_rows)
        with session.bound(charged=charged.append_column("entry_id", numbers)):
            session.run("pipeline.post_charges", now=now)
            session.run("pipeline.charge_balances")
    return StoredCalls(
        calls=calls,
        charged=charged,
        bytes=fresh_bytes,
        arrived=len(unknown),
        numbers_used=calls.num_rows,
        balances=None if unknown else balances,
        identities=identities,
    )


def _fresh(session: Session, calls: pa.Table) -> pa.Table:
    """The calls not stored yet, with their keys."""
    if "call_key" not in calls.column_names:
        calls = _keyed(session, calls)
    rows = pa.arange(0, calls.num_rows)
    if len(calls["call_key"].unique()) < calls.num_rows:
        groups = calls.select(["call_key", "started_at"]).append_column("row", rows)
        firsts = groups.group_by(["call_key", "started_at"]).aggregate([("row", "min")])
        calls = calls.take(in_order(firsts, "row_min")["row_min"])
        rows = pa.arange(0, calls.num_rows)
    bounds = pc.min_max(calls["started_at"]).as_py()
    with session.bound(parsed=calls.select(["call_key", "started_at"]).append_column("row", rows)):
        fresh = session.table("pipeline.fresh", first=bounds["min"], last=bounds["max"])
    return calls if fresh.num_rows == calls.num_rows else calls.take(in_order(fresh, "row")["row"])


def _keyed(session: Session, calls: pa.Table) -> pa.Table:
    rows = pa.arange(0, calls.num_rows)
    with session.bound(parsed=calls.select(["key_text"]).append_column("row", rows)):
        keys = in_order(session.table("pipeline.keys"), "row")["call_key"]
    return calls.drop_columns(["key_text"]).append_column("call_key", keys)


def _rated(session: Session, calls: pa.Table, book: RateBook, site: Site, standing: Standing) -> pa.Table:
    rows = pa.arange(0, calls.num_rows)
    question = calls.select(list(RATING_COLUMNS)).append_column("row", rows)
    verdict = rate_calls(session, book, question, site=site, billed=standing.billed())
    calls = calls.append_column("call_id", pc.add(rows, pa.scalar(standing.next_call, pa.int64())))
    for name in ("cost_micros", "unrated", "rate_version", "cycles", "first_block_micros"):
        calls = calls.append_column(name, verdict[name])
    return calls


def _sum(column: pa.ChunkedArray) -> int:
    return int(pc.sum(column).as_py() or 0)
