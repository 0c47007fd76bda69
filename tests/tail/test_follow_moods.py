"""Whatever happens to a CDR file, with the engine running, down meanwhile, or in the middle of a line:
each call is charged exactly once."""

import inspect
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.reliability.indoors import Indoors
from tests.reliability.lines import costs
from tests.tail.disk import Disk
from tests.tail.pbx import MOODS, Case, Mood, Pbx

NOBODY = 65534


class Scene:
    """One case in one mood."""

    def __init__(self, world: Indoors, mood: Mood, disk: Disk) -> None:
        self._world = world
        self._desk, self._expected = world.begin()
        self._mood = mood
        self._pauses = 0
        self.pbx = Pbx(disk, self._expected)
        self.source = disk.folder / "Master.csv"
        self.format_name = "asterisk-csv"
        self.forbidden = False
        """The engine may not read, and looks as a user whom that stops."""

    def play(self, case: Case) -> None:
        """The case from its first pause, when an engine is there, to the end, when all is settled."""
        next(case)
        self._start()
        self._pause()
        if self._mood == "engine down meanwhile":
            self._desk.stop()
        for _ in case:
            self._pause()
        self.pbx.complete()
        if self._mood == "engine down meanwhile":
            self.wait(3600.0)
            self._start()
        for _ in range(3):
            self._look()
            self.wait(100.0)
        self._check()

    def wait(self, seconds: float) -> None:
        """Time goes by; whoever is there looks at the end of it."""
        self._world.now += seconds

    def half_a_line(self) -> None:
        """What a pause would write, were it allowed."""
        if self._mood == "in the middle of a line":
            self.pbx.tear()

    def jump(self, seconds: float) -> None:
        """The host's clock is set."""
        self._world.skew += seconds

    def _start(self) -> None:
        self._desk.start(self.source, format_name=self.format_name)

    def _pause(self) -> None:
        if not self.forbidden:
            self.half_a_line()
        self._world.now += 1.0
        self._pauses += 1
        if self._mood != "engine down meanwhile" or self._pauses == 1:
            self._look()
        self._world.now += 1.0

    def _look(self) -> None:
        if not self.forbidden:
            self._desk.catch_up()
            self.pbx.seen()
            return
        user = os.geteuid()
        os.seteuid(user or NOBODY)
        try:
            self._desk.catch_up()
        finally:
            os.seteuid(user)

    def _check(self) -> None:
        desk = self._desk
        desk.stop()
        owed = costs(self._expected.compare(desk.stored()))
        balances = desk.balances()
        assert balances == {number: -owed[number] for number in balances}
        assert desk.findings() == []


def appended_in_pieces(scene: Scene) -> Case:
    for count in (1, 2, 3):
        scene.pbx.write(count=count)
        yield


def a_last_line_completed_later(scene: Scene) -> Case:
    scene.pbx.write()
    scene.pbx.tear()
    yield
    scene.pbx.complete()
    yield
    scene.pbx.tear()
    yield
    scene.pbx.write()


def renamed_again_and_again_with_writes_to_both(scene: Scene) -> Case:
    scene.pbx.write()
    yield
    for _ in range(3):
        scene.pbx.rotate()
        scene.pbx.write("Master.csv.1")
        scene.pbx.write()
        yield
        scene.pbx.write("Master.csv.1")
        scene.pbx.write()


def copied_and_truncated(scene: Scene) -> Case:
    scene.pbx.write()
    yield
    for keep_times in (True, False):
        scene.pbx.write()
        scene.pbx.copy("Master.csv", f"Master.csv-2026010{1 + keep_times}", keep_times=keep_times)
        scene.pbx.truncate()
        scene.pbx.write(count=1)
        yield


def copied_and_truncated_with_a_pause_between(scene: Scene) -> Case:
    scene.pbx.write()
    yield
    scene.pbx.write()
    scene.pbx.copy("Master.csv", "Master.csv.1")
    yield
    scene.pbx.truncate()
    yield
    scene.pbx.write()


def truncated_and_regrown_past_the_old_offset(scene: Scene) -> Case:
    scene.pbx.write()
    yield
    for count in (3, 9):
        scene.pbx.truncate()
        scene.pbx.write(count=count)
        yield


def deleted_and_made_anew(scene: Scene) -> Case:
    scene.pbx.write()
    yield
    for count in (1, 4):
        scene.pbx.delete()
        scene.pbx.write(count=count)
        yield


def an_inode_reused(scene: Scene) -> Case:
    scene.pbx.write(count=4)
    yield
    scene.pbx.rotate()
    scene.pbx.write(count=4)
    yield
    # What was rotated away is finished by now, and nobody has it open.
    scene.wait(100.0)
    yield
    scene.pbx.delete("Master.csv.1")
    scene.pbx.rotate()
    scene.pbx.write(count=8)
    yield
    scene.pbx.delete()
    scene.pbx.write(count=1)


def identical_heads(scene: Scene) -> Case:
    scene.source = scene.pbx.file("*.csv")
    scene.pbx.write("a.csv", 6)
    yield
    scene.pbx.copy("a.csv", "b.csv")
    scene.pbx.write("a.csv", 1)
    scene.pbx.write("b.csv", 2)
    yield
    scene.pbx.write("a.csv")
    scene.pbx.write("b.csv")


def an_empty_file(scene: Scene) -> Case:
    scene.pbx.write(count=0)
    yield
    scene.pbx.rotate()
    scene.pbx.write(count=0)
    yield
    scene.pbx.write()
    yield
    scene.pbx.truncate()
    yield
    scene.pbx.rotate()
    scene.pbx.write()


