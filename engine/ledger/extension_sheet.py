"""Extensions as a CSV sheet: imported all or nothing, exported with what follows from the ledger."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from engine.api.extensions import CsvText, ExportExtensions, ExtensionRow, ListExtensions
from engine.api.operation import Fault, ImportResult
from engine.domain.errors import InvalidInput
from engine.domain.message import Message, as_it_is
from engine.domain.money import format_amount, parse_amount
from engine.domain.names import Payment
from engine.domain.sheet import Faults, SheetLine, format_boolean, parse_boolean, read_sheet, write_sheet
from engine.domain.site import Site
from engine.ledger.extensions import (
    MAX_PAGE_EXTENSIONS,
    Properties,
    add_extensions,
    apply_properties,
    check_number,
    check_properties,
    list_extensions,
)
from engine.store import Session

COLUMNS = ("number", "name", "billing", "payment", "credit_limit", "locked")
DERIVED = ("balance", "available", "total_recharged", "barred")
MAX_PREVIEW = 200

T = TypeVar("T")


def export_extensions(session: Session, site: Site, request: ExportExtensions) -> CsvText:
    """The extensions that match. The derived columns are ignored when the sheet is imported again."""
    found: list[ExtensionRow] = []
    while True:
        page = list_extensions(
            session,
            site,
            ListExtensions(
                text=request.text,
                state=request.state,
                payment=request.payment,
                sort=request.sort,
                descending=request.descending,
                offset=len(found),
                limit=MAX_PAGE_EXTENSIONS,
            ),
        )
        found += page.rows
        if not page.rows or len(found) >= page.total:
            break
    lines = (
        (
            row.number,
            row.name,
            format_boolean(row.billing),
            row.payment.value,
            format_amount(row.credit_limit_micros),
            format_boolean(row.locked),
            format_amount(row.balance_micros),
            format_amount(row.available_micros),
            format_amount(row.total_recharged_micros),
            format_boolean(row.barred),
        )
        for row in found
    )
    return CsvText(text=write_sheet(COLUMNS + DERIVED, lines), rows=len(found))


def import_extensions(
    session: Session, content: bytes, *, apply: bool, operator: str, now: datetime
) -> ImportResult:
    """Adds and changes extensions; a column that is left out, or an empty cell, leaves a property as it is.

    With any fault nothing is applied. Nothing is removed.
    """
    faults = Faults()
    known, added, wanted = _read(session, content, faults)
    changed = [row for row in wanted if row[1:] != known[row[0]][1:6]]
    preview = [as_it_is(f"+ {row[0]} {row[1]}") for row in added] + [
        as_it_is(f"~ {row[0]} {_difference(row, known[row[0]])}") for row in changed
    ]
    if apply and not faults.count:
        add_extensions(session, added, now=now)
        apply_properties(session, known, changed, operator=operator, now=now)
    return ImportResult(
        applied=apply and not faults.count,
        added=len(added),
        changed=len(changed),
        removed=0,
        unchanged=len(wanted) - len(changed),
        faults=[
            Fault(line=fault.line, column=fault.column, reason=fault.reason) for fault in faults.summary()
        ],
        preview=preview[:MAX_PREVIEW],
    )


def sheet_properties(session: Session, content: bytes) -> list[Properties]:
    """The extensions of a sheet as an import would leave them, if it has no faults."""
    _, added, wanted = _read(session, content, Faults())
    return added + wanted


def _read(
    session: Session, content: bytes, faults: Faults
) -> tuple[dict[str, tuple[object, ...]], list[Properties], list[Properties]]:
    """(what is known of those named, the new ones, the others as they are wanted)."""
    lines = list(read_sheet(content, columns=COLUMNS, required=("number",), faults=faults, ignored=DERIVED))
    first: dict[str, int] = {}
    numbers = list({line.cells["number"] for line in lines})
    known = {str(row[0]): row for row in session.rows("ledger.known_extensions", numbers=numbers)}
    added: list[Properties] = []
    wanted: list[Properties] = []
    for line in lines:
        number = line.cells["number"]
        if first.setdefault(number, line.number) != line.number:
            faults.add(
                line.number,
                "number",
                Message("{number} stands in line {first} already.", number=number, first=first[number]),
            )
        properties = _properties(line, known.get(number), faults)
        (wanted if number in known else added).append(properties)
    return known, added, wanted


def _properties(line: SheetLine, known: tuple[object, ...] | None, faults: Faults) -> Properties:
    before = known or (None, "", False, Payment.PREPAID.value, 0, False)

    def read(column: str, parse: Callable[[str], T], otherwise: object) -> T | object:
        text = line.cells.get(column, "")
        if not text:
            return otherwise
        try:
            return parse(text)
        except InvalidInput as error:
            faults.refuse(line.number, error)
            return otherwise

    name = read("name", lambda text: text, before[1])
    billing = read("billing", lambda text: parse_boolean(text, field="billing"), before[2])
    payment = read("payment", _payment, before[3])
    credit = read("credit_limit", lambda text: parse_amount(text, field="credit_limit"), before[4])
    locked = read("locked", lambda text: parse_boolean(text, field="locked"), before[5])
    try:
        check_number(line.cells["number"])
        check_properties(name=str(name), credit_limit_micros=int(str(credit)))
    except InvalidInput as error:
        faults.refuse(line.number, error)
    return (line.cells["number"], name, billing, payment, credit, locked)


def _payment(text: str) -> str:
    try:
        return Payment(text.lower()).value
    except ValueError:
        raise InvalidInput.in_field(
            "payment", "{text!r} is neither prepaid nor postpaid.", text=text
        ) from None


def _difference(row: Properties, known: tuple[object, ...]) -> str:
    """The properties that differ, as people write them."""
    return ", ".join(
        f"{name}: {_shown(before)} → {_shown(after)}"
        for name, before, after in zip(COLUMNS[1:], known[1:6], row[1:], strict=True)
        if before != after
    )


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return format_amount(value) if isinstance(value, int) else str(value)
