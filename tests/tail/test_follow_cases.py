"""Files that move, hide, come back, or are no files."""

import gzip
import os
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.tail.health import SourceHealth
from tests.tail.disk import Disk
from tests.tail.reader import Clock, Reader


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def health(reader: Reader) -> SourceHealth:
    return reader.follower.health()[0]


@pytest.fixture
def cdr(tmp_path: Path) -> Path:
    return tmp_path / "Master.csv"


def test_all_rotations_while_down_are_finished_oldest_first(cdr: Path) -> None:
    append(cdr, "a\n")
    reader = Reader(cdr)
    reader.catch_up()
    reader.stop()
    append(cdr, "b\n")
    cdr.rename(f"{cdr}.3")
    Path(f"{cdr}.2.gz").write_bytes(gzip.compress(b"c\n"))
    append(Path(f"{cdr}.1"), "d\n")
    append(cdr, "e\n")
    reader.restart()
    assert reader.catch_up() == ["a", "b", "c", "d", "e"]


@pytest.mark.parametrize(
    "name", ["Master.csv-20260101", "Master.csv.2026-01-01-10-00-00", "Master-20260101.csv"]
)
def test_a_file_rotated_to_a_dated_name_is_finished(cdr: Path, name: str) -> None:
    append(cdr, "a\n")
    reader = Reader(cdr)
    reader.catch_up()
    reader.stop()
    append(cdr, "b\n")
    cdr.rename(cdr.with_name(name))
    append(cdr, "c\n")
    reader.restart()
    assert reader.catch_up() == ["a", "b", "c"]


def test_rotations_while_down_are_finished_by_an_engine_that_dies_after_each_piece(cdr: Path) -> None:
    append(cdr, "a\n")
    reader = Reader(cdr)
    reader.catch_up()
    reader.stop()
    cdr.write_text("")
    # The clock was set back between the two: by it the newer file is the older.
    for number, line, moment in ((3, "a\n", 100), (2, "b\n" * (1 << 20), 300), (1, "c\n", 200)):
        rotated = Path(f"{cdr}.{number}")
        rotated.write_text(line)
        os.utime(rotated, (moment, moment))
    append(cdr, "d\n")
    reader.restart()
    lines = reader.catch_up_dying()
    assert Counter(lines) == {"a": 1, "b": 1 << 20, "c": 1, "d": 1}


def test_rotations_while_the_folder_is_listed_hide_nothing(tmp_path: Path) -> None:
    for turn in range(300):
        cdr = tmp_path / f"{turn}" / "Master.csv"
        cdr.parent.mkdir()
        append(cdr, "a\n")
        reader = Reader(cdr)
        reader.catch_up()
        reader.stop()
        cdr.rename(f"{cdr}.3")
        for name, line in ((f"{cdr}.2", "b\n"), (f"{cdr}.1", "c\n"), (cdr, "d\n")):
            append(Path(name), line)
            os.utime(name, (0, 0))
        rotation = threading.Thread(target=rotate, args=(cdr, 3, turn % 40 / 100_000))
        rotation.start()
        reader.restart()
        reader.catch_up()
        rotation.join()
        assert sorted(reader.catch_up()) == ["a", "b", "c", "d"]
        reader.stop()


def rotate(path: Path, files: int, delay: float = 0.0) -> None:
    """As logrotate does it, the oldest of so many rotated files first, after so many seconds."""
    time.sleep(delay)
    for number in range(files, 0, -1):
        Path(f"{path}.{number}").rename(f"{path}.{number + 1}")
    path.rename(f"{path}.1")


def test_a_file_rotated_once_it_was_seen_does_not_go_before_those_rotated_earlier(cdr: Path) -> None:
    append(cdr, "a\n")
    reader = Reader(cdr)
    reader.catch_up()
    reader.stop()
    cdr.write_text("c\n")
    append(Path(f"{cdr}.1"), "b\n")
    reader.restart()
    reader.follower.sweep()
    rotate(cdr, files=1)
    assert reader.catch_up_dying() == ["a", "b", "c"]


