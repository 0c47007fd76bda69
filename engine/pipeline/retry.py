"""Reading quarantined lines again after a format was mended."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from config.settings import Settings
from engine.domain.zones import zone
from engine.parse.fitting import HEAD_BYTES
from engine.parse.schema import Parsed
from engine.pipeline.calls import Lines, of_file, store_calls
from engine.pipeline.events import of_source, store_events
from engine.pipeline.live_site import LiveSite
from engine.pipeline.quarantine import OpenLine, mark_retried
from engine.pipeline.source_parser import SourceParser, site_format
from engine.reports.raw import ReadFile, read_head
from engine.store import Session


@dataclass(frozen=True, kw_only=True)
class BadLine:
    """A quarantined line and what its file's parser makes of it now."""

    quarantine_id: int
    file_id: int
    parsed: Parsed


def retry_parser(line: OpenLine, settings: Settings, home: Path) -> SourceParser | None:
    """A parser for the line and others of its file: its present format, in the zone of the lines around it.

    None = the format needs the file's header, and the file is found no more; or an import brought the format
    along, and it is not here.
    """
    form = site_format(line.format, settings, home)
    if form is None:
        return None
    parser = SourceParser(
        line.format,
        home=home,
        numbering=settings.numbering,
        source_zone=zone(line.timezone),
        site_zone=settings.site.timezone,
        zone_is_settled=True,
        form=form,
    )
    file = ReadFile(path=line.path, head_length=line.head_length, head_sha256=line.head_sha256)
    return parser if parser.knows_header(read_head(file, HEAD_BYTES)) else None


def retry_lines(session: Session, lines: list[BadLine], *, state: LiveSite, now: datetime) -> tuple[int, int]:
    """Stores the lines that can be read now; (stored, duplicates). The accounts of their files follow."""
    good = [line for line in lines if line.parsed.records == 1]
    calls = [line for line in good if line.parsed.calls.num_rows]
    if not good:
        return 0, 0
    # One step stores one kind: events among calls are tried again the next time.
    return _retry(session, calls or good, events=not calls, state=state, now=now)


def _retry(
    session: Session, good: list[BadLine], *, events: bool, state: LiveSite, now: datetime
) -> tuple[int, int]:
    """(stored, duplicates) of lines that are all calls, or all events."""
    if events:
        sources = {file: str(source) for file, source in session.rows("quarantine.sources")}
        calls = pa.concat_tables(
            [of_source(line.parsed.events, line.file_id, sources.get(line.file_id, "")) for line in good]
        )
        _, fresh = store_events(
            session, calls, book=state.book, site=state.site, account_cache=state.account_cache, now=now
        )
    else:
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
            "quarantine.move_to_events" if events else "quarantine.move_to_stored",
            file_id=file_id,
            stored=stored.lines,
            duplicates=own.num_rows - stored.lines,
            stored_bytes=stored.bytes,
            duplicate_bytes=int(pc.sum(own["line_length"]).as_py()) - stored.bytes,
            last_call_at=pc.max(own["happened_at" if events else "started_at"]).as_py(),
        )
        duplicates += own.num_rows - stored.lines
    mark_retried(session, [line.quarantine_id for line in good], now=now)
    return len(good) - duplicates, duplicates
