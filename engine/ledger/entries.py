"""Posting of ledger entries by hand, with the balances they move; calls post theirs in `engine.pipeline`."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from engine.domain.errors import OUT_OF_RANGE, InvalidInput, NotFound, StorageError
from engine.domain.names import EntryKind
from engine.store import Session

MAX_BALANCE_MICROS = 2**62
"""Beyond it a balance would come near the end of 64 bits; such a movement is refused."""


MOVEMENTS = pa.schema(
    [
        ("place", pa.int64()),
        ("extension", pa.string()),
        ("kind", pa.string()),
        ("amount_micros", pa.int64()),
        ("call_id", pa.int64()),
    ]
)
"""place: from 0, in the order of posting."""

ENTRIES = pa.schema(
    [
        ("entry_id", pa.int64()),
        ("extension", pa.string()),
        ("kind", pa.string()),
        ("posted_at", pa.timestamp("us")),
        ("amount_micros", pa.int64()),
        ("balance_after_micros", pa.int64()),
        ("call_id", pa.int64()),
        ("operator", pa.string()),
        ("note", pa.string()),
        ("operation_key", pa.string()),
    ]
)
"""Of table `ledger_entry`."""


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
        raise NotFound("There is no extension {missing}.", missing=", ".join(missing[:10]))
    first_entry = next_entry(session)
    afters = running_balances(balances, movements)
    for movement, after in zip(movements, afters, strict=True):
        if abs(after) > MAX_BALANCE_MICROS:
            raise InvalidInput.in_field(
                "amount", "the balance of {extension} would leave its range.", extension=movement.extension
            )
    write_entries(
        session,
        entry_table(
            movements, afters, first_entry=first_entry, now=now, operator=operator, note=note, key=key
        ),
    )
    recharged = [movement for movement in movements if movement.kind is EntryKind.RECHARGE]
    if recharged:
        with session.bound(recharges=_recharge_table(recharged)):
            session.run("ledger.add_to_recharged")
    return [
        Posted(
            entry_id=first_entry + place,
            extension=movement.extension,
            amount_micros=movement.amount_micros,
            balance_after_micros=after,
        )
        for place, (movement, after) in enumerate(zip(movements, afters, strict=True))
    ]


def post_set(
    session: Session,
    movements: pa.Table,
    *,
    first_entry: int,
    now: datetime,
    operator: str = "",
    note: str = "",
) -> None:
    """`post` for many movements (schema `MOVEMENTS`) on extensions that exist, by statements on sets."""
    if not movements.num_rows:
        return
    with session.bound(movements=movements):
        entries = session.table(
            "ledger.entries_of_movements", first_entry=first_entry, now=now, operator=operator, note=note
        )
    write_entries(session, entries.select(ENTRIES.names).cast(ENTRIES))


def running_balances(balances: dict[str, int], movements: Sequence[Movement]) -> list[int]:
    """The balance after each movement; `balances` are those before, and afterwards those behind the last."""
    afters: list[int] = []
    for movement in movements:
        balances[movement.extension] += movement.amount_micros
        afters.append(balances[movement.extension])
    return afters


def entry_table(
    movements: Sequence[Movement],
    afters: Sequence[int],
    *,
    first_entry: int,
    now: datetime,
    operator: str = "",
    note: str = "",
    key: str | None = None,
) -> pa.Table:
    """Movements and the balances after them as ledger entries, schema `ENTRIES`."""
    count = len(movements)
    text = pa.string()
    return pa.Table.from_arrays(
        [
            pa.arange(first_entry, first_entry + count),
            pa.array([movement.extension for movement in movements], text),
            pa.array([movement.kind.value for movement in movements], text),
            pa.repeat(pa.scalar(now, pa.timestamp("us")), count),
            pa.array([movement.amount_micros for movement in movements], pa.int64()),
            pa.array(afters, pa.int64()),
            pa.array([movement.call_id for movement in movements], pa.int64()),
            pa.repeat(pa.scalar(operator, text), count),
            pa.repeat(pa.scalar(note, text), count),
            pa.repeat(pa.scalar(key, text), count),
        ],
        schema=ENTRIES,
    )


def write_entries(session: Session, entries: pa.Table, *, balances: Mapping[str, int] | None = None) -> None:
    """Appends entries (schema `ENTRIES`) and makes the balances what they leave; nothing else moves balances.

    `balances`: what they leave, where that is so few that setting them one by one takes less than a join.
    Raises `StorageError` when a balance would leave its range.
    """
    _refuse_beyond_range(entries)
    session.feed("ledger.append_entries", new_entries=entries)
    if balances is None:
        with session.bound(posted_entries=entries):
            session.run("ledger.move_balances")
    else:
        session.brief("ledger.set_balances", numbers=list(balances), balances=list(balances.values()))


def _refuse_beyond_range(entries: pa.Table) -> None:
    bounds = pc.min_max(entries["balance_after_micros"]).as_py()
    for balance in (bounds["min"], bounds["max"]):
        if balance is not None and abs(balance) > MAX_BALANCE_MICROS:
            place = pc.index(entries["balance_after_micros"], balance).as_py()
            raise beyond_range(entries["extension"][place].as_py())


def beyond_range(extension: str) -> StorageError:
    """Charges of an extension that would take its balance beyond what 64 bits hold."""
    return StorageError(
        "The charges of extension {extension} would take its balance out of range. "
        "A price in the rate list must be far too high; correct it.",
        extension=extension,
        code=OUT_OF_RANGE,
    )


def _recharge_table(movements: Sequence[Movement]) -> pa.Table:
    return pa.table(
        {
            "extension": pa.array([movement.extension for movement in movements], pa.string()),
            "amount_micros": pa.array([movement.amount_micros for movement in movements], pa.int64()),
        }
    )


def next_entry(session: Session) -> int:
    """The number the next entry gets; the writer is alone, so it stays free until the commit."""
    return session.integer("ledger.next_entry")
