"""Posting of ledger entries by hand, with the balances they move; calls post theirs in `engine.pipeline`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from engine.domain.errors import InvalidInput, NotFound
from engine.domain.names import EntryKind
from engine.store import Session

MAX_BALANCE_MICROS = 2**62
"""Beyond it a balance would come near the end of 64 bits; such a movement is refused."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Movement:
    """Money to move on one extension; charges are negative."""

    extension: str
    kind: EntryKind
    amount_micros: int
    call_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Posted:
    """A movement as it stands in the ledger."""

    entry_id: int
    extension: str
    amount_micros: int
    balance_after_micros: int


def post(
    session: Session,
    movements: Sequence[Movement],
    *,
    now: datetime,
    operator: str = "",
    note: str = "",
    key: str | None = None,
) -> list[Posted]:
    """Appends one entry per movement, in order, and moves the balances. All of them or none.

    Raises `NotFound` for an unknown extension, `InvalidInput` when a balance would leave its range.
    """
    if not movements:
        return []
    numbers = sorted({movement.extension for movement in movements})
    balances = dict(session.records(tuple[str, int], "ledger.balances", numbers=numbers))
    missing = [number for number in numbers if number not in balances]
    if missing:
        raise NotFound(f"There is no extension {', '.join(missing[:10])}.")
    recharged = dict.fromkeys(numbers, 0)
    entry_id = next_entry(session)
    posted: list[Posted] = []
    for movement in movements:
        balance = balances[movement.extension] + movement.amount_micros
        if abs(balance) > MAX_BALANCE_MICROS:
            raise InvalidInput(
                f"amount: the balance of {movement.extension} would leave its range.", field="amount"
            )
        balances[movement.extension] = balance
        if movement.kind is EntryKind.RECHARGE:
            recharged[movement.extension] += movement.amount_micros
        posted.append(
            Posted(
                entry_id=entry_id + len(posted),
                extension=movement.extension,
                amount_micros=movement.amount_micros,
                balance_after_micros=balance,
            )
        )
    count = len(posted)
    entries = pa.table(
        {
            "entry_id": pa.array([entry.entry_id for entry in posted], pa.int64()),
            "extension": [entry.extension for entry in posted],
            "kind": [movement.kind.value for movement in movements],
            "amount_micros": pa.array([entry.amount_micros for entry in posted], pa.int64()),
            "balance_after_micros": pa.array([entry.balance_after_micros for entry in posted], pa.int64()),
            "call_id": pa.array([movement.call_id for movement in movements], pa.int64()),
            "operator": pa.array([operator] * count, pa.string()),
            "note": pa.array([note] * count, pa.string()),
            "operation_key": pa.array([key] * count, pa.string()),
        }
    )
    moves = pa.table(
        {
            "number": numbers,
            "balance_micros": pa.array([balances[number] for number in numbers], pa.int64()),
            "recharged_micros": pa.array([recharged[number] for number in numbers], pa.int64()),
        }
    )
    with session.bound(entries=entries, moves=moves):
        session.run("ledger.post_entries", now=now)
        session.run("ledger.move_balances")
    return posted


def next_entry(session: Session) -> int:
    """The number the next entry gets; the writer is alone, so it stays free until the commit."""
    return session.integer("ledger.next_entry")
