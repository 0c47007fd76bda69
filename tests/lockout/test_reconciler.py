"""Keeping targets in agreement with who is barred."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

import pytest

from engine.domain.errors import StorageError
from engine.lockout import reconciler as module
from engine.lockout.reconciler import Reconciler
from engine.lockout.target import Outcome, Target, Wanted, speakable


@pytest.mark.parametrize("extension", ["1001\n1002", "10 01", "", "1001;rm", "１００１", "1" * 33])
def test_what_could_break_a_protocol_line_never_gets_to_a_target(extension: str) -> None:
    assert not speakable(extension)


class _Switch:
    """A target that is down until it is switched on."""

    name = "switch"
    dry_run = False

    def __init__(self, *, remote: bool = False) -> None:
        self.remote = remote
        self.up = False
        self.gone = False
        self.held: dict[str, str] = {}
        self.taken = threading.Event()
        self.calls: list[Wanted] = []

    def reconcile(self, wanted: Wanted) -> Outcome:
        self.calls.append(wanted)
        if not self.up:
            raise StorageError("out of reach")
        self.gone = False
        self.held = dict(wanted.barred)
        self.taken.set()
        return Outcome(held=self.held)

    def lost(self) -> bool:
        return self.gone

    def close(self) -> None:
        """Nothing to free."""


LOCKED = {"1001": "locked"}


@contextmanager
def reconciling(
    target: Target,
    *,
    barred: Mapping[str, str] = LOCKED,
    known: Mapping[str, str] | None = None,
    noted: list[tuple[str, Mapping[str, str]]] | None = None,
) -> Iterator[Reconciler]:
    notes = [] if noted is None else noted
    reconciler = Reconciler(
        target,
        wanted=lambda: barred,
        note=lambda name, held: notes.append((name, held)),
        changed=lambda: None,
        now=datetime.now,
        known=lambda _name: known or {},
    )
    try:
        yield reconciler
    finally:
        reconciler.close()


def eventually(there: Callable[[], object]) -> None:
    pause = threading.Event()
    assert any(there() or pause.wait(0.01) for _ in range(6000))


def test_a_target_that_was_down_gets_everything_once_it_is_back() -> None:
    target, noted = _Switch(), list[tuple[str, Mapping[str, str]]]()
    with reconciling(target, barred={**LOCKED, "bad one": "locked"}, noted=noted) as reconciler:
        reconciler.sync(10)
        status = reconciler.status()
        assert (status.state, str(status.message), status.fault) == ("down", "out of reach", True)
        target.up = True
        assert target.taken.wait(30)
        reconciler.sync(10)
        assert target.held == LOCKED
        assert noted == [("switch", LOCKED)]
        status = reconciler.status()
        assert (status.state, status.pending, status.fault) == ("behind", 1, True)
        assert "No PBX can be told of bad one" in str(status.message)


def test_a_change_does_not_hurry_a_pbx_that_is_out_of_reach_but_a_person_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "FIRST_RETRY_SECONDS", 3600.0)
    target = _Switch(remote=True)
    with reconciling(target) as reconciler:
        eventually(lambda: target.calls)
        eventually(lambda: reconciler.status().state == "down")
        for _ in range(50):
            reconciler.wake()
        reconciler.sync(30)
        assert len(target.calls) == 2
        target.up = True
        reconciler.sync(30)
        assert (reconciler.status().state, len(target.calls)) == ("agrees", 3)


def test_a_local_target_that_is_down_takes_every_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_RETRY_SECONDS", 3600.0)
    target = _Switch()
    with reconciling(target) as reconciler:
        eventually(lambda: reconciler.status().state == "down")
        target.up = True
        reconciler.wake()
        assert target.taken.wait(30)


def test_a_connection_that_ended_is_seen_before_the_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.01)
    target = _Switch(remote=True)
    target.up = True
    with reconciling(target) as reconciler:
        reconciler.sync(30)
        count = len(target.calls)
        target.gone = True
        eventually(lambda: len(target.calls) > count)
        assert not target.calls[-1].anew


def test_the_timer_compares_in_full_and_a_change_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    target = _Switch()
    target.up = True
    with reconciling(target) as reconciler:
        eventually(lambda: target.calls)
        eventually(lambda: reconciler.status().state == "agrees")
        reconciler.wake()
        eventually(lambda: len(target.calls) == 2)
        reconciler.sync(30)
        assert [(call.full, call.anew) for call in target.calls] == [
            (True, False),
            (False, False),
            (True, True),
        ]
    monkeypatch.setattr(module, "FULL_SYNC_SECONDS", 0.01)
    with reconciling(target):
        eventually(lambda: len(target.calls) > 10)
    assert target.calls[-1].full


def test_what_a_target_took_before_the_engine_was_started_is_known_to_it() -> None:
    target = _Switch()
    target.up = True
    with reconciling(target, known={"1009": "locked"}) as reconciler:
        reconciler.sync(30)
    assert target.calls[0].known == {"1009": "locked"}
    assert target.calls[-1].known == LOCKED


def test_an_error_of_its_own_makes_a_target_down_and_the_next_change_is_taken_all_the_same() -> None:
    target, told = _Switch(), threading.Event()
    target.up = True
    faults = [LookupError("no such thing")]

    def wanted() -> Mapping[str, str]:
        if faults:
            raise faults.pop()
        return LOCKED

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
        assert (reconciler.status().state, target.held) == ("agrees", LOCKED)
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
        wanted=dict,
        note=lambda _name, _held: None,
        changed=lambda: None,
        now=datetime.now,
        start=start,
    )
    assert reconciler.status().state == "down"
    assert "Nobody looks after this target" in str(reconciler.status().message)
