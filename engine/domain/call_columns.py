"""The columns of a call: their names, types and origins. Parser, store and exports read this list.

A new column that a format tells by an expression takes a line here, the column in `engine/sql/migrations`,
and the expression in the formats that know it; where lists of calls show it, a field of `CallRow` as well.
"""

from dataclasses import dataclass
from typing import Final, Literal

ColumnType = Literal["text", "moment", "small", "integer", "key"]
"""moment = TIMESTAMP without a zone, small = INTEGER, integer = BIGINT, key = UBIGINT."""

Origin = Literal["format", "parser", "rating", "storing"]
"""format = the text of the format's expression of the same name; parser = worked out by the parser."""


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
)
"""In the order of the table."""

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
}
"""The columns of the calls export, in their order. New ones go to the end: some read them by place."""
