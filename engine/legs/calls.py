"""Calls: the records that belong together."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

import pyarrow as pa

from engine.store import Session


def call_numbers(session: Session, records: pa.Table) -> pa.Array:
    """The call (int64) of each of the records (schema `RECORDS`), by the lowest row in it.

    Records share a call when they share a link id, or a channel whose uses touch; and so on from record to
    record.
    """
    with session.bound(records=records):
        tokens = session.table("legs.tokens")
    # Which rows hang together over any number of steps is no question that a join answers.
    parent: dict[int, int] = {}
    first_of: dict[int, int] = {}

    def root(row: int) -> int:
        while (above := parent.setdefault(row, row)) != row:
            parent[row] = row = parent[above]
        return row

    for row, token in zip(tokens["row"].to_pylist(), tokens["token"].to_pylist(), strict=True):
        one, other = root(row), root(first_of.setdefault(token, row))
        if one < other:
            parent[other] = one
        else:
            parent[one] = other
    return pa.array([root(row) for row in records["row"].to_pylist()], pa.int64())
