"""Putting a backup in the place of the database, while no engine runs.

A restored database that is complete is given the name `pbxmeter.duckdb.restored`: from then on it takes the
database's place, now or, after a kill, when an engine or a restore begins. Until then nothing has changed.
"""

import contextlib
import os
import pwd
from collections.abc import Generator
from datetime import datetime
from pathlib import Path

import msgspec

from engine.access import audit
from engine.api.home import BESIDE_DATABASE, DATABASE_FILE, make_home
from engine.api.restore import Restore, Restored, RestoredAccount
from engine.api.session import AccountRow
from engine.api.site import VerifyResult
from engine.daemon.lock import HomeLock
from engine.domain.errors import NotFound, Refused, StorageError
from engine.domain.message import Message, of_system, sentences
from engine.domain.zones import utc_now
from engine.reports.verify import verify
from engine.service.backup_set import copy_file, database_of, put_back, read_note, sync_folder
from engine.store import Database, Session, Writer, announce_restored
from engine.store.copy import reading_copy

_CHECKING = DATABASE_FILE + ".restoring"
_COMPLETE = DATABASE_FILE + ".restored"
_SHOWN_FINDINGS = 3


def restore(home: Path, request: Restore) -> Restored:
    """Checks the backup, keeps the present database beside it, and puts the backup in its place.

    Raises `Refused` while an engine runs and for books that do not agree, `NotFound` or `StorageError` for a
    backup that is of no use. CDR files are read on from where the backup stood.
    """
    source = Path(request.file)
    if not source.exists():
        raise NotFound("There is no file {source}.", source=source)
    database, folder = database_of(source)
    make_home(home)
    lock = HomeLock(home)
    try:
        finish_restore(home)
        with _copied(database, home / _CHECKING) as fresh:
            found = _looked_at(request, home, database, fresh)
            if not found.clean and not request.force:
                shown = sentences(found.findings[:_SHOWN_FINDINGS])
                raise Refused(
                    "The books in {database} do not agree: {shown} Nothing was restored. Take another "
                    "backup, or restore it all the same with --force.",
                    database=database,
                    shown=shown,
                    code="unclean",
                )
            if request.dry_run:
                return found
            note = read_note(folder) if folder is not None else None
            written, differing = put_back(folder, home, note) if folder and note else ([], [])
            secrets = [name for name in note.secrets if not (home / name).exists()] if note else []
            fresh.replace(home / _COMPLETE)
        sync_folder(home)
        kept = finish_restore(home)
        lock.note_database()
    except OSError as error:
        raise StorageError(
            "{filename}: {reason}.", filename=error.filename or source, reason=of_system(error)
        ) from error
    finally:
        lock.release()
    return msgspec.structs.replace(
        found, restored=True, kept=kept, written=written, differing=differing, secrets=secrets
    )


def finish_restore(home: Path) -> str:
    """Gives a restored database that is complete its place; can be interrupted anywhere, and done again.

    Returns where the one before is kept; '' = there was none, or nothing to do.
    """
    complete, target = home / _COMPLETE, home / DATABASE_FILE
    log_path = target.with_name(target.name + ".wal")
    _remove(home / _CHECKING)
    if not complete.exists():
        return ""
    kept = ""
    if target.exists() or log_path.exists():
        name = kept_name(target)
        if target.exists():
            target.replace(name)
        if log_path.exists():
            log_path.replace(name.with_name(name.name + ".wal"))
        sync_folder(home)
        kept = str(name)
    complete.replace(target)
    sync_folder(home)
    return kept


def kept_name(target: Path) -> Path:
    """The next free name for a database that makes room.

    After an interruption its log alone is left: that follows it under the same name.
    """
    number = 1
    while _taken(name := target.with_name(f"{target.name}.before-restore-{number}")):
        number += 1
    last = target.with_name(f"{target.name}.before-restore-{number - 1}")
    followed = not target.exists() and last.exists() and not last.with_name(last.name + ".wal").exists()
    return last if followed else name


def _taken(name: Path) -> bool:
    return name.exists() or name.with_name(name.name + ".wal").exists()


@contextlib.contextmanager
def _copied(database: Path, fresh: Path) -> Generator[Path]:
    """A copy of a database and its log in the home, for the length of the block."""
    try:
        copy_file(database, fresh)
        log_path = database.with_name(database.name + ".wal")
        if log_path.exists():
            copy_file(log_path, fresh.with_name(fresh.name + ".wal"))
        yield fresh
    finally:
        _remove(fresh)


def _renamed(message: Message, fresh: Path, shown: Path) -> Message:
    """The same of the file that was named instead of its copy."""
    fields: dict[str, object] = {}
    for name, value in message.fields.items():
        if isinstance(value, Message):
            fields[name] = _renamed(value, fresh, shown)
        else:
            fields[name] = value.replace(str(fresh), str(shown)) if isinstance(value, str) else value
    return Message(message.template, **fields)


def _remove(fresh: Path) -> None:
    for suffix in ("", *BESIDE_DATABASE):
        fresh.with_name(fresh.name + suffix).unlink(missing_ok=True)


def _looked_at(request: Restore, home: Path, shown: Path, fresh: Path) -> Restored:
    """Opens the copy, brings its schema up to date, verifies it, and notes the restore in its audit trail."""
    try:
        with reading_copy(fresh):
            pass
        known = _accounts_now(home / DATABASE_FILE)
        store = Database(fresh)
    except StorageError as error:
        raise StorageError(_renamed(error.message, fresh, shown), code=error.code) from error
    try:
        with store.reading() as session, session.snapshot():
            books = verify(session)
            found = _contents(session, request, home, known, books)
        if not request.dry_run:
            writer = Writer(store)
            try:
                writer.run(
                    lambda session: audit.record(session, request, operator=_operator(), now=utc_now())
                )
            finally:
                writer.close()
            with store.reading() as session:
                announce_restored(home / DATABASE_FILE, session)
    finally:
        store.close()
    if store.log_path.exists():
        raise StorageError("{shown} could not be brought into one file.", shown=shown)
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
    return found


def _contents(
    session: Session, request: Restore, home: Path, known: set[str] | None, books: VerifyResult
) -> Restored:
    newest = session.row("store.newest_call")
    accounts = session.records(AccountRow, "access.account_rows")
    return Restored(
        file=request.file,
        home=str(home),
        restored=False,
        kept="",
        extensions=books.extensions,
        entries=books.entries,
        calls=books.calls,
        newest_call_at=msgspec.convert(newest, tuple[datetime | None])[0],
        accounts=[
            RestoredAccount(name=row.name, role=row.role, returns=known is not None and row.name not in known)
            for row in accounts
        ],
        clean=books.clean,
        findings=books.findings,
        written=[],
        differing=[],
        secrets=[],
    )


def _accounts_now(path: Path) -> set[str] | None:
    """The accounts of the database that is there; None = there is none that can be read."""
    if not path.exists():
        return None
    try:
        with reading_copy(path) as session:
            return {row.name for row in session.records(AccountRow, "access.account_rows")}
    except StorageError:
        return None


def _operator() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid-{os.getuid()}"
