"""The DuckDB file: the only place that imports duckdb. Runs named statements from `engine/sql/`."""

from engine.store.chain import chained, changed_states, last_link
from engine.store.database import ROW_GROUP_ROWS, Database
from engine.store.digests import lower_md5
from engine.store.high_water import Mark, announce_restored, mark_path, read_mark, write_mark
from engine.store.order import in_order
from engine.store.session import Session
from engine.store.statements import Condition
from engine.store.writer import Remark, Writer

__all__ = [
    "ROW_GROUP_ROWS",
    "Condition",
    "Database",
    "Mark",
    "Remark",
    "Session",
    "Writer",
    "announce_restored",
    "chained",
    "changed_states",
    "in_order",
    "last_link",
    "lower_md5",
    "mark_path",
    "read_mark",
    "write_mark",
]
