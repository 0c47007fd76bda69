"""The DuckDB file: the only place that imports duckdb. Runs named statements from `engine/sql/`."""

from engine.store.database import Database, Session
from engine.store.statements import Condition
from engine.store.writer import Writer

__all__ = ["Condition", "Database", "Session", "Writer"]
