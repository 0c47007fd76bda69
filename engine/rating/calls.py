"""Rates a batch of calls: which rule wins, and what each call costs.

Batches of more than `FEW_CALLS` are rated as a set, by one statement; smaller ones through the book's index.
"""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Collection
from operator import itemgetter

import pyarrow as pa
import pyarrow.compute as pc

from engine.domain.names import Direction, Unrated
from engine.domain.site import Site
from engine.domain.zones import moment
from engine.rating.book import RateBook
from engine.rating.index import Priced
from engine.store import Session, in_order

FEW_CALLS = 5000
"""Up to here one call after the other is faster than statements on sets, which take 30 to 40 ms to plan."""

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

_FACTS = ("row", "extension", "dialled", "direction", "answered", "billsec")


def rate_calls(
    session: Session,
    book: RateBook,
    calls: pa.Table,
    *,
    site: Site,
    billed: Collection[str] | None = None,
) -> pa.Table:
    """The verdict on each call, one line per input row, ordered by `row`, schema `VERDICTS`.

    In: row (int64), extension, dialled, direction, answered (bool), billsec, answered_local
    (timestamp[us], null = not answered). Out: row, cost_micros, unrated (a word of `Unrated`, null =
    rated), rate_version (null = no rule applied), cycles, first_block_micros; money in micro-units.
    Which extensions are billed is read from the store, unless a caller that knows them passes them all.
    Raises `StorageError`.
    """
    if calls.num_rows <= FEW_CALLS:
        return rate_few(session, book, calls, site=site, billed=billed)
    return rate_set(session, book, calls, site=site, billed=billed)


def rate_set(
    session: Session,
    book: RateBook,
    calls: pa.Table,
    *,
    site: Site,
    billed: Collection[str] | None = None,
    assume_billed: bool = False,
) -> pa.Table:
    """`rate_calls` as a set; with `assume_billed` the switches of site and extensions count as on."""
    calls = in_order(calls, "row")
    if billed is None and not assume_billed:
        billed = _billed(session, calls)
    reasons = _reasons(
        calls, site_billing=site.billing or assume_billed, billed=None if assume_billed else billed
    )
    undecided = pc.is_null(reasons)
    priced = _priced(session, book, calls.select(_DECISIVE).filter(undecided))
    columns = {
        name: pc.replace_with_mask(
            pa.repeat(pa.scalar(value, kind), len(reasons)), undecided, priced[name].combine_chunks()
        )
        for name, kind, value in _UNCHARGED
    }
    columns["row"] = calls["row"]
    ruled = pc.if_else(pc.is_null(priced["rate_version"]), _CODES[Unrated.NO_RULE], _UNDECIDED)
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


def _reasons(calls: pa.Table, *, site_billing: bool, billed: Collection[str] | None) -> pa.Array:
    """Why calls are not charged whatever the rules say, as places of `_WORDS`; null = the rules decide.

    `billed` None = all extensions are.
    """
    reasons: pa.Array | pa.ChunkedArray = pa.repeat(
        _UNDECIDED if site_billing else _CODES[Unrated.BILLING_OFF], calls.num_rows
    )
    if site_billing and billed is not None:
        charged = pc.is_in(calls["extension"], pa.array(list(billed), pa.string()))
        reasons = pc.if_else(charged, _UNDECIDED, _CODES[Unrated.EXTENSION_NOT_BILLED])
    answered = pc.and_(calls["answered"], pc.greater(calls["billsec"], pa.scalar(0, pa.int32())))
    reasons = pc.if_else(answered, reasons, _CODES[Unrated.NOT_ANSWERED])
    outbound = pc.equal(calls["direction"], pa.scalar(Direction.OUTBOUND.value, pa.string()))
    reasons = pc.if_else(outbound, reasons, _CODES[Unrated.NOT_OUTBOUND])
    return reasons.combine_chunks() if isinstance(reasons, pa.ChunkedArray) else reasons


_WORDS = pa.array([reason.value for reason in Unrated], pa.string())
_CODES = {reason: pa.scalar(place, pa.int8()) for place, reason in enumerate(Unrated)}
_UNDECIDED = pa.scalar(None, pa.int8())


def _priced(session: Session, book: RateBook, calls: pa.Table) -> pa.Table:
    """What the rules make of calls, in their order."""
    # Numbers repeat, and the contest is one of numbers.
    coded = calls["dialled"].combine_chunks().dictionary_encode()
    places = pa.arange(0, calls.num_rows)
    numbers = pa.table({"number": pa.arange(0, len(coded.dictionary)), "dialled": coded.dictionary})
    asked = calls.drop_columns("dialled")
    asked = asked.append_column("row", places).append_column("number", coded.indices)
    with session.bound(
        rating_calls=asked, rating_numbers=numbers, rating_rules=book.rules, rating_lengths=book.lengths
    ):
        return in_order(session.table("rating.rate_calls"), "row")


def _billed(session: Session, calls: pa.Table) -> set[str]:
    extensions = calls["extension"].unique().to_pylist()
    return {str(number) for (number,) in session.rows("rating.billed", numbers=extensions)}


def rate_few(
    session: Session,
    book: RateBook,
    calls: pa.Table,
    *,
    site: Site,
    billed: Collection[str] | None = None,
) -> pa.Table:
    """`rate_calls` for a few calls, one after the other."""
    if billed is None:
        billed = _billed(session, calls)
    # A number is enough for the many calls that need no time.
    answered = calls["answered_local"].cast(pa.int64())
    lists = [column.to_pylist() for column in (*calls.select(_FACTS).columns, answered)]
    facts = sorted(zip(*lists, strict=True), key=itemgetter(0))
    verdicts = [_verdict(book, call, site_billing=site.billing, billed=billed) for call in facts]
    columns = zip(*verdicts, strict=True) if verdicts else [()] * len(VERDICTS)
    arrays = [pa.array(values, kind) for values, kind in zip(columns, VERDICTS.types, strict=True)]
    return pa.table(arrays, schema=VERDICTS)


_Call = tuple[int, str, str, str, bool, int, int | None]
_Verdict = tuple[int, int, str | None, int | None, int, int]


def _verdict(book: RateBook, call: _Call, *, site_billing: bool, billed: Collection[str]) -> _Verdict:
    row, extension, dialled, direction, answered, billsec, answered_local_micros = call
    if direction != Direction.OUTBOUND:
        reason = Unrated.NOT_OUTBOUND
    elif not answered or billsec <= 0:
        reason = Unrated.NOT_ANSWERED
    elif not site_billing:
        reason = Unrated.BILLING_OFF
    elif extension not in billed:
        reason = Unrated.EXTENSION_NOT_BILLED
    else:
        micros = answered_local_micros
        local = None if micros is None else moment(micros)
        priced: Priced | None = book.index.priced(extension, dialled, billsec, local)
        if priced is not None:
            return (
                row,
                priced.cost_micros,
                None,
                priced.rate_version,
                priced.cycles,
                priced.first_block_micros,
            )
        reason = Unrated.NO_RULE
    return row, 0, reason.value, None, 0, 0
