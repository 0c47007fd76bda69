"""The columns of a call: their names, types and origins. Parser, store and exports read this list.

A new column that a format tells by an expression takes a line here, the column in `engine/sql/migrations`,
and the expression in the formats that know it; where lists of calls show it, a field of `CallRow` as well.
"""

from dataclasses import dataclass
from typing import Final, Literal

ColumnType = Literal["text", "moment", "bits", "small", "integer", "key"]
"""moment = TIMESTAMP without a zone, bits = USMALLINT, small = INTEGER, integer = BIGINT,
key = UBIGINT."""

Origin = Literal["format", "parser", "legs", "rating", "storing"]
"""format = the text of the format's expression of the same name; parser = worked out by the parser;
legs = told by the call that the record belongs to."""


@dataclass(frozen=True, slots=True)
class CallColumn:
    """A column of table `call`."""

    name: str
    type: ColumnType
    origin: Origin
    optional: bool = False
    """Whether it may be NULL."""


CALL_COLUMNS: Final = (
    CallColumn("call_id", "integer", "storing"),
    CallColumn("call_key", "key", "storing"),
    CallColumn("started_at", "moment", "parser"),
    CallColumn("started_local", "moment", "parser"),
    CallColumn("answered_at", "moment", "parser", optional=True),
    CallColumn("answered_local", "moment", "parser", optional=True),
    CallColumn("ended_at", "moment", "parser", optional=True),
    CallColumn("extension", "text", "parser"),
    CallColumn("direction", "text", "parser"),
    CallColumn("dialled", "text", "format"),
    CallColumn("trunk", "text", "format"),
    CallColumn("disposition", "text", "format"),
    CallColumn("duration", "small", "parser"),
    CallColumn("billsec", "small", "parser"),
    CallColumn("cost_micros", "integer", "rating"),
    CallColumn("unrated", "text", "rating", optional=True),
    CallColumn("rate_version", "integer", "rating", optional=True),
    CallColumn("cycles", "integer", "rating"),
    CallColumn("first_block_micros", "integer", "rating"),
    CallColumn("file_id", "integer", "storing"),
    CallColumn("line_offset", "integer", "parser"),
    CallColumn("line_length", "small", "parser"),
    CallColumn("caller", "text", "format"),
    CallColumn("called_party", "text", "format"),
    CallColumn("account_code", "text", "format"),
    CallColumn("link_id", "text", "format"),
    CallColumn("near_channel", "text", "format"),
    CallColumn("far_channel", "text", "format"),
    CallColumn("near_device", "text", "parser"),
    CallColumn("far_device", "text", "parser"),
    CallColumn("written", "text", "parser", optional=True),
    CallColumn("dial_number", "text", "parser", optional=True),
    CallColumn("facts", "bits", "parser"),
    CallColumn("rated_number", "text", "legs", optional=True),
    CallColumn("channel", "text", "legs"),
    CallColumn("placed_by", "text", "legs"),
    CallColumn("passed_by", "text", "legs"),
    CallColumn("leg", "key", "legs"),
    CallColumn("charged_seconds", "small", "legs"),
)
"""In the order of the table."""

NEAR_TRUNK: Final = 1
FAR_TRUNK: Final = 2
JOINS: Final = 4
CALLER_INTERNAL: Final = 8
DIALLED_INTERNAL: Final = 16
CHANNELS: Final = 32
OWN_LEG: Final = 64
MINUTES: Final = 128
"""Bits of `facts`: which channel is a trunk's, whether an application joined the two at no meeting place, and
whose numbers are the site's own, that channels are told, that a trunk channel's record tells the answer and
the seconds of its use, and that the clock ticks in minutes, so that equal records of one file are different
ones. 0 = none of it: the record is a call by itself."""

MADE_OF_EVENTS: Final = 256
"""Bit of `facts`: the call was made from events of its channel, and has no line of its own."""
END_ASSUMED: Final = 512
"""Bit of `facts`: the event that ends the channel is missing; the end is what its call, a restart of the PBX,
or the time that has passed say."""

FORMAT_TEXTS: Final = tuple(column.name for column in CALL_COLUMNS if column.origin == "format")

ExportKind = Literal["text", "time", "whole", "money"]

CALL_EXPORT: Final[dict[str, ExportKind]] = {
    "started_at": "time",
    "answered_at": "time",
    "ended_at": "time",
    "extension": "text",
    "name": "text",
    "direction": "text",
    "dialled": "text",
    "trunk": "text",
    "disposition": "text",
    "duration": "whole",
    "billsec": "whole",
    "cost": "money",
    "rate": "text",
    "unrated": "text",
    "call_key": "text",
    "source": "text",
    "caller": "text",
    "rated_number": "text",
    "charged_seconds": "whole",
    "leg": "text",
    "placed_by": "text",
    "passed_by": "text",
    "called_party": "text",
    "link_id": "text",
    "channel": "text",
    "account_code": "text",
    "destination": "text",
    "country": "text",
}
"""The columns of the calls export, in their order. New ones go to the end: some read them by place."""
