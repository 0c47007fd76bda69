"""One DuckDB file and sessions on it."""

import contextlib
import os
import shutil
import threading
from collections.abc import Callable, Generator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeVar, get_origin

import duckdb
import msgspec
import pyarrow as pa

from engine.domain.errors import PbxmeterError, StorageError
from engine.store.statements import Condition, migrations, narrowed, statement

STORAGE_COMPATIBILITY = "v1.5.0"
"""Files stay readable by DuckDB 1.5: the way back."""

CHECKPOINT_BYTES = "1GB"
"""The default of 16 MB puts checkpoints into the path of live calls; the engine checkpoints when idle."""

ROW_GROUP_ROWS = 122_880
"""So many new rows in a transaction are compressed and written to the file at once. What is left of a
transaction goes through the log and is compressed by a checkpoint, which costs about as much again."""

MEMORY_LIMIT = "1500MB"

DISK_FULL = "disk_full"
DATABASE_LOST = "database_lost"
"""The database answers nothing any more until it is opened anew: what it could not write is undone then."""

Row = tuple[object, ...]
T = TypeVar("T")


def _translated(error: duckdb.Error) -> PbxmeterError:
    text = str(error).split("\n\nLINE ")[0].strip()
    if isinstance(error, (duckdb.FatalException, duckdb.InternalException)):
        return StorageError(f"The database is lost to this engine: {text}", code=DATABASE_LOST)
    if "No space left" in text or ("disk" in text.lower() and "full" in text.lower()):
        return StorageError(f"The disk of the database is full: {text}", code=DISK_FULL)
    return StorageError(f"The database refused: {text}")


