"""Rates a batch of calls: which rule wins, and what each call costs."""

import pyarrow as pa

from engine.domain.site import Site
from engine.rating.book import RateBook
from engine.store import Session


def rate_calls(
    session: Session, book: RateBook, calls: pa.Table, *, site: Site, assume_billed: bool = False
) -> pa.Table:
    """The verdict on each call, one line per input row, ordered by `row`.

    In: row (int64), extension, dialled, direction, answered (bool), billsec, answered_local
    (timestamp[us], null = not answered). Out: row, cost_micros, unrated (a word of `Unrated`, null =
    rated), rate_version (null = no rule applied), cycles, first_block_micros; money in micro-units.
    Which extensions are billed is read from the store; with
    `assume_billed` the switches of site and extensions count as on. Raises `StorageError`.
    """
    with session.bound(rating_calls=calls, rating_rules=book.rules, rating_lengths=book.lengths):
        return session.table(
            "rating.rate_calls", site_billing=site.billing or assume_billed, assume_billed=assume_billed
        )
