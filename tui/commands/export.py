"""Calls written batch by batch, as CSV, Parquet or a spreadsheet."""

import io
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from engine.api.calls import CallFilter, CountCalls, ExportCalls
from engine.api.operation import Progress
from tui.commands.files import written
from tui.commands.progress import Bar
from tui.commands.session import Session
from tui.commands.sheets import print_rows, print_written
from tui.export.call_files import FileFormat, write_calls
from tui.text.i18n import _

if TYPE_CHECKING:
    import pyarrow as pa


def export_calls_to(
    session: Session, chosen: CallFilter, *, output: str | None, file_format: FileFormat, limit: int
) -> None:
    """Writes the calls that the filter chooses, at most `limit` (0 = all), to a file or standard output."""
    to_file = output is not None and output != "-"
    as_rows = session.as_json and not to_file
    if as_rows and file_format != "csv":
        raise click.UsageError(
            _("--json without -o FILE prints the calls as JSON, not as {file_format}.").format(
                file_format=file_format
            )
        )
    if file_format != "csv" and not to_file and sys.stdout.isatty():
        raise click.UsageError(
            _("{file_format} is not shown on a terminal: name a file with -o.").format(
                file_format=file_format
            )
        )
    bar = Bar("export")
    total = session.ask(CountCalls(filter=chosen)).calls if sys.stderr.isatty() else 0
    reader = session.connect().stream(ExportCalls(filter=chosen))
    batches = _counted(_limited(reader, limit), bar, min(total, limit) if limit else total)
    if as_rows:
        text = io.BytesIO()
        with bar:
            write_calls(text, batches, file_format="csv", literal=True)
        print_rows(text.getvalue().decode())
        return
    with bar, written(output) as file:
        rows = write_calls(file, batches, file_format=file_format)
    print_written(session, output if to_file else None, rows)


def _limited(batches: "pa.RecordBatchReader", limit: int) -> "Iterator[pa.RecordBatch]":
    left = limit
    for batch in batches:
        if limit and batch.num_rows >= left:
            yield batch.slice(0, left)
            return
        left -= batch.num_rows
        yield batch


def _counted(batches: "Iterator[pa.RecordBatch]", bar: Bar, total: int) -> "Iterator[pa.RecordBatch]":
    done = 0
    for batch in batches:
        yield batch
        done += batch.num_rows
        bar.show(Progress(done=done, total=total, unit="calls"))
