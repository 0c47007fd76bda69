"""Clients that mean harm: whatever they send, the engine answers others, and neither memory nor log grows."""

import contextlib
import os
import re
import resource
import socket
import threading
from collections.abc import Generator
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.flight as flight
import pytest

from engine.api.client import EVENTS_ACTION, Client
from engine.api.home import IDENTITY_SOCKET, LOG_FILE, run_folder
from engine.api.identity import MAX_REQUEST_BYTES, ask_identity, enter
from engine.api.operation import Failed
from engine.api.session import Greet, SignIn
from engine.api.site import GetStatus
from engine.domain.errors import EngineDown, NotSignedIn, Refused
from engine.service.identity import MAX_CONNECTIONS
from tests.service.engines import own_process

MB = 1 << 20
MOST_MORE_MEMORY = 32 * MB
MOST_LOG_LINES = 40


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Generator[Path]:
    """An engine in a process of its own."""
    home = tmp_path_factory.mktemp("hostile") / "home"
    with own_process(home):
        yield home


@pytest.fixture(autouse=True)
def unharmed(home: Path) -> Generator[None]:
    """After each test the engine answers, and its log is short."""
    yield
    with Client(home) as client:
        assert client.call(Greet()).operator
    log = (home / LOG_FILE).read_text(errors="replace")
    assert log.count("\n") < MOST_LOG_LINES, log
    assert "Traceback" not in log


def _knock(home: Path) -> socket.socket:
    folder = os.open(run_folder(home), os.O_PATH)
    try:
        link = socket.socket(socket.AF_UNIX)
        link.connect(f"/proc/self/fd/{folder}/{IDENTITY_SOCKET}")
        link.settimeout(30)
        return link
    finally:
        os.close(folder)


