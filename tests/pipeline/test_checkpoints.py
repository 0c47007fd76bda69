"""What the store remembers of a file that is read piece by piece."""

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.parse.schema import CALLS, REJECTS, Parsed
from engine.pipeline.account_cache import AccountCache
from engine.pipeline.batch import ReadPiece, StoredBatch, store_pieces
from engine.pipeline.checkpoints import load_checkpoints
from engine.rating.book import RateBook
from engine.store import Session, Writer
from engine.tail.checkpoint import Checkpoint
from tests.stores import NOW, SITE, new_store

FIRST = Checkpoint(source="/cdr/*", path="/cdr/a.csv", device=1, inode=1, read_offset=10, lines=1)


class Reader:
    """Stores pieces of blank lines as the engine does, each in a change of its own."""

    def __init__(self, folder: Path) -> None:
        self.database = new_store(folder / "test.duckdb")
        self.writer = Writer(self.database)
        self.account_cache = AccountCache()
        with self.database.reading() as session:
            self._book = RateBook.load(session)

    def change(self, session: Session, position: Checkpoint) -> StoredBatch:
        """One blank line that ends at the position."""
        parsed = Parsed(
            calls=CALLS.empty_table(),
            rejects=REJECTS.empty_table(),
            ignored=1,
            ignored_bytes=10,
            consumed=10,
            lines=1,
        )
        return store_pieces(
            session,
            [ReadPiece(parsed=parsed, after=position, format_name="asterisk-csv", timezone="UTC")],
            book=self._book,
            site=SITE,
            account_cache=self.account_cache,
            now=NOW,
        )

    def store(self, position: Checkpoint) -> Checkpoint:
        """The same, committed."""
        batch = self.writer.run(
            lambda session: self.change(session, position),
            after=lambda session, stored: stored.committed(session, self.account_cache),
        )
        ((stored, _),) = batch.files
        return stored

    def stored(self) -> Checkpoint:
        """The one file."""
        with self.database.reading() as session:
            (found,) = load_checkpoints(session)
        return found

    def close(self) -> None:
        """The writer first."""
        self.writer.close()
        self.database.close()


@pytest.fixture
def reader(tmp_path: Path) -> Generator[Reader]:
    """Of a new store."""
    reader = Reader(tmp_path)
    yield reader
    reader.close()


def test_a_file_is_remembered_by_its_latest_name_and_first_bytes(reader: Reader) -> None:
    position = reader.store(FIRST)
    assert reader.stored() == position
    for path, head in [("a", 10), ("a", 20), ("a", 20), ("b", 20), ("a", 20), ("b", 30)]:
        position = replace(
            position,
            path=f"/cdr/{path}.csv",
            head_length=head,
            head_sha256=f"{head:064d}",
            read_offset=position.read_offset + 10,
            lines=position.lines + 1,
        )
        assert reader.store(position) == position
        assert reader.stored() == position


def test_a_file_was_read_when_it_was_read_and_not_when_that_was_stored(reader: Reader) -> None:
    """What is written while a piece is stored would seem to lie before it and be left out after a restart."""
    read_at = 1_793_000_000.25
    position = reader.store(replace(FIRST, last_read_at=read_at))
    assert reader.stored().last_read_at == read_at
    reader.store(replace(position, read_offset=20, lines=2, last_read_at=read_at + 3))
    assert reader.stored().last_read_at == read_at + 3


def test_a_name_that_was_rolled_back_is_written_the_next_time(reader: Reader) -> None:
    position = reader.store(FIRST)
    renamed = replace(position, path="/cdr/b.csv", read_offset=20, lines=2)

    def failing(session: Session) -> None:
        reader.change(session, renamed)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        reader.writer.run(failing)
    assert reader.stored() == position
    reader.store(renamed)
    assert reader.stored() == renamed


def test_the_lines_of_every_piece_are_counted(reader: Reader) -> None:
    position = reader.store(FIRST)
    for _ in range(3):
        position = reader.store(replace(position, read_offset=position.read_offset + 10))
    with reader.database.reading() as session:
        (file,) = session.rows("pipeline.files", limit=10)
    assert (file[4], file[5], file[6], file[9]) == (40, 4, 0, 4)
