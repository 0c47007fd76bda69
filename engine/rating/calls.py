"""Rates a batch of calls: which rule wins, and what each call costs."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

from engine.domain.names import Direction, Unrated
from engine.domain.site import Site
from engine.rating.book import RateBook
from engine.rating.prices import Prices, bulk_prices
from engine.store import Session, in_order

EMPTY = pa.scalar("", pa.string())

VERDICTS = pa.schema(
    [
        ("row", pa.int64()),
        ("cost_micros", pa.int64()),
        ("unrated", pa.string()),
        ("rate_version", pa.int64()),
        ("cycles", pa.int64()),
        ("first_block_micros", pa.int64()),
    ]
)


def rate_calls(
    session: Session,
    book: RateBook,
    calls: pa.Table,
    *,
    site: Site,
    prices: Prices = bulk_prices,
    billed: Collection[str] | None = None,
    assume_billed: bool = False,
) -> pa.Table:
    """The verdict on each call, one line per input row, ordered by `row`, schema `VERDICTS`.

    In: row (int64), extension, dialled (the number that is rated), direction, answered (bool), billsec (the
    seconds that are charged), answered_local (timestamp[us], null = not answered), and settled where legs
    tell the reason: a word of `Unrated`, null = none. Out: row, cost_micros, unrated (a word of `Unrated`,
    null = rated), rate_version (null = no rule applied), cycles, first_block_micros; money in micro-units.
    Which extensions are billed is read from the store, unless a caller that knows them passes them all;
    with `assume_billed` the switches of site and extensions count as on. Raises `StorageError`.
    """
    calls = in_order(calls, "row")
    reasons = _reasons(session, calls, site_billing=site.billing, billed=billed, assume_billed=assume_billed)
    undecided = pc.is_null(reasons)
    priced = prices(session, book, calls.select(_DECISIVE).filter(undecided))
    columns = {
        name: pc.replace_with_mask(
            pa.repeat(pa.scalar(value, kind), len(reasons)), undecided, priced[name].combine_chunks()
        )
        for name, kind, value in _UNCHARGED
    }
    columns["row"] = calls["row"]
    numbers = calls["dialled"].filter(undecided)
    uncovered = pc.if_else(pc.equal(numbers, EMPTY), _CODES[Unrated.NUMBER_UNKNOWN], _CODES[Unrated.NO_RULE])
    ruled = pc.if_else(pc.is_null(priced["rate_version"]), uncovered, _UNDECIDED)
    columns["unrated"] = _WORDS.take(pc.replace_with_mask(reasons, undecided, ruled.combine_chunks()))
    return pa.table([columns[name] for name in VERDICTS.names], schema=VERDICTS)


_DECISIVE = ["extension", "dialled", "billsec", "answered_local"]

_UNCHARGED = (
    ("cost_micros", pa.int64(), 0),
    ("rate_version", pa.int64(), None),
    ("cycles", pa.int64(), 0),
    ("first_block_micros", pa.int64(), 0),
)
"""What calls have that are not charged whatever the rules say."""


def _reasons(
    session: Session,
    calls: pa.Table,
    *,
    site_billing: bool,
    billed: Collection[str] | None,
    assume_billed: bool,
) -> pa.Array:
    """Why calls are not charged whatever the rules say, as places of `_WORDS`; null = the rules decide.

    A call that has several reasons is given that which is looked at last.
    """
    reasons: pa.Array | pa.ChunkedArray = pa.repeat(_UNDECIDED, calls.num_rows)
    if not assume_billed:
        charged = _billed(session, calls["extension"], billed)
        reasons = pc.if_else(charged, reasons, _CODES[Unrated.EXTENSION_NOT_BILLED])
        if not site_billing:
            reasons = pa.repeat(_CODES[Unrated.BILLING_OFF], calls.num_rows)
    reasons = pc.if_else(pc.equal(calls["extension"], EMPTY), _CODES[Unrated.NO_EXTENSION], reasons)
    answered = pc.and_(calls["answered"], pc.greater(calls["billsec"], pa.scalar(0, pa.int32())))
    reasons = pc.if_else(answered, reasons, _CODES[Unrated.NOT_ANSWERED])
    if "settled" in calls.column_names:
        settled = pc.index_in(calls["settled"], value_set=_WORDS)
        reasons = pc.coalesce(pc.cast(settled, pa.int8()), reasons)
    outbound = pc.equal(calls["direction"], pa.scalar(Direction.OUTBOUND.value, pa.string()))
    reasons = pc.if_else(outbound, reasons, _CODES[Unrated.NOT_OUTBOUND])
    return reasons.combine_chunks() if isinstance(reasons, pa.ChunkedArray) else reasons


_WORDS = pa.array([reason.value for reason in Unrated], pa.string())
_CODES = {reason: pa.scalar(place, pa.int8()) for place, reason in enumerate(Unrated)}
_UNDECIDED = pa.scalar(None, pa.int8())


def _billed(session: Session, extensions: pa.ChunkedArray, billed: Collection[str] | None) -> pa.ChunkedArray:
    """Whether each of the extensions is billed."""
    numbers = extensions.unique().to_pylist()
    if billed is None:
        known = [str(number) for (number,) in session.rows("rating.billed", numbers=numbers)]
    else:
        known = [number for number in numbers if number in billed]
    return pc.is_in(extensions, pa.array(known, pa.string()))