@pytest.mark.parametrize("before", ["", "a\n"])
def test_what_is_written_to_a_finished_file_right_before_it_is_compressed_is_read(
    cdr: Path, before: str
) -> None:
    append(cdr, before)
    reader = Reader(cdr)
    reader.catch_up()
    rotate(cdr, files=0)
    reader.catch_up(100)
    late = Path(f"{cdr}.1")
    append(late, "late\n")
    Path(f"{late}.gz").write_bytes(gzip.compress(late.read_bytes()))
    late.unlink()
    assert reader.catch_up(100) == [*before.split(), "late"]


def test_an_empty_rotated_file_stored_before_the_engine_died_does_not_hide_the_next(cdr: Path) -> None:
    then = 1_790_000_000.0
    append(cdr, "a\n")
    reader = Reader(cdr, wall=lambda: then)
    reader.catch_up()
    reader.stop()
    cdr.write_text("")
    for rotated, line in ((Path(f"{cdr}.2"), ""), (Path(f"{cdr}.1"), "b\n")):
        rotated.write_text(line)
        os.utime(rotated, (then, then))
    then += 3600
    reader.restart()
    assert reader.catch_up_dying() == ["a", "b"]


def test_archives_that_lie_there_at_the_first_start_are_left_alone(cdr: Path) -> None:
    old = Path(f"{cdr}.1")
    append(old, "old\n")
    os.utime(old, (1_700_000_000, 1_700_000_000))
    append(cdr, "new\n")
    reader = Reader(cdr)
    assert reader.catch_up() == ["new"]
    reader.restart()
    assert reader.catch_up(100) == ["new"]


def test_a_file_deleted_with_lines_unread_is_read_to_its_end(cdr: Path) -> None:
    append(cdr, "a\n")
    reader = Reader(cdr)
    reader.catch_up()
    append(cdr, "b\nlast")
    cdr.unlink()
    append(cdr, "c\n")
    assert sorted(reader.catch_up(100)) == ["a", "b", "c", "last"]


def test_a_file_gone_while_down_is_named_in_the_health(cdr: Path) -> None:
    append(cdr, "a\n")
    reader = Reader(cdr)
    reader.catch_up()
    reader.stop()
    cdr.unlink()
    reader.restart()
    reader.catch_up()
    reader.catch_up(100)
    assert "Master.csv" in str(health(reader).message)
    assert "was not found again" in str(health(reader).message)
    assert [position.finished for position in reader.stored.values()] == [True]


def test_a_reused_inode_does_not_inherit_the_position(cdr: Path) -> None:
    append(cdr, "aaaa\nbbbb\n")
    reader = Reader(cdr)
    reader.catch_up()
    reader.stop()
    position = reader.stored[1]
    cdr.write_text("cccc\ndddd\neeee\n")
    assert cdr.stat().st_ino == position.inode
    reader.restart()
    assert reader.catch_up()[2:] == ["cccc", "dddd", "eeee"]


def test_a_retargeted_link_is_followed_and_its_old_target_finished(tmp_path: Path) -> None:
    link, old, new = tmp_path / "cdr.csv", tmp_path / "data" / "old", tmp_path / "data" / "new"
    old.parent.mkdir()
    append(old, "a\n")
    link.symlink_to(old)
    reader = Reader(link)
    reader.catch_up()
    append(old, "b\n")
    append(new, "c\n")
    link.unlink()
    link.symlink_to(new)
    assert reader.catch_up() == ["a", "b", "c"]


def test_a_restored_backup_copy_is_not_read_again(tmp_path: Path, cdr: Path) -> None:
    append(cdr, "a\nb\n")
    reader = Reader(tmp_path / "*.csv")
    reader.catch_up()
    shutil.copy(cdr, tmp_path / "Restored.csv")
    assert reader.catch_up(100) == ["a", "b"]
    reader.restart()
    assert reader.catch_up(100) == ["a", "b"]


