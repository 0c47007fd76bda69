"""The target `asterisk-ami` on a manager port that answers as a recorded Asterisk did."""

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.lockout import AmiTarget
from engine.domain.errors import PbxmeterError
from engine.domain.message import NOTHING
from engine.lockout import ami, wire
from engine.lockout.astdb import AstDb
from engine.lockout.keyed import KeyedTarget
from engine.lockout.target import Wanted
from tests.lockout.ami_server import SECRET, Asterisk
from tests.lockout.pbx_server import running

BARRED = {"1001": "locked", "1002": "over limit"}


@pytest.fixture
def pbx() -> Iterator[Asterisk]:
    with running(Asterisk()) as server:
        yield server


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits are short where nothing comes."""
    monkeypatch.setattr(ami, "LOGIN_SECONDS", 0.3)
    monkeypatch.setattr(ami, "ANSWER_SECONDS", 0.3)


def secret_file(home: Path, text: str = SECRET, mode: int = 0o600) -> str:
    path = home / "ami.secret"
    path.write_text(text + "\n")
    path.chmod(mode)
    return path.name


def target_on(pbx: Asterisk, home: Path, *, dry_run: bool = False, family: str = "pbxmeter") -> KeyedTarget:
    secret = "ami.secret" if (home / "ami.secret").exists() else secret_file(home)
    settings = AmiTarget(port=pbx.port, secret_file=secret, family=family, dry_run=dry_run)
    return KeyedTarget(settings.name, AstDb(settings, home=home), remote=True, dry_run=dry_run)


def wanted(
    barred: dict[str, str], *, full: bool = False, everybody: Callable[[], frozenset[str]] = frozenset
) -> Wanted:
    return Wanted(barred=barred, known={}, full=full, everybody=everybody)


def test_a_bar_is_a_key_with_its_reason(pbx: Asterisk, tmp_path: Path) -> None:
    target = target_on(pbx, tmp_path)
    assert target.reconcile(wanted(BARRED)).held == BARRED
    assert pbx.family("pbxmeter") == BARRED
    assert target.reconcile(wanted({"1002": "locked"})).held == {"1002": "locked"}
    assert pbx.family("pbxmeter") == {"1002": "locked"}
    assert pbx.writes() == ["DBPut", "DBPut", "DBPut", "DBDel"]


def test_what_agrees_is_not_written_and_what_has_not_changed_is_not_asked_for(
    pbx: Asterisk, tmp_path: Path
) -> None:
    target = target_on(pbx, tmp_path)
    target.reconcile(wanted(BARRED))
    pbx.actions.clear()
    target.reconcile(wanted(BARRED))
    assert pbx.actions == []
    target.reconcile(wanted(BARRED, full=True))
    assert pbx.actions == ["CoreStatus", "DBGetTree"]


def test_a_target_that_was_down_for_a_day_takes_one_write_an_extension(pbx: Asterisk, tmp_path: Path) -> None:
    many = {str(number): "over limit" for number in range(1000, 2000)}
    target_on(pbx, tmp_path).reconcile(wanted(many))
    later = {str(number): "over limit" for number in range(1500, 2500)}
    pbx.actions.clear()
    target = target_on(pbx, tmp_path)
    assert target.reconcile(wanted(later)).held == later
    assert (pbx.writes().count("DBPut"), pbx.writes().count("DBDel")) == (500, 500)
    assert pbx.family("pbxmeter") == later


def test_keys_of_others_and_twins_in_capitals_are_left_alone(pbx: Asterisk, tmp_path: Path) -> None:
    others = {
        ("PBXMETER", "1003"): "upper case family",
        ("pbxmeter", "a b%_*#+李"): 'x: y, "z"',
        ("pbxmeter", "note"): "of somebody",
        ("pbxmeter/deep", "1004"): "locked",
        ("pbxmeter2", "1005"): "locked",
        ("cidname", "1006"): "Boss",
    }
    pbx.database |= others | {("pbxmeter", "1007"): "1"}
    outcome = target_on(pbx, tmp_path).reconcile(wanted(BARRED))
    assert (outcome.held, str(outcome.message)) == (BARRED, "")
    assert pbx.database == others | {("pbxmeter", key): value for key, value in BARRED.items()}


def test_a_key_of_an_extension_with_somebody_elses_value_is_not_touched_and_named(
    pbx: Asterisk, tmp_path: Path
) -> None:
    pbx.database |= {("pbxmeter", "1001"): "Boss", ("pbxmeter", "1009"): "Cook"}
    outcome = target_on(pbx, tmp_path).reconcile(wanted(BARRED))
    assert pbx.family("pbxmeter") == {"1001": "Boss", "1009": "Cook", "1002": "over limit"}
    assert outcome.held == {"1002": "over limit"}
    assert "1001, 1009" in str(outcome.message)
    assert "database del pbxmeter KEY" in str(outcome.message)


def test_without_dbgettree_each_key_is_asked_for(pbx: Asterisk, tmp_path: Path) -> None:
    pbx.tree = False
    pbx.database |= {("pbxmeter", "1008"): "locked", ("pbxmeter", "note"): "x"}
    target = target_on(pbx, tmp_path)
    outcome = target.reconcile(wanted(BARRED, everybody=lambda: frozenset({"1008", "1009", "1001;x"})))
    assert outcome.held == BARRED
    assert pbx.family("pbxmeter") == BARRED | {"note": "x"}


def test_an_acknowledged_write_that_a_kill_loses_is_written_again(pbx: Asterisk, tmp_path: Path) -> None:
    target = target_on(pbx, tmp_path)
    target.reconcile(wanted(BARRED))
    pbx.kill()
    assert pbx.family("pbxmeter") == {}
    assert _eventually(target.lost)
    assert target.reconcile(wanted(BARRED)).held == BARRED
    assert pbx.family("pbxmeter") == BARRED


def _eventually(there: Callable[[], bool]) -> bool:
    pause = threading.Event()
    return any(there() or pause.wait(0.01) for _ in range(3000))


def test_a_write_that_does_not_show_is_an_error_and_not_believed(pbx: Asterisk, tmp_path: Path) -> None:
    pbx.deaf = True
    target = target_on(pbx, tmp_path)
    with pytest.raises(PbxmeterError, match=r"took 2 changes and does not show them: 1001, 1002"):
        target.reconcile(wanted(BARRED))
    pbx.deaf = False
    assert target.reconcile(wanted(BARRED)).held == BARRED


@pytest.mark.parametrize("moment", ["Challenge", "Login", "CoreStatus", "DBGetTree", "DBPut", "DBDel"])
@pytest.mark.parametrize("fault", ["close", "kill", "kill after"])
def test_a_connection_that_ends_at_any_moment_is_an_error_and_the_next_one_puts_it_right(
    pbx: Asterisk, tmp_path: Path, moment: str, fault: str
) -> None:
    pbx.database[("pbxmeter", "1009")] = "locked"
    faults = [fault]
    pbx.fault = lambda action: faults.pop() if faults and action == moment else ""
    target = target_on(pbx, tmp_path)
    with pytest.raises(PbxmeterError):
        target.reconcile(wanted(BARRED))
    assert target.reconcile(wanted(BARRED, full=True)).held == BARRED
    assert pbx.family("pbxmeter") == BARRED


@pytest.mark.parametrize("piece", [1, 2, 3, 7])
def test_packets_may_come_in_pieces_and_glued_to_megabytes_of_events(
    pbx: Asterisk, tmp_path: Path, piece: int
) -> None:
    event = (
        b"Event: VarSet\r\nPrivilege: dialplan,all\r\nChannel: Local/1@x-0;2\r\nActionID: pbxmeter-x\r\n\r\n"
    )
    if piece > 3:
        pbx.noise = event * (3_000_000 // len(event))
    else:
        pbx.piece, pbx.noise = piece, event * 2
    assert target_on(pbx, tmp_path).reconcile(wanted(BARRED)).held == BARRED


def test_events_that_come_unasked_between_comparisons_do_not_pile_up(pbx: Asterisk, tmp_path: Path) -> None:
    target = target_on(pbx, tmp_path)
    target.reconcile(wanted(BARRED))
    (connection,) = pbx.sockets
    event = b"Event: UserEvent\r\nX: " + b"y" * 500 + b"\r\n\r\n"
    for _ in range(20):
        connection.sendall(event * 2000)
        assert not target.lost()
    assert target.reconcile(wanted(BARRED, full=True)).held == BARRED


def test_a_line_without_an_end_is_given_up(
    pbx: Asterisk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "MOST_BUFFERED", 100_000)
    pbx.noise = b"x" * 300_000
    with pytest.raises(PbxmeterError, match="sends without an end"):
        target_on(pbx, tmp_path).reconcile(wanted(BARRED))


@pytest.mark.usefixtures("impatient")
def test_a_frozen_asterisk_is_given_up_and_taken_again(pbx: Asterisk, tmp_path: Path) -> None:
    target = target_on(pbx, tmp_path)
    pbx.frozen = True
    with pytest.raises(PbxmeterError, match="does not answer"):
        target.reconcile(wanted(BARRED))
    pbx.frozen = False
    target.reconcile(wanted(BARRED))
    pbx.frozen = True
    with pytest.raises(PbxmeterError, match="does not answer"):
        target.reconcile(wanted({}))
    pbx.frozen = False
    assert target.reconcile(wanted({})).held == {}


def test_nobody_listens_is_said_with_the_place(pbx: Asterisk, tmp_path: Path) -> None:
    settings = AmiTarget(port=1, secret_file=secret_file(tmp_path))
    target = KeyedTarget(settings.name, AstDb(settings, home=tmp_path), remote=True, dry_run=False)
    with pytest.raises(PbxmeterError, match=r"127\.0\.0\.1:1 cannot be reached: Connection refused"):
        target.reconcile(wanted(BARRED))


def test_a_wrong_secret_is_said_and_stands_in_no_message_or_log(
    pbx: Asterisk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret_file(tmp_path, "wrong-but-secret")
    with pytest.raises(
        PbxmeterError, match="refused the login of pbxmeter: Authentication failed"
    ) as refused:
        target_on(pbx, tmp_path).reconcile(wanted(BARRED))
    assert "wrong-but-secret" not in f"{refused.value} {refused.value!r} {caplog.text}"


def test_with_authlimit_reached_the_reason_is_named(pbx: Asterisk, tmp_path: Path) -> None:
    pbx.full = True
    with pytest.raises(PbxmeterError, match="authlimit"):
        target_on(pbx, tmp_path).reconcile(wanted(BARRED))


def test_the_secret_crosses_the_wire_only_where_no_challenge_is_offered(
    pbx: Asterisk, tmp_path: Path
) -> None:
    target_on(pbx, tmp_path).reconcile(wanted({}))
    assert "secret" not in pbx.logins[0]
    assert pbx.logins[0]["events"] == "off"
    pbx.challenge = False
    target_on(pbx, tmp_path).reconcile(wanted({}))
    assert pbx.logins[1]["secret"] == SECRET


@pytest.mark.parametrize("write", [frozenset(), frozenset({"call"}), frozenset({"reporting"})])
def test_missing_rights_are_said_by_name(pbx: Asterisk, tmp_path: Path, write: frozenset[str]) -> None:
    pbx.write = write
    action = "DBPut" if "reporting" in write else "CoreStatus"
    with pytest.raises(
        PbxmeterError, match=rf"the account pbxmeter may not use {action}\. Give it write=system"
    ):
        target_on(pbx, tmp_path).reconcile(wanted(BARRED))


def test_another_service_on_the_port_is_no_manager_port(
    tmp_path: Path, pbx: Asterisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            connection.sendall(b"SSH-2.0-\x1b[31mOpenSSH\r\n")

        threading.Thread(target=serve, daemon=True).start()
        settings = AmiTarget(port=listener.getsockname()[1], secret_file=secret_file(tmp_path))
        target = KeyedTarget(settings.name, AstDb(settings, home=tmp_path), remote=True, dry_run=False)
        with pytest.raises(PbxmeterError, match="no manager port of Asterisk") as refused:
            target.reconcile(wanted({}))
        assert "\x1b" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        (SECRET, 0o640, r"others may read the secret \(mode 0640\)"),
        (SECRET, 0o604, r"others may read the secret"),
        ("", 0o600, "one line of printable ASCII"),
        ("two\nlines", 0o600, "one line of printable ASCII"),
        ("x\rAction: Command", 0o600, "one line of printable ASCII"),
        ("密码", 0o600, "one line of printable ASCII"),
        ("x" * 2000, 0o600, "one line of printable ASCII"),
    ],
)
def test_a_secret_that_others_can_read_or_that_is_none_is_not_used(
    pbx: Asterisk, tmp_path: Path, text: str, mode: int, said: str
) -> None:
    secret_file(tmp_path, text, mode)
    with pytest.raises(PbxmeterError, match=said) as refused:
        target_on(pbx, tmp_path).reconcile(wanted({}))
    assert not text or text not in str(refused.value)
    assert pbx.actions == []


def test_a_missing_secret_is_said(pbx: Asterisk, tmp_path: Path) -> None:
    target = target_on(pbx, tmp_path)
    (tmp_path / "ami.secret").unlink()
    with pytest.raises(PbxmeterError, match=r"ami\.secret: the secret cannot be read: No such file"):
        target.reconcile(wanted({}))


def test_a_dry_run_says_what_would_be_written_and_writes_nothing(pbx: Asterisk, tmp_path: Path) -> None:
    pbx.database[("pbxmeter", "1009")] = "locked"
    outcome = target_on(pbx, tmp_path, dry_run=True).reconcile(wanted(BARRED))
    assert str(outcome.plan) == "Dry run: would bar 2: 1001, 1002. Dry run: would free 1: 1009."
    assert outcome.held == {"1009": "locked"}
    assert pbx.writes() == []
    assert pbx.family("pbxmeter") == {"1009": "locked"}


def test_two_engines_on_one_family_are_told_of(pbx: Asterisk, tmp_path: Path) -> None:
    one, two = target_on(pbx, tmp_path), target_on(pbx, tmp_path)
    messages: list[str] = []
    for _ in range(4):
        messages.append(str(one.reconcile(wanted(BARRED, full=True)).message))
        two.reconcile(wanted({"1003": "locked"}, full=True))
    assert messages[:2] == ["", ""]
    assert "a second pbxmeter, or a person" in messages[-1]


def test_one_change_at_the_console_is_put_right_without_a_word(pbx: Asterisk, tmp_path: Path) -> None:
    target = target_on(pbx, tmp_path)
    target.reconcile(wanted(BARRED))
    del pbx.database[("pbxmeter", "1001")]
    assert target.reconcile(wanted(BARRED, full=True)).message == NOTHING
    assert target.reconcile(wanted(BARRED, full=True)).message == NOTHING
    assert pbx.family("pbxmeter") == BARRED


def test_a_star_is_an_extension_like_another(pbx: Asterisk, tmp_path: Path) -> None:
    barred = {"*": "locked", "#2": "locked", "+49": "over limit", "12a": "locked"}
    assert target_on(pbx, tmp_path).reconcile(wanted(barred)).held == barred
    assert pbx.family("pbxmeter") == barred
