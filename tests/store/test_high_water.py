"""The high-water mark: a database that has lost what was acknowledged is told, and nothing else is."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.api.extensions import Recharge, SetExtensions
from engine.domain.errors import StorageError
from engine.ledger.extensions import set_extensions
from engine.ledger.operations import recharge
from engine.reports.verify import verify
from engine.store import Database, Session, Writer, announce_restored, mark_path, read_mark
from engine.store.high_water import BEHIND, SLOT_BYTES
from tests.stores import NOW

RECHARGES = 30

DYING = f"""
import os
from pathlib import Path
from tests.store.test_high_water import add, pay
from engine.store import Database, Writer
database = Database(Path({{path!r}}), threads=1)
writer = Writer(database)
writer.run(add)
for number in range({RECHARGES}):
    writer.run(lambda session, number=number: pay(session, number))
os.kill(os.getpid(), 9)
"""
"""A process that acknowledges recharges and is killed."""


def add(session: Session) -> None:
    set_extensions(session, SetExtensions(numbers=["8001"], create=True), operator="t", now=NOW)


def pay(session: Session, number: int) -> None:
    request = Recharge(numbers=["8001"], amount_micros=1_000_000, key=f"key {number}")
    recharge(session, request, operator="t", now=NOW)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its log and mark, as a process killed after the last acknowledgement left it."""
    path = tmp_path_factory.mktemp("killed") / "test.duckdb"
    subprocess.run([sys.executable, "-c", DYING.format(path=str(path))], check=False, cwd=Path.cwd())
    assert path.with_name("test.duckdb.wal").stat().st_size > 1000
    return path


@pytest.fixture
def store(killed: Path, tmp_path: Path) -> Iterator[Path]:
    for suffix in ("", ".wal", ".mark"):
        shutil.copyfile(f"{killed}{suffix}", tmp_path / f"test.duckdb{suffix}")
    yield tmp_path / "test.duckdb"


def opened(path: Path, *, accept_loss: bool = False) -> tuple[list[str], int, list[str]]:
    """Remarks, entries and findings of a store that a writer has begun with."""
    database = Database(path, threads=1)
    try:
        writer = Writer(database, accept_loss=accept_loss)
        writer.close()
        with database.reading() as session:
            result = verify(session, mark=read_mark(mark_path(path)))
        return (
            [remark.action for remark in writer.remarks],
            result.entries,
            [str(one) for one in result.findings],
        )
    finally:
        database.close()


def refusal(path: Path) -> str:
    with pytest.raises(StorageError) as caught:
        opened(path)
    assert caught.value.code == BEHIND
    return str(caught.value)


def test_a_store_killed_after_its_last_answer_is_at_its_mark(store: Path) -> None:
    mark = read_mark(mark_path(store))
    assert mark is not None
    assert (mark.entry, mark.operation) == (RECHARGES, RECHARGES)
    assert opened(store) == ([], RECHARGES, [])


def test_a_log_whose_head_is_zeroed_is_told(store: Path) -> None:
    with Path(f"{store}.wal").open("r+b") as log:
        log.write(bytes(64))
    told = refusal(store)
    assert f"{RECHARGES} ledger entries, {RECHARGES} operations" in told
    assert "There is no backup in" in told
    assert "--accept-loss" in told


def test_a_log_that_is_cut_off_is_told(store: Path) -> None:
    log = Path(f"{store}.wal")
    os.truncate(log, log.stat().st_size - 700)
    assert "1 ledger entries, 1 operations" in refusal(store)
    # Looking at it has changed nothing: it is told again.
    assert "1 ledger entries, 1 operations" in refusal(store)


def test_the_newest_backup_is_named(store: Path) -> None:
    folder = store.parent / "backups"
    folder.mkdir()
    for number, name in enumerate(("pbxmeter-2.duckdb", "pbxmeter-1.duckdb")):
        (folder / name).touch()
        os.utime(folder / name, (number, number))
    Path(f"{store}.wal").unlink()
    assert f"pbxmeter restore {folder / 'pbxmeter-1.duckdb'}" in refusal(store)


def test_a_loss_that_is_accepted_is_noted_and_asked_no_more(store: Path) -> None:
    log = Path(f"{store}.wal")
    os.truncate(log, log.stat().st_size - 700)
    assert opened(store, accept_loss=True) == (["AcceptedLoss"], RECHARGES - 1, [])
    assert opened(store) == ([], RECHARGES - 1, [])


def test_a_store_ahead_of_its_mark_is_as_it_should_be(store: Path) -> None:
    """Killed between a commit and its mark, nobody was told."""
    before = mark_path(store).read_bytes()
    database = Database(store, threads=1)
    writer = Writer(database)
    writer.run(lambda session: pay(session, 99))
    writer.close()
    database.close()
    mark_path(store).write_bytes(before)
    assert opened(store) == ([], RECHARGES + 1, [])


def test_a_torn_mark_leaves_the_one_before(store: Path) -> None:
    path = mark_path(store)
    data = bytearray(path.read_bytes())
    newest = read_mark(path)
    assert newest is not None
    for at in (0, SLOT_BYTES):
        if f'"link":{newest.link},'.encode() in data[at : at + SLOT_BYTES]:
            data[at + 20] ^= 1
    path.write_bytes(data)
    older = read_mark(path)
    assert older is not None
    assert older.link == newest.link - 1
    assert opened(store) == ([], RECHARGES, [])


def test_another_database_in_its_place_is_told(store: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.duckdb"
    database = Database(other, threads=1)
    writer = Writer(database)
    writer.run(add)
    for number in range(RECHARGES + 5):
        writer.run(lambda session, number=number: pay(session, number))
    writer.close()
    database.close()
    other.replace(store)
    Path(f"{store}.wal").unlink()
    assert "is not the database that was at work here last" in refusal(store)


def test_a_mark_that_is_gone_is_made_anew_and_noted(store: Path) -> None:
    mark_path(store).unlink()
    assert opened(store) == (["MarkMade"], RECHARGES, [])


def test_a_backup_that_was_announced_may_take_the_place(store: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.duckdb"
    database = Database(backup, threads=1)
    writer = Writer(database)
    writer.run(add)
    writer.close()
    with database.reading() as session:
        announce_restored(store, session)
    database.close()
    # Until the files change places the old one is as good.
    shutil.copyfile(mark_path(store), tmp_path / "mark")
    assert opened(store) == ([], RECHARGES, [])
    shutil.copyfile(tmp_path / "mark", mark_path(store))
    backup.replace(store)
    assert opened(store) == ([], 0, [])


def test_verify_tells_a_store_behind_the_mark(store: Path) -> None:
    mark = read_mark(mark_path(store))
    Path(f"{store}.wal").unlink()
    database = Database(store, threads=1)
    with database.reading() as session:
        (finding,) = verify(session, mark=mark).findings
    database.close()
    assert "what was acknowledged is missing" in str(finding)
