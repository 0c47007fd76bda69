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
from engine.ingest.content import Content
from engine.ingest.detect import HEAD_BYTES, detect
from engine.lockout.barred import list_lockouts
from engine.pipeline.imports import Import
from engine.pipeline.quarantine import open_lines
from engine.pipeline.reading import DEFAULT_FORMAT, SourceParser, source_for
from engine.pipeline.rerating import Rerating
from engine.pipeline.retry import BadLine, retry_lines
from engine.reports.verify import verify
from engine.service.desk import SYNC_SECONDS, Desk
from engine.store import Session

Report = Callable[[Progress], None]
Task = Callable[[Desk, Any, str, Report, threading.Event], Any]

MAX_PATHS = 10_000


def ingest(
    desk: Desk, request: Ingest, operator: str, progress: Report, cancelled: threading.Event
) -> IngestResult:
    """Imports past CDR files."""
    if not request.paths or len(request.paths) > MAX_PATHS:
        raise InvalidInput(f"Name 1 to {MAX_PATHS} files.", field="paths")
    settings = desk.settings()
    files = [
        (path, _parser(desk.home, settings, path, request.format, request.timezone)) for path in request.paths
    ]
    job = Import(
        database=desk.database,
        writer=desk.writer,
        state=desk.state,
        stored=desk.calls_stored,
        now=utc_now,
        progress=progress,
        cancelled=cancelled,
    )
    result = job.run(files)
    _record(desk, request, operator)
    return result


def detect_source(
    desk: Desk, request: DetectSource, operator: str, progress: Report, cancelled: threading.Event
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
    settings = desk.settings()
    return detect(
        head,
        name=Path(request.path).name,
        site_zone=settings.site.timezone,
        numbering=settings.numbering,
        source_zone=zone(request.timezone) if request.timezone else None,
        formats=[load_format(request.format, desk.home)] if request.format else None,
    )


def retry_quarantine(
    desk: Desk, request: RetryQuarantine, operator: str, progress: Report, cancelled: threading.Event
) -> RetryResult:
    """Reads bad lines again with the formats as they are now."""
    settings = desk.settings()
    with desk.database.reading() as session:
        waiting = open_lines(session, request.quarantine_ids)
    parsers: dict[int, SourceParser | None] = {}
    lines: list[BadLine] = []
    for line in waiting:
        if line.file_id not in parsers:
            parser = _parser(desk.home, settings, line.source or line.path, line.format, "")
            parsers[line.file_id] = parser if parser.knows_header(_head_of(line.path)) else None
        parser = parsers[line.file_id]
        if parser is not None:
            parsed = parser.parse_line(line.raw, base_offset=line.line_offset)
            lines.append(BadLine(quarantine_id=line.quarantine_id, file_id=line.file_id, parsed=parsed))
        if cancelled.is_set():
            break

    def change(session: Session) -> tuple[int, int]:
        audit.record(session, request, operator=operator, now=utc_now())
        return retry_lines(session, lines, state=desk.state, now=utc_now())

    def after(_session: Session, counts: tuple[int, int]) -> None:
        if counts[0]:
            desk.hub.publish(CallsStored(count=counts[0], rows=[]))
            desk.balances_moved([])

    stored, duplicates = desk.writer.run(change, after=after)
    return RetryResult(
        tried=len(waiting),
        stored=stored,
        duplicates=duplicates,
        still_bad=len(waiting) - stored - duplicates,
    )


def sync_lockouts(
    desk: Desk, request: SyncLockouts, operator: str, progress: Report, cancelled: threading.Event
) -> Lockouts:
    """Compares every target in full and tells how they stand afterwards."""
    for reconciler in desk.reconcilers:
        reconciler.sync(SYNC_SECONDS)
    with desk.database.reading() as session:
        return list_lockouts(session, desk.state.site, desk.targets())


def verify_books(
    desk: Desk, request: Verify, operator: str, progress: Report, cancelled: threading.Event
) -> VerifyResult:
    """Checks what must hold."""
    with desk.database.reading() as session, session.snapshot():
        return verify(session)


def backup(
    desk: Desk, request: Backup, operator: str, progress: Report, cancelled: threading.Event
) -> BackupResult:
    """Copies the database while work goes on."""
    folder = Path(request.folder) if request.folder else desk.home / "backups"
    if not folder.is_absolute():
        raise InvalidInput("folder: name it with its full path.", field="folder")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = folder / f"pbxmeter-{utc_now():%Y%m%d-%H%M%S}.duckdb"
        if target.exists():
            raise StorageError(f"{target} exists already; wait a second.")
        desk.database.backup(target)
        size = target.stat().st_size
    except OSError as error:
        raise StorageError(f"{folder}: {error.strerror}.") from error
    _record(desk, request, operator)
    return BackupResult(path=str(target), bytes=size)


def rerate(
    desk: Desk, request: Rerate, operator: str, progress: Report, cancelled: threading.Event
) -> RerateResult:
    """Rates stored calls anew, or previews it."""
    job = Rerating(
        database=desk.database,
        writer=desk.writer,
        state=desk.state,
        progress=progress,
        moved=lambda: desk.balances_moved([]),
        cancelled=cancelled,
        now=utc_now,
    )
    try:
        return job.run(request, operator=operator)
    finally:
        # What a run that broke off had finished counts like the rest.
        if request.apply:
            _record(desk, request, operator)
            desk.hub.publish(CallsStored(count=0, rows=[]))


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


def _head_of(path: str) -> bytes:
    """The first bytes of a file that may be gone: only formats with a header need them."""
    try:
        content = Content(path)
    except (OSError, StorageError):
        return b""
    try:
        return content.read_at(0, HEAD_BYTES)
    finally:
        content.close()


def _record(desk: Desk, request: Any, operator: str) -> None:
    now: datetime = utc_now()
    desk.writer.run(lambda session: audit.record(session, request, operator=operator, now=now))
