"""Backups: sets, one at a time, by a schedule, and nothing left of one that failed."""

import os
import shutil
import stat
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from config.settings import BackupSettings, Settings, Source
from engine.domain.errors import PbxmeterError, Refused
from engine.service.backup_set import read_note
from engine.service.backups import Backups
from engine.store import Database
from engine.store.copy import reading_copy
from tests.stores import NOW


@dataclass
class House:
    """A home with a database, and its backups."""

    home: Path
    settings: Settings = field(default_factory=Settings)
    now: datetime = NOW
    alarms: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.home.mkdir()
        self.database = Database(self.home / "pbxmeter.duckdb", threads=1)
        self.backups = Backups(
            home=self.home,
            database=self.database,
            version="1",
            settings=lambda: self.settings,
            alarmed=lambda: self.alarms.append(str(self.backups.fault)),
            now=lambda: self.now,
        )

    def names(self) -> list[str]:
        """What lies in the folder of backups."""
        return sorted(path.name for path in (self.home / "backups").iterdir())


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path / "home")
    yield house
    house.database.close()


def test_a_set_holds_the_database_the_configuration_and_the_names_of_secrets(house: House) -> None:
    (house.home / "config.yaml").write_text("sources: []\n")
    (house.home / "own").mkdir()
    (house.home / "own" / "pbx.yaml").write_text("format\n")
    (house.home / "ami.secret").write_text("secret")
    house.settings = Settings(
        sources=(Source(path="x", format="own/pbx.yaml"), Source(path="y", format="asterisk-csv")),
    )
    made = house.backups.make()
    note = read_note(made.parent)
    assert note is not None
    assert note.files == ["config.yaml", "own/pbx.yaml"]
    assert note.secrets == []
    assert (made.parent / "own" / "pbx.yaml").read_text() == "format\n"
    assert not any("secret" in path.name for path in made.parent.rglob("*"))
    assert stat.S_IMODE(made.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    with reading_copy(made) as session:
        assert session.integer("store.schema_version")


def test_backups_of_the_same_second_have_names_of_their_own(house: House) -> None:
    assert len({house.backups.make() for _ in range(3)}) == 3


def test_of_many_at_once_one_is_written_and_the_others_are_refused(house: House) -> None:
    mask = os.umask(0o022)
    os.umask(mask)
    outcomes: list[str] = []
    barrier = threading.Barrier(4)

    def make() -> None:
        barrier.wait()
        try:
            house.backups.make()
            outcomes.append("written")
        except Refused as error:
            outcomes.append(error.code)

    for _ in range(4):
        threads = [threading.Thread(target=make) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert set(outcomes) <= {"written", "backup_running"}
    assert len(house.names()) == outcomes.count("written") >= 4
    assert os.umask(mask) == mask
    os.umask(mask)
    for path in (house.home / "backups").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert house.database.backup(house.home / "alone.duckdb") is None


def test_a_full_disk_leaves_nothing_of_a_backup(house: House, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount = shutil.which("mount")
    if (
        mount is None
        or subprocess.run(
            [mount, "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(small)], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("a small file system cannot be mounted here")
    try:
        with pytest.raises(PbxmeterError):
            house.backups.make(small)
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", "--lazy", str(small)], check=True)
    house.backups.make()


def test_the_schedule_makes_one_a_day_and_keeps_so_many(house: House) -> None:
    house.settings = Settings(backup=BackupSettings(keep=2))
    by_hand = house.backups.make().parent.name
    (house.home / "backups" / "pbxmeter-notes").mkdir()
    made: list[str] = []
    for hours in range(0, 24 * 4, 6):
        house.now = NOW + timedelta(hours=hours, seconds=1)
        before = set(house.names())
        house.backups.turn()
        made += sorted(set(house.names()) - before)
    assert len(made) == 4
    assert house.names() == sorted([by_hand, "pbxmeter-notes", *made[-2:]])
    assert house.alarms == []


def test_another_sites_backups_in_the_same_folder_stay(house: House, tmp_path: Path) -> None:
    shared = BackupSettings(keep=1, path=str(tmp_path / "shared"))
    other = House(tmp_path / "other", settings=Settings(backup=shared))
    house.settings = Settings(backup=shared)
    for day in range(3):
        house.now = other.now = NOW + timedelta(days=day)
        house.backups.turn()
        other.backups.turn()
    other.database.close()
    homes = sorted(note.home for path in (tmp_path / "shared").iterdir() if (note := read_note(path)))
    assert homes == sorted([str(house.home), str(other.home)])


def test_a_failed_backup_is_an_alarm_until_one_succeeds(house: House) -> None:
    house.settings = Settings(backup=BackupSettings())
    (house.home / "backups").write_text("a file where the folder should be")
    house.backups.turn()
    assert "could not be written" in str(house.backups.fault)
    (house.home / "backups").unlink()
    house.backups.turn()
    assert house.backups.fault, "it is not tried again at once"
    house.now += timedelta(minutes=2)
    house.backups.turn()
    assert not house.backups.fault
    assert len(house.alarms) == 2


def test_without_a_schedule_none_is_made(house: House) -> None:
    house.backups.turn()
    assert not (house.home / "backups").exists()


def test_what_a_kill_left_is_removed_by_the_next_one(house: House) -> None:
    left = house.home / "backups" / ".pbxmeter-20260101-000000-1.part"
    left.mkdir(parents=True)
    (left / "pbxmeter.duckdb").write_bytes(b"half")
    house.backups.make()
    assert not left.exists()
