"""Reading quarantined lines again after a format was mended."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from engine.parse.schema import Parsed
from engine.pipeline.calls import Lines, of_file, store_calls
from engine.pipeline.live_site import State
from engine.pipeline.quarantine import mark_retried
from engine.store import Session


@dataclass(frozen=True, kw_only=True)
class BadLine:
    """A quarantined line and what its file's parser makes of it now."""

    quarantine_id: int
    file_id: int
    parsed: Parsed


def retry_lines(session: Session, lines: list[BadLine], *, state: State, now: datetime) -> tuple[int, int]:
    """Stores the lines that can be read now; (stored, duplicates). The accounts of their files follow."""
    good = [line for line in lines if line.parsed.calls.num_rows == 1]
    if not good:
        return 0, 0
    calls = pa.concat_tables([of_file(line.parsed.calls, line.file_id) for line in good])
    outcome = store_calls(
        session, calls, book=state.book, site=state.site, account_cache=state.account_cache, now=now
    )
    fresh = outcome.by_file()
    duplicates = 0
    for file_id in sorted({line.file_id for line in good}):
        own = calls.filter(pc.equal(calls["file_id"], pa.scalar(file_id, pa.int64())))
        stored = fresh.get(file_id, Lines(0, 0))
        session.run(
            "quarantine.move_to_stored",
            file_id=file_id,
            stored=stored.lines,
            duplicates=own.num_rows - stored.lines,
            stored_bytes=stored.bytes,
            duplicate_bytes=int(pc.sum(own["line_length"]).as_py()) - stored.bytes,
            last_call_at=pc.max(own["started_at"]).as_py(),
        )
        duplicates += own.num_rows - stored.lines
    mark_retried(session, [line.quarantine_id for line in good], now=now)
    return len(good) - duplicates, duplicates
