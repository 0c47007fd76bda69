"""Lines of a piece of a file: where each begins and ends, by vectorised search for newlines alone.

Quotes play no part here, so an unclosed one can never swallow the next line.
"""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from engine.domain.errors import InvalidInput
from engine.domain.message import NOTHING, Message

MAX_LINE_BYTES = 1_048_576
"""A longer line is no record of any PBX; it goes to quarantine, and its end is not waited for."""

CHUNK_BYTES = 8 << 20
"""Pieces are worked through in chunks of about this size: small enough to stay in the processor's caches."""

UTF8_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, kw_only=True)
class Lines:
    """Whole lines that follow each other without gaps."""

    text: pa.Array
    """large_binary: the lines without their newline."""
    offset: pa.Array
    """int64, from the start of the piece."""
    length: pa.Array
    """int64, the newline included."""

    def __len__(self) -> int:
        return len(self.text)


def refuse_utf16(head: bytes) -> None:
    """Raises `InvalidInput` for the head of a file in UTF-16 or UTF-32: it cannot be framed."""
    sample = head[:512]
    # Every second byte of Latin text is NUL; of a run of NULs before the first record, every one is.
    even, odd = (half.count(0) * 10 > len(half) * 8 for half in (sample[::2], sample[1::2]))
    if head.startswith(_UTF16_BOMS) or (len(sample) >= 16 and even != odd):
        raise InvalidInput(
            "The file is UTF-16 text, which no PBX writes by itself. Save or export it as UTF-8.",
            field="path",
        )


def whole_bytes(piece: bytes, *, final: bool) -> int:
    """The number of bytes of the piece that are whole lines.

    An unterminated last line waits for its end unless `final`, or unless it is already longer than
    MAX_LINE_BYTES.
    """
    end = piece.rfind(b"\n") + 1
    if final or len(piece) - end > MAX_LINE_BYTES:
        return len(piece)
    return end


def too_long(length: int) -> Message:
    """Why a line of so many bytes is no record; nothing = it may be one."""
    return (
        Message("is longer than {max_line_bytes:,} bytes", max_line_bytes=MAX_LINE_BYTES)
        if length > MAX_LINE_BYTES
        else NOTHING
    )


def chunks(piece: bytes, start: int, end: int, *, size: int = CHUNK_BYTES) -> Iterator[tuple[int, int]]:
    """Ranges of about `size` bytes, from start to end, that break at newlines."""
    while start < end:
        stop = min(start + size, end)
        if stop < end:
            newline = piece.rfind(b"\n", start, stop)
            if newline < 0:
                newline = piece.find(b"\n", stop, end)
            stop = end if newline < 0 else newline + 1
        yield start, stop
        start = stop


def lines_of(view: memoryview, start: int) -> Lines:
    """The lines of a range of a piece that begins at `start`; only the last may lack its newline."""
    length = len(view)
    whole = pa.Array.from_buffers(
        pa.large_binary(), 1, [None, pa.py_buffer(struct.pack("=qq", 0, length)), pa.py_buffer(view)]
    )
    text = pc.split_pattern(whole, b"\n").values
    unterminated = length > 0 and view[-1] != 0x0A
    if not unterminated:
        text = text.slice(0, len(text) - 1)
    lengths = pc.add(pc.binary_length(text), pa.scalar(1, pa.int64()))
    ends = pc.cumulative_sum(lengths)
    offsets = pc.add(pc.subtract(ends, lengths), pa.scalar(start, pa.int64()))
    if unterminated:
        last = pa.array([lengths[-1].as_py() - 1], pa.int64())
        lengths = pa.concat_arrays([lengths.slice(0, len(lengths) - 1), last])
    return Lines(text=text, offset=offsets, length=lengths)
