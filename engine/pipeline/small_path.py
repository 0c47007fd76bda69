"""A few calls: by what the writer remembers, and by statements that are planned once and kept."""

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from engine.domain.names import EntryKind
from engine.domain.site import Site
from engine.ledger.entries import Movement, entry_table, running_balances, write_entries
from engine.pipeline.account_cache import AccountCache
from engine.pipeline.duplicates import Identity, fresh_in_memory
from engine.rating.book import RateBook
from engine.rating.calls import rate_calls
from engine.rating.prices import small_prices
from engine.store import Session

MAX_COMPARISONS = 400_000
"""So many comparisons of numbers take as long as a join takes before it begins: half a millisecond."""


@dataclass(frozen=True, slots=True)
class SmallPath:
    """The `BatchPath` of a few calls."""

    session: Session
    account_cache: AccountCache

    def fresh(self, calls: pa.Table) -> tuple[pa.Table, list[Identity]]:
        """By the keys of the calls stored last."""
        return fresh_in_memory(self.session, calls, self.account_cache.recent)

    def rate(self, calls: pa.Table, *, book: RateBook, site: Site) -> pa.Table:
        """One call after the other."""
        billed = self.account_cache.billed()
        return rate_calls(self.session, book, calls, site=site, prices=small_prices, billed=billed)

    def append(self, calls: pa.Table) -> None:
        """By a statement that is kept."""
        self.session.feed("pipeline.append_calls", new_calls=calls)

    def charge(self, charged: pa.Table, *, now: datetime) -> dict[str, int]:
        """By the balances that are known."""
        accounts = self.account_cache.accounts
        costs = charged["cost_micros"].to_pylist()
        movements = [
            Movement(extension=number, kind=EntryKind.CHARGE, amount_micros=-cost, call_id=call_id)
            for number, cost, call_id in zip(
                charged["extension"].to_pylist(), costs, charged["call_id"].to_pylist(), strict=True
            )
        ]
        balances = {one.extension: accounts[one.extension].balance_micros for one in movements}
        afters = running_balances(balances, movements)
        write_entries(
            self.session,
            entry_table(movements, afters, first_entry=self.account_cache.next_entry, now=now),
            balances=balances if len(balances) * len(accounts) <= MAX_COMPARISONS else None,
        )
        return balances
