"""The life of a followed file: found, renamed, read, accounted for, displaced, moved, missed and given up."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.tail.checkpoint import Checkpoint
from engine.tail.file_reader import Content
from engine.tail.file_status import NO_STAMP, Stamp, stamp_of
from engine.tail.followed_file import FollowedFile
from engine.tail.listing import Entry
from engine.tail.piece import Piece, PieceSizes
from engine.tail.rotation_names import rotated

SIZES = PieceSizes(1000)


@pytest.fixture
def cdr(tmp_path: Path) -> Path:
    path = tmp_path / "Master.csv"
    path.write_text("a\nb\n")
    return path


@pytest.fixture
def file(cdr: Path) -> Iterator[FollowedFile]:
    status = cdr.stat()
    checkpoint = Checkpoint(source=str(cdr), path=str(cdr), device=status.st_dev, inode=status.st_ino)
    file = FollowedFile(1, checkpoint, owner=0, path=str(cdr))
    yield file
    file.closed()


def entry(path: Path, base: str = "") -> Entry:
    return Entry(str(path), base, rotated(path.name, Path(base).name) if base else None, 0)


def look(file: FollowedFile, path: Path, *, now: float = 1.0) -> str:
    """Opens the file and takes note of it, long after it was written."""
    content = Content(str(path))
    file.opened(content)
    stamp = stamp_of(content.status())
    return file.observed(content, str(path), stamp, looked_at=stamp.mtime_ns / 1e9 + 60, now=now)


def read(file: FollowedFile, *, usual: int = 1000, complete: bool = False) -> Piece:
    assert file.content is not None
    piece = file.next_piece(
        file.content,
        usual=usual,
        sizes=SIZES,
        whole_files=False,
        is_complete=lambda _: complete,
        read_at=2.0,
    )
    assert piece is not None
    return piece


def account(file: FollowedFile, piece: Piece, consumed: int) -> None:
    file.accounted(piece.after(consumed=consumed, lines=piece.data[:consumed].count(b"\n")), SIZES)


def test_no_field_can_be_written_from_outside(file: FollowedFile) -> None:
    public = [name for name in dir(FollowedFile) if isinstance(getattr(FollowedFile, name), property)]
    assert {"checkpoint", "path", "visible", "displaced", "gone", "stamp", "size"} <= set(public)
    for name in public:
        with pytest.raises(AttributeError):
            setattr(file, name, None)
    assert {name for name in vars(file) if not name.startswith("_")} == {"token"}


def test_a_file_found_under_a_rotated_name_says_that_it_was_renamed(file: FollowedFile, cdr: Path) -> None:
    assert file.found(entry(cdr), str(cdr), now=1.0)
    assert not file.found(entry(cdr), str(cdr), now=2.0)
    assert (file.visible, file.primary, file.changed_at) == (True, True, 1.0)
    moved = cdr.with_name("Master.csv.1")
    assert file.found(entry(moved, str(cdr)), str(moved), now=3.0)
    assert (file.primary, file.path, file.checkpoint.path) == (False, str(moved), str(moved))
    assert file.rotated is not None
    assert (file.rotated.number, file.changed_at) == (1, 3.0)


def test_a_piece_that_is_accounted_for_moves_the_checkpoint_and_not_the_place(
    file: FollowedFile, cdr: Path
) -> None:
    assert look(file, cdr) == "changed"
    assert (file.size, file.behind, file.has_new_bytes) == (4, 4, True)
    piece = read(file)
    file.found(entry(cdr.with_name("Master.csv.1"), str(cdr)), "/elsewhere/Master.csv.1", now=2.0)
    account(file, piece, 4)
    assert (file.checkpoint.read_offset, file.checkpoint.lines, file.behind) == (4, 2, 0)
    assert file.checkpoint.path == "/elsewhere/Master.csv.1"
    assert not file.has_new_bytes


def test_half_a_line_waits_until_the_file_changes(file: FollowedFile, cdr: Path) -> None:
    cdr.write_text("a\nhal")
    look(file, cdr)
    account(file, read(file), 2)
    assert (file.behind, file.has_new_bytes) == (3, False)
    with cdr.open("a") as more:
        more.write("f\n")
    assert look(file, cdr) == "changed"
    assert file.has_new_bytes
    assert read(file).data == b"half\n"


def test_a_line_longer_than_a_piece_is_read_in_longer_pieces_and_torn_at_the_longest(
    file: FollowedFile, cdr: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.tail.piece.MAX_PIECE_BYTES", 4000)
    cdr.write_text("x" * 9000)
    look(file, cdr)
    lengths: list[int] = []
    while not (piece := read(file)).final:
        lengths.append(len(piece.data))
        account(file, piece, 0)
    assert lengths == [1000, 2000]
    assert len(piece.data) == 4000
    account(file, piece, 4000)
    assert len(read(file).data) == 1000


def test_other_content_is_no_longer_the_file_and_leaves_no_trace(file: FollowedFile, cdr: Path) -> None:
    look(file, cdr)
    account(file, read(file), 4)
    before = (file.stamp, file.size, file.path)
    cdr.write_text("something else\n")
    assert look(file, cdr) == "other"
    assert (file.stamp, file.size, file.path) == before
    file.displaced_by_other_content()
    assert (file.displaced, file.visible, file.still_there) == (True, False, False)


def test_a_file_moved_to_a_copy_is_looked_at_anew(file: FollowedFile, cdr: Path) -> None:
    look(file, cdr)
    account(file, read(file), 4)
    file.displaced_by_other_content()
    copy = cdr.with_name("copy.csv")
    copy.write_text("a\nb\nc\n")
    content = Content(str(copy))
    file.moved_to(content, owner=3, source="/other", path=str(copy))
    assert (file.displaced, file.gone, file.stamp, file.owner) == (False, False, NO_STAMP, 3)
    assert (file.key, file.checkpoint.source) == (content.key, "/other")
    content.close()
    assert look(file, copy) == "changed"
    assert read(file).data == b"c\n"


def test_a_missing_file_is_given_up_and_comes_back_when_it_is_found(file: FollowedFile, cdr: Path) -> None:
    file.found(entry(cdr), str(cdr), now=1.0)
    look(file, cdr)
    assert file.listed(visible=False)
    assert not file.listed(visible=False)
    assert file.missed(10.0) == 0.0
    assert file.missed(16.0) == 6.0
    file.gave_up()
    assert (file.gone, file.unread, file.behind) == (True, 0, 4)
    file.found(entry(cdr), str(cdr), now=20.0)
    assert (file.gone, file.unread) == (False, 4)
    assert file.missed(30.0) == 0.0


def test_a_stamp_taken_while_the_file_may_still_change_is_not_trusted(file: FollowedFile, cdr: Path) -> None:
    content = Content(str(cdr))
    file.opened(content)
    stamp = stamp_of(content.status())
    file.observed(content, str(cdr), stamp, looked_at=stamp.mtime_ns / 1e9 + 0.01, now=1.0)
    assert not file.looks_unchanged(str(cdr), stamp)
    look(file, cdr)
    assert file.looks_unchanged(str(cdr), stamp)
    assert not file.looks_unchanged(str(cdr), Stamp(stamp.size + 1, stamp.mtime_ns))
    file.invalidate()
    assert not file.looks_unchanged(str(cdr), stamp)


def test_a_shorter_copy_made_at_an_earlier_offset_is_told_from_new_content(
    file: FollowedFile, cdr: Path, tmp_path: Path
) -> None:
    look(file, cdr)
    account(file, read(file), 4)
    with cdr.open("a") as more:
        more.write("c\n" * 1000)
    look(file, cdr)
    account(file, read(file, usual=10_000), 2000)
    file.closed()
    older, other = tmp_path / "older", tmp_path / "other"
    older.write_text("a\nb\n")
    other.write_text("a\nx\n")
    for path, included in ((older, True), (other, False)):
        content = Content(str(path))
        assert file.includes(content) is included
        content.close()
