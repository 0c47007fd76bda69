"""Extensions: the list, and changing their properties."""

import re
from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa

from engine.api.extensions import Changed, ExtensionRow, Extensions, ListExtensions, SetExtensions
from engine.domain.errors import InvalidInput, NotFound
from engine.domain.money import MAX_AMOUNT_MICROS
from engine.domain.names import EntryKind, Payment
from engine.domain.site import Site
from engine.ledger.entries import Movement, post
from engine.store import Condition, Session

MAX_NAME = 128
MAX_NUMBER = 32
MAX_PAGE_EXTENSIONS = 100_000
NUMBER_CHARACTERS = frozenset("0123456789*#+ABCDabcd")
_SPAN = re.compile(r"([0-9]{1,32})-([0-9]{1,32})")


def list_extensions(session: Session, site: Site, request: ListExtensions) -> Extensions:
    """One page of what matches, and how many match."""
    where: list[Condition] = []
    for word in request.text.split():
        negated = word.startswith("-") and len(word) > 1
        where.append(_word(word[1:] if negated else word, negated=negated))
    if request.state:
        where.append(Condition(request.state))
    if request.payment:
        where.append(Condition("payment", {"payment": request.payment.value}))
    if request.numbers is not None:
        where.append(Condition("numbers", {"numbers": request.numbers}))
    rows, (total,) = session.page(
        ExtensionRow,
        "ledger.extension_page",
        "total",
        where=where,
        site_billing=site.billing,
        low_balance=site.low_balance_micros,
        sort=request.sort,
        descending=request.descending,
        limit=min(request.limit, MAX_PAGE_EXTENSIONS),
        offset=request.offset,
    )
    return Extensions(rows=rows, total=total)


def _word(word: str, *, negated: bool) -> Condition:
    span = _SPAN.fullmatch(word)
    if span is not None and len(span[1]) == len(span[2]):
        return Condition("span", {"low": span[1], "high": span[2]}, negated)
    return Condition("text", {"text": word}, negated)


def check_number(number: str) -> None:
    """Raises `InvalidInput` for what cannot be an extension in any PBX's protocol."""
    if not 1 <= len(number) <= MAX_NUMBER or not NUMBER_CHARACTERS.issuperset(number):
        raise InvalidInput.in_field(
            "number",
            "{number!r} is not an extension: 1 to {max_number} digits, *, #, + or A to D.",
            number=number[:40],
            max_number=MAX_NUMBER,
        )


def check_properties(*, name: str | None, credit_limit_micros: int | None) -> None:
    """Raises `InvalidInput` naming the field."""
    if name is not None and len(name) > MAX_NAME:
        raise InvalidInput.in_field("name", "at most {max_name} characters.", max_name=MAX_NAME)
    if credit_limit_micros is not None and not 0 <= credit_limit_micros <= MAX_AMOUNT_MICROS:
        raise InvalidInput.in_field("credit_limit", "must lie between 0 and 1,000,000,000,000.")


def set_extensions(session: Session, request: SetExtensions, *, operator: str, now: datetime) -> Changed:
    """Changes the named properties of every extension named, all or none.

    Raises `NotFound` for an unknown extension unless `create` is set, `InvalidInput` naming the field.
    A new payment method resets the total recharged and leaves a `method change` in the ledger.
    """
    numbers = list(dict.fromkeys(request.numbers))
    if not numbers:
        raise InvalidInput.in_field("numbers", "name at least one extension.")
    check_properties(name=request.name, credit_limit_micros=request.credit_limit_micros)
    known = {str(row[0]): row for row in session.rows("ledger.known_extensions", numbers=numbers)}
    missing = [number for number in numbers if number not in known]
    if missing and not request.create:
        raise NotFound("There is no extension {missing}.", missing=", ".join(missing[:10]))
    for number in missing:
        check_number(number)
    add_extensions(
        session,
        [
            (
                number,
                request.name or "",
                bool(request.billing),
                (request.payment or Payment.PREPAID).value,
                request.credit_limit_micros or 0,
                bool(request.locked),
            )
            for number in missing
        ],
        now=now,
    )
    wanted = [
        (
            number,
            row[1] if request.name is None else request.name,
            row[2] if request.billing is None else request.billing,
            row[3] if request.payment is None else request.payment.value,
            row[4] if request.credit_limit_micros is None else request.credit_limit_micros,
            row[5] if request.locked is None else request.locked,
        )
        for number, row in known.items()
    ]
    return Changed(
        changed=len(missing) + apply_properties(session, known, wanted, operator=operator, now=now)
    )


Properties = tuple[str, object, object, object, object, object]
"""number, name, billing, payment, credit_limit_micros, locked."""


def properties_table(rows: Sequence[Properties]) -> pa.Table:
    """The rows as a table to bind: columns of `extension`, none of them new any more."""
    columns = list(zip(*rows, strict=True))
    return pa.table(
        {
            "number": pa.array(columns[0], pa.string()),
            "name": pa.array(columns[1], pa.string()),
            "billing": pa.array(columns[2], pa.bool_()),
            "payment": pa.array(columns[3], pa.string()),
            "credit_limit_micros": pa.array(columns[4], pa.int64()),
            "locked": pa.array(columns[5], pa.bool_()),
            "is_new": pa.array([False] * len(rows), pa.bool_()),
        }
    )


def add_extensions(session: Session, added: list[Properties], *, now: datetime) -> None:
    """Adds extensions with nothing in their ledgers."""
    if added:
        with session.bound(arrivals=properties_table(added)):
            session.run("ledger.add_extensions", now=now)


def apply_properties(
    session: Session,
    known: dict[str, tuple[object, ...]],
    wanted: list[Properties],
    *,
    operator: str,
    now: datetime,
) -> int:
    """Writes the properties that differ from `known`; returns how many extensions changed.

    Looking at an extension's properties ends its being new.
    """
    different = [row for row in wanted if row[1:] != known[row[0]][1:6] or known[row[0]][6]]
    if not different:
        return 0
    changes = properties_table(different)
    with session.bound(changes=changes):
        session.run("ledger.change_extensions")
    switched = [
        Movement(extension=row[0], kind=EntryKind.METHOD_CHANGE, amount_micros=0)
        for row in different
        if row[3] != known[row[0]][3]
    ]
    post(session, switched, now=now, operator=operator)
    return len(different)
