"""Restoring: what is accepted, what comes back, and a kill at every step."""

import itertools
import os
import shutil
import sys
from pathlib import Path

import duckdb
import pytest

from engine.access.audit import list_audit
from engine.api.home import DATABASE_FILE
from engine.api.restore import Restore, Restored
from engine.api.session import ListAudit
from engine.daemon.lock import HomeLock
from engine.daemon.restore import finish_restore, restore
from engine.domain.errors import PbxmeterError, Refused
from engine.store import Database, Writer
from tests.daemon.homes import currency, new_home, write
from tests.stores import NOW, bill


def put_back(home: Path, backup: Path, *, force: bool = False, dry_run: bool = False) -> Restored:
    return restore(home, Restore(file=str(backup), force=force, dry_run=dry_run))


def add_accounts(path: Path, *names: str) -> None:
    database = Database(path, threads=1)
    writer = Writer(database)
    for name in names:
        writer.run(
            lambda session, name=name: session.run(
                "access.add_account",
                name=name,
                role="admin",
                password_hash="x",
                os_user="",
                enabled=True,
                generation=1,
                now=NOW,
            )
        )
    writer.close()
    database.close()


def test_what_comes_back_is_named_and_in_the_audit_trail(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    backup = tmp_path / "copy.duckdb"
    write(backup, "EUR")
    add_accounts(backup, "ann", "gone")
    write(home / DATABASE_FILE, "USD", killed=True)
    add_accounts(home / DATABASE_FILE, "ann")
    found = put_back(home, backup)
    assert currency(home) == "EUR"
    assert [(account.name, account.returns) for account in found.accounts] == [("ann", False), ("gone", True)]
    assert Path(found.kept).exists()
    database = Database(home / DATABASE_FILE, threads=1)
    with database.reading() as session:
        assert list_audit(session, ListAudit()).rows[0].action == "Restore"
    database.close()


def test_a_look_changes_nothing(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    write(home / DATABASE_FILE, "USD", killed=True)
    write(tmp_path / "copy.duckdb", "EUR")
    before = {file.name: file.stat().st_mtime_ns for file in home.iterdir()}
    assert not put_back(home, tmp_path / "copy.duckdb", dry_run=True).restored
    after = {file.name: file.stat().st_mtime_ns for file in home.iterdir() if file.name != "engine.lock"}
    assert after == before
    assert currency(home) == "USD"


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    write(home / DATABASE_FILE, "USD")
    foreign = tmp_path / "foreign.duckdb"
    with duckdb.connect(str(foreign)) as connection:
        connection.execute("CREATE TABLE migration (number INTEGER, applied_at TIMESTAMP)")
    with pytest.raises(PbxmeterError, match="none of pbxmeter's"):
        put_back(home, foreign)
    (tmp_path / "random").write_bytes(os.urandom(20_000))
    with pytest.raises(PbxmeterError, match="damaged"):
        put_back(home, tmp_path / "random")
    assert currency(home) == "USD"


def test_books_that_do_not_agree_are_refused_unless_forced(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    write(home / DATABASE_FILE, "USD")
    backup = tmp_path / "copy.duckdb"
    database = Database(backup, threads=1)
    writer = Writer(database)
    writer.run(lambda session: bill(session, "8001"))
    writer.close()
    database.close()
    with duckdb.connect(str(backup)) as connection:
        connection.execute("UPDATE extension SET balance_micros = 5000000")
    with pytest.raises(Refused, match="do not agree") as refused:
        put_back(home, backup)
    assert refused.value.code == "unclean"
    assert currency(home) == "USD"
    assert not put_back(home, backup, force=True).clean


def test_a_database_that_was_kept_comes_back_with_its_log(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    write(home / DATABASE_FILE, "USD", killed=True)
    write(tmp_path / "copy.duckdb", "EUR")
    kept = put_back(home, tmp_path / "copy.duckdb").kept
    put_back(home, Path(kept))
    assert currency(home) == "USD"


def killed_at(step: int, home: Path, backup: Path) -> bool:
    """Restores in a process killed before one of its changes of the folder; False = it got through."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    changes = itertools.count(1)

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        changing = event in ("os.rename", "os.remove") or (
            event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        )
        if changing and next(changes) == step:
            os._exit(9)

    sys.addaudithook(hook)
    try:
        put_back(home, backup)
    finally:
        os._exit(0)


def test_a_kill_at_any_step_leaves_the_old_database_or_the_new_one(tmp_path: Path) -> None:
    template = new_home(tmp_path / "template")
    write(template / DATABASE_FILE, "GBP")
    # The log holds more than the file: without it the old one would be another.
    write(template / DATABASE_FILE, "USD", killed=True)
    backup = tmp_path / "copy.duckdb"
    write(backup, "EUR")
    outcomes: list[str] = []
    for step in itertools.count(1):
        home = tmp_path / f"home-{step}"
        shutil.copytree(template, home)
        killed = killed_at(step, home, backup)
        lock = HomeLock(home)
        finish_restore(home)
        lock.release()
        outcomes.append(currency(home))
        if not killed:
            break
    assert outcomes[0] == "USD"
    assert outcomes[-1] == "EUR"
    # Once it has taken its place it stays.
    assert outcomes == sorted(outcomes, reverse=True)
    assert len(outcomes) > 8
