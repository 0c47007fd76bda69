"""Coming in, through real sockets: races, guesses, the owner's way back, and what is told before."""

import os
import pwd
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.access.guesses import MAX_GUESSES, MAX_GUESSES_IN_ALL
from engine.api.calls import ExportCalls
from engine.api.client import Client, Credentials
from engine.api.extensions import (
    ExportExtensions,
    ExportLedger,
    ExportRecharges,
    ListExtensions,
    ListLedger,
    ListRecharges,
    Recharge,
    SetExtensions,
)
from engine.api.identity import ask_identity
from engine.api.operation import Operation
from engine.api.rates import ExportRates, ListRates
from engine.api.session import (
    ChangePassword,
    Greet,
    ListAccounts,
    ListAudit,
    RemoveAccount,
    ResetPassword,
    SaveAccount,
    SetPreference,
    SignIn,
)
from engine.api.site import GetSettings, GetStatus, ListQuarantine, ListSources
from engine.daemon.engine import Engine
from engine.domain.errors import InvalidInput, NotFound, NotSignedIn, PbxmeterError, Refused
from engine.domain.names import Role

ME = pwd.getpwuid(os.geteuid()).pw_name
SECRET = "long enough"


@contextmanager
def running(home: Path) -> Generator[Engine]:
    """An engine of this process."""
    engine = Engine(home, background=False)
    thread = threading.Thread(target=engine.run)
    thread.start()
    try:
        yield engine
    finally:
        engine.stop()
        thread.join(timeout=60)
        assert not thread.is_alive()


@pytest.fixture
def home(tmp_path: Path) -> Generator[Path]:
    """A running engine's home."""
    with running(tmp_path / "home"):
        yield tmp_path / "home"


@pytest.fixture
def boss(home: Path) -> Generator[Client]:
    """The first admin, signed in by password."""
    with Client(home) as client:
        client.call(_new("boss", Role.ADMIN))
        client.sign_in(Credentials(name="boss", password=SECRET))
        yield client


def _new(name: str, role: Role, password: str | None = SECRET, os_user: str | None = None) -> SaveAccount:
    return SaveAccount(name=name, new=True, account_role=role, password=password, os_user=os_user)


def _code(client: Client, operation: Operation[Any]) -> str:
    """The code of the refusal; '' = it was done."""
    try:
        client.call(operation)
    except PbxmeterError as error:
        return error.code
    return ""


@pytest.mark.parametrize("end", ["remove", "demote", "disable", "password"])
def test_no_session_survives_the_end_of_its_account_however_the_sign_in_fell(
    home: Path, boss: Client, end: str
) -> None:
    ends: dict[str, Operation[Any]] = {
        "remove": RemoveAccount(name="eve"),
        "demote": SaveAccount(name="eve", new=False, account_role=Role.VIEWER),
        "disable": SaveAccount(name="eve", new=False, enabled=False),
        "password": SaveAccount(name="eve", new=False, password="another one"),
    }
    for _round in range(3):
        boss.call(_new("eve", Role.ADMIN))
        tokens: list[str] = []
        ended, some = threading.Event(), threading.Semaphore(0)

        def knock(tokens: list[str] = tokens, ended: threading.Event = ended) -> None:
            with Client(home) as client:
                while not ended.is_set():
                    try:
                        signed_in = client.call(SignIn(name="eve", password=SECRET))
                    except PbxmeterError:
                        return
                    finally:
                        some.release()  # noqa: B023 - the loop waits for these threads
                    if signed_in.role is Role.ADMIN:
                        tokens.append(signed_in.token)

        threads = [threading.Thread(target=knock) for _ in range(3)]
        for thread in threads:
            thread.start()
        for _ in range(4):
            assert some.acquire(timeout=60)
        boss.call(ends[end])
        before = list(tokens)
        for _ in range(3):
            some.acquire(timeout=1)
        ended.set()
        for thread in threads:
            thread.join(60)
        assert before
        with Client(home) as client:
            for token in tokens:
                client._token = token  # pyright: ignore[reportPrivateUsage] - another session than its own
                with pytest.raises(NotSignedIn):
                    client.call(ListExtensions())
        if end != "remove":
            boss.call(RemoveAccount(name="eve"))


