"""A session on the database file: statements by their names, transactions, and what the database refuses."""

import contextlib
from collections.abc import Callable, Generator, Sequence
from typing import TypeVar, get_origin

import duckdb
import msgspec
import pyarrow as pa

from engine.domain.errors import InvalidInput, PbxmeterError, StorageError
from engine.store.statements import Condition, narrowed, statement, tables_written

DISK_FULL = "disk_full"
DAMAGED = "damaged"
"""The file or its log cannot be read as a database."""
DATABASE_LOST = "database_lost"
"""The database answers nothing any more until it is opened anew: what it could not write is undone then."""

Row = tuple[object, ...]
T = TypeVar("T")


class Session:
    """A cursor of its own: use one per thread, and one per open stream.

    Every method takes a statement's name (`area.name`) and its parameters by keyword.
    Raises `StorageError` for whatever the database refuses.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, lost: Callable[[], None] | None = None) -> None:
        """`lost` is told when the database answers nothing any more."""
        self._connection = connection
        self._lost = lost
        self._kept: dict[str, duckdb.Statement] = {}
        """Statements parsed already, by name."""
        self._feeds: dict[str, _Feed] = {}
        """What statements planned already read, by the statement's name."""
        self._optimising = True
        self.turn = 0
        """Which change of the writer this session is in; 0 = it only reads."""
        self.written: set[str] = set()
        """Tables changed since it was last cleared; see `statements.tables_written`."""

    def run(self, name: str, /, **values: object) -> None:
        """Executes a statement for its effect."""
        self.written |= tables_written(name)
        self._execute(self._parsed(name), values)

    def brief(self, name: str, /, **values: object) -> None:
        """Executes a statement for its effect as it is written, without looking for a better plan.

        For changes of a few rows, where that takes longer than the change itself.
        """
        self.written |= tables_written(name)
        self._execute(self._parsed(name), values, optimising=False)

    def rows(self, name: str, /, *, where: Sequence[Condition] = (), **values: object) -> list[Row]:
        """All rows of a query as tuples."""
        query, bound = narrowed(name, where) if where else (self._parsed(name), {})
        try:
            return self._execute(query, values | bound).fetchall()
        except duckdb.Error as error:
            raise self._translated(error) from error

    def brief_rows(self, name: str, /, **values: object) -> list[Row]:
        """All rows of a query that is executed as it is written, as `brief` does it."""
        try:
            return self._execute(self._parsed(name), values, optimising=False).fetchall()
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
        """`records` from `offset` on, at most `limit`, and what the columns `totals` say of all that match.

        Raises `InvalidInput` for a negative limit or offset.
        """
        for field in ("limit", "offset"):
            if int(str(values[field])) < 0:
                raise InvalidInput.in_field(field, "must not be negative.")
        found = [self._named(row) for row in self.rows(name, where=where, **values)]
        # A page behind the end, or of no rows, says nothing of the others: the first one does.
        outside = not found and (values["offset"] or not values["limit"])
        known = (
            [self._named(row) for row in self.rows(name, where=where, **values | {"limit": 1, "offset": 0})]
            if outside
            else found
        )
        first = known[0] if known else dict.fromkeys(totals, 0)
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
            self._optimise(True)
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
            self._optimise(True)
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

    def feed(self, name: str, /, **tables: pa.Table) -> None:
        """Executes a statement that reads one Arrow table, under the name given: planned once and kept.

        For statements that run again and again with a few rows: as `run` on a `bound` table they take three
        times as long.
        """
        ((source, rows),) = tables.items()
        self.written |= tables_written(name)
        try:
            feed = self._feeds.get(name)
            if feed is None or feed.schema != rows.schema:
                feed = _Feed(rows.schema)
                self._connection.register(source, feed)
                self._connection.execute(f'PREPARE "{name}" AS {statement(name)}')
                self._feeds[name] = feed
            with feed.of(rows):
                self._connection.execute(f'EXECUTE "{name}"')
        except duckdb.Error as error:
            raise self._translated(error) from error

    @contextlib.contextmanager
    def transaction(self) -> Generator[None]:
        """Commits at the end of the block, rolls back when it raises."""
        self._control(self._connection.begin)
        try:
            yield
        except BaseException:
            self._roll_back()
            raise
        try:
            self._control(self._connection.commit)
        except PbxmeterError:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        # The names that kept statements read may go with the transaction.
        self._feeds.clear()
        with contextlib.suppress(PbxmeterError):
            self._control(self._connection.rollback)

    def _control(self, step: Callable[[], object]) -> None:
        try:
            step()
        except duckdb.Error as error:
            raise self._translated(error) from error

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
        self._feeds.clear()
        self._kept.clear()
        self._connection.close()

    def plain(self, text: str) -> None:
        """Executes one of the store's own texts: transaction control, migrations, ATTACH."""
        self._execute(text, {})

    def _parsed(self, name: str) -> duckdb.Statement:
        kept = self._kept.get(name)
        if kept is None:
            try:
                (kept,) = self._connection.extract_statements(narrowed(name, ())[0])
            except duckdb.Error as error:
                raise self._translated(error) from error
            self._kept[name] = kept
        return kept

    def _execute(
        self, query: str | duckdb.Statement, values: dict[str, object], *, optimising: bool = True
    ) -> duckdb.DuckDBPyConnection:
        try:
            self._optimise(optimising)
            return self._connection.execute(query, values or None)
        except duckdb.Error as error:
            raise self._translated(error) from error

    def _optimise(self, on: bool) -> None:
        """Switched only when the next statement wants it otherwise: a run of brief changes switches once."""
        if on != self._optimising:
            self._connection.execute(f"SET SESSION enable_optimizer = {on}")
            self._optimising = on

    def _translated(self, error: duckdb.Error) -> StorageError:
        found = translated(error)
        if found.code == DATABASE_LOST and self._lost is not None:
            self._lost()
        return found


def translated(error: duckdb.Error) -> StorageError:
    """What the database refused, for people."""
    text = str(error).split("\n\nLINE ")[0].strip()
    if isinstance(error, (duckdb.FatalException, duckdb.InternalException)):
        return StorageError("The database is lost to this engine: {text}", text=text, code=DATABASE_LOST)
    if "No space left" in text or ("disk" in text.lower() and "full" in text.lower()):
        return StorageError("The disk of the database is full: {text}", text=text, code=DISK_FULL)
    if "Corrupt" in text or "checksum" in text:
        return StorageError(
            "The database file is damaged: {text} Stop the engine and restore a backup: "
            "`pbxmeter restore FILE`.",
            text=text,
            code=DAMAGED,
        )
    return StorageError("The database refused: {text}", text=text)


class _Feed:
    """What a kept statement reads: the rows of the moment, under one name for good."""

    def __init__(self, schema: pa.Schema) -> None:
        self.schema = schema
        self._rows: pa.Table | None = None

    @contextlib.contextmanager
    def of(self, rows: pa.Table) -> Generator[None]:
        """Makes these the rows, for the length of the block."""
        self._rows = rows
        try:
            yield
        finally:
            self._rows = None

    def __arrow_c_schema__(self) -> object:
        return self.schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        rows = self.schema.empty_table() if self._rows is None else self._rows
        return rows.__arrow_c_stream__(requested_schema)
