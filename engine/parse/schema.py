"""What parsing a piece of a CDR file yields: calls and bad lines as Arrow tables."""

from dataclasses import dataclass

import pyarrow as pa

CALLS = pa.schema(
    [
        pa.field("key_text", pa.string(), nullable=False),
        # What makes the record unique, the same in every file: key fields joined by U+001F, or the line.
        pa.field("started_at", pa.timestamp("us"), nullable=False),  # UTC, without a zone
        pa.field("started_local", pa.timestamp("us"), nullable=False),  # the site's clocks
        pa.field("answered_at", pa.timestamp("us")),  # null = not answered
        pa.field("answered_local", pa.timestamp("us")),
        pa.field("ended_at", pa.timestamp("us")),
        pa.field("extension", pa.string(), nullable=False),  # '' = none known
        pa.field("caller_name", pa.string(), nullable=False),  # as sent, for extensions seen first
        pa.field("direction", pa.string(), nullable=False),  # engine.domain.names.Direction
        pa.field("dialled", pa.string(), nullable=False),
        pa.field("trunk", pa.string(), nullable=False),  # '' = none
        pa.field("disposition", pa.string(), nullable=False),  # as the PBX wrote it
        pa.field("answered", pa.bool_(), nullable=False),  # the format's answered condition
        pa.field("duration", pa.int32(), nullable=False),  # seconds
        pa.field("billsec", pa.int32(), nullable=False),  # seconds
        pa.field("line_offset", pa.int64(), nullable=False),  # in the file
        pa.field("line_length", pa.int32(), nullable=False),  # bytes, line end included
    ]
)

REJECTS = pa.schema(
    [
        pa.field("line_offset", pa.int64(), nullable=False),
        pa.field("line_length", pa.int64(), nullable=False),
        pa.field("line_in_piece", pa.int64(), nullable=False),  # from 0
        pa.field("field", pa.string(), nullable=False),  # '' = the line as a whole
        pa.field("reason", pa.string(), nullable=False),
        pa.field("raw", pa.binary(), nullable=False),  # at most MAX_RAW_BYTES
    ]
)

MAX_RAW_BYTES = 4096

# Arrow looks for a package at every plain Python value whose type it has to guess, which costs 0.15 ms.
EMPTY = pa.scalar("", pa.string())
FALSE = pa.scalar(False, pa.bool_())


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """One piece of a file, accounted for: lines = calls + rejects + ignored, and so do their bytes."""

    calls: pa.Table
    """Schema `CALLS`, in file order."""
    rejects: pa.Table
    """Schema `REJECTS`."""
    ignored: int
    """Blank lines and headers."""
    ignored_bytes: int
    consumed: int
    """Bytes of the piece that are whole lines; the rest is pending."""
    lines: int
