"""Whether the books agree with themselves, with their rules, and with the chain of what was done."""

from collections.abc import Callable, Iterator
from datetime import datetime

import msgspec

from engine.api.message_json import from_json
from engine.api.site import FileDuplicates, VerifyResult
from engine.domain.message import Message
from engine.domain.money import format_amount
from engine.reports.verify_files import Row, duplicate, file_accounts, overlap, repeated_call
from engine.store import Mark, Session, changed_states, last_link

MAX_FINDINGS = 100
MAX_FILES = 1000

Step = Callable[[int, int], None]
"""Is told before each check how many are done, and of how many; raises to end it."""


def verify(session: Session, *, mark: Mark | None = None, step: Step = lambda *_: None) -> VerifyResult:
    """Everything that does not hold, as sentences, at most `MAX_FINDINGS`. Call it inside one snapshot.

    `mark` is the high-water mark, read before the snapshot was taken; None = it is left out.
    """
    findings = list(_marked(session, mark))
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
        duplicates=tuple(session.records(FileDuplicates, "verify.duplicate_lines", limit=MAX_FILES)),
    )


def _marked(session: Session, mark: Mark | None) -> Iterator[Message]:
    """Whether the store holds what its mark says, and what it rests on is as the newest link left it."""
    if mark is not None and mark.link:
        held = session.rows("chain.link", number=mark.link)
        if not held:
            yield Message(
                "The high-water mark names link {link} of the chain, but the last one is {number}: what was "
                "acknowledged is missing.",
                link=mark.link,
                number=last_link(session).number,
            )
        elif msgspec.convert(held[0][0], bytes).hex() != mark.digest:
            yield Message(
                "Link {link} of the chain is not the one that the high-water mark was written for.",
                link=mark.link,
            )
    for kind in changed_states(session):
        yield Message(
            "The {kind} are not as the last change left them: something other than the engine changed them.",
            kind=Message(kind),
        )


def _rated(row: Row) -> Iterator[Message]:
    call_id, extension, started, cost, rule, fits, due = msgspec.convert(
        row, tuple[int, str, datetime, int, str, bool, int | None]
    )
    call = Message(
        "Call {call_id} of extension {extension} at {started}",
        call_id=call_id,
        extension=extension or Message("(none)"),
        started=started,
    )
    if due is None:
        yield Message(
            "{call}: it costs {amount}, but no rule that is known stands for it.",
            call=call,
            amount=format_amount(cost),
        )
    elif not fits:
        yield Message("{call}: the rule {rule} cannot have been applied to it.", call=call, rule=rule)
    else:
        yield Message(
            "{call}: it costs {amount} or has other parts, but by the rule {rule} it costs {amount2}.",
            call=call,
            amount=format_amount(cost),
            rule=rule,
            amount2=format_amount(due),
        )


def _operation(row: Row) -> Iterator[Message]:
    key, entry, told, extension, amount, amount_told = msgspec.convert(
        row, tuple[str, int | None, int | None, str, int | None, int | None]
    )
    if told is None:
        yield Message(
            "Ledger entry {entry} of extension {extension}: no operation stands for it (key {key!r}).",
            entry=entry,
            extension=extension,
            key=key,
        )
    elif entry is None:
        yield Message(
            "The operation {key!r} moved {amount} on extension {extension}, but its ledger entry "
            "{told} is missing.",
            key=key,
            amount=format_amount(amount_told or 0),
            extension=extension,
            told=told,
        )
    else:
        yield Message(
            "Ledger entry {entry} of extension {extension}: it says {amount} and what belongs to "
            "it, but the operation {key!r} says {amount2}.",
            entry=entry,
            extension=extension,
            amount=format_amount(amount or 0),
            key=key,
            amount2=format_amount(amount_told or 0),
        )


def _link(row: Row) -> Iterator[Message]:
    number, made_at, before = msgspec.convert(row, tuple[int, datetime, int])
    yield Message(
        "Link {number} of the chain, of {made_at} UTC: it does not rest on the one before it, {before}.",
        number=number,
        made_at=made_at,
        before=before,
    )


def _chained(kind: Message) -> Callable[[Row], Iterator[Message]]:
    def describe(row: Row) -> Iterator[Message]:
        number, made_at, first, last = msgspec.convert(row, tuple[int | None, datetime | None, int, int])
        if number is None:
            yield Message(
                "The {kind} {first} to {last} hold some that no commit of the engine added.",
                kind=kind,
                first=first,
                last=last,
            )
        else:
            yield Message(
                "The {kind} {first} to {last} are not what was added at {made_at} UTC (link {number} "
                "of the chain): some were changed, removed or inserted.",
                kind=kind,
                first=first,
                last=last,
                made_at=made_at,
                number=number,
            )

    return describe


