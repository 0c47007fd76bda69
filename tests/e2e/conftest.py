"""The office that the tests of a day share."""

from collections.abc import Iterator

import pytest

from tests.e2e.site import Office


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One site for the tests of a module; whichever application opens first starts its engine."""
    made = Office.make(tmp_path_factory.mktemp("office"))
    yield made
    made.stop_engine()
