"""The registry finds followed files by number, inode and content, and keeps a bounded number of them open."""

from pathlib import Path

import pytest

from engine.tail import registry as registry_module
from engine.tail.checkpoint import Checkpoint
from engine.tail.file_reader import Content
from engine.tail.fingerprint import sha256
from engine.tail.followed_file import FollowedFile
from engine.tail.piece import PieceSizes
from engine.tail.registry import Registry


def read_up_to(registry: Registry, path: Path, offset: int) -> FollowedFile:
    """A file known from a stored checkpoint."""
    status, head = path.stat(), path.read_bytes()[:offset]
    checkpoint = Checkpoint(
        file_id=1,
        source=str(path),
        path=str(path),
        device=status.st_dev,
        inode=status.st_ino,
        head_length=len(head),
        head_sha256=sha256(head),
        tail_length=len(head),
        tail_sha256=sha256(head),
        read_offset=offset,
    )
    return registry.add(checkpoint, owner=0, path=str(path))


def test_a_displaced_file_is_found_by_content_and_no_more_by_inode(tmp_path: Path) -> None:
    path, copy = tmp_path / "a", tmp_path / "b"
    path.write_text("1\n2\n")
    copy.write_text("1\n2\n3\n")
    registry = Registry()
    file = read_up_to(registry, path, 4)
    assert registry.at(file.key) == [file]
    registry.displace(file)
    assert (registry.at(file.key), registry.at_inode(path.stat().st_ino)) == ([], [])
    content = Content(str(copy))
    assert list(registry.with_head_of(content)) == [file]
    registry.move(file, content, owner=0, source="s", path=str(copy))
    assert registry.at(content.key) == [file]
    assert file.content is content
    registry.close_all()
    assert file.content is None


def test_a_new_checkpoint_is_found_by_its_longer_head(tmp_path: Path) -> None:
    path, other = tmp_path / "a", tmp_path / "b"
    path.write_text("1\n2\n")
    other.write_text("1\n9\n")
    registry = Registry()
    file = read_up_to(registry, path, 2)
    content = Content(str(other))
    assert list(registry.with_head_of(content)) == [file]
    longer = read_up_to(Registry(), path, 4).checkpoint
    registry.account(file, longer, PieceSizes())
    assert list(registry.with_head_of(content)) == []
    content.close()


def test_no_more_files_are_open_than_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_module, "MAX_OPEN", 2)
    registry = Registry()
    files: list[FollowedFile] = []
    for number in range(4):
        path = tmp_path / str(number)
        path.write_text(f"{number}\n")
        files.append(read_up_to(registry, path, 2))
        registry.hold(files[-1], Content(str(path)))
        registry.hold(files[0], files[0].content or Content(str(tmp_path / "0")))
    assert [file.content is not None for file in files] == [True, False, False, True]
    registry.close_all()


def test_a_forgotten_file_is_found_in_no_way(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("1\n")
    registry = Registry()
    file = read_up_to(registry, path, 2)
    registry.forget(file)
    content = Content(str(path))
    assert registry.get(file.token) is None
    assert registry.at(file.key) == []
    assert list(registry.with_head_of(content)) == []
    content.close()
