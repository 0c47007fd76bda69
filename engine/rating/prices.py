"""The two ways to find the rule and the price of calls: many as a set, a few through the book's index.

Both take the calls that the rules decide on (columns extension, dialled, billsec and answered_local) and give
one line per call in their order, schema `PRICES`. The contest and the arithmetic are written twice: as the
macros of `engine/sql/migrations/0002_rating.sql`, and in `engine.rating.index`, because a statement on sets
takes longer to plan than a few calls take to rate. `tests/rating/test_calls.py` holds both against the plain
reference, and so against one another.
"""

from typing import Protocol

import pyarrow as pa

from engine.domain.zones import moment
from engine.rating.book import RateBook
from engine.store import Session, in_order

PRICES = pa.schema(
    [
        ("cost_micros", pa.int64()),
        ("rate_version", pa.int64()),
        ("cycles", pa.int64()),
        ("first_block_micros", pa.int64()),
    ]
)
"""rate_version null = no rule applied."""


class Prices(Protocol):
    """`bulk_prices` or `small_prices`."""

    def __call__(self, session: Session, book: RateBook, calls: pa.Table) -> pa.Table: ...


def bulk_prices(session: Session, book: RateBook, calls: pa.Table) -> pa.Table:
    """The prices of many calls, by one statement."""
    # Numbers repeat, and the contest is one of numbers.
    coded = calls["dialled"].combine_chunks().dictionary_encode()
    numbers = pa.table({"number": pa.arange(0, len(coded.dictionary)), "dialled": coded.dictionary})
    asked = calls.drop_columns("dialled").append_column("row", pa.arange(0, calls.num_rows))
    asked = asked.append_column("number", coded.indices)
    with session.bound(
        rating_calls=asked, rating_numbers=numbers, rating_rules=book.rules, rating_lengths=book.lengths
    ):
        return in_order(session.table("rating.bulk_prices"), "row").select(PRICES.names)


def small_prices(session: Session, book: RateBook, calls: pa.Table) -> pa.Table:  # noqa: ARG001 - see `Prices`
    """The prices of a few calls: a statement as large as `rating.bulk_prices` takes 30 to 40 ms to plan."""
    # A number is enough for the many calls that need no time.
    answered = calls["answered_local"].cast(pa.int64())
    facts = [calls[name].to_pylist() for name in ("extension", "dialled", "billsec")]
    lines: list[tuple[int, int | None, int, int]] = []
    for extension, dialled, billsec, micros in zip(*facts, answered.to_pylist(), strict=True):
        local = None if micros is None else moment(micros)
        lines.append(book.index.priced(extension, dialled, billsec, local) or _NO_RULE)
    columns = zip(*lines, strict=True) if lines else [()] * len(PRICES)
    arrays = [pa.array(values, kind) for values, kind in zip(columns, PRICES.types, strict=True)]
    return pa.Table.from_arrays(arrays, schema=PRICES)


_NO_RULE = (0, None, 0, 0)
