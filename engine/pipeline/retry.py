"""Reading quarantined lines again after a format was mended."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from engine.ingest.record import Parsed
from engine.pipeline.batch import StoredCalls, store_calls
from engine.pipeline.quarantine import mark_retried
from engine.pipeline.standing import Standing
from engine.pipeline.state import State
from engine.store import Session


@dataclass(frozen=True, kw_only=True)
class BadLine:
    """A quarantined line and what its file's parser makes of it now."""

    quarantine_id: int
    file_id: int
    parsed: Parsed


def retry_lines(session: Session, lines: list[BadLine], *, state: State, now: datetime) -> tuple[int, int]:
    """Stores the lines that can be read now; (stored, duplicates). The accounts of their files follow."""
    stored = duplicates = 0
    for file_id in sorted({line.file_id for line in lines}):
        own = [line for line in lines if line.file_id == file_id and line.parsed.calls.num_rows == 1]
        if not own:
            continue
        calls = pa.concat_tables([line.parsed.calls for line in own])
        total_bytes = int(pc.sum(calls["line_length"]).as_py())
        outcome: StoredCalls = store_calls(
            session,
            calls,
            file_id=file_id,
            book=state.book,
            site=state.site,
            # Files before this one have stored calls in the same transaction.
            standing=Standing(),
            now=now,
        )
        fresh = outcome.calls.num_rows
        session.run(
            "quarantine.move_to_stored",
            file_id=file_id,
            stored=fresh,
            duplicates=len(own) - fresh,
            stored_bytes=outcome.bytes,
            duplicate_bytes=total_bytes - outcome.bytes,
            last_call_at=pc.max(calls["started_at"]).as_py(),
        )
        mark_retried(session, [line.quarantine_id for line in own], now=now)
        stored += fresh
        duplicates += len(own) - fresh
    return stored, duplicates
