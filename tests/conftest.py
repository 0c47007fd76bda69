"""Campaigns are run on request only."""

import pytest

from tests.open_folder import remove_lists


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--run-long` also runs the tests marked `long`."""
    parser.addoption("--run-long", action="store_true", help="run campaigns of minutes to hours as well")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves campaigns out unless asked for."""
    if config.getoption("--run-long"):
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="a long campaign: --run-long"))


def pytest_unconfigure() -> None:
    """Leaves no barred list behind."""
    remove_lists()
