"""Stores without events."""

from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from tests.cel.events import CelSite


@pytest.fixture
def new_site(tmp_path: Path) -> Generator[Callable[[], CelSite]]:
    """Makes stores and frees them."""
    made: list[CelSite] = []

    def new() -> CelSite:
        made.append(CelSite(tmp_path / str(len(made))))
        return made[-1]

    yield new
    for site in made:
        site.close()
