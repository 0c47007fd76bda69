"""One store for all rating tests of a run: emptying it is cheaper than making it."""

from collections.abc import Generator
from pathlib import Path

import pytest

from engine.store import Session
from tests.stores import new_store


@pytest.fixture(scope="session")
def rating_store(tmp_path_factory: pytest.TempPathFactory) -> Generator[Session]:
    """A session on an empty store."""
    path: Path = tmp_path_factory.mktemp("rating") / "rating.duckdb"
    database = new_store(path)
    session = database.session()
    yield session
    session.close()
    database.close()