def _peak(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024  # pyright: ignore[reportOptionalSubscript]


def _pid(home: Path) -> int:
    with Client(home) as client:
        return client.call(GetStatus()).pid


def _send_much(home: Path, beginning: bytes, size: int) -> None:
    block = b"x" * MB
    with _knock(home) as link, contextlib.suppress(OSError):
        link.sendall(beginning)
        for _ in range(size // MB):
            link.sendall(block)


def test_nothing_that_is_sent_without_a_session_takes_memory(home: Path) -> None:
    pid = _pid(home)
    # What one hash of a password takes is not what senders can raise.
    with Client(home) as client, pytest.raises(Refused):
        client.call(SignIn(name="nobody", password="wrong password"))
    before = _peak(pid)
    beginnings = (
        b'{"type":"ask","operation":"',
        b'{"type":"give","token":"',
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"",
    )
    threads = [threading.Thread(target=_send_much, args=(home, start, 300 * MB)) for start in beginnings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(20):
        with _knock(home) as link:
            name = f"{number}" + "n" * (MAX_REQUEST_BYTES - 200)
            body = (
                b'{"type":"ask","operation":"SignIn","body":{"name":"%s","password":"p"}}\n' % name.encode()
            )
            link.sendall(body)
            link.recv(MB)
    assert _peak(pid) - before < MOST_MORE_MEMORY


def test_nobody_reaches_flight_without_a_session(home: Path) -> None:
    with pytest.raises(NotSignedIn):
        enter(home, "")
    with pytest.raises(NotSignedIn):
        enter(home, "x" * 43)
    assert [entry.name for entry in run_folder(home).iterdir()] == [IDENTITY_SOCKET]


@pytest.mark.parametrize(
    "request_line",
    [
        b"",
        b"\n",
        b"{}\n",
        b"\xff\xfe\x00\n",
        b'{"type":"enter"}\n',
        b'{"type":"give","token":""}\n',
        b'{"type":"ask","operation":"Recharge","body":{}}\n',
        b'{"type":"ask","operation":"Nonsense","body":{}}\n',
        b'{"type":"ask","operation":"SignIn","body":{"name":1}}\n',
        b'{"type":"ask","operation":"SignIn","body":' + b"[" * 30_000 + b"}\n",
        b"[" * 60_000 + b"\n",
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused_with_code_and_message(home: Path, request_line: bytes) -> None:
    with _knock(home) as link:
        link.sendall(request_line)
        link.shutdown(socket.SHUT_WR)
        answer = link.recv(MB)
    if request_line.endswith(b"\n") and answer:
        failed = msgspec.json.decode(answer, type=Failed)
        assert failed.code in ("invalid", "not_signed_in", "unknown_operation")
        assert ".py" not in str(failed.message)


def test_connections_that_say_nothing_keep_nobody_out(home: Path) -> None:
    silent = [_knock(home) for _ in range(2 * MAX_CONNECTIONS)]
    with Client(home) as client:
        assert client.call(Greet()).operator
    for link in silent:
        link.close()


def test_descriptors_beside_any_request_are_closed(home: Path) -> None:
    pid = _pid(home)

    def given(count: int, line: bytes) -> None:
        with _knock(home) as link, Path(__file__).open() as file:
            socket.send_fds(link, [line], [file.fileno()] * count)
            link.recv(MB)

    given(1, b'{"type":"identify"}\n')
    before = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    for _ in range(20):
        given(30, b'{"type":"identify"}\n')
        given(30, b'{"type":"give","token":"nobody"}\n')
        given(200, b'{"type":"identify"}\n')
    assert len(list(Path(f"/proc/{pid}/fd").iterdir())) < before + 30


@contextlib.contextmanager
def _flight(home: Path) -> Generator[tuple[flight.FlightClient, flight.FlightCallOptions]]:
    """Flight as somebody who is signed in may use it."""
    token = ask_identity(home).token
    door = enter(home, token)
    options = flight.FlightCallOptions(headers=[(b"authorization", f"Bearer {token}".encode())])
    try:
        with flight.FlightClient(f"grpc+unix:///proc/self/fd/{door}") as client:
            yield client, options
    finally:
        os.close(door)


@pytest.mark.parametrize(
    "ticket",
    [
        b"",
        b"\x00\xff\xfe",
        b"{}",
        b'["ExportCalls"]',
        b'["ExportCalls", 5]',
        b'["ExportCalls", {"filter": 1}]',
        b'["Nonsense", {}]',
        b'["Verify", {}]',
        b"[" * 100_000,
        b'["ExportCalls", ' + b'{"a":' * 100_000,
    ],
)
def test_malformed_tickets_are_refused_with_code_and_message(home: Path, ticket: bytes) -> None:
    with _flight(home) as (client, options):
        for _ in range(30):
            with pytest.raises(flight.FlightServerError) as caught:
                client.do_get(flight.Ticket(ticket), options).read_all()
            failed = msgspec.json.decode(caught.value.extra_info, type=Failed)
            assert failed.code in ("invalid", "unknown_operation")
            assert "Traceback" not in str(caught.value)


@pytest.mark.parametrize("signed_in", [True, False])
def test_flights_own_methods_are_refused_without_insides(home: Path, signed_in: bool) -> None:
    path = flight.FlightDescriptor.for_path("x")
    schema = pa.schema([("a", pa.int64())])
    with _flight(home) as (client, options):
        options = options if signed_in else None
        assert client.get_schema(path, options).schema.names == []

        def put() -> None:
            writer, reader = client.do_put(path, schema, options)
            with writer:
                writer.write_batch(pa.record_batch({"a": [1]}))
                writer.done_writing()
                reader.read()

        def exchange() -> None:
            writer, reader = client.do_exchange(path, options)
            with writer:
                writer.done_writing()
                reader.read_chunk()

        for ask in (
            lambda: list(client.list_flights(b"", options)),
            lambda: client.get_flight_info(path, options),
            lambda: client.list_actions(),
            put,
            exchange,
        ):
            for _ in range(30):
                with pytest.raises((flight.FlightServerError, pa.ArrowException, OSError)) as caught:
                    ask()
                assert "Traceback" not in str(caught.value)
                assert ".py" not in str(caught.value)


@pytest.mark.parametrize("name", ["Recharge", EVENTS_ACTION, "ListCalls", "Nonsense", "Ingest"])
@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\x00", b"[" * 100_000, b'{"limit": 1' + b"0" * 4000 + b"}"]
)
def test_bodies_that_are_no_operation_or_come_without_a_session_are_refused(
    home: Path, name: str, body: bytes
) -> None:
    with _flight(home) as (client, options):
        (answer,) = list(client.do_action(flight.Action(name, body)))
        assert msgspec.json.decode(answer.body.to_pybytes(), type=Failed).code in (
            "not_signed_in",
            "unknown_operation",
        )
        if name != EVENTS_ACTION:
            (answer,) = list(client.do_action(flight.Action(name, body), options))
            failed = msgspec.json.decode(answer.body.to_pybytes(), type=Failed)
            assert failed.code in ("invalid", "unknown_operation")


@pytest.mark.parametrize(
    "garbage", [b"\x00" * 100, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 1000, b"GET /\r\n"]
)
def test_raw_bytes_at_flights_socket_end_their_connection_only(home: Path, garbage: bytes) -> None:
    door = enter(home, ask_identity(home).token)
    for _ in range(50):
        with socket.socket(socket.AF_UNIX) as link, contextlib.suppress(OSError):
            link.connect(f"/proc/self/fd/{door}")
            link.sendall(garbage)
    os.close(door)


def test_an_engine_short_of_descriptors_answers_again_when_there_are_some(home: Path) -> None:
    pid = _pid(home)
    usual = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, usual[1]))
    try:
        waiting = [_knock(home) for _ in range(20)]
        with pytest.raises(EngineDown), _impatient():
            ask_identity(home)
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, usual)
    for link in waiting:
        link.close()


@contextlib.contextmanager
def _impatient() -> Generator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.api.identity.TIMEOUT_SECONDS", 1.0)
        patch.setattr("engine.api.identity._exchange.__kwdefaults__", {"descriptors": (), "seconds": 1.0})
        yield
