"""The home folder: where a site's configuration, database and sockets live."""

import os
import pwd
import stat
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

from engine.domain.errors import Refused
from engine.domain.message import Message

CONFIG_FILE = "config.yaml"
DATABASE_FILE = "pbxmeter.duckdb"
BESIDE_DATABASE = (".wal", ".mark")
"""What belongs to a database file under its name: the log, and the mark of how far it had come."""
LOCK_FILE = "engine.lock"
LOG_FILE = "engine.log"
IDENTITY_SOCKET = "identity.sock"
START_ERROR_FILE = "start-error"

FOREIGN_HOME = "foreign_home"
"""Code of a refusal: the home folder, or a file in it, is in the hands of somebody else."""


def home_folder(explicit: str | None = None) -> Path:
    """`explicit`, else $PBXMETER_HOME, else /var/lib/pbxmeter for root and the user's data folder."""
    chosen = explicit or os.environ.get("PBXMETER_HOME")
    if chosen:
        return Path(chosen).expanduser().absolute()
    if os.geteuid() == 0:
        return Path("/var/lib/pbxmeter")
    return Path(platformdirs.user_data_dir("pbxmeter"))


def run_folder(home: Path) -> Path:
    """The folder of the sockets, mode 0700 (0750 with a socket group)."""
    return home / "run"


@contextmanager
def short_folder(folder: Path) -> Generator[str]:
    """A short name for an existing folder while the block lasts.

    Socket addresses hold 107 bytes (unix(7)); a folder's descriptor under /proc has a name that always fits.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


FileId = tuple[int, int]
"""Device and inode: what a file is, whatever its name."""


def file_id(path: Path) -> FileId | None:
    """Which file a name leads to; None = none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def remove_own(path: Path, made: FileId | None) -> None:
    """Removes a file unless another one has taken its name."""
    if made is not None and file_id(path) == made:
        path.unlink(missing_ok=True)


def make_home(home: Path) -> None:
    """Makes the home folder, mode 0700, where there is none, and looks at whose it is.

    Raises `Refused` for a folder that somebody else owns or may write in: he could put links in it.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    _check_owner(home, home.stat())


def own_folder(folder: Path) -> None:
    """Makes a folder of the home, mode 0700, if there is none. Raises `Refused` for a link or another's."""
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode):
        raise _foreign(
            Message("{folder} is not a folder. Move it away; the engine makes it anew.", folder=folder)
        )
    _check_owner(folder, status)


def open_own(path: Path, flags: int) -> int:
    """The descriptor of a file of the home, made with mode 0600 where there is none and `flags` allow it.

    Raises `Refused` for a link, for what is no plain file, and for a file of somebody else, and `OSError`.
    A file of our own that others could read or write is closed to them.
    """
    if path.is_symlink():
        raise _foreign(Message("{path} is a link, and the engine follows none here. Remove it.", path=path))
    # Without O_NONBLOCK a named pipe would hold the open up.
    descriptor = os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise _foreign(Message("{path} is not a plain file. Remove it.", path=path))
        _check_owner(path, status, writable=True)
        if status.st_mode & 0o077:
            os.fchmod(descriptor, 0o600)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _check_owner(path: Path, status: os.stat_result, *, writable: bool = False) -> None:
    user = os.geteuid()
    if status.st_uid not in (user, 0):
        raise _foreign(
            Message(
                "{path} belongs to {user_name}. Run pbxmeter as that user, or give it to "
                "{user_name2} with chown.",
                path=path,
                user_name=_user_name(status.st_uid),
                user_name2=_user_name(user),
            )
        )
    if status.st_mode & 0o022 and not writable:
        raise _foreign(
            Message(
                "{path} can be written by others than {user_name}. Take that away: chmod go-w {path2}",
                path=path,
                user_name=_user_name(status.st_uid),
                path2=path,
            )
        )


def _foreign(message: Message) -> Refused:
    return Refused(message, code=FOREIGN_HOME)


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid-{uid}"
