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
from engine.parse.schema import STORED
from engine.pipeline.account_cache import EXTREME_MICROS, AccountCache
from engine.pipeline.batch_path import CHARGED, BatchPath
from engine.pipeline.bulk_path import BulkPath
from engine.pipeline.duplicates import Identity, keyed
from engine.pipeline.legs import settle_batch
from engine.pipeline.recurring import numbered
from engine.pipeline.settling import NewlySettled, arriving_by_leg, rating_question, settle_stored
from engine.pipeline.small_path import SmallPath
from engine.rating.book import RateBook
from engine.rating.rewriting import with_rated_numbers
from engine.store import Session

SMALL_BATCH = 5000
"""Up to here one call after the other is faster than statements on sets, which take 30 to 40 ms to plan."""

VERDICT_COLUMNS = ("cost_micros", "unrated", "rate_version", "cycles", "first_block_micros")

ARRIVING = ("call_id", "extension", "caller_name")

_NOTHING = pa.scalar(0, pa.int64())
_NO_CALLS = STORED.empty_table().append_column("caller_name", pa.array([], pa.string()))


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
    names: Collection[int] | None
    """Hashes of link ids and channel names; None = too many to say."""
    moved: Collection[str]
    """Extensions of stored calls that cost something else now, by calls that came later."""

    def without_rows(self) -> "StoredCalls":
        """The same without the calls themselves: what follows a commit needs no more, and they are large."""
        return replace(self, calls=self.calls.schema.empty_table(), charged=self.charged.schema.empty_table())

    def by_file(self) -> dict[int, Lines]:
        """Their lines, by the number of the file; files without any are not in it."""
        return lines_by_file(self.calls)


def lines_by_file(records: pa.Table) -> dict[int, Lines]:
    """The lines of calls or events, by the number of the file; files without any are not in it."""
    files, lengths = records["file_id"], records["line_length"]
    numbers = files.unique().to_pylist()
    if len(numbers) == 1:
        return {numbers[0]: Lines(len(files), pc.sum(lengths).as_py())}
    sums = pa.table({"file": files, "bytes": lengths}).group_by("file")
    sums = sums.aggregate([("bytes", "count"), ("bytes", "sum")])
    lines = zip(sums["file"], sums["bytes_count"], sums["bytes_sum"], strict=True)
    return {file.as_py(): Lines(count.as_py(), size.as_py()) for file, count, size in lines}


def no_calls(calls: pa.Table | None = None) -> StoredCalls:
    """The outcome when nothing is new."""
    return StoredCalls(
        calls=_NO_CALLS if calls is None else calls,
        charged=CHARGED.empty_table(),
        arrived=0,
        numbers_used=0,
        balances=dict[str, int](),
        identities=(),
        names=(),
        moved=(),
    )


def of_file(calls: pa.Table, file_id: int) -> pa.Table:
    """The calls with their keys and their file, as `store_calls` takes them."""
    return keyed(calls).append_column("file_id", pa.repeat(pa.scalar(file_id, pa.int64()), calls.num_rows))


def store_calls(
    session: Session,
    parsed: pa.Table,
    *,
    book: RateBook,
    site: Site,
    account_cache: AccountCache,
    now: datetime,
) -> StoredCalls:
    """Rates and stores the calls (see `of_file`) that are not stored yet, and charges them."""
    account_cache.renew(session)
    small = parsed.num_rows <= SMALL_BATCH
    path: BatchPath = (SmallPath if small else BulkPath)(session, account_cache)
    calls, identities = path.fresh(numbered(session, parsed))
    if not calls.num_rows:
        return no_calls(calls)
    settled = settle_batch(session, calls, site=site, recent=account_cache.names if small else None)
    newly = NewlySettled(calls=settled.calls, stored=settled.stored)
    return store_settled(
        session,
        newly,
        small=small,
        book=book,
        site=site,
        account_cache=account_cache,
        now=now,
        identities=identities,
        names=settled.names,
    )


def store_settled(
    session: Session,
    settled: NewlySettled,
    *,
    small: bool,
    book: RateBook,
    site: Site,
    account_cache: AccountCache,
    now: datetime,
    identities: Collection[Identity] | None = (),
    names: Collection[int] | None = (),
) -> StoredCalls:
    """Rates, stores and charges calls that are new, and rates those anew that have changed."""
    path: BatchPath = (SmallPath if small else BulkPath)(session, account_cache)
    calls = with_rated_numbers(settled.calls, site.rewrite)
    if not calls.num_rows and settled.stored is None:
        return no_calls(calls)
    rows = pa.arange(0, calls.num_rows)
    verdicts = path.rate(rating_question(calls, rows), book=book, site=site)
    calls = calls.append_column("call_id", pc.add(rows, pa.scalar(account_cache.next_call, pa.int64())))
    for name in VERDICT_COLUMNS:
        calls = calls.append_column(name, verdicts[name])
    if calls.num_rows:
        path.append(pa.Table.from_arrays(calls.select(STORED.names).columns, schema=STORED))
    arrived = _add_arrivals(session, calls.select(ARRIVING), account_cache, now)
    charged = calls.select(CHARGED.names).filter(pc.greater(calls["cost_micros"], _NOTHING))
    balances: Mapping[str, int] | None = {}
    if charged.num_rows:
        if pc.max(charged["cost_micros"]).as_py() > EXTREME_MICROS:
            account_cache.refuse_beyond_range(
                charged["extension"].to_pylist(), charged["cost_micros"].to_pylist()
            )
        balances = path.charge(charged, now=now)
    moved: list[str] = []
    if settled.stored is not None:
        arrived += _add_arrivals(session, arriving_by_leg(settled.stored), account_cache, now)
        moved = settle_stored(
            session,
            settled.stored,
            book=book,
            site=site,
            first_entry=account_cache.next_entry + charged.num_rows,
            now=now,
        )
        balances = None
    return StoredCalls(
        calls=calls,
        charged=charged,
        arrived=arrived,
        numbers_used=calls.num_rows,
        balances=None if arrived else balances,
        moved=moved,
        identities=identities,
        names=names,
    )


def _add_arrivals(session: Session, calls: pa.Table, account_cache: AccountCache, now: datetime) -> int:
    """Adds the extensions of calls that nobody has entered yet; how many there are."""
    unknown = set(calls["extension"].unique().to_pylist()) - account_cache.accounts.keys() - {""}
    if unknown:
        with session.bound(stored=calls):
            arrivals = session.table("pipeline.arrivals")
        with session.bound(arrivals=arrivals):
            session.run("pipeline.add_arrivals", now=now)
    return len(unknown)
