"""Sources and their files, as people look at them."""

from datetime import datetime

from engine.api.site import SourceFileRow, SourceRow, Sources, SourceState
from engine.ingest.health import SourceHealth
from engine.pipeline.ingestor import Ingestor
from engine.store import Session


def list_sources(session: Session, ingestor: Ingestor) -> Sources:
    """The configured sources with the accounts of their files, and every file read."""
    files = session.records(SourceFileRow, "pipeline.files")
    newest = dict(session.records(tuple[str, datetime | None], "pipeline.last_calls"))
    rows: list[SourceRow] = []
    healths = {health.source: health for health in ingestor.health}
    for source in ingestor.settings.sources:
        path = ingestor.path_of(source)
        health = healths.get(path) or _not_looked_at(path)
        own = [file for file in files if file.source == health.source]
        zone = source.timezone or ingestor.settings.site.timezone
        fault = ingestor.parser_fault(health.source)
        rows.append(
            SourceRow(
                path=source.path,
                format=source.format,
                timezone=zone.key,
                state="error" if fault else health.state,
                message=fault or health.message,
                files=len(own),
                lines=sum(file.lines for file in own),
                stored=sum(file.stored for file in own),
                duplicates=sum(file.duplicates for file in own),
                quarantined=sum(file.quarantined for file in own),
                ignored=sum(file.ignored for file in own),
                bytes_behind=health.bytes_behind,
                lines_per_second=ingestor.lines_per_second(health.source),
                last_read_at=max((file.last_read_at for file in own), default=None),
                last_call_at=newest.get(health.source),
            )
        )
    return Sources(rows=rows, files=files)


def source_states(ingestor: Ingestor) -> list[SourceState]:
    """How each configured source is, without what is known of its files."""
    healths = {health.source: health for health in ingestor.health}
    paths = [ingestor.path_of(source) for source in ingestor.settings.sources]
    return [
        "error" if ingestor.parser_fault(path) else healths.get(path, _not_looked_at(path)).state
        for path in paths
    ]


def _not_looked_at(path: str) -> SourceHealth:
    """Before the first sweep."""
    return SourceHealth(source=path, state="waiting", message="Not looked at yet.", bytes_behind=0, files=0)