def several_rotations_between_two_looks(scene: Scene) -> Case:
    scene.pbx.write()
    yield
    for _ in range(3):
        scene.pbx.write()
        scene.pbx.rotate()
        scene.pbx.write(count=3)
    scene.pbx.pack("Master.csv.2")
    scene.pbx.pack("Master.csv.3")
    yield


def several_rotations_to_dated_names_between_two_looks(scene: Scene) -> Case:
    scene.pbx.write()
    yield
    scene.pbx.write()
    for day in ("20260101", "20260102"):
        scene.pbx.rename("Master.csv", f"Master.csv-{day}")
        scene.pbx.write(count=3)
    scene.pbx.pack("Master.csv-20260101")
    yield


def a_link_that_gets_another_target(scene: Scene) -> Case:
    link, folder = scene.source, scene.pbx.disk.folder
    scene.pbx.disk.folder = folder / "data"
    scene.pbx.disk.folder.mkdir()
    scene.pbx.write("monday.csv")
    link.symlink_to("data/monday.csv")
    yield
    scene.pbx.write("monday.csv")
    scene.pbx.write("tuesday.csv")
    link.unlink()
    link.symlink_to("data/tuesday.csv")
    yield
    scene.pbx.write("tuesday.csv")
    scene.pbx.disk.folder = folder


def a_glob_with_new_files(scene: Scene) -> Case:
    scene.source = scene.pbx.file("*.csv")
    scene.pbx.write("a.csv")
    yield
    scene.pbx.write("b.csv")
    scene.pbx.write("c.csv", 1)
    yield
    for name in ("a.csv", "b.csv", "c.csv", "d.csv"):
        scene.pbx.write(name)


def a_folder_of_one_file_per_call(scene: Scene) -> Case:
    scene.source, scene.format_name = scene.pbx.file("*.json"), "freeswitch-json"
    scene.pbx.one_per_call = True
    scene.pbx.write_files("a.json", "b.json")
    yield
    scene.pbx.complete()
    scene.pbx.write_files("c.json", "d.json", "e.json")
    yield
    scene.wait(100.0)
    scene.pbx.complete()
    scene.pbx.write_files("f.json")


def a_folder_that_appears_later_and_is_replaced(scene: Scene) -> Case:
    folder = scene.pbx.disk.folder
    folder.rmdir()
    yield
    folder.mkdir()
    scene.pbx.write()
    yield
    folder.rename(folder.with_name("old"))
    yield
    folder.mkdir()
    scene.pbx.lose_all()
    scene.pbx.write()


def a_right_to_read_the_file_taken_and_given_back(scene: Scene) -> Case:
    yield from _right_taken_and_given_back(scene, scene.source)


def a_right_to_enter_the_folder_taken_and_given_back(scene: Scene) -> Case:
    yield from _right_taken_and_given_back(scene, scene.pbx.disk.folder)


def _right_taken_and_given_back(scene: Scene, path: Path) -> Case:
    scene.pbx.disk.folder.parent.chmod(0o755)
    scene.pbx.write()
    yield
    scene.pbx.rotate()
    scene.pbx.write()
    scene.half_a_line()
    path.chmod(0)
    scene.forbidden = True
    yield
    scene.wait(100.0)
    yield
    path.chmod(0o755)
    scene.forbidden = False
    yield
    scene.pbx.write()


def a_clock_that_jumps(scene: Scene) -> Case:
    scene.pbx.write()
    yield
    for years in (10, -20, 10):
        scene.jump(years * 365 * 86_400.0)
        scene.pbx.write()
        yield
        scene.pbx.rotate()
        scene.pbx.write()
        yield


def a_backup_restored_in_its_place(scene: Scene) -> Case:
    scene.pbx.write(count=5)
    scene.pbx.copy("Master.csv", "backup", keep_times=True)
    scene.pbx.write()
    yield
    scene.pbx.write()
    scene.pbx.rename("backup", "Master.csv")
    scene.pbx.write()
    yield
    scene.pbx.write()


def a_backup_restored_beside_it(scene: Scene) -> Case:
    scene.source = scene.pbx.file("*.csv")
    scene.pbx.write(count=5)
    yield
    scene.pbx.copy("Master.csv", "Restored.csv", keep_times=True)
    yield
    scene.pbx.write()
    scene.pbx.copy("Master.csv", "Restored again.csv")


def the_same_calls_in_two_files(scene: Scene) -> Case:
    scene.source = scene.pbx.file("*.csv")
    scene.pbx.write_same("a.csv", "b.csv")
    yield
    scene.pbx.write("a.csv")
    scene.pbx.write_same("b.csv", "a.csv")
    yield
    scene.pbx.write_same("c.csv", "a.csv")


def copies_by_account_beside_it(scene: Scene) -> Case:
    scene.pbx.write_same("staff.csv", "Master.csv")
    yield
    scene.pbx.write_same("staff.csv", "Master.csv")
    scene.pbx.rotate("staff.csv")
    scene.pbx.rotate()
    yield
    scene.pbx.write_same("staff.csv", "Master.csv")


CASES: list[Callable[[Scene], Case]] = [
    case
    for name, case in inspect.getmembers(sys.modules[__name__], inspect.isgeneratorfunction)
    if "scene" in inspect.signature(case).parameters and not name.startswith("_")
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Indoors]:
    world = Indoors(tmp_path_factory.mktemp("moods"))
    yield world
    world.close()


@pytest.mark.parametrize("mood", MOODS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_each_call_is_charged_once(case: Callable[[Scene], Case], mood: Mood, world: Indoors) -> None:
    disk = Disk(world.wall, inodes="newest" if case is an_inode_reused else "any")
    scene = Scene(world, mood, disk)
    try:
        scene.play(case(scene))
    except BaseException:
        world.forsake()
        raise
    finally:
        world.skew = 0.0
        disk.close()
