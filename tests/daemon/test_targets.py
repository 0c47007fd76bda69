"""A real engine and its targets: a manager port, a folder and a program, through outages and restarts."""

# Alarms are asked of the parts of a running engine.
# pyright: reportPrivateUsage=false

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.settings import parse_settings
from engine.api.client import Client, connect
from engine.api.extensions import SetExtensions
from engine.api.site import ListLockouts, SyncLockouts, TargetRow
from engine.daemon.engine import Engine
from engine.daemon.targets import build_targets
from engine.lockout import reconciler
from tests.daemon.test_threads import PATIENCE_SECONDS, eventually
from tests.lockout.ami_server import SECRET, Asterisk
from tests.lockout.pbx_server import running
from tests.open_folder import open_folder

LOCKED = {"1001": "locked"}


@contextmanager
def engine_in(home: Path) -> Iterator[tuple[Engine, Client]]:
    """An engine in a thread of the test, and a client."""
    engine = Engine(home, background=False)
    thread = threading.Thread(target=engine.run, daemon=True)
    thread.start()
    client = connect(home, start=False)
    try:
        yield engine, client
    finally:
        client.close()
        engine.stop()
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()


def new_home(folder: Path, lockout: str) -> Path:
    home = folder / "home"
    home.mkdir(mode=0o700)
    secret = home / "ami.secret"
    secret.write_text(SECRET + "\n")
    secret.chmod(0o600)
    (home / "config.yaml").write_text(f"numbering: {{extensions: '1\\d{{3}}'}}\nlockout:\n{lockout}")
    return home


def ami(pbx: Asterisk, *, dry_run: bool = False) -> str:
    extra = ", dry_run: true" if dry_run else ""
    return f"  - {{kind: asterisk-ami, port: {pbx.port}, secret_file: ami.secret{extra}}}\n"


def only(client: Client) -> TargetRow:
    (row,) = client.call(ListLockouts()).targets
    return row


def test_each_kind_of_target_is_built_under_the_name_that_config_gives_it(tmp_path: Path) -> None:
    settings = parse_settings(
        "lockout: [{kind: file}, {kind: folder, path: a}, {kind: asterisk-ami, secret_file: x},\n"
        "  {kind: freeswitch-esl, password_file: y, realm: r},\n"
        "  {kind: command, run: [/bin/x, '{extension}', '{state}'], dry_run: true}]\n",
        name="config.yaml",
    )
    targets = build_targets(settings, tmp_path)
    assert [target.name for target in targets] == [entry.name for entry in settings.lockout]
    assert [target.name for target in targets] == [
        "file lockout/barred.txt",
        "folder a",
        "asterisk-ami 127.0.0.1:5038/pbxmeter",
        "freeswitch-esl 127.0.0.1:8021/r",
        "command /bin/x",
    ]
    assert [target.remote for target in targets] == [False, False, True, True, True]
    assert [target.dry_run for target in targets] == [False] * 4 + [True]


def test_a_lock_reaches_every_target_and_a_killed_pbx_gets_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciler, "LOOK_SECONDS", 0.05)
    with running(Asterisk()) as pbx, open_folder() as spool:
        home = new_home(
            tmp_path,
            ami(pbx) + f"  - {{kind: folder, path: {spool}/barred.d}}\n"
            f"  - {{kind: command, run: [/bin/sh, -c, 'echo $0 $1 >>{spool}/told', "
            "'{extension}', '{state}']}\n",
        )
        with engine_in(home) as (_engine, client):
            client.call(SetExtensions(numbers=["1001", "1002"], create=True))
            client.call(SetExtensions(numbers=["1001"], locked=True))
            lockouts = client.call(SyncLockouts())
            assert {row.state for row in lockouts.targets} == {"agrees"}
            assert [(row.extension, len(row.taken)) for row in lockouts.rows] == [("1001", 3)]
            assert pbx.family("pbxmeter") == LOCKED
            assert [path.name for path in (spool / "barred.d").iterdir()] == ["1001"]
            assert "1001 barred" in (spool / "told").read_text()
            pbx.kill()
            eventually(lambda: pbx.family("pbxmeter") == LOCKED, "written again after a kill")
            client.call(SetExtensions(numbers=["1001"], locked=False))
            eventually(lambda: pbx.family("pbxmeter") == {}, "freed")
            eventually(lambda: "1001 free" in (spool / "told").read_text(), "told to be free")


def test_a_pbx_out_of_reach_is_an_alarm_and_takes_what_it_missed_when_it_is_back(tmp_path: Path) -> None:
    with running(Asterisk()) as pbx:
        pbx.full = True
        with engine_in(new_home(tmp_path, ami(pbx))) as (engine, client):
            client.call(SetExtensions(numbers=["1001"], create=True))
            client.call(SetExtensions(numbers=["1001"], locked=True))
            assert client.call(SyncLockouts()).targets[0].state == "down"
            (alarm,) = [alarm for alarm in engine._service.alarms() if alarm.kind == "target"]
            assert "authlimit" in str(alarm.text)
            pbx.full = False
            assert client.call(SyncLockouts()).targets[0].state == "agrees"
            assert [alarm for alarm in engine._service.alarms() if alarm.kind == "target"] == []
            assert pbx.family("pbxmeter") == LOCKED


def test_a_dry_run_is_no_alarm_and_says_what_it_would_write(tmp_path: Path) -> None:
    with (
        running(Asterisk()) as pbx,
        engine_in(new_home(tmp_path, ami(pbx, dry_run=True))) as (engine, client),
    ):
        client.call(SetExtensions(numbers=["1001"], create=True))
        client.call(SetExtensions(numbers=["1001"], locked=True))
        client.call(SyncLockouts())
        row = only(client)
        assert (row.state, row.dry_run, row.pending, row.fault) == ("behind", True, 1, False)
        assert str(row.message) == "Dry run: would bar 1: 1001."
        assert pbx.writes() == []
        assert [alarm for alarm in engine._service.alarms() if alarm.kind == "target"] == []


def test_what_a_program_took_is_known_after_the_engine_was_started_anew(tmp_path: Path) -> None:
    told = tmp_path / "told"
    home = new_home(
        tmp_path,
        f"  - {{kind: command, run: [/bin/sh, -c, 'echo $0 $1 $2 >>{told}', "
        "'{extension}', '{state}', '{reason}']}\n",
    )
    with engine_in(home) as (_engine, client):
        client.call(SetExtensions(numbers=["1001"], create=True))
        client.call(SetExtensions(numbers=["1001"], locked=True))
        eventually(lambda: only(client).state == "agrees" and told.exists(), "told")
    with engine_in(home) as (_engine, client):
        eventually(lambda: only(client).state == "agrees", "compared")
        assert told.read_text() == "1001 barred locked\n"
