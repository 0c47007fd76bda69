"""Files that the PBX reads: folders made for it, and errors that say who is kept out."""

import errno
import os
from pathlib import Path

from config.lockout import SPOOL_LIST
from engine.domain.errors import StorageError
from engine.domain.message import of_system
from engine.lockout.readable import closed_to_others

FOLDER_MODE = 0o755
FILE_MODE = 0o644


def make_folder(folder: Path, *, home: Path | None) -> None:
    """Makes a folder and those above it that are missing, each open to the PBX whatever the umask is.

    `home` is never made: without it the engine has lost its place. Raises `OSError`.
    """
    if folder.is_dir():
        return
    if folder == home:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(folder))
    make_folder(folder.parent, home=home)
    folder.mkdir(exist_ok=True)
    folder.chmod(FOLDER_MODE)


def unwritable(path: Path, error: OSError, *, folder: Path) -> StorageError:
    """The error of a file or folder that could not be written; `folder` is what somebody has to make."""
    if isinstance(error, PermissionError) and os.geteuid() != 0:
        return StorageError(
            "{path} could not be written: {reason}. Make its folder as root: install -d -o "
            "{geteuid} -m 755 {parent}",
            path=path,
            reason=of_system(error),
            geteuid=os.geteuid(),
            parent=folder,
        )
    return StorageError("{path} could not be written: {reason}.", path=path, reason=of_system(error))


def check_readable(path: Path, *, own_groups: frozenset[int]) -> None:
    """Raises `StorageError` where the PBX cannot get to the file or folder; it names what is closed."""
    try:
        closed = closed_to_others(path, own_groups=own_groups)
    except OSError as error:
        raise StorageError(
            "{path} cannot be looked at: {reason}.", path=path, reason=of_system(error)
        ) from error
    if closed is not None:
        mode = closed.stat().st_mode & 0o777
        raise StorageError(
            "{path}: the PBX cannot read it, because {closed} is closed to other users (mode "
            "{mode:04o}). Name another path for it in config.yaml, such as {spool_list}, or, "
            "where it is not the home folder, open that folder with chmod o+x.",
            path=path,
            closed=closed,
            mode=mode,
            spool_list=SPOOL_LIST,
        )
