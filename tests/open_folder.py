"""Folders that every user can pass, as those of pytest are not: where a PBX could read its barred list."""

import hashlib
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LISTS = Path("/tmp") / f"pbxmeter-tests-{secrets.token_hex(4)}"  # noqa: S108 - removed when the tests end


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="pbxmeter-open-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def barred_list(home: Path) -> Path:
    """The barred list of a test's site; the engine makes its folder."""
    return LISTS / hashlib.sha256(str(home).encode()).hexdigest()[:8] / "barred.txt"


def remove_lists() -> None:
    """Removes the lists of all sites of this process."""
    shutil.rmtree(LISTS, ignore_errors=True)
