"""Bad lines: to look at, and to read again once a format was mended."""

from dataclasses import dataclass
from datetime import datetime

from engine.api.site import ListQuarantine, QuarantinePage, QuarantineRow
from engine.store import Session


def list_quarantine(session: Session, request: ListQuarantine) -> QuarantinePage:
    """One page, newest first."""
    rows = session.rows(
        "quarantine.page",
        text=request.text,
        include_retried=request.include_retried,
        limit=min(request.limit, 100_000),
        offset=request.offset,
    )
    return QuarantinePage(
        rows=[
            QuarantineRow(
                quarantine_id=int(str(row[0])),
                path=str(row[1]),
                line_offset=int(str(row[2])),
                line_number=int(str(row[3])),
                field=str(row[4]),
                reason=str(row[5]),
                raw=_decoded(row[6]),
                found_at=row[7],  # type: ignore[arg-type]
                retried_at=row[8],  # type: ignore[arg-type]
            )
            for row in rows
        ],
        total=int(str(rows[0][9])) if rows else 0,
    )


def _decoded(raw: object) -> str:
    return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenLine:
    """A bad line that was kept whole, with what reading it again needs."""

    quarantine_id: int
    file_id: int
    line_offset: int
    raw: bytes
    source: str
    path: str
    format: str


def open_lines(session: Session, ids: list[int] | None) -> list[OpenLine]:
    """Bad lines to read again, at most 100,000; None = all."""
    return [
        OpenLine(
            quarantine_id=int(str(row[0])),
            file_id=int(str(row[1])),
            line_offset=int(str(row[2])),
            raw=row[3],  # type: ignore[arg-type]
            source=str(row[4]),
            path=str(row[5]),
            format=str(row[6]),
        )
        for row in session.rows("quarantine.open", ids=ids, every=ids is None)
    ]


def mark_retried(session: Session, ids: list[int], *, now: datetime) -> None:
    """Takes lines out of the list of bad ones; they stay on record."""
    session.run("quarantine.mark_retried", ids=ids, now=now)
