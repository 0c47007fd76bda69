"""Bad lines: to look at, and to read again once a format was mended."""

from dataclasses import dataclass
from datetime import datetime

from engine.api.message_json import from_json
from engine.api.site import ListQuarantine, QuarantinePage, QuarantineRow
from engine.store import Session


@dataclass(frozen=True, kw_only=True, slots=True)
class _Line:
    quarantine_id: int
    path: str
    line_offset: int
    line_number: int
    field: str
    message: str
    raw: bytes
    found_at: datetime
    retried_at: datetime | None
    total: int


def list_quarantine(session: Session, request: ListQuarantine) -> QuarantinePage:
    """One page, newest first."""
    found, (total,) = session.page(
        _Line,
        "quarantine.page",
        "total",
        text=request.text,
        include_retried=request.include_retried,
        limit=min(request.limit, 100_000),
        offset=request.offset,
    )
    return QuarantinePage(
        rows=[
            QuarantineRow(
                quarantine_id=line.quarantine_id,
                path=line.path,
                line_offset=line.line_offset,
                line_number=line.line_number,
                field=line.field,
                reason=from_json(line.message),
                raw=line.raw.decode("utf-8", "replace"),
                found_at=line.found_at,
                retried_at=line.retried_at,
            )
            for line in found
        ],
        total=total,
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
    """The name of the format that its file is read by."""
    head_length: int
    head_sha256: str


def open_lines(session: Session, ids: list[int] | None) -> list[OpenLine]:
    """Bad lines to read again, at most 100,000; None = all."""
    return session.records(OpenLine, "quarantine.open", ids=ids, every=ids is None)


def mark_retried(session: Session, ids: list[int], *, now: datetime) -> None:
    """Takes lines out of the list of bad ones; they stay on record."""
    session.run("quarantine.mark_retried", ids=ids, now=now)
