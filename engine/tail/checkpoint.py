"""The checkpoint of a followed file: how far it was read, and the fingerprints to know it again by."""

from dataclasses import dataclass, replace

from engine.tail.file_status import FileKey
from engine.tail.fingerprint import Edges, ReadAt, edges_after, sha256


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkpoint:
    """One file's checkpoint; mirrors the table `source_file`. Offsets count bytes of the content,
    decompressed where the file is compressed."""

    file_id: int = 0
    """0 = not stored yet."""
    source: str
    """The path or glob as configured; '' = imported by hand."""
    path: str
    """Where it was last seen, symbolic links resolved."""
    device: int
    inode: int
    head_length: int = 0
    head_sha256: str = ""
    tail_length: int = 0
    tail_sha256: str = ""
    read_offset: int = 0
    """Bytes [0, read_offset) are accounted for."""
    lines: int = 0
    """Lines in those bytes."""
    finished: bool = False
    """Not expected to grow any more. If it does, it is read on all the same."""
    first_read_at: float = 0.0
    """Seconds since 1970 when it was first read, or seen."""
    last_read_at: float = 0.0
    """Seconds since 1970 just before the bytes last accounted for were read, or when the file was first seen:
    what was written later may not be among them."""

    @property
    def key(self) -> FileKey:
        """Device and inode."""
        return self.device, self.inode

    def edges(self, read_at: ReadAt) -> Edges | None:
        """The fingerprinted first and last bytes of what is accounted for; None = this is other content.

        Other content, too, is what goes on where a file was finished in the middle of a line: whether the
        rest of that line came late or another file begins like this one, it is read from its start.
        Read in this order, so that a compressed file is unpacked forward.
        """
        head = read_at(0, self.head_length)
        if len(head) != self.head_length or (head and sha256(head) != self.head_sha256):
            return None
        tail = read_at(self.read_offset - self.tail_length, self.tail_length)
        if len(tail) != self.tail_length or (tail and sha256(tail) != self.tail_sha256):
            return None
        torn = self.finished and tail[-1:] not in (b"", b"\n")
        return None if torn and read_at(self.read_offset, 1) else (head, tail)

    def advanced(
        self, content: memoryview, *, edges: Edges, lines: int, finished: bool, now: float
    ) -> "Checkpoint":
        """The checkpoint after `content`, which starts at `read_offset`.

        `edges` are those of this checkpoint.
        """
        if not content:
            return replace(self, finished=finished)
        head, tail = edges_after(edges, content)
        return replace(
            self,
            head_length=len(head),
            head_sha256=sha256(head),
            tail_length=len(tail),
            tail_sha256=sha256(tail),
            read_offset=self.read_offset + len(content),
            lines=self.lines + lines,
            finished=finished,
            last_read_at=now,
        )
