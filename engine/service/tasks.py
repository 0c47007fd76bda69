"""Long work: imports, re-rating, checks, copies. Each tells its progress and can be cancelled."""

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from config.formats import load_format
from config.settings import Settings
from engine.access import audit
from engine.api.events import CallsStored
from engine.api.operation import Progress
from engine.api.rates import Rerate, RerateResult
from engine.api.site import (
    Backup,
    BackupResult,
    DetectResult,
    DetectSource,
    Ingest,
    IngestResult,
    Lockouts,
    RetryQuarantine,
    RetryResult,
    SyncLockouts,
    Verify,
    VerifyResult,
)
from engine.domain.errors import InvalidInput, StorageError
from engine.domain.zones import utc_now, zone
from engine.lockout.barred import list_lockouts
from engine.parse.detect import HEAD_BYTES, detect
from engine.pipeline.budget import budget_now
from engine.pipeline.imports import Import
from engine.pipeline.quarantine import open_lines
from engine.pipeline.reading import DEFAULT_FORMAT, SourceParser, source_for
from engine.pipeline.rerating import Rerating
from engine.pipeline.retry import BadLine, retry_lines, retry_parser
from engine.reports.verify import verify
from engine.service.context import SYNC_SECONDS, ServiceContext
from engine.store import Session, mark_path, read_mark
from engine.tail.file_reader import Content

Report = Callable[[Progress], None]
Task = Callable[[ServiceContext, Any, str, Report, threading.Event], Any]

MAX_PATHS = 10_000


def ingest(
    service: ServiceContext, request: Ingest, operator: str, progress: Report, cancelled: threading.Event
) -> IngestResult:
    """Imports past CDR files."""
    if not request.paths or len(request.paths) > MAX_PATHS:
        raise InvalidInput(f"Name 1 to {MAX_PATHS} files.", field="paths")
    settings = service.settings()
    files = [
        (path, _parser(service.home, settings, path, request.format, request.timezone))
        for path in request.paths
    ]
    job = Import(
        writer=service.writer,
        state=service.state,
        stored=service.calls_stored,
        now=utc_now,
        progress=progress,
        cancelled=cancelled,
        budget=budget_now(service.database),
    )
    result = job.run(files)
    _record(service, request, operator, result=result)
    return result


def detect_source(
    service: ServiceContext,
    request: DetectSource,
    operator: str,
    progress: Report,
    cancelled: threading.Event,
) -> DetectResult:
    """Looks at the head of a CDR file."""
    try:
        content = Content(request.path)
    except OSError as error:
        raise StorageError(f"{request.path} cannot be read by the engine: {error.strerror}.") from error
    try:
        head = content.read_at(0, HEAD_BYTES)
    finally:
        content.close()
    settings = service.settings()
    return detect(
        head,
        name=Path(request.path).name,
        site_zone=settings.site.timezone,
        numbering=settings.numbering,
        source_zone=zone(request.timezone) if request.timezone else None,
        formats=[load_format(request.format, service.home)] if request.format else None,
    )


def retry_quarantine(
    service: ServiceContext,
    request: RetryQuarantine,
    operator: str,
    progress: Report,
    cancelled: threading.Event,
) -> RetryResult:
    """Reads bad lines again with the formats as they are now."""
    settings = service.settings()
    with service.database.reading() as session:
        waiting = open_lines(session, request.quarantine_ids)
    parsers: dict[tuple[int, str], SourceParser | None] = {}
    lines: list[BadLine] = []
    for line in waiting:
        read_by = line.file_id, line.timezone
        if read_by not in parsers:
            parsers[read_by] = retry_parser(line, settings, service.home)
        parser = parsers[read_by]
        if parser is not None:
            parsed = parser.parse_line(line.raw, base_offset=line.line_offset)
            lines.append(BadLine(quarantine_id=line.quarantine_id, file_id=line.file_id, parsed=parsed))
        if cancelled.is_set():
            break

    def change(session: Session) -> tuple[int, int]:
        audit.record(session, request, operator=operator, now=utc_now())
        return retry_lines(session, lines, state=service.state, now=utc_now())

    def after(_session: Session, counts: tuple[int, int]) -> None:
        if any(counts):
            service.alarms_changed()
        if counts[0]:
            service.event_bus.publish(CallsStored(count=counts[0], rows=[]))
            service.balances_moved([])

    stored, duplicates = service.writer.run(change, after=after)
    return RetryResult(
        tried=len(waiting),
        stored=stored,
        duplicates=duplicates,
        still_bad=len(waiting) - stored - duplicates,
    )


def sync_lockouts(
    service: ServiceContext,
    request: SyncLockouts,
    operator: str,
    progress: Report,
    cancelled: threading.Event,
) -> Lockouts:
    """Compares every target in full and tells how they stand afterwards."""
    for reconciler in service.reconcilers:
        reconciler.sync(SYNC_SECONDS)
    with service.database.reading() as session:
        return list_lockouts(session, service.state.site, service.targets())


def verify_books(
    service: ServiceContext, request: Verify, operator: str, progress: Report, cancelled: threading.Event
) -> VerifyResult:
    """Checks what must hold."""
    # Read first: the store of the snapshot is at the mark, or beyond it.
    mark = read_mark(mark_path(service.database.path))
    with service.database.reading() as session, session.snapshot():
        return verify(session, mark=mark)


def backup(
    service: ServiceContext, request: Backup, operator: str, progress: Report, cancelled: threading.Event
) -> BackupResult:
    """Writes a backup set while work goes on."""
    folder = Path(request.folder) if request.folder else None
    if folder is not None and not folder.is_absolute():
        raise InvalidInput("folder: name it with its full path.", field="folder")
    target = service.backups.make(folder)
    size = target.stat().st_size
    _record(service, request, operator)
    return BackupResult(path=str(target), bytes=size)


def rerate(
    service: ServiceContext, request: Rerate, operator: str, progress: Report, cancelled: threading.Event
) -> RerateResult:
    """Rates stored calls anew, or previews it."""
    job = Rerating(
        database=service.database,
        writer=service.writer,
        state=service.state,
        progress=progress,
        moved=lambda: service.balances_moved([]),
        cancelled=cancelled,
        now=utc_now,
    )
    try:
        return job.run(request, operator=operator)
    finally:
        # What a run that broke off had finished counts like the rest.
        if request.apply:
            _record(service, request, operator)
            service.event_bus.publish(CallsStored(count=0, rows=[]))
            service.alarms_changed()


def _parser(home: Path, settings: Settings, path: str, format_name: str, timezone: str) -> SourceParser:
    source = source_for(path, settings)
    own: ZoneInfo | None = source.timezone if source else None
    return SourceParser(
        format_name or (source.format if source else DEFAULT_FORMAT),
        home=home,
        numbering=settings.numbering,
        source_zone=zone(timezone) if timezone else own or settings.site.timezone,
        site_zone=settings.site.timezone,
    )


def _record(service: ServiceContext, request: Any, operator: str, *, result: object = None) -> None:
    now: datetime = utc_now()
    service.writer.run(
        lambda session: audit.record(session, request, operator=operator, now=now, result=result)
    )