def test_files_with_the_same_long_header_are_all_read(tmp_path: Path) -> None:
    header = '"cdrRecordType","globalCallID"' * 100 + "\n"
    (tmp_path / "cdr_1").write_text(header + "a\n")
    reader = Reader(tmp_path / "cdr_*")
    reader.catch_up()
    (tmp_path / "cdr_2").write_text(header + "b\n")
    (tmp_path / "cdr_3").write_text(header)
    reader.catch_up()
    append(tmp_path / "cdr_3", "c\n")
    reader.catch_up()
    assert [line for line in reader.lines if len(line) == 1] == ["a", "b", "c"]


def test_a_folder_of_one_file_per_call_reads_each_once_and_finishes_it(tmp_path: Path) -> None:
    for number in range(600):
        (tmp_path / f"{number}.cdr").write_text(f"call {number}\n")
    reader = Reader(tmp_path / "*.cdr", whole_files=True)
    assert sorted(reader.catch_up()) == sorted(f"call {number}" for number in range(600))
    assert all(position.finished for position in reader.stored.values())
    (tmp_path / "late.cdr").write_text("not yet")
    reader.catch_up()
    (tmp_path / "late.cdr").write_text("complete\n")
    reader.restart()
    assert reader.catch_up()[600:] == ["complete"]


def test_account_copies_beside_the_file_are_other_files(tmp_path: Path, cdr: Path) -> None:
    append(cdr, "a\n")
    append(tmp_path / "sales.csv", "a\n")
    assert Reader(cdr).catch_up(100) == ["a"]


def test_a_folder_that_appears_later_is_read_from_then_on(tmp_path: Path) -> None:
    cdr = tmp_path / "later" / "Master.csv"
    reader = Reader(cdr)
    reader.catch_up()
    assert (health(reader).state, "does not exist yet" in str(health(reader).message)) == ("waiting", True)
    cdr.parent.mkdir()
    append(cdr, "a\n")
    assert reader.catch_up() == ["a"]
    assert health(reader).state == "following"


