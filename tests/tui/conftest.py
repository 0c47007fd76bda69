"""Sites for the tests of the application."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tui.site import Site
from tui.text import i18n


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Screens speak English, nothing is read from or written to the home of whoever runs the tests."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PBXMETER_EXPORTS", str(tmp_path / "exports"))
    i18n.install("en")
    yield
    i18n.install("en")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One engine for the tests of a module."""
    made = Site.make(tmp_path_factory.mktemp("site") / "home")
    yield made
    made.stop()


@pytest.fixture
def own_site(tmp_path: Path) -> Iterator[Site]:
    """An engine that a test may kill or lock itself out of; it ends by itself after its last client."""
    made = Site.make(tmp_path / "home")
    yield made
    made.client.close()
