"""Importing past CDR files by hand, through the same path as live calls, in bounded pieces."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from engine.api.operation import Progress
from engine.api.site import IngestResult
from engine.domain.errors import NotFound, StorageError
from engine.ingest.content import Content
from engine.ingest.fingerprint import FINGERPRINT_BYTES
from engine.ingest.pieces import Piece
from engine.ingest.position import Position
from engine.pipeline.batch import StoredBatch
from engine.pipeline.reading import SourceParser
from engine.pipeline.state import State
from engine.pipeline.storing import Storer
from engine.store import Session, Writer

PIECE_BYTES = 32 * 1024 * 1024


class Import:
    """One import: its files in the order given, each from its start. What is stored is a duplicate."""

    def __init__(
        self,
        *,
        writer: Writer,
        state: State,
        stored: Callable[[Session, StoredBatch], None],
        now: Callable[[], datetime],
        progress: Callable[[Progress], None],
        cancelled: threading.Event,
    ) -> None:
        self._storer = Storer(writer=writer, state=state, stored=stored, now=now)
        self._progress = progress
        self._cancelled = cancelled
        self._counts = dict.fromkeys(
            ("lines", "stored", "duplicates", "quarantined", "ignored", "charged", "cost_micros"), 0
        )
        self._bytes_done = 0
        self._bytes_total = 0
        self._started = time.monotonic()

    def run(self, files: list[tuple[str, SourceParser]]) -> IngestResult:
        """Reads every file; a cancelled import leaves whole pieces only.

        Raises `NotFound` or `StorageError` for a file that cannot be read, before anything is stored.
        """
        contents = [(_open(path), parser) for path, parser in files]
        try:
            self._bytes_total = sum(content.size() for content, _ in contents)
            for content, parser in contents:
                if self._cancelled.is_set():
                    break
                self._file(content, parser)
        finally:
            for content, _ in contents:
                content.close()
        return IngestResult(
            files=len(files),
            seconds=round(time.monotonic() - self._started, 3),
            cancelled=self._cancelled.is_set(),
            **self._counts,
        )

    def _file(self, content: Content, parser: SourceParser) -> None:
        position = Position(
            source="", path=str(Path(content.path)), device=content.device, inode=content.inode
        )
        head = preceding = header = b""
        outstanding: Future[StoredBatch] | None = None
        size = PIECE_BYTES
        data = content.read_at(0, size)
        while not self._cancelled.is_set():
            following = content.read_at(position.read_offset + len(data), 1)
            piece = Piece(
                before=position,
                data=data,
                header=header,
                edges=(head, preceding),
                final=not following,
                finishes=not following,
            )
            parsed = parser.parse(piece)
            if not parsed.consumed and following:
                # A record longer than the piece: read more of it.
                size *= 2
                data = content.read_at(position.read_offset, size)
                continue
            after = piece.after(consumed=parsed.consumed, lines=parsed.lines)
            if outstanding is not None:
                # The piece before has to be stored first: it gives the file its number.
                # And a piece must never be stored when the one before it was not.
                after = replace(after, file_id=self._count(outstanding.result()))
            outstanding = self._storer.submit(parsed, after, format_name=parser.format_name)
            head = (head + data[: parsed.consumed])[:FINGERPRINT_BYTES]
            preceding = (preceding + data[max(0, parsed.consumed - FINGERPRINT_BYTES) : parsed.consumed])[
                -FINGERPRINT_BYTES:
            ]
            header = header or data[: 64 * 1024]
            position = after
            self._bytes_done += parsed.consumed
            if not following:
                break
            size = PIECE_BYTES
            data = content.read_at(position.read_offset, size)
        if outstanding is not None:
            self._count(outstanding.result())

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
        return batch.position.file_id


def _open(path: str) -> Content:
    try:
        return Content(path)
    except FileNotFoundError:
        raise NotFound(f"There is no file {path}.") from None
    except OSError as error:
        raise StorageError(
            f"{path} cannot be read by the engine: {error.strerror}. Allow the engine's user to read it."
        ) from error
