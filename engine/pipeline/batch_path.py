"""The way a batch of calls goes, by its size: `bulk_path` and `small_path` are the two there are."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

import pyarrow as pa

from engine.domain.site import Site
from engine.pipeline.duplicates import Identity
from engine.rating.book import RateBook

CHARGED = pa.schema([("call_id", pa.int64()), ("extension", pa.string()), ("cost_micros", pa.int64())])


class BatchPath(Protocol):
    """One batch, in the writer's transaction: its methods are called in this order, each once at most."""

    def fresh(self, calls: pa.Table) -> tuple[pa.Table, Collection[Identity] | None]:
        """The calls, with their keys, that are not stored yet, and what tells them apart; None = too many."""
        ...

    def rate(self, calls: pa.Table, *, book: RateBook, site: Site) -> pa.Table:
        """The verdicts of `rate_calls` on calls."""
        ...

    def append(self, calls: pa.Table) -> None:
        """Stores calls, schema `STORED`."""
        ...

    def charge(self, charged: pa.Table, *, now: datetime) -> Mapping[str, int] | None:
        """Posts charges (schema `CHARGED`, at least one) in their order and moves the balances.

        What the balances are then; None = too many to say.
        """
        ...