def _changed_outside(row: Row) -> Iterator[Message]:
    done_at, remark = msgspec.convert(row, tuple[datetime, str])
    yield Message(
        "At {done_at} UTC the engine found at its start: {remark}", done_at=done_at, remark=from_json(remark)
    )


def _balance(row: Row) -> Iterator[Message]:
    number, balance, total = msgspec.convert(row, tuple[str, int | None, int])
    if balance is None:
        yield Message("Ledger entries name extension {number}, which does not exist.", number=number)
    else:
        yield Message(
            "Extension {number}: its balance is {amount}, but its ledger entries add up to {amount2}.",
            number=number,
            amount=format_amount(balance),
            amount2=format_amount(total),
        )


def _chain(row: Row) -> Iterator[Message]:
    entry, number, before, amount, after = msgspec.convert(row, tuple[int, str, int, int, int])
    yield Message(
        "Ledger entry {entry} of extension {number}: {amount} plus {amount2} is not its "
        "balance after, {amount3}.",
        entry=entry,
        number=number,
        amount=format_amount(before),
        amount2=format_amount(amount),
        amount3=format_amount(after),
    )


def _repeated_entry(row: Row) -> Iterator[Message]:
    yield Message("Ledger entry {row} exists {row2} times.", row=row[0], row2=row[1])


def _sign(row: Row) -> Iterator[Message]:
    entry, number, kind, amount = msgspec.convert(row, tuple[int, str, str, int])
    yield Message(
        "Ledger entry {entry} of extension {number}: {amount} cannot be the amount of a {kind}.",
        entry=entry,
        number=number,
        amount=format_amount(amount),
        kind=kind,
    )


def _recharged(row: Row) -> Iterator[Message]:
    number, total, booked = msgspec.convert(row, tuple[str, int, int])
    yield Message(
        "Extension {number}: its total recharged is {amount}, but its recharges since the "
        "payment method last changed add up to {amount2}.",
        number=number,
        amount=format_amount(total),
        amount2=format_amount(booked),
    )


def _charge(row: Row) -> Iterator[Message]:
    call_id, extension, started, cost, charges, net, first, last = msgspec.convert(
        row, tuple[int | None, str | None, datetime | None, int | None, int, int, str, str]
    )
    if call_id is None:
        yield Message("Charges of extension {first} belong to no call.", first=first)
        return
    if cost is None:
        yield Message(
            "Ledger entries of extension {first} name call {call_id}, which does not exist.",
            first=first,
            call_id=call_id,
        )
        return
    call = Message(
        "Call {call_id} of extension {extension} at {started}",
        call_id=call_id,
        extension=extension or Message("(none)"),
        started=started,
    )
    if charges > 1:
        yield Message("{call}: {charges} charges are not reversed.", call=call, charges=charges)
    elif charges < 0:
        yield Message("{call}: there are more reversals than charges.", call=call)
    elif charges == 0 and cost:
        yield Message(
            "{call}: it costs {amount}, but no charge stands for it.", call=call, amount=format_amount(cost)
        )
    elif net != -cost:
        yield Message(
            "{call}: it costs {amount}, but {amount2} is charged for it.",
            call=call,
            amount=format_amount(cost),
            amount2=format_amount(-net),
        )
    for other in sorted({first, last} - {extension, ""}):
        yield Message("{call}: it is charged to extension {other}.", call=call, other=other)


def _reversal(row: Row) -> Iterator[Message]:
    entry, call_id, kind, amount, kind_before, amount_before = msgspec.convert(
        row, tuple[int, int | None, str, int, str, int]
    )
    if kind == kind_before:
        yield Message(
            "Ledger entry {entry}: a {kind} of call {call_id} follows another {kind2}, or nothing.",
            entry=entry,
            kind=kind,
            call_id=call_id,
            kind2=kind,
        )
    else:
        yield Message(
            "Ledger entry {entry}: it reverses {amount} of call {call_id} by {amount2}.",
            entry=entry,
            amount=format_amount(-amount_before),
            call_id=call_id,
            amount2=format_amount(amount),
        )


_CHECKS: tuple[tuple[str, Callable[[Row], Iterator[Message]]], ...] = (
    ("balances", _balance),
    ("chain", _chain),
    ("repeated_entries", _repeated_entry),
    ("signs", _sign),
    ("recharged", _recharged),
    ("charges", _charge),
    ("reversals", _reversal),
    ("files", file_accounts),
    ("overlaps", overlap),
    ("duplicates", duplicate),
    ("repeated_calls", repeated_call),
    ("rated", _rated),
    ("operations", _operation),
    ("links", _link),
    ("chained_entries", _chained(Message("ledger entries"))),
    ("chained_operations", _chained(Message("operations"))),
    ("chained_audits", _chained(Message("audit rows"))),
    ("chained_calls", _chained(Message("calls"))),
    ("changed_outside", _changed_outside),
)
