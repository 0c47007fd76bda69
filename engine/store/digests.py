"""Digests of many texts at once, by DuckDB: five times as fast as one after the other."""

import threading

import duckdb
import pyarrow as pa

from engine.store.statements import statement

_LOCAL = threading.local()


def lower_md5(texts: pa.Array | pa.ChunkedArray) -> pa.ChunkedArray:
    """The lower half of the md5 of each text (no nulls) as a number: uint64, in the order of the texts."""
    session: duckdb.DuckDBPyConnection | None = getattr(_LOCAL, "session", None)
    if session is None:
        # No file, and a thread of its own kind: it may be used beside the store, by whoever parses.
        session = _LOCAL.session = duckdb.connect(":memory:", config={"threads": 1})
    session.register("texts", pa.table({"text": texts}))
    try:
        return session.sql(statement("digests.lower_md5")).to_arrow_table()["digest"]
    finally:
        session.unregister("texts")
