"""Storing calls: those that are new are rated, appended, and charged, in the writer's transaction."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from engine.domain.site import Site
from engine.parse.schema import Parsed
from engine.pipeline.account_cache import EXTREME_MICROS, AccountCache
from engine.pipeline.few import append_few, charge_few, fresh_few
from engine.pipeline.recent_keys import Identity
from engine.rating.book import RateBook
from engine.rating.calls import FEW_CALLS, rate_calls
from engine.store import Session, in_order

RATING_COLUMNS = ("extension", "dialled", "direction", "answered", "billsec", "answered_local")
CHARGED = pa.schema([("call_id", pa.int64()), ("extension", pa.string()), ("cost_micros", pa.int64())])
CALL_COLUMNS = (
    *("call_id", "call_key", "started_at", "started_local", "answered_at", "answered_local", "ended_at"),
    *("extension", "direction", "dialled", "trunk", "disposition", "duration", "billsec", "cost_micros"),
    *("unrated", "rate_version", "cycles", "first_block_micros", "file_id", "line_offset", "line_length"),
)
"""Of table `call`."""

_NOTHING = pa.scalar(0, pa.int64())


def with_keys(session: Session, parsed: Parsed) -> Parsed:
    """The piece with keys instead of their texts, where it has more than a few calls.

    A third of what storing it takes, and nothing of it has to wait for the writer.
    """
    few = parsed.calls.num_rows <= FEW_CALLS
    return parsed if few else replace(parsed, calls=_keyed(session, parsed.calls))


class Lines(NamedTuple):
    """Lines of a file."""

    lines: int
    bytes: int


@dataclass(frozen=True, kw_only=True)
class StoredCalls:
    """The calls that were new."""

    calls: pa.Table
    """As stored: columns of table `call`, and caller_name and answered beside them."""
    charged: pa.Table
    """call_id, extension, cost_micros of those that cost something."""
    arrived: int
    """Extensions seen for the first time."""
    numbers_used: int
    """Numbers of calls, gaps included."""
    balances: Mapping[str, int] | None
    """Balances after the charges; None = too many to say, or new extensions: read the accounts anew."""
    identities: Collection[Identity] | None
    """Keys and starts; None = too many to say."""

    def by_file(self) -> dict[int, Lines]:
        """Their lines, by the number of the file; files without any are not in it."""
        files, lengths = self.calls["file_id"], self.calls["line_length"]
        # As a set it takes 0.14 ms before it begins, which is more than a few calls take.
        if self.calls.num_rows > FEW_CALLS:
            sums = pa.table({"file": files, "bytes": lengths}).group_by("file")
            sums = sums.aggregate([("bytes", "count"), ("bytes", "sum")])
            lines = zip(sums["file"], sums["bytes_count"], sums["bytes_sum"], strict=True)
            return {file.as_py(): Lines(count.as_py(), size.as_py()) for file, count, size in lines}
        found: dict[int, Lines] = {}
        for file, length in zip(files.to_pylist(), lengths.to_pylist(), strict=True):
            before = found.get(file, Lines(0, 0))
            found[file] = Lines(before.lines + 1, before.bytes + length)
        return found


def of_file(calls: pa.Table, file_id: int) -> pa.Table:
    """The calls with their file beside them, as `store_calls` takes them."""
    return calls.append_column("file_id", pa.repeat(pa.scalar(file_id, pa.int64()), calls.num_rows))


def store_calls(
    session: Session,
    parsed: pa.Table,
    *,
    book: RateBook,
    site: Site,
    account_cache: AccountCache,
    now: datetime,
) -> StoredCalls:
    """Rates and stores the calls (schema `CALLS`, and file_id) that are not stored yet, and charges them."""
    account_cache.renew(session)
    few = parsed.num_rows <= FEW_CALLS
    identities: list[Identity] | None = None
    if few:
        calls, identities = fresh_few(session, parsed, account_cache.recent)
    else:
        calls = _fresh(session, parsed)
    if not calls.num_rows:
        nothing = CHARGED.empty_table()
        return StoredCalls(
            calls=calls,
            charged=nothing,
            arrived=0,
            numbers_used=0,
            balances=dict[str, int](),
            identities=(),
        )
    calls = _rated(session, calls, book, site, account_cache)
    unknown = set(calls["extension"].unique().to_pylist()) - account_cache.accounts.keys() - {""}
    if few:
        append_few(session, calls.select(CALL_COLUMNS))
    if unknown or not few:
        with session.bound(stored=calls):
            if not few:
                session.run("pipeline.store_calls")
            if unknown:
                arrivals = session.table("pipeline.arrivals")
                with session.bound(arrivals=arrivals):
                    session.run("pipeline.add_arrivals", now=now)
    charged = calls.select(CHARGED.names).filter(pc.greater(calls["cost_micros"], _NOTHING))
    if charged.num_rows and pc.max(charged["cost_micros"]).as_py() > EXTREME_MICROS:
        account_cache.refuse_beyond_range(
            charged["extension"].to_pylist(), charged["cost_micros"].to_pylist()
        )
    balances: dict[str, int] | None = {}
    if charged.num_rows and few:
        balances = charge_few(session, charged, account_cache, now)
    elif charged.num_rows:
        balances = None
        numbers = pa.arange(account_cache.next_entry, account_cache.next_entry + charged.num_rows)
        with session.bound(charged=charged.append_column("entry_id", numbers)):
            session.run("pipeline.post_charges", now=now)
            session.run("pipeline.charge_balances")
    return StoredCalls(
        calls=calls,
        charged=charged,
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


def _rated(
    session: Session, calls: pa.Table, book: RateBook, site: Site, account_cache: AccountCache
) -> pa.Table:
    rows = pa.arange(0, calls.num_rows)
    question = calls.select(list(RATING_COLUMNS)).append_column("row", rows)
    verdict = rate_calls(session, book, question, site=site, billed=account_cache.billed())
    calls = calls.append_column("call_id", pc.add(rows, pa.scalar(account_cache.next_call, pa.int64())))
    for name in ("cost_micros", "unrated", "rate_version", "cycles", "first_block_micros"):
        calls = calls.append_column(name, verdict[name])
    return calls
