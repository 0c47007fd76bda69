"""What goes on ends with the right to it: events, exports and long work of accounts that are changed."""

from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from engine.api.calls import ExportCalls
from engine.api.client import Client
from engine.api.events import Heartbeat
from engine.api.files import import_files
from engine.api.operation import Operation, Progress
from engine.api.session import Nothing, RemoveAccount, SaveAccount
from engine.api.site import Verify
from engine.domain.errors import NotSignedIn, PbxmeterError, Refused
from engine.domain.names import Role
from sample_cdr import bulk, generate
from tests.service.engines import account, running, with_admin

ROWS = 150_000
ENDS: dict[str, Callable[[str], Operation[Nothing]]] = {
    "removed": lambda name: RemoveAccount(name=name),
    "demoted": lambda name: SaveAccount(name=name, new=False, account_role=Role.VIEWER),
    "password": lambda name: SaveAccount(name=name, new=False, password="another password"),
}
MANY_HEARTBEATS = 20
"""They come every two seconds; events that go on for so many go on for ever."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Generator[Path]:
    """An engine with accounts and so many calls that an export of them takes a while."""
    folder = tmp_path_factory.mktemp("rights")
    calls = folder / "calls.csv"
    generate.write(calls, bulk.blocks(1, rows=ROWS, extensions=20))
    with running(folder / "home"):
        with Client(folder / "home") as client:
            import_files(client, [calls], form="asterisk-csv")
        yield folder / "home"


@pytest.fixture(scope="module")
def admin(home: Path) -> Generator[Client]:
    """Signed in by password."""
    with Client(home) as client:
        yield with_admin(client)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Calls whose import takes some seconds."""
    path = tmp_path_factory.mktemp("many") / "calls.csv"
    generate.write(path, bulk.blocks(2, rows=4 * ROWS, extensions=20))
    return path


@pytest.mark.parametrize("end", ENDS)
def test_events_end(home: Path, admin: Client, end: str) -> None:
    name = f"events-{end}"
    with Client(home, credentials=account(admin, name, Role.BILLING)) as client:
        events = client.events()
        assert isinstance(next(events), Heartbeat)
        admin.call(ENDS[end](name))
        with pytest.raises(NotSignedIn):
            for _ in range(MANY_HEARTBEATS):
                next(events)


@pytest.mark.parametrize("end", ENDS)
def test_an_export_ends(home: Path, admin: Client, end: str) -> None:
    name = f"export-{end}"
    with Client(home, credentials=account(admin, name, Role.BILLING)) as client:
        reader = client.stream(ExportCalls())
        rows = reader.read_next_batch().num_rows
        admin.call(ENDS[end](name))
        # What was on its way when the account ended may still arrive; a heartbeat later nothing sets out.
        events = admin.events()
        assert [isinstance(next(events), Heartbeat) for _ in range(2)]
        with pytest.raises(NotSignedIn):
            for batch in reader:
                rows += batch.num_rows
        assert rows < ROWS


@pytest.mark.parametrize("end", ENDS)
def test_long_work_ends(home: Path, admin: Client, many: Path, end: str) -> None:
    name = f"work-{end}"
    steps: list[Progress] = []

    def end_it(step: Progress) -> None:
        if not steps:
            admin.call(ENDS[end](name))
        steps.append(step)

    with (
        Client(home, credentials=account(admin, name, Role.BILLING)) as client,
        pytest.raises((NotSignedIn, Refused)),
    ):
        import_files(client, [many], form="asterisk-csv", progress=end_it)
    assert steps


def test_who_is_still_allowed_goes_on(home: Path, admin: Client) -> None:
    with Client(home, credentials=account(admin, "stays", Role.BILLING)) as client:
        events = client.events()
        assert [isinstance(next(events), Heartbeat) for _ in range(3)]
        assert client.call(Verify()).clean
        assert sum(batch.num_rows for batch in client.stream(ExportCalls())) >= ROWS


def test_a_client_without_a_session_is_told_so_for_all_but_signing_in(home: Path, admin: Client) -> None:
    with Client(home) as outside:
        asked: tuple[Callable[[], object], ...] = (
            lambda: outside.call(Verify()),
            lambda: next(outside.events()),
            lambda: outside.stream(ExportCalls()),
            lambda: import_files(outside, [Path(__file__)]),
        )
        for ask in asked:
            with pytest.raises(PbxmeterError) as caught:
                ask()
            assert caught.value.code == "not_signed_in"
