"""Many calls at once: everything is done by statements on sets."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from engine.domain.names import EntryKind
from engine.domain.site import Site
from engine.ledger.entries import MOVEMENTS, post_set
from engine.pipeline.account_cache import AccountCache
from engine.pipeline.duplicates import fresh_in_store
from engine.rating.book import RateBook
from engine.rating.calls import rate_calls
from engine.rating.prices import bulk_prices
from engine.store import Session


@dataclass(frozen=True, slots=True)
class BulkPath:
    """The `BatchPath` of more than a few calls."""

    session: Session
    account_cache: AccountCache

    def fresh(self, calls: pa.Table) -> tuple[pa.Table, None]:
        """By a join with the stored calls."""
        return fresh_in_store(self.session, calls), None

    def rate(self, calls: pa.Table, *, book: RateBook, site: Site) -> pa.Table:
        """By one statement."""
        billed = self.account_cache.billed()
        return rate_calls(self.session, book, calls, site=site, prices=bulk_prices, billed=billed)

    def append(self, calls: pa.Table) -> None:
        """From a bound table."""
        with self.session.bound(many_calls=calls):
            self.session.run("pipeline.append_many_calls")

    def charge(self, charged: pa.Table, *, now: datetime) -> None:
        """By one statement for all running balances."""
        movements = pa.Table.from_arrays(
            [
                pa.arange(0, charged.num_rows),
                charged["extension"],
                pa.repeat(pa.scalar(EntryKind.CHARGE.value, pa.string()), charged.num_rows),
                pc.negate(charged["cost_micros"]),
                charged["call_id"],
            ],
            schema=MOVEMENTS,
        )
        post_set(self.session, movements, first_entry=self.account_cache.next_entry, now=now)
