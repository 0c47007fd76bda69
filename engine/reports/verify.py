"""Whether the books agree: balances, charges, and the lines of every file, checked on whole sets."""

from collections.abc import Callable, Iterator
from datetime import datetime

import msgspec

from engine.api.site import VerifyResult
from engine.domain.money import format_amount
from engine.store import Session

MAX_FINDINGS = 100

Row = tuple[object, ...]


def verify(session: Session, *, step: Callable[[int, int], None] | None = None) -> VerifyResult:
    """Everything that does not hold, as sentences, at most `MAX_FINDINGS`. Call it inside one snapshot.

    `step` is told before each check how many are done, of how many; what it raises ends the work.
    """
    findings: list[str] = []
    for done, (statement, describe) in enumerate(_CHECKS):
        if step is not None:
            step(done, len(_CHECKS))
        left = MAX_FINDINGS - len(findings)
        if left <= 0:
            break
        for row in session.rows(f"verify.{statement}", limit=left):
            findings += describe(row)
    extensions, entries, calls, files = msgspec.convert(
        session.row("verify.sizes"), tuple[int, int, int, int]
    )
    return VerifyResult(
        clean=not findings,
        extensions=extensions,
        entries=entries,
        calls=calls,
        files=files,
        findings=findings[:MAX_FINDINGS],
    )


def _balance(row: Row) -> Iterator[str]:
    number, balance, total = msgspec.convert(row, tuple[str, int | None, int])
    if balance is None:
        yield f"Ledger entries name extension {number}, which does not exist."
    else:
        yield (
            f"Extension {number}: its balance is {format_amount(balance)}, "
            f"but its ledger entries add up to {format_amount(total)}."
        )


def _chain(row: Row) -> Iterator[str]:
    entry, number, before, amount, after = msgspec.convert(row, tuple[int, str, int, int, int])
    yield (
        f"Ledger entry {entry} of extension {number}: {format_amount(before)} plus {format_amount(amount)} "
        f"is not its balance after, {format_amount(after)}."
    )


def _repeated_entry(row: Row) -> Iterator[str]:
    yield f"Ledger entry {row[0]} exists {row[1]} times."


def _sign(row: Row) -> Iterator[str]:
    entry, number, kind, amount = msgspec.convert(row, tuple[int, str, str, int])
    yield (
        f"Ledger entry {entry} of extension {number}: {format_amount(amount)} cannot be "
        f"the amount of a {kind}."
    )


def _recharged(row: Row) -> Iterator[str]:
    number, total, booked = msgspec.convert(row, tuple[str, int, int])
    yield (
        f"Extension {number}: its total recharged is {format_amount(total)}, but its recharges since the "
        f"payment method last changed add up to {format_amount(booked)}."
    )


def _charge(row: Row) -> Iterator[str]:
    call_id, extension, started, cost, charges, net, first, last = msgspec.convert(
        row, tuple[int | None, str | None, datetime | None, int | None, int, int, str, str]
    )
    if call_id is None:
        yield f"Charges of extension {first} belong to no call."
        return
    if cost is None:
        yield f"Ledger entries of extension {first} name call {call_id}, which does not exist."
        return
    call = f"Call {call_id} of extension {extension or '(none)'} at {started}"
    if charges > 1:
        yield f"{call}: {charges} charges are not reversed."
    elif charges < 0:
        yield f"{call}: there are more reversals than charges."
    elif charges == 0 and cost:
        yield f"{call}: it costs {format_amount(cost)}, but no charge stands for it."
    elif net != -cost:
        yield f"{call}: it costs {format_amount(cost)}, but {format_amount(-net)} is charged for it."
    for other in sorted({first, last} - {extension, ""}):
        yield f"{call}: it is charged to extension {other}."


def _reversal(row: Row) -> Iterator[str]:
    entry, call_id, kind, amount, kind_before, amount_before = msgspec.convert(
        row, tuple[int, int | None, str, int, str, int]
    )
    if kind == kind_before:
        yield f"Ledger entry {entry}: a {kind} of call {call_id} follows another {kind}, or nothing."
    else:
        yield (
            f"Ledger entry {entry}: it reverses {format_amount(-amount_before)} of call {call_id} "
            f"by {format_amount(amount)}."
        )


def _file(row: Row) -> Iterator[str]:
    file_id = row[0]
    if row[2] is None:
        yield f"Calls or quarantined lines name file {file_id}, which does not exist."
        return
    name = f"File {file_id} ({row[1]})"
    (
        lines, parts, offset, part_bytes, stored, calls, stored_bytes, call_bytes,
        quarantined, bad, quarantined_bytes, bad_bytes, end,
    ) = msgspec.convert(row[2:], list[int])  # fmt: skip
    if lines != parts:
        yield f"{name}: {lines:,} lines were read, but {parts:,} are accounted for."
    if offset != part_bytes:
        yield f"{name}: {offset:,} bytes were read, but {part_bytes:,} are accounted for."
    if stored != calls:
        yield f"{name}: {stored:,} lines count as stored, but {calls:,} calls come from it."
    if stored_bytes != call_bytes:
        yield f"{name}: {stored_bytes:,} bytes count as stored, but its calls have {call_bytes:,}."
    if quarantined != bad:
        yield f"{name}: {quarantined:,} lines count as quarantined, but {bad:,} are kept."
    if quarantined_bytes != bad_bytes:
        yield f"{name}: {quarantined_bytes:,} bytes count as quarantined, but {bad_bytes:,} are kept."
    if end > offset:
        yield f"{name}: a call ends at byte {end:,}, beyond what was read ({offset:,})."


def _overlap(row: Row) -> Iterator[str]:
    file_id, path, offset, free_from = msgspec.convert(row, tuple[int, str, int, int])
    yield (
        f"File {file_id} ({path}): the line at byte {offset:,} begins before byte {free_from:,}, "
        "where another one ends."
    )


def _duplicate(row: Row) -> Iterator[str]:
    first, last, extension, count = msgspec.convert(row, tuple[int, int, str, int])
    yield f"The same call of extension {extension or '(none)'} is stored {count} times, as {first} to {last}."


def _repeated_call(row: Row) -> Iterator[str]:
    yield f"Call {row[0]} exists {row[1]} times."


_CHECKS: tuple[tuple[str, Callable[[Row], Iterator[str]]], ...] = (
    ("balances", _balance),
    ("chain", _chain),
    ("repeated_entries", _repeated_entry),
    ("signs", _sign),
    ("recharged", _recharged),
    ("charges", _charge),
    ("reversals", _reversal),
    ("files", _file),
    ("overlaps", _overlap),
    ("duplicates", _duplicate),
    ("repeated_calls", _repeated_call),
)
