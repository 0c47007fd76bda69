"""Reading a backlog beside the ingest thread: live calls wait for no more than a commit."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from engine.parse.parser import give_way
from engine.parse.schema import Parsed
from engine.pipeline.duplicates import with_keys
from engine.pipeline.source_parser import SourceParser
from engine.store import ROW_GROUP_ROWS
from engine.tail.piece import FileWork, Piece


@dataclass(frozen=True, kw_only=True)
class Underway:
    """A piece that is being read."""

    work: FileWork
    piece: Piece
    parser: SourceParser
    parsed: Future[Parsed]


class Backlog:
    """One piece at a time, read by a thread that gives way to everything else; used by the ingest thread."""

    def __init__(self, *, read: Callable[[], None]) -> None:
        """`read` is called, in any thread, when a piece was read."""
        self._read = read
        self._pool = ThreadPoolExecutor(1, "backlog", initializer=give_way)
        self.underway: Underway | None = None

    def begin(self, work: FileWork, piece: Piece, parser: SourceParser) -> None:
        """Reads a piece; no other is underway. The parser is used for backlogs only."""
        parsed = self._pool.submit(self._parsed, piece, parser)
        self.underway = Underway(work=work, piece=piece, parser=parser, parsed=parsed)
        parsed.add_done_callback(lambda _: self._read())

    def take(self) -> Underway | None:
        """The piece that was underway, once it is read; None = there is none."""
        underway = self.underway
        if underway is None or not underway.parsed.done():
            return None
        self.underway = None
        return underway

    def drop(self) -> None:
        """What is underway is of no use any more."""
        self.underway = None

    def close(self) -> None:
        """Ends after the piece in hand."""
        self._pool.shutdown(cancel_futures=True)

    def _parsed(self, piece: Piece, parser: SourceParser) -> Parsed:
        return with_keys(parser.parse(piece, most_calls=ROW_GROUP_ROWS))
