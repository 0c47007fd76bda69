"""A folder that every user can pass, as the folders of pytest are not: what a PBX could read."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def open_folder() -> Iterator[Path]:
    """The folder, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="pbxmeter-open-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
