"""Read positions as the store remembers them."""

from datetime import UTC, datetime

from engine.ingest.position import Position
from engine.store import Session


def load_positions(session: Session) -> list[Position]:
    """Every file that a source was followed in; imports by hand are not among them."""
    return [
        Position(
            file_id=int(str(row[0])),
            source=str(row[1]),
            path=str(row[2]),
            device=int(str(row[4])),
            inode=int(str(row[5])),
            head_length=int(str(row[6])),
            head_sha256=str(row[7]),
            tail_length=int(str(row[8])),
            tail_sha256=str(row[9]),
            read_offset=int(str(row[10])),
            lines=int(str(row[11])),
            finished=bool(row[16]),
            last_read_at=_seconds(row[17]),
        )
        for row in session.rows("pipeline.files")
        if row[1] != ""
    ]


def _seconds(moment: object) -> float:
    return moment.replace(tzinfo=UTC).timestamp() if isinstance(moment, datetime) else 0.0
