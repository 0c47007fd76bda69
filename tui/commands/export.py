"""Calls written batch by batch, as CSV or Parquet."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from engine.api.calls import CallFilter, CountCalls, ExportCalls
from engine.api.operation import Progress
from tui.commands.files import written
from tui.commands.progress import Bar
from tui.commands.session import Session
from tui.commands.sheets import print_written

if TYPE_CHECKING:
    import pyarrow as pa

_TIMES = ("started_at", "answered_at", "ended_at")
_WHOLE_NUMBERS = ("duration", "billsec")


def export_calls_to(
    session: Session, chosen: CallFilter, *, output: str | None, parquet: bool, limit: int
) -> None:
    """Writes the calls that the filter chooses, at most `limit` (0 = all), to a file or standard output."""
    to_file = output is not None and output != "-"
    if session.as_json and not to_file:
        raise click.UsageError("--json goes with -o FILE here; `calls list --json` prints calls as JSON.")
    if parquet and not to_file and sys.stdout.isatty():
        raise click.UsageError("Parquet is not shown on a terminal: name a file with -o.")
    bar = Bar("export")
    total = session.ask(CountCalls(filter=chosen)).calls if sys.stderr.isatty() else 0
    reader = session.connect().stream(ExportCalls(filter=chosen))
    batches = _counted(_limited(reader, limit), bar, min(total, limit) if limit else total)
    with bar, written(output) as file:
        rows = (
            _write_parquet(file, reader.schema, batches)
            if parquet
            else _write_csv(file, reader.schema, batches)
        )
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


def _write_csv(file: BinaryIO, schema: "pa.Schema", batches: "Iterator[pa.RecordBatch]") -> int:
    """RFC 4180 with LF, quotes only where they must be; pyarrow's own writer would quote every text.

    Each batch becomes one array of lines whose text buffer is the output.
    """
    import pyarrow as pa

    pc = _compute()
    file.write((",".join(schema.names) + "\n").encode())
    comma, line_end, nothing = (pa.scalar(text, pa.large_string()) for text in (",", "\n", ""))
    rows = 0
    for batch in batches:
        columns = [_csv_cells(column.cast(pa.large_string())) for column in batch.columns]
        lines = pc.binary_join_element_wise(*columns, comma)
        _write_texts(file, pc.binary_join_element_wise(lines, line_end, nothing))
        rows += batch.num_rows
    return rows


def _csv_cells(column: "pa.Array") -> "pa.Array":
    import pyarrow as pa

    pc = _compute()
    texts = pc.fill_null(column, "")
    needs_quotes = pc.match_substring_regex(texts, '[",\r\n]')
    if not pc.any(needs_quotes).as_py():
        return texts
    quote, nothing = pa.scalar('"', pa.large_string()), pa.scalar("", pa.large_string())
    doubled = pc.replace_substring(texts, '"', '""')
    return pc.if_else(needs_quotes, pc.binary_join_element_wise(quote, doubled, quote, nothing), texts)


def _write_texts(file: BinaryIO, texts: "pa.Array") -> None:
    """The texts of a fresh array, one after another, as its third buffer holds them (Arrow's format)."""
    pc = _compute()
    if len(texts):
        size = pc.sum(pc.binary_length(texts)).as_py()
        file.write(memoryview(texts.buffers()[2])[:size])


def _write_parquet(file: BinaryIO, schema: "pa.Schema", batches: "Iterator[pa.RecordBatch]") -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    typed = pa.schema([(name, _parquet_type(name)) for name in schema.names])
    rows = 0
    with pq.ParquetWriter(file, typed, compression="zstd") as writer:
        for batch in batches:
            columns = [_typed(batch.column(name), typed.field(name).type) for name in schema.names]
            writer.write_batch(pa.record_batch(columns, schema=typed))
            rows += batch.num_rows
    return rows


def _parquet_type(name: str) -> "pa.DataType":
    import pyarrow as pa

    if name in _TIMES:
        return pa.timestamp("us", tz="UTC")
    if name == "cost":
        return pa.decimal128(18, 6)
    return pa.int64() if name in _WHOLE_NUMBERS else pa.string()


def _typed(column: "pa.Array", wanted: "pa.DataType") -> "pa.Array":
    """A column of texts as its type; empty texts are null where they stand for no time and no number."""
    import pyarrow as pa

    pc = _compute()
    if pa.types.is_string(wanted):
        return column.cast(wanted)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = pc.if_else(pc.equal(column, ""), None, column)
    return column.cast(wanted)


def _compute() -> Any:
    """pyarrow's functions on arrays; they are made when it is imported, where no type checker sees them."""
    import pyarrow.compute as pc

    return pc
