"""The engine's door, through real sockets: who gets in, what travels, what never leaks."""

import socket
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.flight as flight
import pytest

from engine.api.calls import CountCalls, ExportCalls
from engine.api.client import Client, Credentials
from engine.api.events import BalancesMoved, Event, Heartbeat, SettingsChanged
from engine.api.extensions import ListExtensions, Recharge, SetExtensions
from engine.api.home import IDENTITY_SOCKET, run_folder
from engine.api.identity import ask_identity
from engine.api.operation import Failed, Operation
from engine.api.session import Greet, ListAudit, SaveAccount
from engine.api.site import Backup, GetSettings, SetSetting, Verify
from engine.daemon.engine import Engine
from engine.domain.errors import EngineDown, InvalidInput, NotSignedIn, Refused
from engine.domain.names import Role
from engine.service import event_bus as event_bus
from engine.service import handlers


@pytest.fixture
def home(tmp_path: Path) -> Generator[Path]:
    """A running engine's home; its path is longer than a socket address may be."""
    home = tmp_path / ("long" * 30)
    engine = Engine(home, background=False)
    thread = threading.Thread(target=engine.run)
    thread.start()
    yield home
    engine.stop()
    thread.join(timeout=30)
    assert not thread.is_alive()


def test_every_operation_of_the_api_is_answered_by_somebody() -> None:
    kinds = {kind.__name__ for kind in Operation.__subclasses__()}
    assert kinds == set(handlers.OPERATIONS)


def test_without_accounts_whoever_may_open_the_socket_is_admin(home: Path) -> None:
    with Client(home) as client:
        greeting = client.call(Greet())
        assert (greeting.role, greeting.accounts_exist) == (Role.ADMIN, False)
        assert client.call(GetSettings()).values["billing"] == "off"


def test_from_the_first_account_on_everyone_signs_in(home: Path) -> None:
    with Client(home) as early:
        early.call(SaveAccount(name="ann", new=True, account_role=Role.ADMIN, password="long enough"))
        with pytest.raises(NotSignedIn):
            early.call(GetSettings())
        assert ask_identity(home).token == ""
        with pytest.raises(Refused):
            early.sign_in(Credentials(name="ann", password="wrong password"))
        early.sign_in(Credentials(name="ann", password="long enough"))
        assert early.call(Greet()).operator == "ann"


def test_roles_bound_what_one_may_do(home: Path) -> None:
    with Client(home) as client:
        client.call(SaveAccount(name="ann", new=True, account_role=Role.ADMIN, password="long enough"))
        client.sign_in(Credentials(name="ann", password="long enough"))
        for role in (Role.VIEWER, Role.BILLING):
            client.call(SaveAccount(name=role.value, new=True, account_role=role, password="long enough"))
    recharge = Recharge(numbers=["1"], amount_micros=1, key="k")
    with Client(home, credentials=Credentials(name="viewer", password="long enough")) as viewer:
        viewer.call(ListExtensions())
        with pytest.raises(Refused, match="billing"):
            viewer.call(recharge)
    with Client(home, credentials=Credentials(name="billing", password="long enough")) as clerk:
        clerk.call(SetExtensions(numbers=["1"], create=True))
        clerk.call(recharge)
        operations: list[Operation[Any]] = [SetSetting(name="billing", value="on"), ListAudit()]
        for admin_only in operations:
            with pytest.raises(Refused, match="admin"):
                clerk.call(admin_only)


def test_a_change_in_one_client_reaches_the_events_of_another(home: Path) -> None:
    seen: list[Event] = []
    moved = threading.Event()
    with Client(home) as watcher, Client(home) as clerk:
        clerk.call(SetExtensions(numbers=["1001"], create=True))

        def watch() -> None:
            for event in watcher.events():
                seen.append(event)
                if isinstance(event, Heartbeat):
                    ready.set()
                if isinstance(event, BalancesMoved):
                    moved.set()
                    return

        ready = threading.Event()
        thread = threading.Thread(target=watch)
        thread.start()
        assert ready.wait(10)
        clerk.call(Recharge(numbers=["1001"], amount_micros=5, key="a"))
        assert moved.wait(10)
        thread.join(10)
    assert BalancesMoved(extensions=["1001"]) in seen


