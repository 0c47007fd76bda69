"""Follows CDR files through rotation, truncation and restarts: pieces out, positions in, nothing twice.

A sweep says which files hold something new. The caller reads a piece of each, stores what is in it together
with the position after it in one transaction, and commits that position here. A piece that is not committed
is offered again. One thread at a time; `health` may be asked from any.
"""

import heapq
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from engine.domain.errors import StorageError
from engine.tail.checkpoint import Position
from engine.tail.file_reader import Content
from engine.tail.fingerprint import FINGERPRINT_BYTES
from engine.tail.followed_file import Known, Tracked
from engine.tail.health import CATCHING_UP_BYTES, SourceHealth
from engine.tail.listing import SourceSpec
from engine.tail.piece import FileWork, Piece
from engine.tail.source import SourceFollower

PIECE_BYTES = 32 << 20
"""About as much as the store compresses at once."""
MAX_LINE_BYTES = 16 << 20
"""A line longer than this and than a piece is handed out torn."""
OPENING_BYTES = 64 << 10
"""What is read of a rotated file to begin with."""
MAX_WORKS = 2048
"""Files offered by one sweep."""
LIVE_SECONDS = 60.0
"""What was written to in this time goes before what was not."""
SETTLE_SECONDS = 30.0
"""A rotated file that stayed unchanged for this long is not written to any more."""
HEADER_BYTES = 64 << 10
HEADER_LINES = 4


