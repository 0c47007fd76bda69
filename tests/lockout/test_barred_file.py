"""The barred file: what it holds, and whether the PBX can read it."""

import os
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from engine.domain.errors import StorageError
from engine.lockout.barred_file import BarredFile
from engine.lockout.target import Wanted

NOBODY = 65534


def wanted(numbers: Iterable[str] = ()) -> Wanted:
    return Wanted(barred=dict.fromkeys(numbers, "locked"), known={})


def barred_file(path: Path) -> BarredFile:
    return BarredFile(path, shown=path.name)


def read_as_another_user(path: Path) -> str | None:
    """What a user without rights of ours reads; None = nothing."""
    done = subprocess.run(
        ["cat", "--", str(path)], user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True, text=True
    )
    return done.stdout if done.returncode == 0 else None


@pytest.fixture
def strict_umask() -> Iterator[None]:
    """That of the engine."""
    before = os.umask(0o077)
    yield
    os.umask(before)


def test_the_file_holds_one_extension_a_line_by_length_and_number(spool: Path) -> None:
    path = spool / "out" / "barred.txt"
    barred_file(path).reconcile(wanted({"1002", "88", "1001"}))
    assert path.read_text() == "88\n1001\n1002\n"


def test_the_file_is_replaced_whole(spool: Path) -> None:
    path = spool / "barred.txt"
    target = barred_file(path)
    target.reconcile(wanted({"1001"}))
    with path.open() as reader:
        target.reconcile(wanted({"1002"}))
        assert reader.read() == "1001\n"
    assert path.read_text() == "1002\n"
    assert list(spool.iterdir()) == [path]


def test_a_file_that_agrees_is_left_alone(spool: Path) -> None:
    path = spool / "barred.txt"
    target = barred_file(path)
    target.reconcile(wanted({"1001"}))
    before = path.stat().st_ino
    target.reconcile(wanted({"1001"}))
    assert path.stat().st_ino == before


def test_a_folder_that_cannot_be_made_is_an_error_with_its_path(spool: Path) -> None:
    (spool / "file").write_text("")
    with pytest.raises(StorageError, match=r"file/barred\.txt"):
        barred_file(spool / "file" / "barred.txt").reconcile(wanted({"1"}))


@pytest.mark.usefixtures("strict_umask")
def test_every_folder_made_on_the_way_is_open_whatever_the_umask_is(spool: Path) -> None:
    path = spool / "var" / "spool" / "pbxmeter" / "barred.txt"
    barred_file(path).reconcile(wanted({"1001"}))
    made = [path.parent, path.parent.parent, path.parent.parent.parent]
    assert [folder.stat().st_mode & 0o777 for folder in made] == [0o755] * 3
    assert path.stat().st_mode & 0o777 == 0o644
    if os.geteuid() == 0:
        assert read_as_another_user(path) == "1001\n"


@pytest.mark.parametrize("closed", ["home", "home/lockout"])
def test_a_closed_folder_on_the_way_is_named_and_the_file_written_all_the_same(
    spool: Path, closed: str
) -> None:
    path = spool / "home" / "lockout" / "barred.txt"
    path.parent.mkdir(parents=True)
    (spool / closed).chmod(0o700)
    with pytest.raises(StorageError, match=f"the PBX cannot read it, because {spool / closed} is closed"):
        barred_file(path).reconcile(wanted({"1001"}))
    assert path.read_text() == "1001\n"
    if os.geteuid() == 0:
        assert read_as_another_user(path) is None


def test_a_file_that_was_closed_is_opened_again(spool: Path) -> None:
    path = spool / "barred.txt"
    target = barred_file(path)
    target.reconcile(wanted({"1001"}))
    path.chmod(0o600)
    assert target.reconcile(wanted({"1001"})).held == {"1001": "locked"}
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_link_into_an_open_folder_does_not_help_where_the_way_to_it_is_closed(spool: Path) -> None:
    home = spool / "home"
    home.mkdir(mode=0o700)
    (spool / "open").mkdir()
    (home / "lockout").symlink_to(spool / "open")
    with pytest.raises(StorageError, match=str(home)):
        barred_file(home / "lockout" / "barred.txt").reconcile(wanted())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a folder to any group")
def test_a_folder_for_the_group_of_the_pbx_is_open_and_one_for_the_clerks_is_not(spool: Path) -> None:
    group = 4242
    folder = spool / "list"
    folder.mkdir()
    os.chown(folder, -1, group)
    folder.chmod(0o750)
    path = folder / "barred.txt"
    assert barred_file(path).reconcile(wanted({"1"})).held == {"1": "locked"}
    clerks = BarredFile(path, shown="x", own_groups=frozenset({group}))
    with pytest.raises(StorageError, match="closed to other users"):
        clerks.reconcile(wanted({"1"}))


def test_a_dry_run_says_what_would_be_written_and_writes_nothing(spool: Path) -> None:
    path = spool / "out" / "barred.txt"
    target = BarredFile(path, shown="x", dry_run=True)
    assert str(target.reconcile(wanted({"1001"})).plan) == "Dry run: would bar 1: 1001."
    assert not path.parent.exists()
    barred_file(path).reconcile(wanted({"1002"}))
    outcome = target.reconcile(wanted({"1001"}))
    assert str(outcome.plan) == "Dry run: would bar 1: 1001. Dry run: would free 1: 1002."
    assert (dict(outcome.held), path.read_text()) == ({"1002": ""}, "1002\n")