def test_more_streams_of_events_than_the_engine_allows_are_refused_with_a_reason(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_bus, "MAX_STREAMS", 1)
    with Client(home) as watcher, Client(home) as other:
        events = watcher.events()
        assert isinstance(next(events), Heartbeat)
        with pytest.raises(Refused, match="No more than 1 "):
            next(other.events())
        other.call(SetSetting(name="billing", value="on"))
        assert next(event for event in events if not isinstance(event, Heartbeat)) == SettingsChanged()


def test_settings_are_told_to_everybody(home: Path) -> None:
    with Client(home) as watcher, Client(home) as admin:
        events = watcher.events()
        assert isinstance(next(events), Heartbeat)
        admin.call(SetSetting(name="billing", value="on"))
        assert next(event for event in events if not isinstance(event, Heartbeat)) == SettingsChanged()
        assert watcher.call(Greet()).billing


def test_heartbeats_come_also_while_much_else_happens(home: Path) -> None:
    with Client(home) as watcher, Client(home) as admin:
        events = watcher.events()
        assert isinstance(next(events), Heartbeat)
        others = 0
        while True:
            admin.call(SetSetting(name="billing", value="on" if others % 2 else "off"))
            if isinstance(next(events), Heartbeat):
                break
            others += 1
            assert others < 100_000
        assert others > 10


def _raw(home: Path, name: str, body: bytes) -> Failed:
    folder = run_folder(home)
    token = ask_identity(home).token
    with Client(home) as client:
        assert client._flight is not None
        stream = client._flight.do_action(flight.Action(name, body), client._options())
        assert folder and token
        return msgspec.json.decode(next(iter(stream)).body.to_pybytes(), type=Failed)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("Nonsense", b"{}"),
        ("Recharge", b"{"),
        ("Recharge", b'{"numbers": "1001", "amount_micros": 5, "key": "k"}'),
        ("Recharge", b'{"numbers": ["1"], "amount_micros": 1.5, "key": "k"}'),
        ("ListCalls", b'{"limit": 5, "sql": "DROP TABLE call"}'),
        ("__class__", b"\x80\x04"),
    ],
)
def test_what_is_no_operation_gets_a_code_and_a_message_without_insides(
    home: Path, name: str, body: bytes
) -> None:
    failed = _raw(home, name, body)
    assert failed.code in ("invalid", "unknown_operation")
    assert "Traceback" not in str(failed.message)
    assert ".py" not in str(failed.message)


def test_an_invalid_field_is_named(home: Path) -> None:
    with Client(home) as client, pytest.raises(InvalidInput) as caught:
        client.call(SetSetting(name="currency", value="dollars"))
    assert caught.value.field == "currency"


def test_long_work_answers_with_its_result(home: Path) -> None:
    with Client(home) as client:
        assert client.call(Verify()).clean
        path = Path(client.call(Backup()).path)
        assert path.is_file()
        with pytest.raises(InvalidInput, match="full path"):
            client.call(Backup(folder="relative"))


def test_rows_come_as_arrow_batches(home: Path) -> None:
    with Client(home) as client:
        reader = client.stream(ExportCalls())
        assert reader.schema.names[:3] == ["started_at", "answered_at", "ended_at"]
        assert reader.read_all().num_rows == client.call(CountCalls()).calls == 0


def test_changes_are_in_the_audit_trail_without_passwords(home: Path) -> None:
    with Client(home) as client:
        client.call(SaveAccount(name="ann", new=True, account_role=Role.ADMIN, password="very secret"))
        client.sign_in(Credentials(name="ann", password="very secret"))
        rows = client.call(ListAudit()).rows
        assert "SaveAccount" in [row.action for row in rows]
        assert not any("very secret" in row.detail for row in rows)


def test_sockets_are_for_their_owner_only(home: Path) -> None:
    folder = run_folder(home)
    assert folder.stat().st_mode & 0o777 == 0o700
    for name in folder.iterdir():
        assert name.stat().st_mode & 0o777 == 0o600
    assert [name.name for name in folder.iterdir()] == [IDENTITY_SOCKET]


def test_a_second_engine_in_the_same_home_is_refused(home: Path) -> None:
    with pytest.raises(Refused, match="runs in"):
        Engine(home, background=False)
    with Client(home) as client:
        assert client.call(Greet()).operator


def test_no_engine_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(EngineDown, match="No engine answers"):
        Client(tmp_path)
    (tmp_path / "run").mkdir()
    listener = socket.socket(socket.AF_UNIX)
    listener.close()
    with pytest.raises(EngineDown):
        Client(tmp_path)
