"""CDR files of the caller: opened under the caller's rights, read by the engine through the descriptor."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.api.client import Client, open_file
from engine.api.operation import Progress
from engine.api.site import (
    FILES_AT_ONCE,
    CompareSources,
    DetectResult,
    DetectSource,
    Ingest,
    IngestResult,
    LineCounts,
    SourcesCompared,
)
from engine.domain.errors import InvalidInput, StorageError
from engine.domain.message import of_system

MAX_FORMAT_BYTES = 1 << 20

Report = Callable[[Progress], None]


def import_files(
    client: Client,
    paths: Sequence[str | Path],
    *,
    form: str = "",
    timezone: str = "",
    progress: Report | None = None,
) -> IngestResult:
    """Imports past CDR files, some at a time. `form` is a format's name, or a format file.

    Raises `NotFound` or `StorageError` for a file that cannot be read, before anything is stored.
    """
    if not paths:
        raise InvalidInput("Name at least one file.", field="files")
    form, text = _format(form)
    sizes = [_size(path) for path in paths]
    results: list[IngestResult] = []
    for first in range(0, len(paths), FILES_AT_ONCE):
        last = first + FILES_AT_ONCE
        report = progress and _part(progress, sum(sizes[:first]), sum(sizes[first:last]), sum(sizes))
        files = client.give(paths[first:last])
        operation = Ingest(files=files, format=form, format_text=text, timezone=timezone)
        results.append(client.call(operation, progress=report))
        if results[-1].cancelled:
            break
    return results[0] if len(results) == 1 else _added_up(results)


def detect_file(
    client: Client,
    path: str | Path,
    *,
    form: str = "",
    timezone: str = "",
    progress: Report | None = None,
) -> DetectResult:
    """Looks at the head of a CDR file. `form` is a format's name, or a format file; '' = try all."""
    form, text = _format(form)
    (file,) = client.give([path])
    operation = DetectSource(file=file, format=form, format_text=text, timezone=timezone)
    return client.call(operation, progress=progress)


def compare_files(
    client: Client, cdr: str | Path, cel: str | Path, *, progress: Report | None = None
) -> SourcesCompared:
    """What CDRs and CEL of the same calls would charge, leg by leg."""
    records, events = client.give([cdr, cel])
    return client.call(CompareSources(cdr=records, cel=events), progress=progress)


def _format(name: str) -> tuple[str, bytes]:
    """A format's name, and the content where it is a file here; the engine knows the others."""
    path = Path(name).absolute()
    if not name or not path.is_file():
        return name, b""
    try:
        with path.open("rb") as file:
            text = file.read(MAX_FORMAT_BYTES + 1)
    except OSError as error:
        raise StorageError(
            "{path}: the format file cannot be read: {reason}.", path=path, reason=of_system(error)
        ) from error
    if len(text) > MAX_FORMAT_BYTES:
        raise InvalidInput("{path}: no format file is larger than 1 MB.", path=path, field="format")
    return str(path), text


def _size(path: str | Path) -> int:
    descriptor = open_file(path)
    try:
        return os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)


def _part(progress: Report, before: int, own: int, total: int) -> Report:
    """Progress of some of the files as progress of all."""
    if own == total:
        return progress

    def report(step: Progress) -> None:
        done = before + own * step.done // max(step.total, 1)
        progress(Progress(done=done, total=total, unit="bytes", rows_per_second=step.rows_per_second))

    return report


def _added_up(results: list[IngestResult]) -> IngestResult:
    counts = (*LineCounts.__struct_fields__, "files", "made", "charged", "cost_micros")
    return IngestResult(
        **{name: sum(getattr(result, name) for result in results) for name in counts},
        seconds=round(sum(result.seconds for result in results), 3),
        cancelled=results[-1].cancelled,
        notes=tuple(note for result in results for note in result.notes),
    )
