"""Calls just stored, as rows for the event stream."""

from datetime import datetime
from typing import Any

import pyarrow as pa

from engine.api.calls import CallRow
from engine.domain.names import Direction, Unrated
from engine.domain.zones import moment
from engine.store import Session

_TIMES = ("started_at", "started_local", "answered_at", "ended_at")
_OTHERS = (
    *("call_id", "extension", "direction", "dialled", "trunk", "disposition", "duration", "billsec"),
    *("cost_micros", "rate_version", "unrated"),
)


def newest_rows(session: Session, calls: pa.Table) -> list[CallRow]:
    """Rows of a batch's last calls (columns of table `call`), newest last, with their names.

    In the writer's thread: the batch is told as stored after this.
    """
    columns: dict[str, list[Any]] = {name: calls[name].to_pylist() for name in _OTHERS}
    columns |= {name: _times(calls[name]) for name in _TIMES}
    lines = [dict(zip(columns, line, strict=True)) for line in zip(*columns.values(), strict=True)]
    numbers = list(set(columns["extension"]))
    versions = list(set(columns["rate_version"]) - {None})
    names = {str(number): str(name) for number, name in session.brief_rows("newest.names", numbers=numbers)}
    rates = {version: str(name) for version, name in session.brief_rows("newest.rates", versions=versions)}
    return [
        CallRow(
            call_id=line["call_id"],
            started_at=line["started_at"],
            started_local=line["started_local"],
            answered_at=line["answered_at"],
            ended_at=line["ended_at"],
            extension=line["extension"],
            name=names.get(line["extension"], ""),
            direction=Direction(line["direction"]),
            dialled=line["dialled"],
            trunk=line["trunk"],
            disposition=line["disposition"],
            duration=line["duration"],
            billsec=line["billsec"],
            cost_micros=line["cost_micros"],
            rate=rates.get(line["rate_version"], ""),
            unrated=Unrated(line["unrated"]) if line["unrated"] else None,
        )
        for line in lines
    ]


def _times(column: pa.ChunkedArray) -> list[datetime | None]:
    counts = column.cast(pa.int64()).to_pylist()
    return [None if count is None else moment(count) for count in counts]
