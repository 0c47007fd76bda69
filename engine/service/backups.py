"""Backups: made one at a time, checked by opening, by hand or by the schedule of config.yaml."""

import contextlib
import fcntl
import logging
import os
import shutil
import threading
from collections.abc import Callable, Generator
from datetime import datetime, timedelta
from pathlib import Path

from config.settings import BackupSettings, Settings
from engine.api.home import DATABASE_FILE
from engine.domain.errors import PbxmeterError, Refused, StorageError, message_of
from engine.domain.message import NOTHING, Message, of_system
from engine.domain.threads import Running, Start, start_thread
from engine.service.backup_set import PREFIX, BackupNote, note_of, read_note, sync_folder
from engine.store import Database
from engine.store.copy import reading_copy

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
FIRST_RETRY = timedelta(minutes=1)
LAST_RETRY = timedelta(hours=1)
DEFAULT_FOLDER = "backups"
_PARTIAL = f".{PREFIX}"


class Backups:
    """Writes backup sets of one site, and keeps to its schedule in a thread of its own."""

    def __init__(
        self,
        *,
        home: Path,
        database: Database,
        version: str,
        settings: Callable[[], Settings],
        alarmed: Callable[[], None],
        now: Callable[[], datetime],
        start: Start = start_thread,
    ) -> None:
        """`settings` gives the configuration in force; `alarmed` is told when `fault` changes."""
        self._home = home
        self._database = database
        self._version = version
        self._settings = settings
        self._alarmed = alarmed
        self._now = now
        self._one = threading.Lock()
        self._stop = threading.Event()
        self._pause = FIRST_RETRY
        self._not_before: datetime | None = None
        self.fault = NOTHING
        """Why the last backup of the schedule failed; '' = it did not, or there is no schedule."""
        self._start_thread = start
        self._thread: Running | None = None

    def start(self) -> None:
        """Begins to keep to the schedule."""
        self._thread = self._start_thread("backup", self._serve, until=self._stop.is_set)

    def close(self) -> None:
        """Ends the thread; a backup that is being written is given up."""
        self._stop.set()
        self._database.stop_backup()
        if self._thread is not None:
            self._thread.join()

    def make(self, folder: Path | None = None, *, scheduled: bool = False) -> Path:
        """Writes a set into a folder, by default the site's, and gives its database file.

        Raises `Refused` while another is being written, and `StorageError`; nothing is left of it then.
        """
        if not self._one.acquire(blocking=False):
            raise Refused("A backup is being written already; wait for it to end.", code="backup_running")
        folder = folder or self._folder(self._settings().backup)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _clear(folder)
            made_at = self._now()
            with _partial(folder, made_at) as partial:
                database = partial / DATABASE_FILE
                self._database.backup(database)
                note_of(
                    self._home,
                    self._settings(),
                    version=self._version,
                    made_at=made_at,
                    scheduled=scheduled,
                    folder=partial,
                )
                with reading_copy(database) as session:
                    session.row("verify.sizes")
                sync_folder(partial)
                self._database.held.check()
                done = _named(partial, folder, made_at)
            sync_folder(folder)
        except OSError as error:
            raise StorageError(
                "{folder}: the backup could not be written: {reason}.", folder=folder, reason=of_system(error)
            ) from error
        finally:
            self._one.release()
        log.info("Backup %s is written", done)
        return done / DATABASE_FILE

    def turn(self) -> None:
        """Makes the backup that is due, if one is, and removes those of the schedule that are too many."""
        plan = self._settings().backup
        if plan is None:
            self._note(NOTHING)
            return
        now = self._now()
        if self._not_before is not None and now < self._not_before:
            return
        try:
            if not self._due(plan, now):
                return
            self.make(scheduled=True)
            self._rotate(plan)
        except (PbxmeterError, OSError) as error:
            if self._stop.is_set() or (isinstance(error, PbxmeterError) and error.code == "backup_running"):
                return
            self._not_before = now + self._pause
            self._pause = min(self._pause * 2, LAST_RETRY)
            self._note(message_of(error))
        else:
            self._not_before, self._pause = None, FIRST_RETRY
            self._note(NOTHING)

    def _serve(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            try:
                self.turn()
            except Exception as error:
                # An error of our own: the schedule must not stand still without a word.
                log.exception("The backup failed")
                self._note(Message("{error}; engine.log has the details.", error=repr(error)))

    def _due(self, plan: BackupSettings, now: datetime) -> bool:
        own = self._own(self._folder(plan))
        # One from the future was made by a clock that was wrong.
        return not any(now - plan.every < note.made_at <= now for _, note in own)

    def _rotate(self, plan: BackupSettings) -> None:
        folder = self._folder(plan)
        for old, _ in self._own(folder)[plan.keep :]:
            # Half of it must not look like a backup.
            doomed = folder / f"{_PARTIAL}{old.name}.old"
            old.rename(doomed)
            shutil.rmtree(doomed)
            log.info("Backup %s is removed: %d newer ones are kept", old, plan.keep)

    def _own(self, folder: Path) -> list[tuple[Path, BackupNote]]:
        """Sets in a folder that the schedule of this home made, the newest first."""
        found = [(path, note) for path in folder.glob(f"{PREFIX}*") if (note := read_note(path)) is not None]
        own = [(path, note) for path, note in found if note.scheduled and note.home == str(self._home)]
        return sorted(own, key=lambda pair: (pair[1].made_at, pair[0].name), reverse=True)

    def _folder(self, plan: BackupSettings | None) -> Path:
        return self._home / (plan.path if plan else DEFAULT_FOLDER)

    def _note(self, fault: Message) -> None:
        if fault != self.fault:
            self.fault = fault
            (log.error if fault else log.info)("Backup: %s", fault or "the schedule is kept again")
            self._alarmed()


@contextlib.contextmanager
def _partial(folder: Path, made_at: datetime) -> Generator[Path]:
    """A hidden folder to write a set in, locked meanwhile; gone afterwards unless it was renamed."""
    partial = folder / f"{_PARTIAL}{made_at:%Y%m%d-%H%M%S}-{os.getpid()}.part"
    partial.mkdir(mode=0o700)
    descriptor = os.open(partial, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield partial
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        os.close(descriptor)


def _clear(folder: Path) -> None:
    """Removes what a killed engine left of a backup, or of one that it was removing."""
    for left in folder.glob(f"{_PARTIAL}*"):
        try:
            descriptor = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left)
        except BlockingIOError:
            continue
        finally:
            os.close(descriptor)


def _named(partial: Path, folder: Path, made_at: datetime) -> Path:
    """Gives a finished set its name: one by one within the same second."""
    number = 1
    while True:
        name = f"{PREFIX}{made_at:%Y%m%d-%H%M%S}" + (f"-{number}" if number > 1 else "")
        target = folder / name
        number += 1
        if target.exists():
            continue
        try:
            return partial.rename(target)
        except FileExistsError:
            continue
        except OSError as error:
            if not target.exists():
                raise
            log.info("Backup: %s was taken meanwhile: %s", target, error)
