"""The batch writer: hands parsed pieces to the store's writer, for live files and imports alike."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime

from engine.pipeline.batch import ReadPiece, StoredBatch, store_pieces
from engine.pipeline.live_site import LiveSite
from engine.store import Session, Writer


class BatchWriter:
    """Makes a change of pieces for the writer, and reports it after the commit."""

    def __init__(
        self,
        *,
        writer: Writer,
        state: LiveSite,
        stored: Callable[[Session, StoredBatch], None],
        now: Callable[[], datetime],
    ) -> None:
        """`stored` runs in the writer thread after each commit."""
        self._writer = writer
        self._state = state
        self._stored = stored
        self._now = now

    def submit(self, pieces: Sequence[ReadPiece]) -> Future[StoredBatch]:
        """Queues pieces of different files as one change; the future gives what storing them did."""

        def change(session: Session) -> StoredBatch:
            return store_pieces(
                session,
                pieces,
                book=self._state.book,
                site=self._state.site,
                account_cache=self._state.account_cache,
                now=self._now(),
            )

        return self._writer.submit(change, after=self._committed)

    def _committed(self, session: Session, batch: StoredBatch) -> None:
        batch.committed(session, self._state.account_cache)
        self._stored(session, batch)
