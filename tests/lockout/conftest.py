"""What the tests of lockout share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.open_folder import open_folder


@pytest.fixture
def spool() -> Iterator[Path]:
    """A folder that the PBX can read."""
    with open_folder() as folder:
        yield folder
