"""Long work: imports, re-rating, checks, copies. Each tells its progress and can be cancelled."""

import contextlib
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from config.billing_source import bills_from_events, why_not
from config.settings import Settings
from engine.access import audit
from engine.api.events import CallsStored
from engine.api.home import CONFIG_FILE
from engine.api.operation import Progress
from engine.api.rates import Rerate, RerateResult
from engine.api.site import (
    FILES_AT_ONCE,
    Backup,
    BackupResult,
    CompareSources,
    DetectResult,
    DetectSource,
    GivenFile,
    Ingest,
    IngestResult,
    Lockouts,
    RetryQuarantine,
    RetryResult,
    SourcesCompared,
    SyncLockouts,
    Verify,
    VerifyResult,
)
from engine.domain.errors import InvalidInput, Refused
from engine.domain.message import Message
from engine.domain.zones import utc_now, zone
from engine.lockout.barred import list_lockouts
from engine.parse.detect import detect
from engine.parse.fitting import HEAD_BYTES
from engine.pipeline.budget import budget_now
from engine.pipeline.checkpoints import read_before
from engine.pipeline.compare import compare_sources
from engine.pipeline.imports import Import
from engine.pipeline.quarantine import open_lines
from engine.pipeline.rerating import Rerating
from engine.pipeline.retry import BadLine, retry_lines, retry_parser
from engine.pipeline.source_parser import DEFAULT_FORMAT, SourceParser, given_format, source_for
from engine.reports.verify import verify
from engine.service.context import SYNC_SECONDS, ServiceContext
from engine.service.registry import Report, works
from engine.service.work import Cancellation
from engine.store import Session, mark_path, read_mark
from engine.tail.file_reader import Content


@works(Ingest)
def ingest(
    service: ServiceContext, request: Ingest, operator: str, progress: Report, cancelled: Cancellation
) -> IngestResult:
    """Imports past CDR files."""
    if not request.files or len(request.files) > FILES_AT_ONCE:
        raise InvalidInput("Name 1 to {files_at_once} files.", files_at_once=FILES_AT_ONCE, field="files")
    settings = service.settings()
    with contextlib.ExitStack() as stack:
        contents = [(_given(service, file, operator, stack), file.path) for file in request.files]
        files = [
            (
                content,
                _parser(service.home, settings, path, request.format, request.timezone, request.format_text),
            )
            for content, path in contents
        ]
        for _, parser in files:
            _refuse_other_kind(service, settings, parser)
        _refuse_another_zone(service, files)
        result = _import(service, progress, cancelled).run(files)
    # The tickets are used up; what was imported is told by its name.
    named = [GivenFile(path=file.path, ticket="") for file in request.files]
    _record(service, msgspec.structs.replace(request, files=named), operator, result=result)
    return result


def _refuse_other_kind(service: ServiceContext, settings: Settings, parser: SourceParser) -> None:
    """Raises `InvalidInput` for CDRs where the site bills from CEL, and the other way round."""
    events = bills_from_events(settings, service.home)
    by = Message("the first source ({path})", path=CONFIG_FILE)
    if events is None:
        with service.database.reading() as session:
            first = session.records(tuple[str, bool], "cel.first_file")
        if not first:
            return
        ((path, events),) = first
        by = Message("the file that was imported first ({path})", path=path)
    if (parser.form.event is not None) != events:
        raise InvalidInput(why_not(events=events, by=by), field="format")


def _refuse_another_zone(service: ServiceContext, files: list[tuple[Content, SourceParser]]) -> None:
    """Raises `Refused` for a file that was read in another zone: each call would be paid twice."""
    with service.database.reading() as session:
        for content, parser in files:
            before = read_before(session, content.read_at)
            if before is not None and before.timezone != parser.timezone:
                raise Refused(
                    "{path} was read before, as {known}, with its times in {timezone}. Read in {other}, each "
                    "of its calls would be stored and charged once more. To import what is new in it: "
                    "--timezone {timezone}",
                    path=content.path,
                    known=before.path,
                    timezone=before.timezone,
                    other=parser.timezone,
                )


