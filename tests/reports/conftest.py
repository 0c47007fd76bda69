"""A fresh database for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reports.building import BERLIN, SHANGHAI, Books, open_database


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """Shanghai: no summer time."""
    database = open_database(tmp_path)
    with database.reading() as session:
        yield Books(session, SHANGHAI)
    database.close()


@pytest.fixture
def berlin(tmp_path: Path) -> Iterator[Books]:
    """Berlin: clocks change."""
    database = open_database(tmp_path)
    with database.reading() as session:
        yield Books(session, BERLIN)
    database.close()
