"""Whether the books agree with themselves, with their rules, and with the chain of what was done."""

from collections.abc import Callable, Iterator
from datetime import datetime

import msgspec

from engine.api.site import VerifyResult
from engine.domain.money import format_amount
from engine.store import Mark, Session, changed_states, last_link

MAX_FINDINGS = 100

Step = Callable[[int, int], None]
"""Is told before each check how many are done, and of how many; raises to end it."""

Row = tuple[object, ...]


def verify(session: Session, *, mark: Mark | None = None, step: Step = lambda *_: None) -> VerifyResult:
    """Everything that does not hold, as sentences, at most `MAX_FINDINGS`. Call it inside one snapshot.

    `mark` is the high-water mark, read before the snapshot was taken; None = it is left out.
    """
    findings = _marked(session, mark)
    for done, (statement, describe) in enumerate(_CHECKS):
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


def _marked(session: Session, mark: Mark | None) -> list[str]:
    """Whether the store holds what its mark says, and what it rests on is as the newest link left it."""
    findings: list[str] = []
    if mark is not None and mark.link:
        held = session.rows("chain.link", number=mark.link)
        if not held:
            findings.append(
                f"The high-water mark names link {mark.link} of the chain, but the last one is "
                f"{last_link(session).number}: what was acknowledged is missing."
            )
        elif msgspec.convert(held[0][0], bytes).hex() != mark.digest:
            findings.append(
                f"Link {mark.link} of the chain is not the one that the high-water mark was written for."
            )
    return findings + [
        f"The {kind} are not as the last change left them: something other than the engine changed them."
        for kind in changed_states(session)
    ]


def _rated(row: Row) -> Iterator[str]:
    call_id, extension, started, cost, rule, fits, due = msgspec.convert(
        row, tuple[int, str, datetime, int, str, bool, int | None]
    )
    call = f"Call {call_id} of extension {extension or '(none)'} at {started}"
    if due is None:
        yield f"{call}: it costs {format_amount(cost)}, but no rule that is known stands for it."
    elif not fits:
        yield f"{call}: the rule {rule} cannot have been applied to it."
    else:
        yield (
            f"{call}: it costs {format_amount(cost)} or has other parts, "
            f"but by the rule {rule} it costs {format_amount(due)}."
        )


def _operation(row: Row) -> Iterator[str]:
    key, entry, told, extension, amount, amount_told = msgspec.convert(
        row, tuple[str, int | None, int | None, str, int | None, int | None]
    )
    if told is None:
        yield f"Ledger entry {entry} of extension {extension}: no operation stands for it (key {key!r})."
    elif entry is None:
        yield (
            f"The operation {key!r} moved {format_amount(amount_told or 0)} on extension {extension}, "
            f"but its ledger entry {told} is missing."
        )
    else:
        yield (
            f"Ledger entry {entry} of extension {extension}: it says {format_amount(amount or 0)} and what "
            f"belongs to it, but the operation {key!r} says {format_amount(amount_told or 0)}."
        )


def _link(row: Row) -> Iterator[str]:
    number, made_at, before = msgspec.convert(row, tuple[int, datetime, int])
    yield f"Link {number} of the chain, of {made_at} UTC: it does not rest on the one before it, {before}."


def _chained(kind: str) -> Callable[[Row], Iterator[str]]:
    def describe(row: Row) -> Iterator[str]:
        number, made_at, first, last = msgspec.convert(row, tuple[int | None, datetime | None, int, int])
        if number is None:
            yield f"The {kind} {first} to {last} hold some that no commit of the engine added."
        else:
            yield (
                f"The {kind} {first} to {last} are not what was added at {made_at} UTC (link {number} of the "
                "chain): some were changed, removed or inserted."
            )

    return describe


def _changed_outside(row: Row) -> Iterator[str]:
    yield f"At {row[0]} UTC the engine found at its start: {row[1]}"


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
        quarantined, bad, quarantined_bytes, bad_bytes, events, told, event_bytes, told_bytes, end,
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
    if events != told:
        yield f"{name}: {events:,} lines count as events, but {told:,} events come from it."
    if event_bytes != told_bytes:
        yield f"{name}: {event_bytes:,} bytes count as events, but its events have {told_bytes:,}."
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
    ("rated", _rated),
    ("operations", _operation),
    ("links", _link),
    ("chained_entries", _chained("ledger entries")),
    ("chained_operations", _chained("operations")),
    ("chained_audits", _chained("audit rows")),
    ("chained_calls", _chained("calls")),
    ("changed_outside", _changed_outside),
)