def _import(service: ServiceContext, progress: Report, cancelled: Cancellation) -> Import:
    return Import(
        writer=service.writer,
        state=service.state,
        stored=service.calls_stored,
        now=utc_now,
        progress=progress,
        cancelled=cancelled,
        budget=budget_now(service.database),
    )


@works(DetectSource)
def detect_source(
    service: ServiceContext,
    request: DetectSource,
    operator: str,
    progress: Report,
    cancelled: Cancellation,
) -> DetectResult:
    """Looks at the head of a CDR file."""
    with contextlib.ExitStack() as stack:
        head = _given(service, request.file, operator, stack).read_at(0, HEAD_BYTES)
    settings = service.settings()
    return detect(
        head,
        name=Path(request.file.path).name,
        site_zone=settings.site.timezone,
        numbering=settings.numbering,
        source_zone=zone(request.timezone) if request.timezone else None,
        formats=[given_format(request.format, request.format_text, settings, service.home)]
        if request.format
        else None,
    )


@works(CompareSources)
def compare(
    service: ServiceContext,
    request: CompareSources,
    operator: str,
    progress: Report,
    cancelled: Cancellation,
) -> SourcesCompared:
    """Holds CDRs and CEL of the same calls against each other."""
    with contextlib.ExitStack() as stack, service.database.reading() as session:
        return compare_sources(
            session,
            cdr=_given(service, request.cdr, operator, stack),
            cel=_given(service, request.cel, operator, stack),
            settings=service.settings(),
            home=service.home,
            book=service.state.book,
            site=service.state.site,
        )


@works(RetryQuarantine)
def retry_quarantine(
    service: ServiceContext,
    request: RetryQuarantine,
    operator: str,
    progress: Report,
    cancelled: Cancellation,
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


@works(SyncLockouts)
def sync_lockouts(
    service: ServiceContext,
    request: SyncLockouts,
    operator: str,
    progress: Report,
    cancelled: Cancellation,
) -> Lockouts:
    """Compares every target in full and tells how they stand afterwards."""
    reconcilers = service.reconcilers
    for done, reconciler in enumerate(reconcilers):
        cancelled.check()
        progress(Progress(done=done, total=len(reconcilers), unit="targets"))
        reconciler.sync(SYNC_SECONDS)
    with service.database.reading() as session:
        return list_lockouts(session, service.state.site, service.targets())


@works(Verify)
def verify_books(
    service: ServiceContext, request: Verify, operator: str, progress: Report, cancelled: Cancellation
) -> VerifyResult:
    """Checks what must hold."""
    # Read first: the store of the snapshot is at the mark, or beyond it.
    mark = read_mark(mark_path(service.database.path))

    def step(done: int, total: int) -> None:
        cancelled.check()
        progress(Progress(done=done, total=total, unit="checks"))

    with service.database.reading() as session, cancelled.interrupting(session), session.snapshot():
        return verify(session, mark=mark, step=step)


@works(Backup)
def backup(
    service: ServiceContext, request: Backup, operator: str, progress: Report, cancelled: Cancellation
) -> BackupResult:
    """Writes a backup set while work goes on."""
    folder = Path(request.folder) if request.folder else None
    if folder is not None and not folder.is_absolute():
        raise InvalidInput.in_field("folder", "name it with its full path.")
    target = service.backups.make(folder)
    size = target.stat().st_size
    _record(service, request, operator)
    return BackupResult(path=str(target), bytes=size)


@works(Rerate)
def rerate(
    service: ServiceContext, request: Rerate, operator: str, progress: Report, cancelled: Cancellation
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


def _given(service: ServiceContext, file: GivenFile, operator: str, stack: contextlib.ExitStack) -> Content:
    """The content of a file that the client handed over, closed with the stack."""
    descriptor = service.given_files.take(file.ticket, owner=operator)
    content = Content(file.path, descriptor)
    stack.callback(content.close)
    return content


def _parser(
    home: Path, settings: Settings, path: str, format_name: str, timezone: str, format_text: bytes = b""
) -> SourceParser:
    source = source_for(path, settings)
    own: ZoneInfo | None = source.timezone if source else None
    name = format_name or (source.format if source else DEFAULT_FORMAT)
    return SourceParser(
        name,
        form=given_format(name, format_text, settings, home),
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
