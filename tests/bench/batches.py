"""Small batches: a hundred calls into a store that holds many, against an empty durable commit of DuckDB."""

import statistics
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter
from typing import Final

import duckdb

from engine.pipeline.batch import ReadPiece, StoredBatch, store_pieces
from engine.store import Session
from engine.tail.checkpoint import Checkpoint
from engine.tail.fingerprint import FINGERPRINT_BYTES
from engine.tail.piece import Piece
from sample_cdr import bulk
from tests.bench.files import EXTENSIONS
from tests.bench.measure import Measured
from tests.bench.site import NOW, BenchSite

WARM_UP: Final = 20


def run(*, store: str, calls: int, rounds: int) -> Measured:
    """So many calls a batch, each followed by an empty commit; the times are facts, in milliseconds."""
    path = Path(store)
    empty = path.with_suffix(".empty")
    empty.unlink(missing_ok=True)
    connection = duckdb.connect(str(empty))
    connection.execute("CREATE TABLE tick (moment INTEGER)")
    site = BenchSite(path)
    batch = _Batches(site, calls, rounds + WARM_UP)
    found = Measured()
    parsing: list[float] = []
    storing: list[float] = []
    committing: list[float] = []
    with found.timed():
        for number in range(rounds + WARM_UP):
            parsing.append(_timed(batch.parse))
            storing.append(_timed(batch.store))
            committing.append(
                _timed(lambda tick=number: connection.execute("INSERT INTO tick VALUES (?)", [tick]))
            )
    site.close()
    connection.close()
    empty.unlink()
    both = [first + second for first, second in zip(parsing, storing, strict=True)]
    for name, times in (("commit", committing), ("parse", parsing), ("store", storing), ("batch", both)):
        measured = [1000 * seconds for seconds in times[WARM_UP:]]
        found.facts[f"{name}_p50"] = statistics.median(measured)
        found.facts[f"{name}_p99"] = statistics.quantiles(measured, n=100)[98]
    return found


class _Batches:
    """A followed file that grows by some lines at a time, years after the stored ones."""

    def __init__(self, site: BenchSite, calls: int, rounds: int) -> None:
        self._site = site
        self._parser = site.parser()
        # Other days for each size: a line of an earlier size would be a duplicate.
        start = date(2026, 11, 2) + timedelta(days=10_000 + calls)
        blocks = bulk.blocks(2, rows=calls * rounds, extensions=EXTENSIONS, start=start)
        lines = b"".join(blocks).splitlines(keepends=True)
        self._pieces = [b"".join(lines[at : at + calls]) for at in range(0, len(lines), calls)]
        self._position = Checkpoint(source="live", path="Master.csv", device=1, inode=1)
        self._edges = b"", b""
        """The first and last bytes read, as the follower hands them out with each piece."""
        self._change: Callable[[Session], StoredBatch] | None = None

    def parse(self) -> None:
        """The next piece."""
        data, site = self._pieces.pop(0), self._site
        piece = Piece(
            before=self._position, data=data, header=b"", edges=self._edges, final=False, finishes=False
        )
        head, tail = self._edges
        self._edges = (head + data)[:FINGERPRINT_BYTES], (tail + data)[-FINGERPRINT_BYTES:]
        parsed = self._parser.parse(piece)
        after = piece.after(consumed=parsed.consumed, lines=parsed.lines)
        self._change = lambda session: store_pieces(
            session,
            [ReadPiece(parsed=parsed, after=after, format_name="asterisk-csv", timezone="UTC")],
            book=site.state.book,
            site=site.state.site,
            account_cache=site.state.account_cache,
            now=NOW,
        )

    def store(self) -> None:
        """Stores it."""
        assert self._change is not None
        account_cache = self._site.state.account_cache
        batch = self._site.writer.run(
            self._change, after=lambda session, stored: stored.committed(session, account_cache)
        )
        ((self._position, _),) = batch.files


def _timed(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start
