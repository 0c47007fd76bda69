"""Pieces of CDR files: what the follower offers, hands out, and gets back as a new checkpoint."""

import time
from dataclasses import dataclass, field

from engine.tail.checkpoint import Checkpoint
from engine.tail.fingerprint import Edges

PIECE_BYTES = 32 << 20
"""About as much as the store compresses at once."""
MAX_PIECE_BYTES = 16 << 20
"""A piece without a whole line grows up to this, or to the usual size; then its line is handed out torn."""
FIRST_PIECE_BYTES = 64 << 10
"""The first piece of a rotated file."""
HEADER_BYTES = 64 << 10
HEADER_LINES = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class FileWork:
    """A file that has something to be read, or to be recorded: a file seen first, or finished."""

    source: str
    """The path or glob as configured."""
    path: str
    checkpoint: Checkpoint
    behind: int
    """Bytes not accounted for yet; for compressed files an estimate."""
    token: int
    """The follower's own number for the file."""
    opening: bool
    """Whether it is a rotated file of which nothing is stored yet. A little of each is read before all else,
    the oldest first, and its checkpoint stored even if it stays at 0: a file that is known says of those
    rotated away before it that they are known, too."""


@dataclass(frozen=True, slots=True)
class PieceSizes:
    """Bytes that a piece may have."""

    usual: int = PIECE_BYTES

    @property
    def longest(self) -> int:
        """Where a line is longer than the usual piece."""
        return max(self.usual, MAX_PIECE_BYTES)

    def of(self, work: FileWork) -> int:
        """The usual size of the next piece of a file."""
        return min(FIRST_PIECE_BYTES, self.usual) if work.opening else self.usual

    def beyond(self, limit: int) -> int:
        """The size to try after `limit` bytes held no whole line; 0 = the usual bytes were tried."""
        return min(2 * max(limit, self.usual), self.longest)


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """Bytes of one file, from the checkpoint on. Empty data: just store the checkpoint."""

    before: Checkpoint
    data: bytes
    header: bytes
    """The file's first lines when `base_offset` is past them, for formats that name their columns there."""
    edges: Edges
    """Those of `before`."""
    final: bool
    """Nothing is to follow: account for all."""
    finishes: bool
    """Whether the file is done when all of `data` is."""
    whole: bool = False
    """Where `final`: a last line without a newline is whole, as in a file given by hand. In one that was
    rotated away or deleted it may be cut off anywhere, and a record cut off can read as a shorter one."""
    written_at: float = 0.0
    """Seconds since 1970 when the file was last changed; 0 = just now."""
    read_at: float = field(default_factory=time.time)
    """Seconds since 1970 just before it was read: what was written later may not be in it."""

    @property
    def base_offset(self) -> int:
        """Where `data` starts in the file."""
        return self.before.read_offset

    @property
    def first(self) -> bool:
        """Whether `data` starts at the file's start."""
        return self.before.read_offset == 0

    def after(self, *, consumed: int, lines: int) -> Checkpoint:
        """The checkpoint once `consumed` bytes of `data` are accounted for as `lines` lines.

        `consumed` 0 = not yet: the file is offered again when it has changed.
        """
        return self.before.advanced(
            memoryview(self.data)[:consumed],
            edges=self.edges,
            lines=lines,
            finished=self.finishes and consumed == len(self.data),
            now=self.read_at,
        )


def first_lines(head: bytes) -> bytes:
    """The first whole lines of a file."""
    end = b"\n" if b"\n" in head else b"\r"
    lines = head[:HEADER_BYTES].split(end, HEADER_LINES)
    return b"".join(line + end for line in lines[:-1])
