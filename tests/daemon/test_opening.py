"""Which database an engine opens: the one that belongs to its home, or none."""

import os
import stat
from pathlib import Path

import pytest

from config.lockout import FileTarget
from config.settings import BackupSettings, Settings
from engine.api.client import start_engine
from engine.api.home import DATABASE_FILE, make_home
from engine.daemon.lock import HomeLock
from engine.daemon.opening import close_to_others, open_database
from engine.domain.errors import PbxmeterError, Refused, StorageError
from tests.daemon.homes import currency, new_home, write


def opened(home: Path, settings: Settings | None = None, *, new_database: bool = False) -> None:
    """Opens the home's database as an engine does, and closes it."""
    lock = HomeLock(home)
    try:
        open_database(
            home, lock, settings or Settings(), new_database=new_database, lost=lambda: None
        ).close()
    finally:
        lock.release()


def test_a_database_that_is_gone_is_not_made_anew_in_silence(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    opened(home)
    (home / DATABASE_FILE).unlink()
    for _ in range(2):
        with pytest.raises(StorageError, match="is gone") as refused:
            opened(home)
        assert "pbxmeter restore" in str(refused.value)
        assert "--new-database" in str(refused.value)
    assert not (home / DATABASE_FILE).exists()
    opened(home, new_database=True)
    opened(home)


def test_a_log_without_its_database_is_never_replayed_into_a_new_one(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    write(home / DATABASE_FILE, "EUR", killed=True)
    (home / DATABASE_FILE).unlink()
    with pytest.raises(StorageError, match="is gone"):
        opened(home)
    opened(home, new_database=True)
    assert (home / f"{DATABASE_FILE}.before-restore-1.wal").exists()


def test_no_new_database_takes_the_place_of_one_that_is_there(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    write(home / DATABASE_FILE, "EUR")
    with pytest.raises(Refused, match="no new database"):
        opened(home, new_database=True)
    assert currency(home) == "EUR"


@pytest.mark.parametrize("damage", ["head", "cut", "log"])
def test_a_damaged_database_names_the_newest_backup_to_restore(tmp_path: Path, damage: str) -> None:
    home = new_home(tmp_path / "home")
    path = home / DATABASE_FILE
    write(path, "EUR", killed=damage == "log")
    old, new = tmp_path / "copies" / "pbxmeter-1.duckdb", tmp_path / "copies" / "pbxmeter-2.duckdb"
    old.parent.mkdir()
    for number, copy in enumerate((old, new)):
        copy.write_bytes(b"")
        os.utime(copy, (number, number))
    if damage == "head":
        path.write_bytes(b"\0" * 5000)
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:6000])
    else:
        log = path.with_name(path.name + ".wal")
        content = bytearray(log.read_bytes())
        middle = len(content) // 2
        content[middle : middle + 40] = b"\xff" * 40
        log.write_bytes(content)
    with pytest.raises(StorageError) as refused:
        opened(home, Settings(backup=BackupSettings(path=str(old.parent))))
    assert f"pbxmeter restore {new}" in str(refused.value)
    with pytest.raises(StorageError, match="there is none in"):
        opened(home)


@pytest.mark.parametrize("name", ["engine.lock", "engine.log", "start-error"])
def test_links_in_a_home_are_not_followed(tmp_path: Path, name: str) -> None:
    home = new_home(tmp_path / "home")
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (home / name).symlink_to(victim)
    (home / "config.yaml").write_text("no such key: 1\n")
    with pytest.raises(PbxmeterError):
        start_engine(home)
    assert victim.read_text() == "precious"


def test_a_home_that_others_may_write_in_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    home.chmod(0o777)
    with pytest.raises(Refused, match="can be written by others"):
        start_engine(home)
    assert list(home.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_home_of_somebody_else_is_refused(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    os.chown(home, 65534, 65534)
    with pytest.raises(Refused, match="belongs to"):
        make_home(home)


def test_a_link_in_the_place_of_the_sockets_folder_is_refused(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    (home / "run").symlink_to(new_home(tmp_path / "elsewhere"))
    with pytest.raises(PbxmeterError, match="is not a folder"):
        start_engine(home)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_home_that_others_may_enter_is_closed(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    home.chmod(0o755)
    close_to_others(home, Settings(lockout=(FileTarget(path="/somewhere/else"),)))
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_home_with_the_barred_list_in_it_stays_open_to_the_pbx(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    home.chmod(0o711)
    close_to_others(home, Settings(lockout=(FileTarget(path="lockout/barred.txt"),)))
    assert stat.S_IMODE(home.stat().st_mode) == 0o711
