"""Duplicates: the keys of calls that are stored already, looked up in the store or in memory."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc

from engine.domain.zones import moment
from engine.parse.schema import Parsed
from engine.store import Session, in_order, lower_md5

Identity = tuple[int, int]
"""Key and start of a call, in microseconds since 1970."""

MAX_KEYS = 100_000
"""Beyond these the memory is given up and begun anew; 10 to 20 MB."""

RETRY_LOOKUPS = 200
"""How many look-ups go to the store before it is tried again to learn more calls than fit."""

FEW_TEXTS = 1000

_MICROSECOND = timedelta(microseconds=1)
LOOK_BACK = timedelta(hours=12)
"""How far before the calls at hand the memory begins: calls are written when they end."""


@dataclass(slots=True)
class RecentKeys:
    """All stored calls that started at `since` or later. Used in the writer thread only."""

    since: int | None = None
    """In microseconds since 1970; None = nothing is known."""
    keys: set[Identity] = field(default_factory=set[Identity])
    waiting: int = 0
    """Look-ups before the next attempt to learn."""

    def stored(self, session: Session, wanted: Collection[Identity]) -> set[Identity]:
        """Which of these (at least one) are stored; from the store where the memory does not reach."""
        first = min(start for _, start in wanted)
        if self.since is None and self.waiting:
            self.waiting -= 1
        elif self.since is None:
            self._learn(session, first - LOOK_BACK // _MICROSECOND)
        if self.since is not None and first >= self.since:
            return self.keys.intersection(wanted)
        last = max(start for _, start in wanted)
        keys = [key for key, _ in wanted]
        stored = session.records(
            Identity, "pipeline.stored_keys", first=moment(first), last=moment(last), keys=keys
        )
        return set(stored).intersection(wanted)

    def add(self, identities: Collection[Identity]) -> None:
        """Calls that were stored since, once they are committed."""
        if self.since is None:
            return
        if len(self.keys) + len(identities) > MAX_KEYS:
            self.forget()
        else:
            self.keys.update(identity for identity in identities if identity[1] >= self.since)

    def forget(self) -> None:
        """Somebody else stored calls."""
        self.since = None
        self.keys = set()

    def _learn(self, session: Session, since: int) -> None:
        most = MAX_KEYS // 2
        found = session.records(Identity, "pipeline.recent_keys", since=moment(since), limit=most + 1)
        if len(found) <= most:
            self.since, self.keys = since, set(found)
        else:
            self.waiting = RETRY_LOOKUPS


def keyed(calls: pa.Table) -> pa.Table:
    """The calls with their keys instead of the texts that make them unique."""
    if "call_key" in calls.column_names:
        return calls
    texts = calls["key_text"]
    keys = lower_md5(texts) if len(texts) > FEW_TEXTS else _few_keys(texts)
    return calls.drop_columns(["key_text"]).append_column("call_key", keys)


def _few_keys(texts: pa.ChunkedArray) -> pa.Array:
    """As `lower_md5` gives them: a statement takes longer to begin than a few digests take."""
    halves = [
        hashlib.md5(text, usedforsecurity=False).digest()[8:] for text in texts.cast(pa.binary()).to_pylist()
    ]
    return pa.Array.from_buffers(pa.uint64(), len(texts), [None, pa.py_buffer(b"".join(halves))])


def with_keys(parsed: Parsed) -> Parsed:
    """The piece with the keys of its calls: a third of storing it, and need not wait for the writer."""
    return replace(parsed, calls=keyed(parsed.calls))


def fresh_in_store(session: Session, calls: pa.Table) -> pa.Table:
    """Those of the calls, with their keys, that are not stored yet: by a join bounded in time."""
    rows = pa.arange(0, calls.num_rows)
    if len(calls["call_key"].unique()) < calls.num_rows:
        groups = calls.select(["call_key", "started_at"]).append_column("row", rows)
        firsts = groups.group_by(["call_key", "started_at"]).aggregate([("row", "min")])
        calls = calls.take(in_order(firsts, "row_min")["row_min"])
        rows = pa.arange(0, calls.num_rows)
    bounds = pc.min_max(calls["started_at"]).as_py()
    with session.bound(parsed=calls.select(["call_key", "started_at"]).append_column("row", rows)):
        fresh = session.table("pipeline.fresh", first=bounds["min"], last=bounds["max"])
    return calls if fresh.num_rows == calls.num_rows else calls.take(in_order(fresh, "row")["row"])


def fresh_in_memory(session: Session, calls: pa.Table, recent: RecentKeys) -> tuple[pa.Table, list[Identity]]:
    """Those of a few calls, with their keys, that are not stored yet, and what tells them apart."""
    starts = calls["started_at"].cast(pa.int64()).to_pylist()
    identities: list[Identity] = list(zip(calls["call_key"].to_pylist(), starts, strict=True))
    seen = recent.stored(session, identities) if identities else set[Identity]()
    rows: list[int] = []
    for row, identity in enumerate(identities):
        if identity not in seen:
            seen.add(identity)
            rows.append(row)
    if len(rows) == len(identities):
        return calls, identities
    return calls.take(pa.array(rows, pa.int64())), [identities[row] for row in rows]
