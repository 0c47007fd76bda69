"""Another system user at the sockets: who is let in by `engine.socket_group`, and as whom."""

import grp
import json
import os
import pwd
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from engine.api.client import Client, Credentials
from engine.api.session import SaveAccount
from engine.daemon.engine import Engine
from engine.domain.names import Role

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another system user")

ROOT = Path(__file__).parents[2]
CLERK = "nobody"
AS_ANOTHER = """
import io, json, os, pwd, sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
# All is imported before the change of user, who may not read the sources.
import click.shell_completion
import tui.commands.extensions
import tui.commands.users
import tui.commands.export
from engine.api.client import Client, connect
from engine.api.identity import ask_identity
from engine.api.session import Greet, ResetPassword
from engine.domain.errors import PbxmeterError
from tui.commands.program import run_command

user, home = pwd.getpwnam(sys.argv[1]), Path(sys.argv[3])
os.setgroups([int(group) for group in sys.argv[2].split(",") if group])
os.setgid(user.pw_gid)
os.setuid(user.pw_uid)
os.environ["HOME"] = "/"
told = {}

def tried(name, work):
    try:
        told[name] = work()
    except PbxmeterError as error:
        told[name] = f"{error.code}: {error}"
    except OSError as error:
        told[name] = type(error).__name__

def greeted():
    with connect(home, start=False) as client:
        greeting = client.call(Greet())
        return [greeting.operator, greeting.role]

def reset():
    with Client(home) as client:
        proof = ask_identity(home).proof
        client.call(ResetPassword(name="boss", password="mine from now on", proof=proof))

def listed():
    said, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(said), redirect_stderr(errors):
        code = run_command(["--home", str(home), "extensions", "list"])
    return [code, errors.getvalue()]

tried("greeting", greeted)
tried("reset", reset)
tried("listed", listed)
tried("folder", lambda: os.listdir(home))
tried("database", lambda: open(home / "pbxmeter.duckdb").read(1))
tried("configuration", lambda: open(home / "config.yaml").read(1))
print(json.dumps(told))
"""


@pytest.fixture
def home() -> Generator[Path]:
    """A home on a way that everybody may go."""
    with tempfile.TemporaryDirectory(prefix="pbxmeter-doors-") as folder:
        Path(folder).chmod(0o755)
        home = Path(folder) / "home"
        home.mkdir(mode=0o700)
        yield home


@contextmanager
def _running(home: Path) -> Generator[None]:
    engine = Engine(home, background=False)
    thread = threading.Thread(target=engine.run)
    thread.start()
    try:
        yield
    finally:
        engine.stop()
        thread.join(timeout=60)


def _group() -> grp.struct_group:
    """A group of this host that the clerk's own is not."""
    own = pwd.getpwnam(CLERK).pw_gid
    return next(group for group in grp.getgrall() if group.gr_gid not in (0, own))


def _as_clerk(home: Path, *groups: int) -> Any:
    """What the clerk, in further groups, is told."""
    done = subprocess.run(
        [sys.executable, "-c", AS_ANOTHER, CLERK, ",".join(map(str, groups)), str(home)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _configure(home: Path, group: str) -> None:
    (home / "config.yaml").write_text(f"engine:\n  socket_group: {group}\n", encoding="utf-8")
    (home / "config.yaml").chmod(0o600)


def test_without_a_socket_group_another_user_is_told_what_to_ask_for(home: Path) -> None:
    with _running(home):
        told = _as_clerk(home, _group().gr_gid)
    assert told["greeting"].startswith("engine_down: You may not open the engine's socket")
    assert "engine.socket_group" in told["greeting"]
    code, errors = told["listed"]
    assert code == 1
    assert "engine.socket_group" in errors


def test_a_member_of_the_socket_group_passes_the_home_and_sees_nothing_else_in_it(home: Path) -> None:
    group = _group()
    _configure(home, group.gr_name)
    with _running(home):
        assert (stat.S_IMODE(home.stat().st_mode), home.stat().st_gid) == (0o710, group.gr_gid)
        run = home / "run"
        assert stat.S_IMODE(run.stat().st_mode) == 0o750
        for socket in run.iterdir():
            assert (stat.S_IMODE(socket.stat().st_mode), socket.stat().st_gid) == (0o660, group.gr_gid)
        told = _as_clerk(home, group.gr_gid)
        stranger = _as_clerk(home)
    assert {told[name] for name in ("folder", "database", "configuration")} == {"PermissionError"}
    assert stranger["greeting"].startswith("engine_down: You may not open")


def test_without_accounts_a_member_of_the_group_is_nobody_and_is_told_to_ask_for_an_account(
    home: Path,
) -> None:
    group = _group()
    _configure(home, group.gr_name)
    with _running(home):
        told = _as_clerk(home, group.gr_gid)
        with Client(home) as owner:
            owner.call(SaveAccount(name="boss", new=True, account_role=Role.ADMIN, password="long enough"))
    assert told["greeting"] == ["", None]
    code, errors = told["listed"]
    assert code == 1
    assert "Ask for an account" in errors


def test_a_clerk_with_a_system_user_of_his_own_works_by_his_account_only(home: Path) -> None:
    group = _group()
    _configure(home, group.gr_name)
    boss = Credentials(name="boss", password="long enough")
    with _running(home):
        with Client(home) as owner:
            owner.call(SaveAccount(name="boss", new=True, account_role=Role.ADMIN, password=boss.password))
            owner.sign_in(boss)
            clerk = SaveAccount(name="clerk", new=True, account_role=Role.BILLING, os_user=CLERK)
            owner.call(clerk)
        told = _as_clerk(home, group.gr_gid)
        with Client(home, credentials=boss):
            pass
    assert told["greeting"] == ["clerk", "billing"]
    assert told["listed"][0] == 0
    assert told["reset"].startswith("role: Only root and the system user who owns the home")
