"""No thread of the engine ends without being told of: the supervisor, and each thread of a real engine."""

# Faults are put into parts of a running engine.
# pyright: reportPrivateUsage=false

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from engine.api.client import Client, connect
from engine.api.extensions import SetExtensions
from engine.api.site import GetStatus, StopEngine, ThreadRow
from engine.daemon.engine import Engine
from engine.daemon.threads import Threads
from engine.domain.errors import PbxmeterError
from engine.domain.message import Message

PATIENCE_SECONDS = 60.0


def eventually(holds: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"it never came to this: {what}"
        time.sleep(0.02)


def unexpected(reason: Message) -> None:
    pytest.fail(str(reason))


def only(threads: Threads) -> ThreadRow:
    (row,) = threads.rows()
    return row


def test_work_that_fails_is_told_of_and_begun_again() -> None:
    stop, calls, moment = threading.Event(), list[int](), [0.0]

    def work() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise ValueError("broken")
        stop.wait()

    threads = Threads(fatal=unexpected, clock=lambda: moment[0])
    running = threads.start("worker", work, until=stop.is_set)
    eventually(lambda: only(threads).state == "restarted", "begun again")
    assert (only(threads).restarts, str(only(threads).error)) == (1, "ValueError('broken')")
    assert threads.faults() == [only(threads)]
    moment[0] += 61
    assert only(threads).state == "running"
    assert str(only(threads).error) == "ValueError('broken')"
    assert threads.faults() == []
    stop.set()
    running.join(PATIENCE_SECONDS)
    assert (running.is_alive(), threads.rows()) == (False, [])


def test_work_that_returns_unasked_has_failed_and_one_that_was_asked_has_not() -> None:
    stop = threading.Event()
    threads = Threads(fatal=unexpected)
    running = threads.start("worker", lambda: None, until=stop.is_set)
    eventually(lambda: threads.faults(), "told of")
    assert str(only(threads).error) == "It ended without being asked to."
    stop.set()
    running.join(PATIENCE_SECONDS)
    assert threads.rows() == []


def test_vital_work_that_fails_ends_the_engine_with_its_reason() -> None:
    reasons: list[str] = []

    def work() -> None:
        raise MemoryError("no more")

    threads = Threads(fatal=lambda reason: reasons.append(str(reason)))
    threads.start_vital("flight", work, until=lambda: False).join(PATIENCE_SECONDS)
    assert reasons == ["The thread flight failed: MemoryError('no more')"]
    assert only(threads).state == "failed"


def test_a_thread_that_cannot_be_started_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = Threads(fatal=unexpected)

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch, pytest.raises(RuntimeError):
        patch.setattr(threading.Thread, "start", refuse)
        threads.start("worker", lambda: None, until=lambda: True)
    assert threads.rows() == []


@contextmanager
def engine_in(home: Path) -> Iterator[tuple[Engine, Client, list[BaseException]]]:
    """An engine in a thread of the test, a client, and what `run` raised."""
    home.mkdir(mode=0o700)
    (home / "config.yaml").write_text(
        "numbering: {extensions: '1\\d{3}', trunks: ['PJSIP/trunk_*']}\n"
        "sources: [{path: Master.csv, format: asterisk-csv}]\n"
        "lockout: [{kind: file, path: lockout/barred.txt}]\n"
    )
    (home / "Master.csv").touch()
    engine, raised = Engine(home, background=False), list[BaseException]()

    def run() -> None:
        try:
            engine.run()
        except PbxmeterError as error:
            raised.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    client = connect(home, start=False)
    try:
        yield engine, client, raised
    finally:
        client.close()
        engine.stop()
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()


FAULTS = {
    # The thread's name begins with, and what breaks in it the next time it is called.
    "writer": lambda engine: (engine._database, "log_bytes"),
    "ingest": lambda engine: (engine._service.ingest_loop._following.watcher, "wait"),
    "lockout": lambda engine: (engine._service.reconcilers[0], "_reconcile"),
    "watch": lambda engine: (engine._service.ingest_loop._following.watcher, "_identities"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_a_thread_is_an_alarm_and_the_thread_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Errors that no part of it expects, put where its loop would not catch them."""
    with engine_in(tmp_path / "home") as (engine, client, raised):

        def rows() -> dict[str, ThreadRow]:
            return {row.name.split()[0]: row for row in client.call(GetStatus()).threads}

        eventually(lambda: engine._service.ingest_loop._following is not None and name in rows(), "started")
        owner, method = FAULTS[name](engine)
        whole: Callable[..., Any] = getattr(owner, method)
        broken = threading.Event()

        def fail_once(*args: Any) -> Any:
            if not broken.is_set():
                broken.set()
                raise LookupError("injected")
            return whole(*args)

        monkeypatch.setattr(owner, method, fail_once)
        client.call(SetExtensions(numbers=["1001"], create=True))
        eventually(lambda: rows()[name].state == "restarted", "begun again")
        assert (rows()[name].restarts, str(rows()[name].error)) == (1, "LookupError('injected')")
        texts = [str(alarm.text) for alarm in engine._service.alarms() if alarm.kind == "thread"]
        assert len(texts) == 1
        assert "failed and runs again: LookupError('injected')" in texts[0]
        # Everything still works: a lock reaches the list.
        client.call(SetExtensions(numbers=["1001"], locked=True))
        barred = tmp_path / "home" / "lockout" / "barred.txt"
        eventually(lambda: barred.exists() and barred.read_text() == "1001\n", "barred")
        assert raised == []


def test_a_flight_server_that_ends_unasked_ends_the_engine_with_its_reason(tmp_path: Path) -> None:
    with engine_in(tmp_path / "home") as (engine, _client, raised):
        engine._server.shutdown()
        eventually(lambda: raised, "ended")
        assert "The thread flight failed: It ended without being asked to." in str(raised[0])


def test_signals_that_would_end_a_process_unheard_leave_the_engine_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    client = connect(home)
    try:
        pid = client.call(GetStatus()).pid
        for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP):
            os.kill(pid, number)
        assert client.call(GetStatus()).pid == pid
        eventually(lambda: "most recent call first" in (home / "engine.log").read_text(), "stacks in the log")
    finally:
        client.call(StopEngine())
        client.close()
