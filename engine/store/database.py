"""The one DuckDB file of a site."""

import contextlib
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Generator
from pathlib import Path

import duckdb

from config.settings import MOST_MEMORY_MB
from engine.api.home import file_id
from engine.domain.errors import Refused, StorageError
from engine.domain.memory import MB
from engine.domain.zones import utc_now
from engine.store.held_files import HeldFiles
from engine.store.session import DAMAGED, DISK_FULL, Session, translated
from engine.store.statements import migrations

STORAGE_COMPATIBILITY = "v1.5.0"
"""Files stay readable by DuckDB 1.5: the way back."""

CHECKPOINT_BYTES = "1GB"
"""The default of 16 MB puts checkpoints into the path of live calls; the engine checkpoints when idle."""

ROW_GROUP_ROWS = 122_880
"""So many new rows in a transaction are compressed and written to the file at once. What is left of a
transaction goes through the log and is compressed by a checkpoint, which costs about as much again."""


_Settings = dict[str, str | bool | int | float | list[str]]

_SETTINGS: _Settings = {
    "storage_compatibility_version": STORAGE_COMPATIBILITY,
    "checkpoint_threshold": CHECKPOINT_BYTES,
    "preserve_insertion_order": False,
    "python_enable_replacements": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}

ONE_THREAD_MB = 256
"""With less memory than this the database works with one thread: each takes buffers of its own."""

DATABASE_MISSING = "database_missing"
"""Code of a `StorageError`: there is no database file where one was."""


