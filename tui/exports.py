"""Files that an operator exports, written under the operator's own rights into `~/pbxmeter-exports`."""

import os
from datetime import datetime
from pathlib import Path

from engine.domain.errors import StorageError

FOLDER_NAME = "pbxmeter-exports"
MAX_SAME_NAME = 1000


def exports_folder() -> Path:
    """`~/pbxmeter-exports`, or `$PBXMETER_EXPORTS`; not made yet."""
    chosen = os.environ.get("PBXMETER_EXPORTS")
    return Path(chosen).expanduser() if chosen else Path.home() / FOLDER_NAME


def new_file(name: str, ending: str, *, folder: Path | None = None) -> Path:
    """A path for a new export such as `recharges-2026-01-31-1830.csv`; the file is made, empty, mode 0600.

    Raises `StorageError` when the folder or file cannot be made.
    """
    folder = folder or exports_folder()
    stem = f"{name}-{datetime.now():%Y-%m-%d-%H%M}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for number in range(1, MAX_SAME_NAME):
            path = folder / f"{stem}{'' if number == 1 else f'-{number}'}.{ending}"
            try:
                os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
            except FileExistsError:
                continue
            return path
    except OSError as error:
        raise StorageError(f"{folder}: the export could not be written: {error.strerror}.") from error
    raise StorageError(f"{folder}: too many exports of that name in one minute.")


def write_text(name: str, ending: str, text: str, *, folder: Path | None = None) -> Path:
    """Writes a new export and returns where it is. Raises `StorageError`; nothing half-written stays."""
    path = new_file(name, ending, folder=folder)
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        path.unlink(missing_ok=True)
        raise StorageError(f"{path}: the export could not be written: {error.strerror}.") from error
    return path


def shown(path: Path) -> str:
    """The path with the home folder as `~`."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)
