"""One nursery of engines for all tests of a process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reliability.nursery import Nursery
from tests.reliability.site import Site


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    nursery = Nursery()
    yield nursery
    nursery.close()


@pytest.fixture
def site(tmp_path: Path, nursery: Nursery) -> Iterator[Site]:
    site = Site(tmp_path / "home", nursery)
    yield site
    if site.pid:
        site.kill()
