"""Storing a few calls: with what the writer remembers, and by statements that are planned once and kept."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

import hashlib
from datetime import datetime

import pyarrow as pa

from engine.pipeline.account_cache import AccountCache
from engine.pipeline.recent_keys import Identity, RecentKeys
from engine.store import Session

FEW_COMPARISONS = 400_000
"""So many comparisons of numbers take as long as a join takes before it begins: half a millisecond."""

_CHARGES = pa.schema(
    [
        ("entry_id", pa.int64()),
        ("extension", pa.string()),
        ("posted_at", pa.timestamp("us")),
        ("amount_micros", pa.int64()),
        ("balance_after_micros", pa.int64()),
        ("call_id", pa.int64()),
    ]
)


def fresh_few(session: Session, calls: pa.Table, recent: RecentKeys) -> tuple[pa.Table, list[Identity]]:
    """The calls (schema `CALLS`) not stored yet, with their keys, and what tells them apart.

    The keys are those of `md5_number_lower`, the digest's lower half.
    """
    keys = [
        int.from_bytes(hashlib.md5(text.encode(), usedforsecurity=False).digest()[8:], "little")
        for text in calls["key_text"].to_pylist()
    ]
    starts = calls["started_at"].cast(pa.int64()).to_pylist()
    identities: list[Identity] = list(zip(keys, starts, strict=True))
    seen = recent.stored(session, identities) if identities else set[Identity]()
    rows: list[int] = []
    for row, identity in enumerate(identities):
        if identity not in seen:
            seen.add(identity)
            rows.append(row)
    calls = calls.drop_columns(["key_text"])
    if len(rows) != len(keys):
        calls = calls.take(pa.array(rows, pa.int64()))
        identities = [identities[row] for row in rows]
    keys_array = pa.array([key for key, _ in identities], pa.uint64())
    return calls.append_column("call_key", keys_array), identities


def append_few(session: Session, calls: pa.Table) -> None:
    """Appends calls; their columns are those of table `call`."""
    session.feed("pipeline.append_calls", few_calls=calls)


def charge_few(
    session: Session, charged: pa.Table, account_cache: AccountCache, now: datetime
) -> dict[str, int]:
    """Posts the charges (schema `CHARGED`) of a few calls in their order; the balances after them."""
    balances: dict[str, int] = {}
    afters: list[int] = []
    numbers, costs = charged["extension"].to_pylist(), charged["cost_micros"].to_pylist()
    for number, cost in zip(numbers, costs, strict=True):
        after = balances.get(number, account_cache.accounts[number].balance_micros) - cost
        balances[number] = after
        afters.append(after)
    entries = [
        pa.arange(account_cache.next_entry, account_cache.next_entry + len(afters)),
        charged["extension"],
        pa.repeat(pa.scalar(now, pa.timestamp("us")), len(afters)),
        pa.array([-cost for cost in costs], pa.int64()),
        pa.array(afters, pa.int64()),
        charged["call_id"],
    ]
    session.feed("pipeline.append_charges", few_charges=pa.Table.from_arrays(entries, schema=_CHARGES))
    few = len(balances) * len(account_cache.accounts) <= FEW_COMPARISONS
    session.brief(
        "pipeline.set_few_balances" if few else "pipeline.set_balances",
        numbers=list(balances),
        balances=list(balances.values()),
    )
    return balances
