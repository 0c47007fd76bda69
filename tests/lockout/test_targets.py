"""The barred file, and keeping targets in agreement."""

import threading
from datetime import datetime
from pathlib import Path

import pytest

from engine.domain.errors import StorageError
from engine.lockout.reconciler import Reconciler
from engine.lockout.target import BarredFile, speakable


def test_the_file_holds_one_extension_a_line_by_length_and_number(tmp_path: Path) -> None:
    path = tmp_path / "out" / "barred.txt"
    BarredFile(path, shown="barred.txt").reconcile(frozenset({"1002", "88", "1001"}))
    assert path.read_text() == "88\n1001\n1002\n"


def test_the_file_is_replaced_whole_and_readable_by_the_pbx(tmp_path: Path) -> None:
    path = tmp_path / "barred.txt"
    target = BarredFile(path, shown="barred.txt")
    target.reconcile(frozenset({"1001"}))
    with path.open() as reader:
        target.reconcile(frozenset({"1002"}))
        assert reader.read() == "1001\n"
    assert path.read_text() == "1002\n"
    assert path.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_agrees_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "barred.txt"
    target = BarredFile(path, shown="barred.txt")
    target.reconcile(frozenset({"1001"}))
    before = path.stat().st_ino
    target.reconcile(frozenset({"1001"}))
    assert path.stat().st_ino == before


def test_a_folder_that_cannot_be_made_is_an_error_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"file/barred\.txt"):
        BarredFile(tmp_path / "file" / "barred.txt", shown="x").reconcile(frozenset({"1"}))


@pytest.mark.parametrize("extension", ["1001\n1002", "10 01", "", "1001;rm", "１００１", "1" * 33])
def test_what_could_break_a_protocol_line_never_gets_to_a_target(extension: str) -> None:
    assert not speakable(extension)


class _Switch:
    """A target that is down until it is switched on."""

    name = "switch"

    def __init__(self) -> None:
        self.up = False
        self.held: frozenset[str] = frozenset()
        self.taken = threading.Event()

    def reconcile(self, wanted: frozenset[str]) -> frozenset[str]:
        if not self.up:
            raise StorageError("out of reach")
        self.held = wanted
        self.taken.set()
        return wanted

    def close(self) -> None:
        """Nothing to free."""


def test_a_target_that_was_down_gets_everything_once_it_is_back() -> None:
    target, noted = _Switch(), []
    reconciler = Reconciler(
        target,
        wanted=lambda: frozenset({"1001", "bad one"}),
        note=lambda name, held: noted.append((name, held)),
        changed=lambda: None,
        now=datetime.now,
    )
    try:
        reconciler.sync(10)
        assert (reconciler.status().state, reconciler.status().message) == ("down", "out of reach")
        target.up = True
        assert target.taken.wait(30)
        reconciler.sync(10)
        assert target.held == {"1001"}
        assert noted == [("switch", frozenset({"1001"}))]
        status = reconciler.status()
        assert (status.state, status.pending) == ("behind", 1)
    finally:
        reconciler.close()
