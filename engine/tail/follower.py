"""Follows CDR files through rotation, truncation and restarts: pieces out, checkpoints in, nothing twice.

A sweep says which files hold something new. The caller reads a piece of each, stores what is in it together
with the checkpoint after it in one transaction, and commits that checkpoint here. A piece that is not
committed is offered again. One thread at a time; `health` may be asked from any.
"""

import heapq
import time
from collections.abc import Callable, Collection, Sequence

from engine.tail.checkpoint import Checkpoint
from engine.tail.followed_file import FollowedFile
from engine.tail.health import CATCHING_UP_BYTES, SourceHealth
from engine.tail.listing import SourceSpec
from engine.tail.piece import PIECE_BYTES, FileWork, Piece, PieceSizes
from engine.tail.registry import Registry
from engine.tail.source import SourceFollower

MAX_WORKS = 2048
"""Files offered by one sweep."""
LIVE_SECONDS = 60.0
"""Files written to in this time go before the others."""
SETTLE_SECONDS = 30.0
"""A rotated file that stayed unchanged for this long is not written to any more."""


class Follower:
    """All sources of a site."""

    def __init__(
        self,
        sources: Sequence[SourceSpec],
        known: Sequence[Checkpoint],
        *,
        piece_bytes: int = PIECE_BYTES,
        settle_seconds: float = SETTLE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """`known` are the stored checkpoints; those of sources not configured are known by content only."""
        self._sizes = PieceSizes(piece_bytes)
        self._wall = wall
        self._registry = Registry()
        self._sources = [
            SourceFollower(
                spec,
                index=index,
                registry=self._registry,
                clock=clock,
                wall=wall,
                settle_seconds=settle_seconds,
            )
            for index, spec in enumerate(sources)
        ]
        by_path = {source.spec.path: source for source in self._sources}
        for checkpoint in known:
            if (source := by_path.get(checkpoint.source)) is not None:
                source.restore(checkpoint)
            else:
                self._registry.add(checkpoint, owner=None, path=checkpoint.path)

    def sweep(self, *, without: Collection[int] = ()) -> list[FileWork]:
        """Looks at every source. Returns the files to read: rotated ones, live ones, others, backlog; at most
        about one piece's bytes in all, so that the next sweep is never far.

        `without` are the tokens of files that are not to be read at present.
        """
        now = self._wall()
        due: list[tuple[SourceFollower, FollowedFile]] = []
        for source in self._sources:
            source.look()
            files = [file for file in source.due() if file.token not in without]
            first = heapq.nsmallest(MAX_WORKS, files, key=lambda file: _turn(file, now))
            due += ((source, file) for file in first)
        due.sort(key=lambda pair: _turn(pair[1], now))
        room = self._sizes.usual
        chosen: list[FileWork] = []
        for source, file in due[:MAX_WORKS]:
            if room <= 0:
                break
            work = source.work(file)
            chosen.append(work)
            room -= min(work.behind, self._sizes.of(work))
        return chosen

    def read(self, work: FileWork) -> Piece | None:
        """The file's next piece; None = it changed meanwhile, and the next sweep tells more."""
        file = self._registry.get(work.token)
        if file is None or file.owner is None:
            return None
        if file.gone:
            return Piece(
                before=file.checkpoint,
                data=b"",
                header=b"",
                edges=(b"", b""),
                final=False,
                finishes=True,
                read_at=self._wall(),
            )
        return self._sources[file.owner].read(file, work, self._sizes)

    def commit(self, work: FileWork, after: Checkpoint) -> None:
        """`after`, from `Piece.after` and with its `file_id`, is stored for good."""
        file = self._registry.get(work.token)
        if file is not None:
            self._registry.account(file, after, self._sizes)

    def follows(self, token: int) -> bool:
        """Whether the file of a piece of work is still there, with the same content."""
        file = self._registry.get(token)
        return file is not None and not file.gone and not file.displaced

    def health(self) -> list[SourceHealth]:
        """Every source, in the order given."""
        return [source.health() for source in self._sources]

    def folders(self) -> list[str]:
        """The folders of the sources' files, existing or not, for a `Watcher`. From any thread."""
        return sorted({folder for source in self._sources for folder in source.spec.folders()})

    def close(self) -> None:
        """Lets go of all files."""
        self._registry.close_all()


def _turn(file: FollowedFile, now: float) -> tuple[int, int]:
    """Rotated files stay in the order given."""
    if file.unread >= CATCHING_UP_BYTES and not file.unrecorded_rotated:
        return 3, file.stamp.mtime_ns
    if not file.primary:
        return 0, 0
    live = abs(now - file.stamp.mtime_ns / 1e9) < LIVE_SECONDS
    return 1 if live else 2, file.stamp.mtime_ns
