"""The result of parsing a piece of a CDR file: calls and bad lines as Arrow tables."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import pyarrow as pa

from engine.domain.call_columns import CALL_COLUMNS, CallColumn, ColumnType

_TYPES: dict[ColumnType, pa.DataType] = {
    "text": pa.string(),
    "moment": pa.timestamp("us"),
    "bits": pa.uint16(),
    "small": pa.int32(),
    "integer": pa.int64(),
    "key": pa.uint64(),
}


def _fields(columns: Iterable[CallColumn]) -> list[pa.Field]:
    return [pa.field(column.name, _TYPES[column.type], nullable=column.optional) for column in columns]


CALLS = pa.schema(
    [
        pa.field("key_text", pa.string(), nullable=False),
        # What makes the record unique, the same in every file: key fields joined by U+001F, or the line.
        pa.field("caller_name", pa.string(), nullable=False),  # as sent, for extensions seen first
        pa.field("answered", pa.bool_(), nullable=False),  # the format's answered condition
        *_fields(column for column in CALL_COLUMNS if column.origin in ("format", "parser")),
    ]
)
"""Columns of the parsed calls: those that are stored, and three that only storing needs."""

EVENTS = pa.schema(
    [
        pa.field("happened_at", pa.timestamp("us"), nullable=False),
        *(
            pa.field(name, pa.string(), nullable=False)
            for name in ("type", "caller", "exten", "channel", "app", "app_data", "account_code")
        ),
        *(pa.field(name, pa.string(), nullable=False) for name in ("unique_id", "link_id", "peer", "extra")),
        pa.field("trunk", pa.string(), nullable=False),  # the channel's trunk; '' = it is none
        pa.field("device", pa.string(), nullable=False),  # the extension of the channel's device
        pa.field("facts", pa.uint8(), nullable=False),  # CALLER_INTERNAL, DIALLED_INTERNAL (of exten)
        pa.field("line_offset", pa.int64(), nullable=False),
        pa.field("line_length", pa.int32(), nullable=False),
    ]
)
"""Columns of parsed events of channels; with file_id before the places, those of table `event`."""

STORED = pa.schema(_fields(CALL_COLUMNS))
"""Of table `call`."""

REJECTS = pa.schema(
    [
        pa.field("line_offset", pa.int64(), nullable=False),
        pa.field("line_length", pa.int64(), nullable=False),
        pa.field("line_in_piece", pa.int64(), nullable=False),  # from 0
        pa.field("field", pa.string(), nullable=False),  # '' = the line as a whole
        pa.field("reason", pa.string(), nullable=False),  # in English
        pa.field("message", pa.string(), nullable=False),  # the reason as JSON of a Message
        pa.field("raw", pa.binary(), nullable=False),  # at most MAX_RAW_BYTES
    ]
)

MAX_RAW_BYTES = 4096

# Arrow looks for a package at every plain Python value whose type it has to guess, which costs 0.15 ms.
EMPTY = pa.scalar("", pa.string())
FALSE = pa.scalar(False, pa.bool_())


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """One piece of a file, accounted for: lines = calls + events + rejects + ignored, and their bytes."""

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
    events: pa.Table = field(default_factory=EVENTS.empty_table)
    """Schema `EVENTS`, in file order; formats whose lines are events have no calls."""

    @property
    def records(self) -> int:
        """Calls and events."""
        return self.calls.num_rows + self.events.num_rows
