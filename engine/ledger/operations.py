"""Operations that move money: each carries a key, and the same key never moves money twice."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from engine.api.extensions import Adjust, Recharge, Recharged, RechargeRow
from engine.domain.errors import InvalidInput, Refused
from engine.domain.message import Message
from engine.domain.money import MAX_AMOUNT_MICROS
from engine.domain.names import EntryKind
from engine.ledger.entries import Movement, Posted, post
from engine.store import Session

MAX_KEY = 200
MAX_NOTE = 500
MAX_NUMBERS = 100_000


def recharge(session: Session, request: Recharge, *, operator: str, now: datetime) -> Recharged:
    """Adds the amount to every extension named, all or none.

    Raises `InvalidInput` for an amount that is not positive, `NotFound` for an unknown extension, `Refused`
    for a key that was used for something else.
    """
    numbers = list(dict.fromkeys(request.numbers))
    if not numbers:
        raise InvalidInput.in_field("numbers", "name at least one extension.")
    if len(numbers) > MAX_NUMBERS:
        raise InvalidInput.in_field(
            "numbers", "at most {max_numbers:,} extensions at once.", max_numbers=MAX_NUMBERS
        )
    _check_amount(request.amount_micros, signed=False)
    _check_note(request.note, field="note")

    def move() -> list[Posted]:
        movements = [
            Movement(extension=number, kind=EntryKind.RECHARGE, amount_micros=request.amount_micros)
            for number in numbers
        ]
        return post(session, movements, now=now, operator=operator, note=request.note, key=request.key)

    content: list[object] = ["recharge", numbers, request.amount_micros, request.note]
    return _once(session, request.key, content, move, operator=operator, note=request.note, now=now)


def adjust(session: Session, request: Adjust, *, operator: str, now: datetime) -> Recharged:
    """Corrects one balance. Raises like `recharge`, and `InvalidInput` without a reason."""
    _check_amount(request.amount_micros, signed=True)
    if not request.reason.strip():
        raise InvalidInput.in_field("reason", "an adjustment needs a reason.")
    _check_note(request.reason, field="reason")

    def move() -> list[Posted]:
        movement = Movement(
            extension=request.number, kind=EntryKind.ADJUSTMENT, amount_micros=request.amount_micros
        )
        return post(session, [movement], now=now, operator=operator, note=request.reason, key=request.key)

    content: list[object] = ["adjust", request.number, request.amount_micros, request.reason]
    return _once(session, request.key, content, move, operator=operator, note=request.reason, now=now)


def _once(
    session: Session,
    key: str,
    content: list[Any],
    move: Callable[[], list[Posted]],
    *,
    operator: str,
    note: str,
    now: datetime,
) -> Recharged:
    if not 1 <= len(key) <= MAX_KEY:
        raise InvalidInput.in_field(
            "key", "1 to {max_key} characters, chosen by the caller.", max_key=MAX_KEY
        )
    digest = hashlib.sha256(msgspec.json.encode(content)).hexdigest()
    known = session.row("ledger.operation", key=key)
    if known is not None:
        if known[0] != digest:
            raise Refused(
                "The key {key!r} was used for another operation. Choose a new key; nothing was moved.",
                key=key,
                code="key_reused",
            )
        first = msgspec.json.decode(str(known[1]), type=Recharged)
        return Recharged(rows=first.rows, repeated=True)
    posted = move()
    names = {
        str(row[0]): str(row[1])
        for row in session.rows("ledger.known_extensions", numbers=[entry.extension for entry in posted])
    }
    result = Recharged(
        rows=[
            RechargeRow(
                entry_id=entry.entry_id,
                posted_at=now,
                extension=entry.extension,
                name=names[entry.extension],
                balance_before_micros=entry.balance_after_micros - entry.amount_micros,
                amount_micros=entry.amount_micros,
                balance_after_micros=entry.balance_after_micros,
                operator=operator,
                note=note,
            )
            for entry in posted
        ]
    )
    session.run(
        "ledger.record_operation",
        key=key,
        content=digest,
        result=msgspec.json.encode(result).decode(),
        now=now,
    )
    return result


def _check_amount(amount_micros: int, *, signed: bool) -> None:
    if amount_micros == 0 or abs(amount_micros) > MAX_AMOUNT_MICROS or (amount_micros < 0 and not signed):
        raise InvalidInput(
            Message("amount: must not be 0 and not beyond 1,000,000,000,000.")
            if signed
            else Message("amount: must be more than 0 and at most 1,000,000,000,000."),
            field="amount",
        )


def _check_note(note: str, *, field: str) -> None:
    if len(note) > MAX_NOTE:
        raise InvalidInput.in_field(field, "at most {max_note} characters.", max_note=MAX_NOTE)
