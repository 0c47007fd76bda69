"""Bad lines: to look at, and to read again once a format was mended."""

from dataclasses import dataclass
from datetime import datetime

from engine.api.site import ListQuarantine, QuarantinePage, QuarantineRow
from engine.store import Session

_Line = tuple[int, str, int, int, str, str, bytes, datetime, datetime | None, int]
"""Columns of quarantine.page."""


def list_quarantine(session: Session, request: ListQuarantine) -> QuarantinePage:
    """One page, newest first."""
    found = session.records(
        _Line,
        "quarantine.page",
        text=request.text,
        include_retried=request.include_retried,
        limit=min(request.limit, 100_000),
        offset=request.offset,
    )
    return QuarantinePage(
        rows=[
            QuarantineRow(
                quarantine_id=line[0],
                path=line[1],
                line_offset=line[2],
                line_number=line[3],
                field=line[4],
                reason=line[5],
                raw=line[6].decode("utf-8", "replace"),
                found_at=line[7],
                retried_at=line[8],
            )
            for line in found
        ],
        total=found[0][9] if found else 0,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenLine:
    """A bad line that was kept whole, with what reading it again needs."""

    quarantine_id: int
    file_id: int
    line_offset: int
    raw: bytes
    timezone: str
    """The IANA zone that the lines around it were read in."""
    path: str
    format: str
    """What its file is read by."""
    head_length: int
    head_sha256: str


def open_lines(session: Session, ids: list[int] | None) -> list[OpenLine]:
    """Bad lines to read again, at most 100,000; None = all."""
    return session.records(OpenLine, "quarantine.open", ids=ids, every=ids is None)


def mark_retried(session: Session, ids: list[int], *, now: datetime) -> None:
    """Takes lines out of the list of bad ones; they stay on record."""
    session.run("quarantine.mark_retried", ids=ids, now=now)
