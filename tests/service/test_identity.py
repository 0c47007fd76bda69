"""The identity socket goes on whatever happens behind it."""

import sys
import threading
from collections.abc import Generator
from pathlib import Path

import pytest

from engine.api.events import SettingsChanged
from engine.api.identity import Identity, ask_identity
from engine.daemon.engine import Engine
from engine.domain.errors import PbxmeterError, StorageError
from engine.service import event_bus
from engine.service.event_bus import EventBus
from engine.service.identity import IdentityServer
from engine.service.server import Server
from tests.service.engines import running


@pytest.fixture
def engine(tmp_path: Path) -> Generator[Engine]:
    """A running engine."""
    with running(tmp_path / "home") as engine:
        yield engine


@pytest.mark.parametrize(
    "fault", [StorageError("The disk is full."), OSError(24, "Too many open files"), RuntimeError("x")]
)
def test_an_answer_that_fails_is_not_the_last(engine: Engine, tmp_path: Path, fault: Exception) -> None:
    faults = [fault] * 3

    def identify(os_user: str) -> Identity:
        if faults:
            raise faults.pop()
        return Identity(token="", operator=os_user, accounts_exist=True)

    home = tmp_path / "another"
    (home / "run").mkdir(parents=True)
    (tmp_path / "flight").mkdir()
    inside = Server(engine._service, tmp_path / "flight")
    server = IdentityServer(home / "run", identify, inside, mode=0o600, group=-1)
    try:
        for _ in range(3):
            with pytest.raises(PbxmeterError):
                ask_identity(home)
        assert ask_identity(home).operator
    finally:
        server.close()
        inside.shutdown()


def test_a_reader_that_empties_its_queue_meanwhile_does_not_break_telling_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(event_bus, "MAX_WAITING_EVENTS", 2)
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    bus = EventBus()
    waiting = bus.subscribe()

    def read() -> None:
        while waiting.get() is not None:
            pass

    thread = threading.Thread(target=read)
    thread.start()
    try:
        for _ in range(50_000):
            bus.publish(SettingsChanged())
    finally:
        sys.setswitchinterval(usual)
        bus.close()
        thread.join(60)
    assert not thread.is_alive()
