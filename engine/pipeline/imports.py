"""Importing past CDR files by hand, through the same path as live calls, in bounded pieces."""

import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from engine.api.operation import Progress
from engine.api.site import IngestResult, LineCounts
from engine.domain.message import Message
from engine.parse.parser import give_way
from engine.pipeline.batch import ReadPiece, StoredBatch
from engine.pipeline.batch_writer import BatchWriter
from engine.pipeline.budget import FULL, PieceBudget
from engine.pipeline.duplicates import with_keys
from engine.pipeline.live_site import LiveSite
from engine.pipeline.source_parser import SourceParser
from engine.store import Session, Writer
from engine.tail.checkpoint import Checkpoint
from engine.tail.file_reader import Content
from engine.tail.fingerprint import FINGERPRINT_BYTES
from engine.tail.piece import Piece

SAMPLE_BYTES = 64 * 1024
"""Of a file's head; they tell how long lines are, and hold its header."""

MAX_NOTES = 100
MARGIN_SHARE = 30
"""So many times fewer lines than calls are read beyond: not all are calls, and lines grow longer."""


class Import:
    """One import: its files in the order given, each from its start. What is stored is a duplicate."""

    def __init__(
        self,
        *,
        writer: Writer,
        state: LiveSite,
        stored: Callable[[Session, StoredBatch], None],
        now: Callable[[], datetime],
        progress: Callable[[Progress], None],
        cancelled: threading.Event,
        budget: PieceBudget = FULL,
    ) -> None:
        self._batch_writer = BatchWriter(writer=writer, state=state, stored=stored, now=now)
        self._progress = progress
        self._cancelled = cancelled
        self._budget = budget
        self._counts = dict.fromkeys((*LineCounts.__struct_fields__, "made", "charged", "cost_micros"), 0)
        self._notes: list[Message] = []
        self._bytes_done = 0
        self._bytes_total = 0
        self._started = time.monotonic()

    def run(self, files: list[tuple[Content, SourceParser]]) -> IngestResult:
        """Reads every file, the caller's to close; a cancelled import leaves whole pieces only."""
        self._bytes_total = sum(content.size() for content, _ in files)
        for content, parser in files:
            if self._cancelled.is_set():
                break
            self._file(content, parser)
            name = Path(content.path).name
            self._notes += [Message("{source}: {fault}", source=name, fault=note) for note in parser.notes]
        return IngestResult(
            files=len(files),
            seconds=round(time.monotonic() - self._started, 3),
            cancelled=self._cancelled.is_set(),
            notes=tuple(self._notes[:MAX_NOTES]),
            **self._counts,
        )

    def _file(self, content: Content, parser: SourceParser) -> None:
        outstanding: Future[StoredBatch] | None = None
        file_id = 0
        with closing(_ahead(self._pieces(content, parser), self._budget.ahead)) as pieces:
            while (piece := next(pieces, None)) is not None:
                if self._cancelled.is_set():
                    break
                if outstanding is not None:
                    # The piece before has to be stored first: it gives the file its number.
                    # And a piece must never be stored when the one before it was not.
                    file_id = self._count(outstanding.result())
                piece = replace(piece, after=replace(piece.after, file_id=file_id))
                outstanding = self._batch_writer.submit([piece])
                self._bytes_done += piece.parsed.consumed
                # Stored, it is of no use any more, and large.
                del piece
                if not self._budget.ahead:
                    outstanding.result()
        if outstanding is not None:
            self._count(outstanding.result())

    def _pieces(self, content: Content, parser: SourceParser) -> Iterator[ReadPiece]:
        """The file in pieces. A file without content has one, too. Nothing of a piece is kept behind it."""
        position = Checkpoint(
            source="",
            path=str(Path(content.path)),
            device=content.device,
            inode=content.inode,
            last_read_at=time.time(),
        )
        head = preceding = held = b""
        sample = content.read_at(0, SAMPLE_BYTES)
        size = self._size(len(sample), sample.count(b"\n"))
        while not self._cancelled.is_set():
            # One byte more than a piece has tells whether there is more.
            wanted = max(0, size + 1 - len(held))
            data = held + content.read_at(position.read_offset + len(held), wanted)
            final = len(data) <= size
            piece = Piece(
                before=position,
                data=data,
                header=sample,
                edges=(head, preceding),
                final=final,
                finishes=final,
                written_at=content.status().st_mtime,
                whole=True,
            )
            parsed = parser.parse(piece, most_calls=self._budget.calls)
            # To go back in a compressed file is to unpack it from its start.
            held = data[parsed.consumed :] if content.packed else b""
            if not parsed.consumed and not final:
                # A record longer than the piece: read more of it.
                size *= 2
                continue
            position = piece.after(consumed=parsed.consumed, lines=parsed.lines)
            head = (head + data[:FINGERPRINT_BYTES])[:FINGERPRINT_BYTES]
            tail = data[max(0, parsed.consumed - FINGERPRINT_BYTES) : parsed.consumed]
            preceding = (preceding + tail)[-FINGERPRINT_BYTES:]
            size = self._size(parsed.consumed, parsed.records)
            last = final and parsed.consumed in (0, len(data))
            ready = [
                ReadPiece(
                    parsed=with_keys(parsed),
                    after=position,
                    format_name=parser.format_name,
                    timezone=parser.timezone,
                )
            ]
            del piece, data, parsed
            yield ready.pop()
            if last:
                return

    def _size(self, length: int, records: int) -> int:
        """How much to read for as many calls as a piece may have, and a little more."""
        calls = self._budget.calls
        return min(self._budget.bytes, length * (calls + calls // MARGIN_SHARE) // max(records, 1) + 1)

    def _count(self, batch: StoredBatch) -> int:
        for name in self._counts:
            self._counts[name] += getattr(batch, name)
        elapsed = max(time.monotonic() - self._started, 1e-3)
        self._progress(
            Progress(
                done=self._bytes_done,
                total=self._bytes_total,
                unit="bytes",
                rows_per_second=self._counts["lines"] / elapsed,
            )
        )
        ((position, _),) = batch.files
        return position.file_id


def _ahead(pieces: Iterator[ReadPiece], ahead: int) -> Generator[ReadPiece]:
    """The same pieces, read in another thread, and so many of them ahead."""
    pool = ThreadPoolExecutor(1, "import", initializer=give_way)
    try:
        waiting = deque(pool.submit(next, pieces, None) for _ in range(ahead))
        while True:
            if not ahead:
                waiting.append(pool.submit(next, pieces, None))
            piece = waiting.popleft().result()
            if piece is None:
                return
            if ahead:
                waiting.append(pool.submit(next, pieces, None))
            ready = [piece]
            del piece
            yield ready.pop()
    finally:
        pool.shutdown(cancel_futures=True)
