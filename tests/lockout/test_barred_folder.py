"""The target `folder`: one empty file a barred extension."""

import os
from pathlib import Path

import pytest

from engine.domain.errors import StorageError
from engine.lockout.barred_folder import BarredFolder
from engine.lockout.keyed import KeyedTarget
from engine.lockout.target import Wanted
from tests.lockout.test_barred_file import read_as_another_user, strict_umask

__all__ = ["strict_umask"]
BARRED = {"1001": "locked", "*": "over limit"}


def target_in(path: Path, *, dry_run: bool = False) -> KeyedTarget:
    folder = BarredFolder(path, home=path.parent.parent, dry_run=dry_run)
    return KeyedTarget(f"folder {path}", folder, remote=False, dry_run=dry_run)


def wanted(barred: dict[str, str], *, full: bool = True) -> Wanted:
    return Wanted(barred=barred, known={}, full=full)


def names(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.iterdir())


@pytest.mark.usefixtures("strict_umask")
def test_the_folder_holds_an_empty_readable_file_for_each(spool: Path) -> None:
    path = spool / "pbxmeter" / "barred.d"
    target = target_in(path)
    assert target.reconcile(wanted(BARRED)).held == BARRED
    assert names(path) == ["*", "1001"]
    assert [(entry.stat().st_size, entry.stat().st_mode & 0o777) for entry in path.iterdir()] == [
        (0, 0o644)
    ] * 2
    if os.geteuid() == 0:
        assert read_as_another_user(path / "1001") == ""
    assert target.reconcile(wanted({"1002": "locked"}, full=False)).held == {"1002": "locked"}
    assert names(path) == ["1002"]


def test_with_nobody_barred_the_folder_is_there_all_the_same(spool: Path) -> None:
    path = spool / "a" / "barred.d"
    target_in(path).reconcile(wanted({}))
    assert names(path) == []


def test_only_empty_files_with_names_of_extensions_are_ours(spool: Path) -> None:
    path = spool / "a" / "barred.d"
    path.mkdir(parents=True)
    (path / "README").write_text("of somebody")
    (path / "1003").write_text("not empty")
    (path / "1004").mkdir()
    (path / "1005").symlink_to(path / "README")
    (path / "1006").touch()
    outcome = target_in(path).reconcile(wanted({"1001": "locked", "1005": "locked"}))
    assert names(path) == ["1001", "1003", "1004", "1005", "README"]
    assert outcome.held == {"1001": "locked"}
    assert "1003, 1004, 1005" in str(outcome.message)
    assert (path / "README").read_text() == "of somebody"


def test_what_somebody_removed_is_there_again_after_a_full_comparison(spool: Path) -> None:
    path = spool / "a" / "barred.d"
    target = target_in(path)
    target.reconcile(wanted(BARRED))
    (path / "1001").unlink()
    target.reconcile(wanted(BARRED))
    assert names(path) == ["*", "1001"]


def test_a_closed_folder_is_named_and_written_all_the_same(spool: Path) -> None:
    path = spool / "closed" / "barred.d"
    path.mkdir(parents=True)
    path.parent.chmod(0o700)
    with pytest.raises(StorageError, match=f"the PBX cannot read it, because {path.parent} is closed"):
        target_in(path).reconcile(wanted(BARRED))
    assert names(path) == ["*", "1001"]


def test_a_home_that_is_gone_is_not_made(spool: Path) -> None:
    folder = BarredFolder(spool / "home" / "lockout" / "barred.d", home=spool / "home")
    target = KeyedTarget("folder x", folder, remote=False, dry_run=False)
    with pytest.raises(StorageError, match="could not be written"):
        target.reconcile(wanted(BARRED))
    assert not (spool / "home").exists()


def test_another_engine_that_took_over_is_not_disturbed(spool: Path) -> None:
    def check() -> None:
        raise StorageError("taken over")

    path = spool / "barred.d"
    target = KeyedTarget("folder x", BarredFolder(path, check=check), remote=False, dry_run=False)
    with pytest.raises(StorageError, match="taken over"):
        target.reconcile(wanted(BARRED))
    assert names(path) == []


def test_a_dry_run_makes_nothing(spool: Path) -> None:
    path = spool / "a" / "barred.d"
    plan = target_in(path, dry_run=True).reconcile(wanted(BARRED)).plan
    assert str(plan) == "Dry run: would bar 2: *, 1001."
    assert not path.parent.exists()
