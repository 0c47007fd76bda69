"""The one DuckDB file of a site."""

import contextlib
import os
import shutil
import threading
from collections.abc import Callable, Generator
from pathlib import Path

import duckdb

from config.settings import MOST_MEMORY_MB
from engine.domain.errors import StorageError
from engine.domain.zones import utc_now
from engine.store.session import Session, translated
from engine.store.statements import migrations

STORAGE_COMPATIBILITY = "v1.5.0"
"""Files stay readable by DuckDB 1.5: the way back."""

CHECKPOINT_BYTES = "1GB"
"""The default of 16 MB puts checkpoints into the path of live calls; the engine checkpoints when idle."""

ROW_GROUP_ROWS = 122_880
"""So many new rows in a transaction are compressed and written to the file at once. What is left of a
transaction goes through the log and is compressed by a checkpoint, which costs about as much again."""


class Database:
    """The open database file. Only the engine that holds the home's lock may open it."""

    def __init__(
        self,
        path: Path,
        *,
        threads: int | None = None,
        memory_mb: int = MOST_MEMORY_MB,
        lost: Callable[[], None] | None = None,
    ) -> None:
        """Opens or creates the file with mode 0600 and applies the migrations it lacks.

        `memory_mb` bounds what the database takes for its cache of the file and for work in hand.
        `lost` is told, from any thread, when a failed write has left the database unusable until it is
        opened anew: DuckDB then refuses everything, reads included. What was committed is whole.
        Raises `StorageError` when it cannot be opened, or was written by a newer pbxmeter.
        """
        self.path = path
        self._lost = lost
        settings: dict[str, str | bool | int | float | list[str]] = {
            "storage_compatibility_version": STORAGE_COMPATIBILITY,
            "checkpoint_threshold": CHECKPOINT_BYTES,
            "memory_limit": f"{memory_mb}MB",
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
            raise translated(error) from error
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
                        session.run("store.record_migration", number=number, now=utc_now())
        finally:
            session.close()
