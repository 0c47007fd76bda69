"""Putting a backup in the place of the database, while no engine runs."""

import os
import shutil
from pathlib import Path

from engine.api.home import DATABASE_FILE
from engine.daemon.lock import HomeLock
from engine.domain.errors import NotFound, StorageError
from engine.store import Database


def restore(home: Path, backup: Path) -> str:
    """Checks the backup, keeps the present database beside it, and puts the backup in its place.

    Raises `Refused` while an engine runs, `NotFound` or `StorageError` for a backup that is of no use.
    Returns a sentence that says what was done. CDR files are read on from where the backup stood.
    """
    if not backup.is_file():
        raise NotFound(f"There is no file {backup}.")
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = HomeLock(home)
    try:
        target = home / DATABASE_FILE
        fresh = target.with_name(target.name + ".restoring")
        try:
            shutil.copyfile(backup, fresh)
            fresh.chmod(0o600)
            Database(fresh).close()
            with fresh.open("rb") as file:
                os.fsync(file.fileno())
            kept = _keep(target)
            fresh.replace(target)
        finally:
            fresh.unlink(missing_ok=True)
            fresh.with_name(fresh.name + ".wal").unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"{error.filename or backup}: {error.strerror}.") from error
    finally:
        lock.release()
    return f"{backup} is in force now." + (f" What was there before is kept as {kept}." if kept else "")


def _keep(target: Path) -> Path | None:
    if not target.exists():
        return None
    number = 1
    while (kept := target.with_name(f"{target.name}.before-restore-{number}")).exists():
        number += 1
    target.replace(kept)
    log = target.with_name(target.name + ".wal")
    if log.exists():
        log.replace(kept.with_name(kept.name + ".wal"))
    return kept
