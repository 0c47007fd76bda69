"""The target `freeswitch-esl` on an event socket that answers as its source says."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.lockout import EslTarget
from engine.domain.errors import PbxmeterError
from engine.lockout.keyed import KeyedTarget
from engine.lockout.mod_db import ModDb
from engine.lockout.target import Wanted
from tests.lockout.esl_server import PASSWORD, FreeSwitch
from tests.lockout.pbx_server import running

BARRED = {"1001": "locked", "1002": "over limit"}


@pytest.fixture
def pbx() -> Iterator[FreeSwitch]:
    with running(FreeSwitch()) as server:
        yield server


def target_on(pbx: FreeSwitch, home: Path, *, username: str = "", dry_run: bool = False) -> KeyedTarget:
    path = home / "esl.secret"
    if not path.exists():
        path.write_text(PASSWORD + "\n")
        path.chmod(0o600)
    settings = EslTarget(port=pbx.port, password_file=path.name, username=username, dry_run=dry_run)
    return KeyedTarget(settings.name, ModDb(settings, home=home), remote=True, dry_run=dry_run)


def wanted(
    barred: dict[str, str], *, full: bool = False, everybody: Callable[[], frozenset[str]] = frozenset
) -> Wanted:
    return Wanted(barred=barred, known={}, full=full, everybody=everybody)


def writes(pbx: FreeSwitch) -> list[str]:
    return [command for command in pbx.commands if "insert" in command or "delete" in command]


def test_a_bar_is_a_key_of_the_realm_with_its_reason(pbx: FreeSwitch, tmp_path: Path) -> None:
    target = target_on(pbx, tmp_path)
    assert target.reconcile(wanted(BARRED)).held == BARRED
    assert pbx.realm("pbxmeter") == BARRED
    assert target.reconcile(wanted({"1002": "locked", "*": "locked"})).held == {
        "1002": "locked",
        "*": "locked",
    }
    assert pbx.realm("pbxmeter") == {"1002": "locked", "*": "locked"}
    pbx.commands.clear()
    target.reconcile(wanted({"1002": "locked", "*": "locked"}, full=True))
    assert writes(pbx) == []


def test_keys_of_others_are_left_alone(pbx: FreeSwitch, tmp_path: Path) -> None:
    others = [("other", "1003", "locked"), ("pbxmeter", "note", "x"), ("pbxmeter", "1004", "Boss")]
    pbx.rows += [*others, ("pbxmeter", "1005", "locked")]
    outcome = target_on(pbx, tmp_path).reconcile(wanted(BARRED))
    assert outcome.held == BARRED
    assert "1004" in str(outcome.message)
    assert sorted(pbx.rows) == sorted([*others, *(("pbxmeter", *item) for item in BARRED.items())])


def test_a_list_that_is_cut_without_a_word_is_completed_key_by_key(pbx: FreeSwitch, tmp_path: Path) -> None:
    everybody = [str(number) for number in range(10_000, 12_000)]
    pbx.rows += [("pbxmeter", number, "locked") for number in everybody]
    barred = dict.fromkeys(everybody[::2], "locked")
    target = target_on(pbx, tmp_path)
    assert target.reconcile(wanted(barred, everybody=lambda: frozenset(everybody))).held == barred
    assert pbx.realm("pbxmeter") == barred


def test_a_key_that_the_cut_made_of_a_longer_one_is_not_believed(pbx: FreeSwitch, tmp_path: Path) -> None:
    """The list ends in the middle of a number; what is left of it is somebody else's."""
    numbers = [str(number) for number in range(10_000, 10_700)]
    barred = dict.fromkeys(numbers, "locked")
    target = target_on(pbx, tmp_path)
    target.reconcile(wanted(barred))
    assert len(pbx.db("list/pbxmeter").split(",")[-1]) < 5
    pbx.commands.clear()
    assert target.reconcile(wanted(barred, full=True)).held == barred
    assert writes(pbx) == []


def test_an_old_mod_db_without_list_is_asked_key_by_key(pbx: FreeSwitch, tmp_path: Path) -> None:
    pbx.old = True
    pbx.rows.append(("pbxmeter", "1009", "locked"))
    target = target_on(pbx, tmp_path)
    assert target.reconcile(wanted(BARRED, everybody=lambda: frozenset({"1009"}))).held == BARRED
    assert pbx.realm("pbxmeter") == BARRED


def test_an_ok_that_nothing_was_done_for_is_not_believed(pbx: FreeSwitch, tmp_path: Path) -> None:
    pbx.deaf = True
    with pytest.raises(PbxmeterError, match="took 2 changes and does not show them"):
        target_on(pbx, tmp_path).reconcile(wanted(BARRED))


@pytest.mark.parametrize("word", ["auth", "list", "select", "insert", "delete"])
@pytest.mark.parametrize("fault", ["close", "close after"])
def test_a_connection_that_ends_at_any_moment_is_put_right_by_the_next(
    pbx: FreeSwitch, tmp_path: Path, word: str, fault: str
) -> None:
    pbx.rows.append(("pbxmeter", "1009", "locked"))
    faults = [fault]
    pbx.fault = lambda command: faults.pop() if faults and word in command else ""
    target = target_on(pbx, tmp_path)
    with pytest.raises(PbxmeterError):
        target.reconcile(wanted(BARRED))
    assert target.reconcile(wanted(BARRED)).held == BARRED
    assert pbx.realm("pbxmeter") == BARRED


@pytest.mark.parametrize("piece", [1, 5])
def test_packets_may_come_in_pieces_and_between_events(pbx: FreeSwitch, tmp_path: Path, piece: int) -> None:
    body = b"Event-Name: HEARTBEAT\n\nX: 1\n\n"
    pbx.piece = piece
    pbx.noise = b"Content-Length: %d\nContent-Type: text/event-plain\n\n" % len(body) + body
    assert target_on(pbx, tmp_path).reconcile(wanted(BARRED)).held == BARRED


def test_what_refuses_is_said_by_name(pbx: FreeSwitch, tmp_path: Path) -> None:
    target = target_on(pbx, tmp_path)
    pbx.password = "another"
    with pytest.raises(PbxmeterError, match="refused the login: -ERR invalid") as refused:
        target.reconcile(wanted(BARRED))
    assert PASSWORD not in str(refused.value)
    pbx.password = PASSWORD
    pbx.loaded = False
    with pytest.raises(PbxmeterError, match="there is no command db: load mod_db"):
        target.reconcile(wanted(BARRED))
    pbx.rude = True
    with pytest.raises(PbxmeterError, match="apply-inbound-acl"):
        target.reconcile(wanted(BARRED))


def test_a_user_of_the_directory_needs_no_more_than_db(pbx: FreeSwitch, tmp_path: Path) -> None:
    pbx.users["pbxmeter@office"] = (PASSWORD, "db")
    assert target_on(pbx, tmp_path, username="pbxmeter@office").reconcile(wanted(BARRED)).held == BARRED
    pbx.users["pbxmeter@office"] = (PASSWORD, "status")
    with pytest.raises(PbxmeterError, match="may not use the command db: put it into esl-allowed-api"):
        target_on(pbx, tmp_path, username="pbxmeter@office").reconcile(wanted(BARRED))


def test_a_dry_run_writes_nothing(pbx: FreeSwitch, tmp_path: Path) -> None:
    outcome = target_on(pbx, tmp_path, dry_run=True).reconcile(wanted(BARRED))
    assert str(outcome.plan) == "Dry run: would bar 2: 1001, 1002."
    assert pbx.rows == []
