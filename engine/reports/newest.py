"""Calls just stored, as rows for the event stream."""

from typing import Any

import msgspec
import pyarrow as pa

from engine.api.calls import CallRow
from engine.domain.call_columns import CALL_COLUMNS
from engine.domain.names import Direction
from engine.domain.zones import moment
from engine.store import Session

_SHOWN = {column.name for column in CALL_COLUMNS} & set(CallRow.__struct_fields__)
_COLUMNS = ("rate_version", *_SHOWN)


def newest_rows(session: Session, calls: pa.Table) -> list[CallRow]:
    """Rows of a batch's last calls (columns of table `call`), newest last, with their names.

    In the writer's thread: the batch is told as stored after this.
    """
    columns = {name: _values(calls[name]) for name in _COLUMNS}
    numbers, versions = set(columns["extension"]), set(columns["rate_version"]) - {None}
    names = {number: str(name) for number, name in session.brief_rows("newest.names", numbers=list(numbers))}
    rates = {
        version: str(name) for version, name in session.brief_rows("newest.rates", versions=list(versions))
    }
    lines = [dict(zip(columns, line, strict=True)) for line in zip(*columns.values(), strict=True)]
    for line in lines:
        line["name"] = names.get(line["extension"], "")
        line["rate"] = rates.get(line["rate_version"], "")
        line["rated_number"] = _number(line)
    numbers = [line["rated_number"] for line in lines if line["direction"] == Direction.OUTBOUND]
    places = {
        number: (name, country)
        for number, name, country in session.brief_rows("destinations.of_numbers", numbers=numbers)
    }
    for line in lines:
        if line["direction"] == Direction.OUTBOUND:
            line["destination"], line["country"] = places.get(line["rated_number"], ("", ""))
    return msgspec.convert(lines, list[CallRow])


def _number(line: dict[str, Any]) -> str:
    known = line["rated_number"]
    return str(line["dialled"] if known is None else known)


def _values(column: pa.ChunkedArray) -> list[Any]:
    if not pa.types.is_timestamp(column.type):
        return column.to_pylist()
    counts = column.cast(pa.int64()).to_pylist()
    return [None if count is None else moment(count) for count in counts]
