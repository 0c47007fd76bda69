"""Keeping targets in agreement with who is barred."""

import threading
from collections.abc import Callable
from datetime import datetime

import pytest

from engine.domain.errors import StorageError
from engine.lockout.reconciler import Reconciler
from engine.lockout.target import speakable


@pytest.mark.parametrize("extension", ["1001\n1002", "10 01", "", "1001;rm", "１００１", "1" * 33])
def test_what_could_break_a_protocol_line_never_gets_to_a_target(extension: str) -> None:
    assert not speakable(extension)


class _Switch:
    """A target that is down until it is switched on."""

    name = "switch"

    def __init__(self) -> None:
        self.up = False
        self.held: frozenset[str] = frozenset()
        self.taken = threading.Event()

    def reconcile(self, wanted: frozenset[str]) -> frozenset[str]:
        if not self.up:
            raise StorageError("out of reach")
        self.held = wanted
        self.taken.set()
        return wanted

    def close(self) -> None:
        """Nothing to free."""


def test_a_target_that_was_down_gets_everything_once_it_is_back() -> None:
    target, noted = _Switch(), []
    reconciler = Reconciler(
        target,
        wanted=lambda: frozenset({"1001", "bad one"}),
        note=lambda name, held: noted.append((name, held)),
        changed=lambda: None,
        now=datetime.now,
    )
    try:
        reconciler.sync(10)
        assert (reconciler.status().state, str(reconciler.status().message)) == ("down", "out of reach")
        target.up = True
        assert target.taken.wait(30)
        reconciler.sync(10)
        assert target.held == {"1001"}
        assert noted == [("switch", frozenset({"1001"}))]
        status = reconciler.status()
        assert (status.state, status.pending) == ("behind", 1)
    finally:
        reconciler.close()


def test_an_error_of_its_own_makes_a_target_down_and_the_next_change_is_taken_all_the_same() -> None:
    target, told = _Switch(), threading.Event()
    target.up = True
    faults = [LookupError("no such thing")]

    def wanted() -> frozenset[str]:
        if faults:
            raise faults.pop()
        return frozenset({"1001"})

    def changed() -> None:
        told.set()
        raise RuntimeError("nobody listens")

    reconciler = Reconciler(
        target, wanted=wanted, note=lambda _name, _held: None, changed=changed, now=datetime.now
    )
    try:
        assert told.wait(60)
        reconciler.sync(60)
        assert target.taken.wait(60)
        reconciler.sync(60)
        assert (reconciler.status().state, target.held) == ("agrees", frozenset({"1001"}))
    finally:
        reconciler.close()


def test_a_target_whose_thread_is_dead_does_not_agree() -> None:
    class Dead:
        def join(self, timeout: float | None = None) -> None:
            """It has ended."""

        def is_alive(self) -> bool:
            return False

    def start(_name: str, _work: Callable[[], object], *, until: Callable[[], bool]) -> Dead:
        return Dead()

    reconciler = Reconciler(
        _Switch(),
        wanted=frozenset,
        note=lambda _name, _held: None,
        changed=lambda: None,
        now=datetime.now,
        start=start,
    )
    assert reconciler.status().state == "down"
    assert "Nobody looks after this target" in str(reconciler.status().message)
