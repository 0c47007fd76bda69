"""The home folder: where a site's configuration, database and sockets live."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

CONFIG_FILE = "config.yaml"
DATABASE_FILE = "pbxmeter.duckdb"
LOCK_FILE = "engine.lock"
LOG_FILE = "engine.log"
IDENTITY_SOCKET = "identity.sock"
START_ERROR_FILE = "start-error"


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
