"""The high-water mark: how far the books had come when something was last acknowledged.

A damaged log opens as a database that is merely older: DuckDB replays what it can and says nothing. The mark
is a small file beside the database, synced before anybody is told that a change is done; a store behind it
has lost something.
"""

import contextlib
import logging
import os
import zlib
from datetime import datetime
from pathlib import Path

import msgspec

from engine.domain.errors import StorageError
from engine.domain.message import Message
from engine.store.chain import Link, last_link
from engine.store.session import Session

log = logging.getLogger(__name__)

BEHIND = "behind_mark"
"""Code of a `StorageError`: the database has not all that was acknowledged."""

SLOT_BYTES = 4096
"""Two slots take turns: a torn write leaves the mark before it."""


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """The newest link of the chain at that time, and the newest numbers of what it covers."""

    link: int
    digest: str
    entry: int
    operation: int
    audit: int
    call: int
    made_at: datetime
    also: str = ""
    """The digest of another store's newest link: a backup that is being restored. '' = none."""

    @classmethod
    def of(cls, link: Link) -> "Mark":
        """The mark of a store whose newest link this is."""
        return cls(
            link=link.number,
            digest=link.digest.hex(),
            entry=link.last_entry,
            operation=link.last_operation,
            audit=link.last_audit,
            call=link.last_call,
            made_at=link.made_at,
        )


def mark_path(database: Path) -> Path:
    """Where the mark of a database file is."""
    return database.with_name(database.name + ".mark")


def read_mark(path: Path) -> Mark | None:
    """The newest mark in the file; None = there is none, or none that is whole."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    found = [mark for at in (0, SLOT_BYTES) if (mark := _decoded(data[at : at + SLOT_BYTES])) is not None]
    return max(found, key=lambda mark: mark.link, default=None)


def write_mark(path: Path, mark: Mark) -> None:
    """Makes the file anew, with this mark only: all or nothing, and synced. Raises `OSError`."""
    fresh = path.with_name(path.name + ".new")
    with contextlib.suppress(FileNotFoundError):
        fresh.unlink()
    descriptor = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, _encoded(mark) * 2)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def announce_restored(database: Path, session: Session) -> None:
    """Lets the store of the session take the place of the database, whether it comes to that or not.

    Call it before the files change places; the engine's next start makes the mark anew. Raises `OSError`.
    """
    path = mark_path(database)
    mark = read_mark(path)
    if mark is not None:
        also = last_link(session).digest.hex()
        write_mark(path, msgspec.structs.replace(mark, also=also))


class MarkFile:
    """The file of a store that is at work; each mark goes over the older of the two in it."""

    def __init__(self, path: Path) -> None:
        """Opens a file that `write_mark` made. Raises `OSError`."""
        self._descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        self._turn = 0
        self._failed = False

    def write(self, mark: Mark) -> None:
        """Writes and syncs. Where it cannot, the log says so: what is stored is not refused for it."""
        try:
            os.pwrite(self._descriptor, _encoded(mark), self._turn * SLOT_BYTES)
            os.fdatasync(self._descriptor)
        except OSError as error:
            if not self._failed:
                log.error("The high-water mark cannot be written: %s", error)
            self._failed = True
            return
        self._failed = False
        self._turn = 1 - self._turn

    def close(self) -> None:
        """Lets go of the file."""
        os.close(self._descriptor)


def check_reached(database: Path, mark: Mark, link: Link, *, digest: str) -> None:
    """Raises `StorageError` where the store, whose newest link is `link`, does not hold what the mark says.

    `digest` = that of the store's link with the mark's number, '' where it has none.
    """
    if digest == mark.digest or (mark.also and link.digest.hex() == mark.also):
        return
    backup = _newest_backup(database.parent / "backups")
    way_out = (
        Message(
            "Restore the newest backup, {backup}, with: pbxmeter restore {backup2}. ",
            backup=backup,
            backup2=backup,
        )
        if backup is not None
        else Message("There is no backup in {parent}. ", parent=database.parent / "backups")
    )
    if link.number >= mark.link:
        raise StorageError(
            "{database} is not the database that was at work here last: what it says of the time "
            "until {made_at} UTC is something else. Put that database back. {way_out}To go on "
            "with this one, start with: pbxmeter engine start --accept-loss.",
            database=database,
            made_at=f"{mark.made_at:%Y-%m-%d %H:%M:%S}",
            way_out=way_out,
            code=BEHIND,
        )
    raise StorageError(
        "{database} has lost what was acknowledged after {made_at} UTC: {lost} ledger "
        "entries, {lost2} operations, {lost3} audit rows and {lost4} calls. Its log was "
        "damaged, or an older file put in its place. {way_out}To go on without what is "
        "missing, start with: pbxmeter engine start --accept-loss. Calls are read again from "
        "the CDR files that still exist; recharges are not.",
        database=database,
        made_at=f"{link.made_at:%Y-%m-%d %H:%M:%S}",
        lost=_lost(mark.entry, link.last_entry),
        lost2=_lost(mark.operation, link.last_operation),
        lost3=_lost(mark.audit, link.last_audit),
        lost4=_lost(mark.call, link.last_call),
        way_out=way_out,
        code=BEHIND,
    )


def _lost(marked: int, held: int) -> str:
    return f"{max(marked - held, 0):,}"


def _newest_backup(folder: Path) -> Path | None:
    try:
        found = [*folder.glob("*.duckdb"), *folder.glob("pbxmeter-*/*.duckdb")]
        return max(found, key=lambda path: path.stat().st_mtime, default=None)
    except OSError:
        return None


def _encoded(mark: Mark) -> bytes:
    text = msgspec.json.encode(mark)
    return (text + b" %08x\n" % zlib.crc32(text)).ljust(SLOT_BYTES)


def _decoded(slot: bytes) -> Mark | None:
    text, _, check = slot.strip().rpartition(b" ")
    try:
        return msgspec.json.decode(text, type=Mark) if int(check, 16) == zlib.crc32(text) else None
    except (ValueError, msgspec.DecodeError):
        return None