def test_a_system_users_session_ends_with_its_account_also_when_it_came_at_that_moment(
    home: Path, boss: Client
) -> None:
    boss.call(_new("eve", Role.ADMIN, password=None, os_user=ME))
    tokens: list[str] = []
    stopped, some = threading.Event(), threading.Semaphore(0)

    def knock() -> None:
        while not stopped.is_set():
            identity = ask_identity(home)
            some.release()
            if identity.token and identity.operator == "eve":
                tokens.append(identity.token)

    threads = [threading.Thread(target=knock) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        assert some.acquire(timeout=60)
    boss.call(SaveAccount(name="eve", new=False, enabled=False))
    for _ in range(20):
        assert some.acquire(timeout=60)
    stopped.set()
    for thread in threads:
        thread.join(60)
    assert tokens
    assert ask_identity(home).token == ""
    with Client(home) as client:
        for token in tokens:
            client._token = token  # pyright: ignore[reportPrivateUsage] - another session than its own
            with pytest.raises(NotSignedIn):
                client.call(ListExtensions())


def test_twenty_guesses_of_an_account_are_looked_at_from_any_number_of_connections(
    home: Path, boss: Client
) -> None:
    boss.call(_new("eve", Role.VIEWER, os_user=ME))
    codes: list[str] = []

    def guess(proof: str) -> None:
        with Client(home) as client:
            codes.extend(
                _code(client, SignIn(name="eve", password=f"guess {n}", proof=proof)) for n in range(10)
            )

    ours = ask_identity(home).proof
    threads = [threading.Thread(target=guess, args=(proof,)) for proof in (ours, "") * 8]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    looked_at = codes.count("wrong_password")
    assert len(codes) == 160
    assert set(codes) <= {"wrong_password", "too_many_guesses", "busy"}
    assert looked_at == 2 * MAX_GUESSES
    # The system user named in the account comes in all the same.
    with Client(home) as client:
        assert client.call(Greet()).operator == "eve"


def test_strangers_who_guess_neither_keep_the_owner_out_nor_grow_anything(home: Path, boss: Client) -> None:
    with Client(home) as stranger:
        codes = [
            _code(stranger, SignIn(name=("boss", f"{n}" * 1000)[n % 2], password="wrong again"))
            for n in range(2 * MAX_GUESSES_IN_ALL + 40)
        ]
    assert codes.count("wrong_password") == MAX_GUESSES_IN_ALL
    with Client(home, credentials=Credentials(name="boss", password=SECRET)) as owner:
        trail = owner.call(ListAudit(limit=1000)).rows
    wrong = [row for row in trail if row.action == "SignIn" and row.outcome == "wrong_password"]
    assert len(wrong) == MAX_GUESSES_IN_ALL
    assert sum("boss" in row.detail for row in wrong) == MAX_GUESSES
    assert all(len(row.detail) < 200 for row in wrong), "no long name is kept"
    refused = [row for row in trail if row.outcome == "too_many_guesses"]
    assert 1 <= len(refused) < 10


def test_guesses_count_beyond_a_restart(tmp_path: Path) -> None:
    home = tmp_path / "home"
    wrong = SignIn(name="boss", password="wrong again")
    with running(home):
        with Client(home) as client:
            client.call(_new("boss", Role.ADMIN))
        with Client(home) as client:
            assert [_code(client, wrong) for _ in range(MAX_GUESSES)] == ["wrong_password"] * MAX_GUESSES
    with running(home), Client(home) as client:
        assert _code(client, wrong) == "too_many_guesses"
        client.sign_in(Credentials(name="boss", password=SECRET))


def test_the_owner_of_the_home_resets_a_password_and_nobody_else_does(home: Path, boss: Client) -> None:
    with Client(home) as client:
        for proof in ("", "x", ask_identity(home).proof + "x"):
            with pytest.raises(Refused, match="owns the home"):
                client.call(ResetPassword(name="boss", password="quite another", proof=proof))
        for _ in range(MAX_GUESSES):
            assert _code(client, SignIn(name="boss", password="wrong again")) == "wrong_password"
        proof = ask_identity(home).proof
        with pytest.raises(NotFound):
            client.call(ResetPassword(name="nobody", password="quite another", proof=proof))
        with pytest.raises(InvalidInput, match="at least 8"):
            client.call(ResetPassword(name="boss", password="short", proof=proof))
        client.call(ResetPassword(name="boss", password="quite another", proof=proof))
        with pytest.raises(NotSignedIn):
            boss.call(ListExtensions())
        assert client.call(SignIn(name="boss", password="quite another")).role is Role.ADMIN
        client.sign_in(Credentials(name="boss", password="quite another"))
        client.call(_new("eve", Role.VIEWER))
        client.call(SaveAccount(name="eve", new=False, enabled=False))
        with pytest.raises(Refused, match="Wrong user name or password"):
            client.call(SignIn(name="eve", password=SECRET))
        client.call(ResetPassword(name="eve", password="let in again", proof=proof))
        assert client.call(SignIn(name="eve", password="let in again")).role is Role.VIEWER
        row = next(row for row in client.call(ListAudit()).rows if row.action == "ResetPassword")
    assert row.operator == ME
    assert "eve" in row.detail
    assert "let in" not in row.detail
    assert proof not in row.detail


def test_ones_own_password_needs_the_old_one_and_ends_ones_other_sessions(home: Path, boss: Client) -> None:
    boss.call(_new("eve", Role.VIEWER))
    eve = Credentials(name="eve", password=SECRET)
    with Client(home, credentials=eve) as here, Client(home, credentials=eve) as there:
        with pytest.raises(Refused, match="Wrong user name or password"):
            here.call(ChangePassword(old_password="not that one", password="the newer one"))
        here.call(ChangePassword(old_password=SECRET, password="the newer one"))
        assert here.call(Greet()).operator == "eve"
        with pytest.raises(NotSignedIn):
            there.call(ListExtensions())
    with pytest.raises(Refused), Client(home, credentials=eve):
        pass
    with Client(home, credentials=Credentials(name="eve", password="the newer one")):
        rows = boss.call(ListAudit()).rows
    row = next(row for row in rows if row.action == "ChangePassword")
    assert row.operator == "eve"
    assert "newer" not in row.detail
    assert SECRET not in row.detail
    boss.call(_new("cron", Role.VIEWER, password=None, os_user=ME))
    with Client(home) as cron, pytest.raises(Refused, match="no password"):
        cron.call(ChangePassword(old_password="", password="the newer one"))


def test_exports_are_for_billing_clerks(home: Path, boss: Client) -> None:
    boss.call(SetExtensions(numbers=["1"], create=True))
    for role in (Role.VIEWER, Role.BILLING):
        boss.call(_new(role.value, role))
    exports = (ExportExtensions(), ExportLedger(number="1"), ExportRecharges(), ExportRates())
    with Client(home, credentials=Credentials(name="viewer", password=SECRET)) as viewer:
        for export in exports:
            with pytest.raises(Refused, match="billing"):
                viewer.call(export)
        with pytest.raises(PbxmeterError, match="billing"):
            viewer.stream(ExportCalls()).read_all()
    with Client(home, credentials=Credentials(name="billing", password=SECRET)) as clerk:
        for export in exports:
            clerk.call(export)
        clerk.stream(ExportCalls()).read_all()


def test_before_signing_in_neither_home_nor_process_nor_size_is_told(home: Path, boss: Client) -> None:
    with Client(home) as outside:
        for told in (outside.call(Greet()), outside.call(GetStatus())):
            text = msgspec.json.encode(told).decode()
            assert str(home) not in text
            assert str(os.getpid()) not in text
        assert outside.call(GetStatus()).database_bytes == 0
    assert boss.call(Greet()).home == str(home)
    assert boss.call(GetStatus()).pid == os.getpid()


def test_only_admins_read_the_configuration_file(home: Path, boss: Client) -> None:
    (home / "config.yaml").write_text("site:\n  timezone: UTC\n")
    boss.call(_new("clerk", Role.BILLING))
    assert "timezone" in boss.call(GetSettings()).config_text
    with Client(home, credentials=Credentials(name="clerk", password=SECRET)) as clerk:
        told = clerk.call(GetSettings())
    assert told.config_text == ""
    assert told.values["billing"] == "off"


@pytest.mark.parametrize(
    "operation",
    [
        ListExtensions(limit=-1),
        ListExtensions(offset=-1),
        ListRecharges(limit=-1),
        ListLedger(number="1", limit=-1),
        ListQuarantine(limit=-5),
        ListSources(limit=-1),
        ListRates(offset=-1),
        ListAudit(limit=-1),
    ],
)
def test_a_negative_limit_is_refused_in_words(home: Path, operation: Operation[Any]) -> None:
    with Client(home) as client, pytest.raises(InvalidInput, match=">= 0"):
        client.call(operation)


@pytest.mark.parametrize(
    ("operation", "field"),
    [
        (Recharge(numbers=["1"], amount_micros=1, key="a\0b"), "key"),
        (Recharge(numbers=["1"], amount_micros=1, key="k", note="a\0"), "note"),
        (Recharge(numbers=["1", "2\0"], amount_micros=1, key="k"), "numbers"),
        (SetExtensions(numbers=["1"], create=True, name="\0"), "name"),
        (SaveAccount(name="eve", new=True, account_role=Role.ADMIN, password="long\0enough"), "password"),
        (SetPreference(name="a\0", value="x"), "name"),
        (SignIn(name="a\0", password="x"), "name"),
    ],
)
def test_a_nul_is_refused_wherever_text_is_taken(home: Path, operation: Operation[Any], field: str) -> None:
    with Client(home) as client:
        with pytest.raises(InvalidInput, match="NUL") as caught:
            client.call(operation)
        assert caught.value.field == field


def test_too_many_numbers_are_called_too_many(home: Path) -> None:
    with Client(home) as client:
        numbers = [str(number) for number in range(100_001)]
        with pytest.raises(InvalidInput, match="at most 100,000"):
            client.call(Recharge(numbers=numbers, amount_micros=1, key="k"))
        with pytest.raises(InvalidInput, match="at least one"):
            client.call(Recharge(numbers=[], amount_micros=1, key="k"))


def test_sign_ins_are_in_the_audit_trail_once_an_hour_for_each_way(home: Path, boss: Client) -> None:
    boss.call(_new("cron", Role.VIEWER, os_user=ME))
    for _ in range(5):
        ask_identity(home)
        with Client(home, credentials=Credentials(name="boss", password=SECRET)):
            pass
    boss.call(SetExtensions(numbers=["1"], create=True))
    rows = [row for row in boss.call(ListAudit()).rows if row.action == "SignIn"]
    assert sorted(row.operator for row in rows) == ["boss", "cron"]
    assert all((row.os_user, row.outcome) == (ME, "done") for row in rows)


def test_every_account_is_listed_with_whether_it_may_sign_in(boss: Client) -> None:
    boss.call(_new("eve", Role.VIEWER))
    boss.call(SaveAccount(name="eve", new=False, enabled=False))
    assert [(row.name, row.enabled) for row in boss.call(ListAccounts()).rows] == [
        ("boss", True),
        ("eve", False),
    ]
