"""Opening the database of a home: the one that belongs there, and no other."""

import logging
import os
import stat
from collections.abc import Callable
from pathlib import Path

from config.lockout import FileTarget, FolderTarget
from config.settings import Settings
from engine.api.home import BESIDE_DATABASE, DATABASE_FILE
from engine.daemon.lock import HomeLock
from engine.daemon.restore import finish_restore, kept_name
from engine.domain.errors import Refused, StorageError
from engine.domain.message import Message, sentences
from engine.service.backup_set import backup_files
from engine.service.backups import DEFAULT_FOLDER
from engine.store import Database
from engine.store.session import DAMAGED

log = logging.getLogger(__name__)


def open_database(
    home: Path, lock: HomeLock, settings: Settings, *, new_database: bool, lost: Callable[[], None]
) -> Database:
    """Opens it, or makes it in a home that never had one, or, with `new_database`, has it no more.

    Raises `StorageError` that says which backup to restore when it is gone or damaged.
    """
    path = home / DATABASE_FILE
    if finish_restore(home):
        log.warning("A restore that was interrupted is finished now")
    if new_database:
        _make_room(path)
    else:
        lock.expect_database()
    try:
        database = Database(path, memory_mb=settings.engine.memory_mb, lost=lost, held=lock.files)
    except StorageError as error:
        if error.code != DAMAGED:
            raise
        raise StorageError(sentences([error.message, _advice(home, settings)]), code=DAMAGED) from error
    lock.note_database()
    return database


def close_to_others(home: Path, settings: Settings) -> None:
    """Takes from others what they may do in the home, but for members of `engine.socket_group`."""
    mode = stat.S_IMODE(home.stat().st_mode)
    if not mode & 0o077 or home.stat().st_uid != os.geteuid():
        return
    lists = [target.path for target in settings.lockout if isinstance(target, FileTarget | FolderTarget)]
    if mode & 0o007 and any(_lies_in(home, path) for path in lists):
        log.warning(
            "Others than its owner may enter %s (mode %o). It is left so, for the barred list lies in it: "
            "let the list lie elsewhere, then chmod 700 it",
            home,
            mode,
        )
        return
    closed = mode & (0o750 if settings.engine.socket_group else 0o700)
    if closed != mode:
        home.chmod(closed)
        log.warning("Others could enter %s (mode %o): it is closed to them now (%o)", home, mode, closed)


def _lies_in(home: Path, path: str) -> bool:
    return (home / path).is_relative_to(home)


def _make_room(path: Path) -> None:
    """Moves what a database that is gone has left out of the way of a new one.

    Raises `Refused` where there is one.
    """
    if path.exists():
        raise Refused("{path} is there: no new database is made. Move it away first.", path=path)
    kept = kept_name(path)
    for suffix in BESIDE_DATABASE:
        left = path.with_name(path.name + suffix)
        if left.exists():
            left.replace(kept.with_name(kept.name + suffix))


def _advice(home: Path, settings: Settings) -> Message:
    folder = home / (settings.backup.path if settings.backup else DEFAULT_FOLDER)
    found = backup_files(folder)
    if found:
        return Message(
            "The newest backup here: `pbxmeter restore {found}`. What is there now is kept beside it.",
            found=found[0],
        )
    return Message("Restore a backup with `pbxmeter restore FILE`; there is none in {folder}.", folder=folder)
