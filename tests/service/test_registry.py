"""The registry: every operation has exactly one function, which returns what the operation says."""

from collections.abc import Iterator

import pytest

from engine.api.calls import CountCalls
from engine.api.operation import Operation
from engine.service import handlers
from engine.service.registry import HANDLERS, Reading, check, reads


@pytest.fixture
def forgotten() -> Iterator[None]:
    """Without the function of `CountCalls`."""
    kept = HANDLERS.pop(CountCalls)
    yield
    HANDLERS[CountCalls] = kept


def test_every_operation_of_the_api_has_a_function() -> None:
    assert {kind.__name__ for kind in Operation.__subclasses__()} == set(handlers.OPERATIONS)
    check()


def test_an_operation_without_a_function_is_found_at_the_start(forgotten: None) -> None:
    with pytest.raises(LookupError, match="no function answers CountCalls"):
        check()


def test_an_operation_has_one_function_only() -> None:
    with pytest.raises(LookupError, match="two functions answer CountCalls"):

        @reads(CountCalls)
        def again(at: Reading, op: CountCalls) -> str:
            return ""


def test_a_function_that_returns_something_else_is_found_at_the_start(forgotten: None) -> None:
    @reads(CountCalls)
    def wrong(at: Reading, op: CountCalls) -> str:
        return ""

    with pytest.raises(LookupError, match="CountCalls returns"):
        check()


def test_every_change_says_who_must_hear_of_it() -> None:
    assert all(handler.tells is not None for handler in HANDLERS.values() if handler.way == "changes")
    assert {kind for kind, handler in HANDLERS.items() if handler.way == "changes"} <= {
        kind for kind in HANDLERS if kind.changes
    }