class Database:
    """The open database file. Only the engine that holds the home's lock may open it."""

    def __init__(
        self,
        path: Path,
        *,
        threads: int | None = None,
        memory_mb: int = MOST_MEMORY_MB,
        lost: Callable[[], None] | None = None,
        held: HeldFiles | None = None,
    ) -> None:
        """Opens or creates the file with mode 0600 and applies the migrations it lacks.

        `memory_mb` bounds what the database takes for its cache of the file and for work in hand.
        `lost` is told, from any thread, when a failed write has left the database unusable until it is
        opened anew: DuckDB then refuses everything, reads included. What was committed is whole.
        `held` are files that must stay in place for anything to be written; the database's join them.
        Raises `StorageError` when it cannot be opened, or was written by a newer pbxmeter.
        """
        self.path = path
        self.memory_bytes = memory_mb * MB
        self.log_path = path.with_name(path.name + ".wal")
        self._lost = lost
        self.held = held or HeldFiles(path.parent)
        if not path.exists():
            _create(path, self.log_path)
        self.held.hold(path)
        # Another database at this path has a folder of its own.
        self._temporary = path.with_suffix(f".{path.stat().st_ino}.tmp")
        settings: _Settings = {
            **_SETTINGS,
            "memory_limit": f"{memory_mb}MB",
            "temp_directory": str(self._temporary),
        }
        if memory_mb < ONE_THREAD_MB:
            threads = 1
        if threads:
            settings["threads"] = threads
        try:
            self._connection = duckdb.connect(str(path), config=settings)
        except duckdb.Error as error:
            raise unopened(path, error) from error
        self._lock = threading.Lock()
        self._copying = threading.Lock()
        self._copy: Session | None = None
        self._migrate()
        self._log = file_id(self.log_path)

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

    def check(self) -> None:
        """Whether what is written now reaches the files that are open. Raises `StorageError`.

        DuckDB opens its log by name: in a home that was replaced that would be another engine's. The writer
        asks before each commit, and calls `note_log` after it.
        """
        self.held.check()
        if file_id(self.log_path) != self._log:
            self.held.lose()

    def note_log(self) -> None:
        """Takes note of the log that a commit or a checkpoint has begun, or removed."""
        if not self.held.lost:
            self._log = file_id(self.log_path)

    def checkpoint(self) -> None:
        """Folds the write-ahead log into the file; done when idle."""
        self.check()
        try:
            with self.reading() as session:
                session.plain("CHECKPOINT")
        finally:
            self.note_log()

    def memory_used(self) -> int:
        """Bytes that the database holds now, of `memory_bytes`."""
        with self.reading() as session:
            return session.integer("store.memory_used")

    def log_bytes(self) -> int:
        """The size of the write-ahead log, which a start after a crash has to read."""
        try:
            return self.log_path.stat().st_size
        except OSError:
            return 0

    def backup(self, target: Path) -> None:
        """Writes a consistent copy to a new file while work goes on; on failure none is left.

        Raises `Refused` while another copy is being written, and `StorageError`.
        """
        if not self._copying.acquire(blocking=False):
            raise Refused("A backup is being written already; wait for it to end.", code="backup_running")
        try:
            with self.reading() as session:
                self._copy = session
                self._write_copy(session, target)
        except BaseException:
            target.unlink(missing_ok=True)
            target.with_name(target.name + ".wal").unlink(missing_ok=True)
            raise
        finally:
            self._copy = None
            self._copying.release()

    def _write_copy(self, session: Session, target: Path) -> None:
        # ATTACH takes no bound parameters; the name is quoted by DuckDB's own rule and chosen by the engine.
        quoted = str(target).replace("'", "''")
        catalog = session.row("store.catalog")
        assert catalog is not None
        name = str(catalog[0]).replace('"', '""')
        session.plain(f"ATTACH '{quoted}' AS copy_target (STORAGE_VERSION '{STORAGE_COMPATIBILITY}')")
        try:
            target.chmod(0o600)
            session.plain(f'COPY FROM DATABASE "{name}" TO copy_target')
        finally:
            session.plain("DETACH copy_target")
        with target.open("rb") as file:
            os.fsync(file.fileno())

    def stop_backup(self) -> None:
        """Ends a copy that is being written; whoever wanted it gets a `StorageError`."""
        copy = self._copy
        if copy is not None:
            copy.interrupt()

    def close(self) -> None:
        """Checkpoints and closes; writes nothing where the files were replaced."""
        try:
            self.check()
        except StorageError:
            with contextlib.suppress(duckdb.Error):
                self._connection.execute("PRAGMA disable_checkpoint_on_shutdown")
        else:
            with contextlib.suppress(duckdb.Error):
                self._connection.execute("CHECKPOINT")
        with contextlib.suppress(duckdb.Error):
            self._connection.close()
        shutil.rmtree(self._temporary, ignore_errors=True)

    def _migrate(self) -> None:
        session = self.session()
        try:
            session.run("store.create_migration_table")
            current = session.integer("store.schema_version")
            steps = migrations()
            if current > steps[-1][0]:
                raise StorageError(
                    "{path} was written by a newer pbxmeter (schema {current}, this one knows {steps}). "
                    "Upgrade pbxmeter, or restore a backup made by this version.",
                    path=self.path,
                    current=current,
                    steps=steps[-1][0],
                )
            for number, text in steps:
                if number > current:
                    with session.transaction():
                        session.plain(text)
                        session.run("store.record_migration", number=number, now=utc_now())
        finally:
            session.close()


def _create(path: Path, log: Path) -> None:
    """Makes an empty database file with mode 0600; a kill leaves none, or a whole one."""
    if log.exists():
        raise StorageError(
            "{path} is not there, but its log {name} is: a database was here. Put the file back, "
            "or restore a backup with `pbxmeter restore`.",
            path=path,
            name=log.name,
            code=DATABASE_MISSING,
        )
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        fresh = Path(folder) / path.name
        try:
            duckdb.connect(str(fresh), config=_SETTINGS).close()
        except duckdb.Error as error:
            raise translated(error) from error
        fresh.chmod(0o600)
        fresh.replace(path)


def unopened(path: Path, error: duckdb.Error) -> StorageError:
    """Why a database file could not be opened."""
    found = translated(error)
    text = str(error)
    if found.code == DISK_FULL or "Could not set lock" in text or "Permission denied" in text:
        return found
    return StorageError("{path} or its log is damaged: {text}", path=path, text=text.strip(), code=DAMAGED)
