"""Sources and their files, as people look at them."""

from dataclasses import dataclass
from datetime import datetime

from engine.api.site import ListSources, SourceFileRow, SourceRow, Sources, SourceState
from engine.domain.message import Message
from engine.pipeline.checkpoints import FileAccounts
from engine.pipeline.ingest_loop import IngestLoop
from engine.store import Session
from engine.tail.health import SourceHealth


@dataclass(frozen=True, kw_only=True)
class _SourceAccounts(FileAccounts):
    """The accounts of all files of a source."""

    source: str
    files: int = 0
    last_read_at: datetime | None = None


def list_sources(session: Session, ingest_loop: IngestLoop, request: ListSources) -> Sources:
    """The configured sources with the accounts of their files, and the files read last."""
    accounts = {found.source: found for found in session.records(_SourceAccounts, "pipeline.source_accounts")}
    rows: list[SourceRow] = []
    healths = {health.source: health for health in ingest_loop.health}
    for source in ingest_loop.settings.sources:
        path = ingest_loop.path_of(source)
        health = healths.get(path) or _not_looked_at(path)
        own = accounts.get(path) or _SourceAccounts(source=path)
        zone = source.timezone or ingest_loop.settings.site.timezone
        fault = ingest_loop.parser_fault(path)
        rows.append(
            SourceRow(
                path=source.path,
                format=source.format,
                timezone=zone.key,
                state="error" if fault else health.state,
                message=fault or health.message,
                files=own.files,
                lines=own.lines,
                stored=own.stored,
                duplicates=own.duplicates,
                quarantined=own.quarantined,
                ignored=own.ignored,
                events=own.events,
                bytes_behind=health.bytes_behind,
                lines_per_second=ingest_loop.lines_per_second(path),
                last_read_at=own.last_read_at,
                last_call_at=own.last_call_at,
            )
        )
    watching, message = ingest_loop.watching
    return Sources(
        rows=rows,
        files=session.records(SourceFileRow, "pipeline.files", limit=request.limit),
        files_total=sum(found.files for found in accounts.values()),
        watching=watching,
        watching_message=message,
    )


def source_states(ingest_loop: IngestLoop) -> list[SourceState]:
    """The state of each configured source, without the accounts of its files."""
    healths = {health.source: health for health in ingest_loop.health}
    paths = [ingest_loop.path_of(source) for source in ingest_loop.settings.sources]
    return [
        "error" if ingest_loop.parser_fault(path) else healths.get(path, _not_looked_at(path)).state
        for path in paths
    ]


def _not_looked_at(path: str) -> SourceHealth:
    """Before the first sweep."""
    return SourceHealth(
        source=path, state="waiting", message=Message("Not looked at yet."), bytes_behind=0, files=0
    )
