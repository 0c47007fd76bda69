"""A consumer of the follower for tests: keeps whole lines, stores positions, restarts from them."""

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from engine.tail.checkpoint import Checkpoint
from engine.tail.follower import Follower
from engine.tail.listing import SourceSpec
from engine.tail.piece import FileWork, Piece


class Clock:
    """A monotonic clock that stands still until told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Reader:
    """What the pipeline does with pieces, with a list for a database."""

    def __init__(
        self,
        *paths: object,
        piece_bytes: int = 1 << 20,
        whole_files: bool = False,
        clock: Clock | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.specs = [SourceSpec(path=str(path), whole_files=whole_files) for path in paths]
        self.piece_bytes = piece_bytes
        self.clock = clock or Clock()
        self._wall = wall
        self.lines: list[str] = []
        self.pieces: list[Piece] = []
        self.stored: dict[int, Checkpoint] = {}
        self._ids = itertools.count(1)
        self.follower = self._follower()

    def _follower(self) -> Follower:
        return Follower(
            self.specs,
            list(self.stored.values()),
            piece_bytes=self.piece_bytes,
            clock=self.clock,
            wall=self._wall,
        )

    def restart(self) -> None:
        """The engine ends and comes back."""
        self.follower.close()
        self.follower = self._follower()

    def stop(self) -> None:
        """The engine is down; `restart` brings it back."""
        self.follower.close()

    def take(self, work: FileWork) -> Piece | None:
        """Reads and stores one piece; a final piece's rest is a line."""
        piece = self.follower.read(work)
        if piece is None:
            return None
        self.pieces.append(piece)
        consumed = len(piece.data) if piece.final else piece.data.rfind(b"\n") + 1
        lines = piece.data[:consumed].decode().splitlines()
        after = piece.after(consumed=consumed, lines=len(lines))
        if piece.data and not consumed and not work.opening:
            self.follower.commit(work, after)
            return piece
        if after.file_id == 0:
            after = replace(after, file_id=next(self._ids))
        self.lines += lines
        self.stored[after.file_id] = after
        self.follower.commit(work, after)
        return piece

    def sweep(self) -> Sequence[FileWork]:
        """One sweep and all it offers."""
        works = self.follower.sweep()
        for work in works:
            self.take(work)
        return works

    def catch_up_dying(self, pieces: int = 1000) -> list[str]:
        """As `catch_up`, but the engine dies and comes back after each of so many pieces."""
        for _ in range(pieces):
            before = dict(self.stored)
            for work in self.follower.sweep():
                self.take(work)
                if self.stored != before:
                    break
            else:
                break
            self.restart()
        return self.lines

    def catch_up(self, seconds: float = 0.0) -> list[str]:
        """Sweeps until nothing is offered, once more after `seconds`; all lines so far."""
        for wait in (0.0, seconds) if seconds else (0.0,):
            self.clock.now += wait
            for _ in range(1000):
                if not self.sweep():
                    break
            else:
                raise AssertionError("the follower offers work without end")
        return self.lines
