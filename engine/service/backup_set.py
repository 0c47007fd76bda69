"""A backup set: a folder with a copy of the database, config.yaml, the site's formats, and a note on them."""

import os
import shutil
import socket
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from config.formats import FORMAT_NAMES
from config.settings import Settings, secret_files
from engine.api.home import CONFIG_FILE, DATABASE_FILE
from engine.domain.errors import StorageError

NOTE_FILE = "backup.json"
PREFIX = "pbxmeter-"


class BackupNote(msgspec.Struct, frozen=True, kw_only=True):
    """What a set holds, and whose it is."""

    product: str = "pbxmeter"
    version: str
    home: str
    host: str
    made_at: datetime
    """UTC."""
    scheduled: bool
    """Whether the engine made it by its schedule; only those are rotated away."""
    files: list[str]
    """Beside the database, relative to the set and to the home."""
    left_out: list[str]
    """Format files outside the home; they are named only."""
    secrets: list[str]
    """Files with passwords that config.yaml names; their content is in no backup."""


def write_site_files(folder: Path, home: Path, settings: Settings) -> tuple[list[str], list[str]]:
    """Copies config.yaml and the formats in the home; gives what was copied, and what lies elsewhere."""
    formats = sorted({source.format for source in settings.sources}.difference(FORMAT_NAMES))
    copied: list[str] = []
    left_out: list[str] = []
    for name in [CONFIG_FILE, *formats]:
        if not _inside(name):
            left_out.append(name)
        elif (home / name).is_file():
            (folder / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            copy_file(home / name, folder / name)
            copied.append(name)
    return copied, left_out


def note_of(
    home: Path, settings: Settings, *, version: str, made_at: datetime, scheduled: bool, folder: Path
) -> BackupNote:
    """Copies the site's files into the set and describes it; writes the note."""
    copied, left_out = write_site_files(folder, home, settings)
    note = BackupNote(
        version=version,
        home=str(home),
        host=socket.gethostname(),
        made_at=made_at,
        scheduled=scheduled,
        files=copied,
        left_out=left_out,
        secrets=secret_files(settings),
    )
    write_file(folder / NOTE_FILE, msgspec.json.format(msgspec.json.encode(note), indent=2) + b"\n")
    return note


def read_note(folder: Path) -> BackupNote | None:
    """The note of a set; None = the folder holds no backup of this product."""
    try:
        note = msgspec.json.decode((folder / NOTE_FILE).read_bytes(), type=BackupNote)
    except (OSError, msgspec.DecodeError):
        return None
    return note if note.product == "pbxmeter" else None


def backup_files(folder: Path) -> list[Path]:
    """The databases of the sets in a folder, the newest first."""
    sets = [path for path in folder.glob(f"{PREFIX}*/{DATABASE_FILE}") if read_note(path.parent)]
    # Earlier versions wrote single files.
    return sorted([*sets, *folder.glob(f"{PREFIX}*.duckdb")], key=_moment, reverse=True)


def put_back(folder: Path, home: Path, note: BackupNote) -> tuple[list[str], list[str]]:
    """Copies the set's files that the home lacks; gives those, and those that the home has otherwise."""
    written: list[str] = []
    differing: list[str] = []
    for name in note.files:
        kept, own = folder / name, home / name
        if not _inside(name) or not kept.is_file():
            continue
        if not own.exists():
            own.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            partial = own.with_name(own.name + ".restoring")
            copy_file(kept, partial)
            partial.replace(own)
            written.append(name)
        elif own.read_bytes() != kept.read_bytes():
            differing.append(name)
    return written, differing


def copy_file(source: Path, target: Path) -> None:
    """Copies content only, with mode 0600, down to the disk."""
    with source.open("rb") as taken, _created(target) as file:
        shutil.copyfileobj(taken, file, 1 << 20)
        file.flush()
        os.fsync(file.fileno())


def write_file(target: Path, content: bytes) -> None:
    """A new file of mode 0600, down to the disk."""
    with _created(target) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def database_of(backup: Path) -> tuple[Path, Path | None]:
    """The database file that a person named by itself or by its set, and the set's folder.

    Raises `StorageError` for a folder that is no set.
    """
    if not backup.is_dir():
        return backup, backup.parent if backup.name == DATABASE_FILE and read_note(backup.parent) else None
    if read_note(backup) is None:
        raise StorageError(
            "{backup} is a folder without a backup in it. Name the backup itself.", backup=backup
        )
    return backup / DATABASE_FILE, backup


def _created(target: Path) -> BinaryIO:
    return os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb")


def _inside(name: str) -> bool:
    path = Path(name)
    return not path.is_absolute() and ".." not in path.parts


def _moment(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
