"""Handing parsed pieces to the writer: the one way for live files and imports."""

from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime

from engine.ingest.position import Position
from engine.ingest.record import Parsed
from engine.pipeline.batch import StoredBatch, store_parsed
from engine.pipeline.state import State
from engine.store import Session, Writer


class Storer:
    """Makes each piece a change of the writer, and tells of it after the commit."""

    def __init__(
        self,
        *,
        writer: Writer,
        state: State,
        stored: Callable[[Session, StoredBatch], None],
        now: Callable[[], datetime],
    ) -> None:
        """`stored` runs in the writer thread after each commit."""
        self._writer = writer
        self._state = state
        self._stored = stored
        self._now = now

    def submit(self, parsed: Parsed, after: Position, *, format_name: str) -> Future[StoredBatch]:
        """Queues a piece; the future gives what storing it did. Its file stands at `after` then."""

        def change(session: Session) -> StoredBatch:
            return store_parsed(
                session,
                parsed,
                after,
                format_name=format_name,
                book=self._state.book,
                site=self._state.site,
                standing=self._state.standing,
                now=self._now(),
            )

        return self._writer.submit(change, after=self._committed)

    def _committed(self, session: Session, batch: StoredBatch) -> None:
        batch.committed(session, self._state.standing)
        self._stored(session, batch)
