"""The chain over the books: one link for each commit that added to them, resting on the link before.

A link digests the ledger entries, operations, audit rows and calls that its commit added, and what
extensions, rates, accounts and settings are after it. `verify` makes the digests again;
`engine/sql/chain.sql` says how.
"""

import contextlib
import hashlib
from collections.abc import Callable, Generator, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import cast

from engine.domain.message import N_
from engine.domain.zones import utc_now
from engine.store.session import Session

ADDED = {"ledger_entry": "entries", "operation": "operations", "audit": "audits", "call": "calls"}
"""Tables that only grow, and the field of a link that digests what a commit added."""
STATES = {
    "extension": "extensions",
    "rate": "rates",
    "rate_version": "rates",
    "account": "accounts",
    "setting": "settings",
}
"""Tables that change, and the field of a link that digests them as a whole."""
COVERED = ADDED.keys() | STATES.keys()

FEW_ROWS = 500
"""Up to here rows are fetched and digested one by one: the statement for sets takes 3 ms to plan."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)


@dataclass(frozen=True, kw_only=True)
class Link:
    """A row of table `chain`, its columns in their order."""

    number: int
    made_at: datetime
    first_entry: int
    last_entry: int
    first_operation: int
    last_operation: int
    first_audit: int
    last_audit: int
    first_call: int
    last_call: int
    entries: int
    operations: int
    audits: int
    calls: int
    extensions: int
    rates: int
    accounts: int
    settings: int
    digest: bytes

    def closed(self, previous: bytes) -> "Link":
        """With its digest, over the link before and all its columns."""
        number, made_at, *rest, _ = astuple(self)
        micros = (cast(datetime, made_at) - _EPOCH) // timedelta(microseconds=1)
        text = "|".join([previous.hex(), str(number), str(micros), *map(str, rest)])
        return replace(self, digest=hashlib.sha256(text.encode()).digest())


NO_LINK = Link(
    number=0, made_at=_EPOCH, first_entry=1, last_entry=0, first_operation=1, last_operation=0,
    first_audit=1, last_audit=0, first_call=1, last_call=0, entries=0, operations=0, audits=0, calls=0,
    extensions=0, rates=0, accounts=0, settings=0, digest=b"",
)  # fmt: skip
"""Before the first."""


class Chain:
    """The end of the chain, as the writer's last commit left it. Used in the writer thread only."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._last: Link | None = None
        self._after = (0, 0, 0)

    def begin(self, session: Session) -> Link:
        """The newest link, read anew after a change that failed; call it before a transaction.

        What was added behind it by anybody but the writer stays outside the chain for good.
        """
        if self._last is None:
            self._last = last_link(session)
            (numbers,) = session.records(tuple[int, int, int], "chain.last_numbers")
            link = self._last
            known = (link.last_entry, link.last_operation, link.last_audit)
            self._after = cast("tuple[int, int, int]", tuple(map(max, numbers, known)))
        return self._last

    def extend(self, session: Session) -> Link | None:
        """Adds a link for what the transaction has changed so far; None = nothing that the chain covers."""
        touched = session.written & COVERED
        if not touched:
            return None
        before = self.begin(session)
        entry, operation, audit = self._after
        last_entry, entries = _entries(session, entry) if "ledger_entry" in touched else (entry, 0)
        last_operation, operations = _added(session, "operation", operation, touched)
        last_audit, audits = _added(session, "audit", audit, touched)
        last_call, calls = before.last_call, 0
        if "call" in touched:
            last_call, calls = _calls(session, before.last_call)
        link = Link(
            number=before.number + 1,
            made_at=self._now(),
            first_entry=entry + 1,
            last_entry=last_entry,
            first_operation=operation + 1,
            last_operation=last_operation,
            first_audit=audit + 1,
            last_audit=last_audit,
            first_call=before.last_call + 1,
            last_call=last_call,
            entries=entries,
            operations=operations,
            audits=audits,
            calls=calls,
            **_states(session, before, {STATES[table] for table in touched & STATES.keys()}),
            digest=b"",
        ).closed(before.digest)
        session.brief("chain.add", **vars(link))
        return link

    def committed(self, link: Link | None) -> None:
        """The transaction that added the link is durable."""
        if link is not None:
            self._last = link
            self._after = (link.last_entry, link.last_operation, link.last_audit)

    def forget(self) -> None:
        """A change failed: whether it was committed all the same is for the store to say."""
        self._last = None