class Follower:
    """All sources of a site."""

    def __init__(
        self,
        sources: Sequence[SourceSpec],
        known: Sequence[Position],
        *,
        piece_bytes: int = PIECE_BYTES,
        settle_seconds: float = SETTLE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """`known` are the stored positions; those of sources not configured are known by content only."""
        self._piece_bytes = piece_bytes
        self._wall = wall
        self._known = Known()
        self._sources = [
            SourceFollower(
                spec, index=index, known=self._known, clock=clock, wall=wall, settle_seconds=settle_seconds
            )
            for index, spec in enumerate(sources)
        ]
        by_path = {source.spec.path: source for source in self._sources}
        for position in known:
            if (source := by_path.get(position.source)) is not None:
                source.remember(position)
            else:
                self._known.add(position, owner=None, path=position.path)

    def sweep(self, *, without: Collection[int] = ()) -> list[FileWork]:
        """Looks at every source. What to read: rotated files, live ones, others, backlog; at most about one
        piece's bytes in all, so that the next sweep is never far.

        `without` are the tokens of files that are not to be read at present.
        """
        now = self._wall()
        due: list[tuple[SourceFollower, Tracked]] = []
        for source in self._sources:
            source.look()
            files = [file for file in source.due() if file.token not in without]
            first = heapq.nsmallest(MAX_WORKS, files, key=lambda file: _turn(file, now))
            due += ((source, file) for file in first)
        due.sort(key=lambda pair: _turn(pair[1], now))
        room = self._piece_bytes
        chosen: list[FileWork] = []
        for source, file in due[:MAX_WORKS]:
            if room <= 0:
                break
            work = source.work(file)
            chosen.append(work)
            room -= min(work.behind, self._usual_bytes(work))
        return chosen

    def read(self, work: FileWork) -> Piece | None:
        """The file's next piece; None = it changed under our hands, the next sweep says what became of it."""
        file = self._known.by_token.get(work.token)
        if file is None or file.owner is None:
            return None
        if file.gone:
            return Piece(
                before=file.position,
                data=b"",
                header=b"",
                edges=(b"", b""),
                final=False,
                finishes=True,
                read_at=self._wall(),
            )
        source = self._sources[file.owner]
        try:
            piece = self._piece(file, source.readable(file), source, self._usual_bytes(work))
        except (OSError, LookupError):
            piece = None
        except StorageError as problem:
            source.fault(file.path, problem.message)
            return None
        if piece is None:
            file.stamp = (-1, -1)
            source.look_again()
        return piece

    def commit(self, work: FileWork, after: Position) -> None:
        """`after`, from `Piece.after` and with its `file_id`, is stored for good."""
        file = self._known.by_token.get(work.token)
        if file is None:
            return
        before = file.position
        if file.handed is not None:
            head, tail = file.handed.edges
            read = file.handed.data[: after.read_offset - before.read_offset]
            file.edges = (
                (head + read[:FINGERPRINT_BYTES])[:FINGERPRINT_BYTES],
                (tail + read[-FINGERPRINT_BYTES:])[-FINGERPRINT_BYTES:],
            )
            file.handed = None
        if after.read_offset == file.read_end:
            file.waiting = b""
        if after.read_offset == before.read_offset and file.read_full:
            file.limit = min(2 * max(file.limit, self._piece_bytes), self._longest)
        elif after.read_offset == before.read_offset:
            file.waiting_end = file.read_end
        else:
            file.waiting_end = file.read_end
            file.limit = 0
            file.check(after)
        self._known.advance(
            file,
            replace(after, source=before.source, path=before.path, device=before.device, inode=before.inode),
        )
        if after.finished:
            self._known.let_go(file)
            # Of what was truncated, copies of an earlier state may still turn up.
            file.opening = file.opening if file.displaced else b""
            file.header = b""

    def follows(self, token: int) -> bool:
        """Whether the file of a piece of work is still there, with the same content."""
        file = self._known.by_token.get(token)
        return file is not None and not file.gone and not file.displaced

    def health(self) -> list[SourceHealth]:
        """Every source, in the order given."""
        return [source.health() for source in self._sources]

    def folders(self) -> list[str]:
        """Where the sources' files are or will be: what a `Watcher` is to watch. From any thread."""
        return sorted({folder for source in self._sources for folder in source.spec.folders()})

    def close(self) -> None:
        """Lets go of all files."""
        for file in list(self._known.by_token.values()):
            self._known.let_go(file)

    def _usual_bytes(self, work: FileWork) -> int:
        return min(OPENING_BYTES, self._piece_bytes) if work.opening else self._piece_bytes

    @property
    def _longest(self) -> int:
        return max(self._piece_bytes, MAX_LINE_BYTES)

    def _piece(self, file: Tracked, content: Content, source: SourceFollower, usual: int) -> Piece | None:
        before, read_at = file.position, self._wall()
        # A compressed file is not written in place, and going back in it means unpacking it again.
        edges = file.edges if content.packed and file.edges else before.edges(content.read_at)
        if edges is None:
            return None
        limit = file.limit or usual
        if before.read_offset and not file.header:
            file.header = _first_lines(content.read_at(0, HEADER_BYTES))
        data = content.read_at(before.read_offset, limit)
        if not content.packed and before.edges(content.read_at) is None:
            return None
        if before.read_offset == 0:
            file.header = _first_lines(data)
        full = len(data) == limit
        end = before.read_offset + len(data)
        if content.packed and not full:
            file.size = end
        at_end = end == file.size
        torn = full and file.limit >= self._longest
        closed = at_end and source.closing(file)
        file.read_end, file.read_full, file.waiting = end, full, data[-FINGERPRINT_BYTES:]
        piece = Piece(
            before=before,
            data=data,
            header=file.header if before.read_offset else b"",
            edges=edges,
            final=closed or torn,
            finishes=closed or (at_end and source.spec.whole_files),
            read_at=read_at,
        )
        file.handed = piece if content.packed else None
        return piece


def _turn(file: Tracked, now: float) -> tuple[int, int]:
    """Rotated files stay in the order given."""
    if file.unread >= CATCHING_UP_BYTES and not file.unbegun:
        return 3, file.stamp[1]
    if not file.primary:
        return 0, 0
    live = abs(now - file.stamp[1] / 1e9) < LIVE_SECONDS
    return 1 if live else 2, file.stamp[1]


def _first_lines(head: bytes) -> bytes:
    """The first whole lines."""
    lines = head[:HEADER_BYTES].split(b"\n", HEADER_LINES)
    return b"".join(line + b"\n" for line in lines[:-1])