def test_a_fifo_is_refused_and_blocks_nobody(cdr: Path) -> None:
    os.mkfifo(cdr)
    reader = Reader(cdr)
    assert reader.catch_up() == []
    assert (health(reader).state, "is a FIFO" in str(health(reader).message)) == ("error", True)
    cdr.unlink()
    append(cdr, "a\n")
    assert reader.catch_up(2) == ["a"]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that a user without privileges can enter; while tests run as root, that is who they become."""
    folder = Path(tempfile.mkdtemp(prefix="follow"))
    folder.chmod(0o755)
    was = os.geteuid()
    if was == 0:
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
    yield folder
    folder.chmod(0o755)
    os.seteuid(was)
    shutil.rmtree(folder)


@pytest.mark.parametrize("what", ["file", "folder"])
def test_permission_taken_is_an_error_and_given_back_is_forgotten(open_folder: Path, what: str) -> None:
    cdr = open_folder / "Master.csv"
    append(cdr, "a\nhal")
    reader = Reader(cdr)
    reader.catch_up()
    reader.stop()
    append(cdr, "f\n")
    taken = cdr if what == "file" else open_folder
    taken.chmod(0)
    reader.restart()
    reader.catch_up(100)
    assert reader.lines == ["a"]
    assert (health(reader).state, "may not be read" in str(health(reader).message)) == ("error", True)
    taken.chmod(0o755)
    assert reader.catch_up(2) == ["a", "half"]
    assert health(reader).state == "following"


def test_a_live_file_goes_before_a_backlog(tmp_path: Path) -> None:
    big, live = tmp_path / "big.csv", tmp_path / "live.csv"
    big.write_bytes(b"x" * 99 + b"\n")
    live.write_text("a\n")
    reader = Reader(tmp_path / "*.csv", piece_bytes=1 << 20)
    reader.catch_up()
    with big.open("ab") as file:
        file.write((b"y" * 99 + b"\n") * 50_000)
    append(live, "b\n")
    works = reader.sweep()
    assert [Path(work.path).name for work in works] == ["live.csv", "big.csv"]
    append(live, "c\n")
    assert [Path(work.path).name for work in reader.sweep()] == ["live.csv", "big.csv"]
    assert health(reader).state == "catching up"
    assert len(reader.catch_up()) == 50_004


def test_a_new_call_of_one_file_per_call_goes_before_thousands_of_old_ones(tmp_path: Path) -> None:
    for number in range(1000):
        (tmp_path / f"{number}.json").write_text(f"{{{number}}}\n")
        os.utime(tmp_path / f"{number}.json", (1000 + number, 1000 + number))
    (tmp_path / "new.json").write_text("{}\n")
    works = Reader(tmp_path / "*.json", whole_files=True).sweep()
    assert [Path(work.path).name for work in works[:2]] == ["new.json", "0.json"]


def test_clocks_that_jump_change_nothing(cdr: Path) -> None:
    append(cdr, "a\n")
    reader = Reader(cdr)
    reader.catch_up()
    for moment, text in ((0, "b\n"), (4_000_000_000, "c\n"), (1, "d\n")):
        append(cdr, text)
        os.utime(cdr, (moment, moment))
        reader.catch_up()
    assert reader.lines == ["a", "b", "c", "d"]


def test_a_line_longer_than_a_piece_comes_out_whole(cdr: Path) -> None:
    append(cdr, "x" * 5000 + "\nb\n")
    assert [len(line) for line in Reader(cdr, piece_bytes=100).catch_up()] == [5000, 1]


def test_later_pieces_bring_the_first_lines_along(cdr: Path) -> None:
    append(cdr, "start,answer\na\n")
    reader = Reader(cdr)
    reader.catch_up()
    append(cdr, "b\n")
    reader.catch_up()
    assert (reader.pieces[0].header, reader.pieces[0].first) == (b"", True)
    assert (reader.pieces[-1].header, reader.pieces[-1].base_offset) == (b"start,answer\na\n", 15)


@pytest.mark.parametrize("same_inode", [True, False])
def test_a_file_that_begins_like_one_finished_in_the_middle_of_its_first_line_is_read_from_its_start(
    cdr: Path, same_inode: bool
) -> None:
    append(cdr, "a\n")
    reader = Reader(cdr)
    reader.catch_up()
    first, second = Path(f"{cdr}.1"), Path(f"{cdr}.2")
    append(first, "staff,8001")
    assert reader.catch_up(100) == ["a", "staff,8001"]
    if same_inode:
        append(first, ",late\nb\n")
    else:
        first.unlink()
        append(second, "staff,8001,other\nb\n")
    assert reader.catch_up()[2:] == ["staff,8001,late" if same_inode else "staff,8001,other", "b"]


def test_a_torn_line_replaced_by_others_of_the_same_length_in_the_same_moment_is_not_waited_for(
    cdr: Path,
) -> None:
    header = "column,another\n" * 100
    append(cdr, header + "half a line, and no end")
    moment = cdr.stat().st_mtime_ns
    reader = Reader(cdr, wall=lambda: moment / 1e9)
    assert len(reader.catch_up()) == 100
    cdr.write_text(header + "a line\nanother\na third\n")
    os.utime(cdr, ns=(moment, moment))
    assert reader.catch_up()[100:] == ["a line", "another", "a third"]


def test_a_copy_that_gets_the_inode_of_an_empty_file_of_its_name_is_a_copy() -> None:
    # The clock of the disk stands still, so that no folder's time tells that a name is another file's.
    disk = Disk(lambda: 1_800_000_000.0, inodes="newest")
    path, rotated = disk.folder / "Master.csv", disk.folder / "Master.csv.1"
    clock = Clock()
    reader = Reader(path, clock=clock, wall=lambda: 1_799_999_000.0 + clock.now)
    try:
        disk.append(path, b"a\n")
        reader.catch_up(100)
        disk.truncate(path)
        disk.copy(path, rotated)
        reader.catch_up(100)
        disk.append(path, b"b\n")
        assert reader.catch_up(100) == ["a", "b"]
        inode = rotated.stat().st_ino
        disk.delete(rotated)
        disk.copy(path, rotated)
        assert rotated.stat().st_ino == inode
        reader.catch_up()
        disk.append(path, b"c\n")
        assert reader.catch_up(100) == ["a", "b", "c"]
    finally:
        reader.follower.close()
        disk.close()
