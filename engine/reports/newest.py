"""Calls just stored, as rows for the event stream."""

import pyarrow as pa

from engine.api.calls import CallRow
from engine.domain.names import Direction, Unrated
from engine.store import Session


def newest_rows(session: Session, calls: pa.Table) -> list[CallRow]:
    """Rows of a batch's last calls (columns of table `call`), newest last, with their names."""
    lines = calls.to_pylist()
    numbers = list({line["extension"] for line in lines})
    versions = list({line["rate_version"] for line in lines if line["rate_version"] is not None})
    names = {str(number): str(name) for number, name in session.rows("newest.names", numbers=numbers)}
    rates = {version: str(name) for version, name in session.rows("newest.rates", versions=versions)}
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