@contextlib.contextmanager
def chained(session: Session) -> Generator[None]:
    """A transaction of its own that leaves a link, for a store that no writer has open."""
    chain = Chain(utc_now)
    chain.begin(session)
    session.written.clear()
    with session.transaction():
        yield
        chain.extend(session)


def last_link(session: Session) -> Link:
    """The newest link of a store; `NO_LINK` where there is none."""
    rows = session.rows("chain.last")
    return Link(**dict(zip(vars(NO_LINK), rows[0], strict=True))) if rows else NO_LINK  # pyright: ignore[reportArgumentType] - columns of the table


def changed_outside(session: Session) -> list[str]:
    """What was changed since the newest link by anybody but the writer, in words for a log."""
    link = last_link(session)
    if not link.number:
        return []
    (numbers,) = session.records(tuple[int, int, int], "chain.last_numbers")
    known = (link.last_entry, link.last_operation, link.last_audit)
    added = (N_("ledger entries"), "operations", N_("audit rows"))
    found = [name for name, new, old in zip(added, numbers, known, strict=True) if new > old]
    return found + changed_states(session)


def changed_states(session: Session) -> list[str]:
    """Which of extensions, rates, accounts and settings are not as the newest link says."""
    link = last_link(session)
    names = dict.fromkeys(STATES.values()) if link.number else ()
    return [name for name in names if _state(session, name) != getattr(link, name)]


def _states(session: Session, before: Link, touched: set[str]) -> dict[str, int]:
    return {
        name: _state(session, name) if name in touched else getattr(before, name) for name in STATES.values()
    }


def _state(session: Session, name: str) -> int:
    return _whole(session.rows(f"chain.{name}")[0][0])


def _added(session: Session, table: str, after: int, touched: set[str]) -> tuple[int, int]:
    """The last row after one and the digest of all after it, of a table that grows by a few."""
    if table not in touched:
        return after, 0
    return _last_and_digest(session.rows(f"chain.{ADDED[table]}", after=after)[0], after)


def _entries(session: Session, after: int) -> tuple[int, int]:
    few = session.rows("chain.few_entries", after=after, limit=FEW_ROWS + 1)
    if len(few) > FEW_ROWS:
        return _last_and_digest(session.rows("chain.entries", after=after)[0], after)
    if not few:
        return after, 0
    texts: dict[tuple[str, ...], list[int]] = {}
    for row in few:
        entry, extension, kind, posted, operator, note, key, amount, balance, call = row
        operator, note, key = str(operator), str(note), str(key or "")
        text = (
            *(str(extension), str(kind), str(posted), str(len(operator)), operator),
            *(str(len(note)), note, str(len(key)), key),
        )
        number = _whole(entry)
        sums = texts.setdefault(text, [0] * 5)
        for place, part in enumerate(
            (1, number, *(number * _whole(part or 0) for part in (amount, balance, call)))
        ):
            sums[place] += part
    digest = 0
    for text, sums in texts.items():
        digest ^= md5_number((*text, *map(str, sums)))
    return max(_whole(row[0]) for row in few), digest


def _calls(session: Session, after: int) -> tuple[int, int]:
    few = session.rows("chain.few_calls", after=after, limit=FEW_ROWS + 1)
    if len(few) > FEW_ROWS:
        return _last_and_digest(session.rows("chain.calls", after=after)[0], after)
    if not few:
        return after, 0
    sums = [0] * 6
    for row in few:
        number, key, start, seconds, place = map(_whole, row)
        parts = (1, number, key, number * start, number * seconds, number * place)
        sums = [total + part for total, part in zip(sums, parts, strict=True)]
    return max(_whole(row[0]) for row in few), md5_number(list(map(str, sums)))


def md5_number(parts: Sequence[str]) -> int:
    """The number that DuckDB's `md5_number` makes of the parts, joined as `concat_ws('|', …)` does."""
    text = "|".join(parts).encode()
    return int.from_bytes(hashlib.md5(text, usedforsecurity=False).digest(), "little")


def _last_and_digest(row: tuple[object, ...], after: int) -> tuple[int, int]:
    last, digest = row
    return (after, 0) if last is None else (_whole(last), _whole(digest))


def _whole(value: object) -> int:
    return cast(int, value)