class Session:
    """A cursor of its own: use one per thread, and one per open stream.

    Every method takes a statement's name (`area.name`) and its parameters by keyword.
    Raises `StorageError` for whatever the database refuses.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, lost: Callable[[], None] | None = None) -> None:
        """`lost` is told when the database answers nothing any more."""
        self._connection = connection
        self._lost = lost
        self._appenders: dict[tuple[str, str], duckdb.Appender] = {}
        self.turn = 0
        """Which change of the writer this session is in; 0 = it only reads."""

    def run(self, name: str, /, **values: object) -> None:
        """Executes a statement for its effect."""
        self._execute(statement(name), values)

    def rows(self, name: str, /, *, where: Sequence[Condition] = (), **values: object) -> list[Row]:
        """All rows of a query as tuples."""
        text, bound = narrowed(name, where)
        try:
            return self._execute(text, values | bound).fetchall()
        except duckdb.Error as error:
            raise self._translated(error) from error

    def records(
        self, kind: type[T], name: str, /, *, where: Sequence[Condition] = (), **values: object
    ) -> list[T]:
        """All rows of a query as `kind`: a struct or dataclass that takes its fields from the columns of
        the same names, or a tuple of the columns' types."""
        found = self.rows(name, where=where, **values)
        if get_origin(kind) is tuple:
            return msgspec.convert(found, list[kind])
        return msgspec.convert([self._named(row) for row in found], list[kind])

    def page(
        self, kind: type[T], name: str, /, *totals: str, where: Sequence[Condition] = (), **values: object
    ) -> tuple[list[T], list[int]]:
        """`records`, and what the columns `totals` of every row say of all that match; 0 without rows."""
        found = [self._named(row) for row in self.rows(name, where=where, **values)]
        first = found[0] if found else dict.fromkeys(totals, 0)
        return msgspec.convert(found, list[kind]), msgspec.convert(
            [first[total] for total in totals], list[int]
        )

    def integer(self, name: str, /, **values: object) -> int:
        """The one whole number that a query gives."""
        return self.records(tuple[int], name, where=(), **values)[0][0]

    def _named(self, row: Row) -> dict[str, object]:
        columns = self._connection.description or ()
        return {column[0]: value for column, value in zip(columns, row, strict=True)}

    def row(self, name: str, /, *, where: Sequence[Condition] = (), **values: object) -> Row | None:
        """The first row, or None."""
        text, bound = narrowed(name, where)
        try:
            found = self._execute(text, values | bound).fetchone()
            # Until a result has been read to its end, nothing can be bound to the session.
            self._connection.complete()
        except duckdb.Error as error:
            raise self._translated(error) from error
        return found

    def table(self, name: str, /, *, where: Sequence[Condition] = (), **values: object) -> pa.Table:
        """The whole result as an Arrow table."""
        text, bound = narrowed(name, where)
        try:
            # A relation hands its result over without the copy that a cursor's result costs.
            return self._connection.sql(text, params=(values | bound) or None).to_arrow_table()
        except duckdb.Error as error:
            raise self._translated(error) from error

    def reader(
        self, name: str, /, *, where: Sequence[Condition] = (), batch_rows: int = 65_536, **values: object
    ) -> pa.RecordBatchReader:
        """The result as a stream of Arrow batches; the session is busy until it is read or closed."""
        text, bound = narrowed(name, where)
        try:
            return self._connection.sql(text, params=(values | bound) or None).to_arrow_reader(batch_rows)
        except duckdb.Error as error:
            raise self._translated(error) from error

    @contextlib.contextmanager
    def bound(self, **tables: pa.Table) -> Generator[None]:
        """Makes Arrow tables visible to statements under the given names, for the length of the block."""
        for name, table in tables.items():
            self._connection.register(name, table)
        try:
            yield
        finally:
            for name in tables:
                with contextlib.suppress(duckdb.Error):
                    self._connection.unregister(name)

    def append(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Adds a few rows; up to some thousands it takes half the time of a statement on a bound table."""
        self._flush(table, columns, rows, action="insert", key=None)

    def update(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Sets the other columns of the rows that the first column names; cheap for a few, as `append` is."""
        self._flush(table, columns, rows, action="update", key=[columns[0]])

    def _flush(
        self,
        table: str,
        columns: Sequence[str],
        rows: Sequence[Row],
        *,
        action: Literal["insert", "update"],
        key: list[str] | None,
    ) -> None:
        try:
            # A table is always given the same columns, so that its appender can be kept.
            appender = self._appenders.get((table, action))
            if appender is None:
                appender = self._connection.appender(table, columns=list(columns), action=action, key=key)
                self._appenders[table, action] = appender
            try:
                appender.append_rows(rows)
                appender.flush()
            except BaseException:
                # Rows that are left over would go along with the next ones.
                appender.clear()
                raise
        except duckdb.Error as error:
            raise self._translated(error) from error

    @contextlib.contextmanager
    def transaction(self) -> Generator[None]:
        """Commits at the end of the block, rolls back when it raises."""
        self.plain("BEGIN TRANSACTION")
        try:
            yield
        except BaseException:
            with contextlib.suppress(PbxmeterError):
                self.plain("ROLLBACK")
            raise
        try:
            self.plain("COMMIT")
        except PbxmeterError:
            with contextlib.suppress(PbxmeterError):
                self.plain("ROLLBACK")
            raise

    @contextlib.contextmanager
    def snapshot(self) -> Generator[None]:
        """Lets every query of the block see one and the same state."""
        self.plain("BEGIN TRANSACTION READ ONLY")
        try:
            yield
        finally:
            with contextlib.suppress(PbxmeterError):
                self.plain("ROLLBACK")

    def interrupt(self) -> None:
        """Stops the statement that another thread runs on this session."""
        self._connection.interrupt()

    def close(self) -> None:
        """Frees the cursor."""
        self._appenders.clear()
        self._connection.close()

    def plain(self, text: str) -> None:
        """Executes one of the store's own texts: transaction control, migrations, ATTACH."""
        self._execute(text, {})

    def _execute(self, text: str, values: dict[str, object]) -> duckdb.DuckDBPyConnection:
        try:
            return self._connection.execute(text, values or None)
        except duckdb.Error as error:
            raise self._translated(error) from error

    def _translated(self, error: duckdb.Error) -> PbxmeterError:
        translated = _translated(error)
        if translated.code == DATABASE_LOST and self._lost is not None:
            self._lost()
        return translated


class Database:
    """The open database file. Only the engine that holds the home's lock may open it."""

    def __init__(
        self, path: Path, *, threads: int | None = None, lost: Callable[[], None] | None = None
    ) -> None:
        """Opens or creates the file with mode 0600 and applies the migrations it lacks.

        `lost` is told, from any thread, when a failed write has left the database unusable until it is
        opened anew: DuckDB then refuses everything, reads included. What was committed is whole.
        Raises `StorageError` when it cannot be opened, or was written by a newer pbxmeter.
        """
        self.path = path
        self._lost = lost
        settings: dict[str, str | bool | int | float | list[str]] = {
            "storage_compatibility_version": STORAGE_COMPATIBILITY,
            "checkpoint_threshold": CHECKPOINT_BYTES,
            "memory_limit": MEMORY_LIMIT,
            "preserve_insertion_order": False,
            "python_enable_replacements": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "temp_directory": str(path.with_suffix(".tmp")),
        }
        if threads:
            settings["threads"] = threads
        previous = os.umask(0o177)
        try:
            self._connection = duckdb.connect(str(path), config=settings)
        except duckdb.Error as error:
            raise _translated(error) from error
        finally:
            os.umask(previous)
        self._lock = threading.Lock()
        self._migrate()

    def session(self) -> Session:
        """A new session; close it when its thread or stream ends."""
        with self._lock:
            return Session(self._connection.cursor(), self._lost)

    @contextlib.contextmanager
    def reading(self) -> Generator[Session]:
        """A session for the length of a block."""
        session = self.session()
        try:
            yield session
        finally:
            session.close()

    def checkpoint(self) -> None:
        """Folds the write-ahead log into the file; done when idle."""
        with self.reading() as session:
            session.plain("CHECKPOINT")

    def log_bytes(self) -> int:
        """The size of the write-ahead log, which a start after a crash has to read."""
        try:
            return self.path.with_name(self.path.name + ".wal").stat().st_size
        except OSError:
            return 0

    def backup(self, target: Path) -> None:
        """Writes a consistent copy to a new file while work goes on. Raises `StorageError`."""
        previous = os.umask(0o177)
        partial = target.with_name(target.name + ".part")
        partial.unlink(missing_ok=True)
        # ATTACH takes no bound parameters; the name is quoted by DuckDB's own rule and chosen by the engine.
        quoted = str(partial).replace("'", "''")
        with self.reading() as session:
            try:
                session.plain(f"ATTACH '{quoted}' AS copy_target (STORAGE_VERSION '{STORAGE_COMPATIBILITY}')")
                try:
                    catalog = session.row("store.catalog")
                    assert catalog is not None
                    name = str(catalog[0]).replace('"', '""')
                    session.plain(f'COPY FROM DATABASE "{name}" TO copy_target')
                finally:
                    session.plain("DETACH copy_target")
            finally:
                os.umask(previous)
        partial.replace(target)

    def close(self) -> None:
        """Checkpoints and closes."""
        with contextlib.suppress(duckdb.Error):
            self._connection.execute("CHECKPOINT")
        with contextlib.suppress(duckdb.Error):
            self._connection.close()
        shutil.rmtree(self.path.with_suffix(".tmp"), ignore_errors=True)

    def _migrate(self) -> None:
        session = self.session()
        try:
            session.run("store.create_migration_table")
            current = session.integer("store.schema_version")
            steps = migrations()
            if current > steps[-1][0]:
                raise StorageError(
                    f"{self.path} was written by a newer pbxmeter "
                    f"(schema {current}, this one knows {steps[-1][0]}). "
                    "Upgrade pbxmeter, or restore a backup made by this version."
                )
            for number, text in steps:
                if number > current:
                    with session.transaction():
                        session.plain(text)
                        session.run("store.record_migration", number=number, now=datetime.now())
        finally:
            session.close()
