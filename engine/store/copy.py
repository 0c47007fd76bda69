"""Databases that no engine has open: looked at without changing them."""

import contextlib
from collections.abc import Generator
from pathlib import Path

import duckdb

from config.settings import share_of_memory
from engine.domain.errors import StorageError
from engine.store.database import unopened
from engine.store.session import Session

NO_STORE = "no_store"
"""Code of a `StorageError`: a database, but none of this product."""
_MEMORY_MB = 256
_TABLES = ("migration", "setting", "extension", "call", "ledger_entry", "source_file", "account", "audit")
"""By these a store of any version is known."""


@contextlib.contextmanager
def reading_copy(path: Path) -> Generator[Session]:
    """A session that only reads. Raises `StorageError` for what is no store of this product."""
    try:
        connection = duckdb.connect(
            str(path),
            read_only=True,
            config={"memory_limit": f"{min(_MEMORY_MB, share_of_memory())}MB", "threads": 1},
        )
    except duckdb.Error as error:
        raise unopened(path, error) from error
    try:
        session = Session(connection.cursor())
        if session.integer("store.own_tables", names=list(_TABLES)) < len(_TABLES):
            raise StorageError(
                "{path} is a database, but none of pbxmeter's. Name a file that `pbxmeter backup` wrote.",
                path=path,
                code=NO_STORE,
            )
        yield session
    finally:
        connection.close()
