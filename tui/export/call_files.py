"""Files of calls and sheets: Arrow batches as CSV, Parquet or a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from engine.domain.call_columns import CALL_EXPORT
from engine.domain.sheet import FORMULA
from tui.export.spreadsheet import Kind, write_spreadsheet

if TYPE_CHECKING:
    import pyarrow as pa

FileFormat = Literal["csv", "parquet", "xlsx"]

CALL_COLUMNS = tuple(CALL_EXPORT)
"""What can be written, in this order unless asked otherwise."""

CALL_KINDS: Mapping[str, Kind] = {name: kind for name, kind in CALL_EXPORT.items() if kind != "text"}
"""What is not text in the calls export."""

SHEET_KINDS: Mapping[str, Kind] = {
    "calls": "whole",
    "answered": "whole",
    "duration": "whole",
    "average_duration": "whole",
    "cost": "money",
    "credit_limit": "money",
    "balance": "money",
    "available": "money",
    "total_recharged": "money",
    "balance_before": "money",
    "amount": "money",
    "balance_after": "money",
    "time": "time",
    "found_at": "time",
    "retried_at": "time",
}
"""What is not text in the sheets of extensions, recharges, ledgers, statistics and bad lines."""


def write_calls(
    file: BinaryIO,
    batches: "Iterable[pa.RecordBatch]",
    *,
    file_format: FileFormat,
    columns: Sequence[str] = CALL_COLUMNS,
    kinds: Mapping[str, Kind] = CALL_KINDS,
    literal: bool = False,
) -> int:
    """Writes these columns of the batches and answers with how many rows that were.

    A CSV has an apostrophe before texts that spreadsheets would take for formulas, unless it is `literal`.
    """
    chosen = (batch.select(list(columns)) for batch in batches)
    if file_format == "xlsx":
        return write_spreadsheet(file, chosen, columns=columns, kinds=kinds)
    if file_format == "parquet":
        return _write_parquet(file, list(columns), chosen, kinds)
    return _write_csv(file, list(columns), chosen, literal=literal)


def sheet_columns(text: str) -> tuple[str, ...]:
    """The names in the header of a CSV document."""
    return tuple(next(csv.reader(io.StringIO(text, newline="")), ()))


def sheet_batch(text: str) -> "pa.RecordBatch":
    """A CSV document with a header as one batch of texts."""
    import pyarrow as pa

    header, *lines = csv.reader(io.StringIO(text, newline=""))
    columns = list(zip(*lines, strict=True)) if lines else [()] * len(header)
    return pa.record_batch([pa.array(column, pa.string()) for column in columns], names=header)


def _write_csv(
    file: BinaryIO, columns: Sequence[str], batches: "Iterable[pa.RecordBatch]", *, literal: bool
) -> int:
    """RFC 4180 with LF, quotes only where they must be; pyarrow's own writer would quote every text.

    Each batch becomes one array of lines whose text buffer is the output.
    """
    import pyarrow as pa

    pc = _compute()
    file.write((",".join(columns) + "\n").encode())
    comma, line_end, nothing = (pa.scalar(text, pa.large_string()) for text in (",", "\n", ""))
    rows = 0
    for batch in batches:
        texts = [pc.fill_null(column.cast(pa.large_string()), "") for column in batch.columns]
        cells = [_csv_cells(column if literal else _without_formulas(column)) for column in texts]
        lines = pc.binary_join_element_wise(*cells, comma)
        _write_texts(file, pc.binary_join_element_wise(lines, line_end, nothing))
        rows += batch.num_rows
    return rows


def _without_formulas(texts: "pa.Array") -> "pa.Array":
    return _compute().replace_substring_regex(texts, FORMULA, r"'\1")


def _csv_cells(texts: "pa.Array") -> "pa.Array":
    import pyarrow as pa

    pc = _compute()
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


def _write_parquet(
    file: BinaryIO,
    columns: Sequence[str],
    batches: "Iterable[pa.RecordBatch]",
    kinds: Mapping[str, Kind],
) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    typed = pa.schema([(name, _parquet_type(kinds.get(name, "text"))) for name in columns])
    rows = 0
    with pq.ParquetWriter(file, typed, compression="zstd") as writer:
        for batch in batches:
            arrays = [_typed(batch.column(name), typed.field(name).type) for name in columns]
            writer.write_batch(pa.record_batch(arrays, schema=typed))
            rows += batch.num_rows
    return rows


def _parquet_type(kind: Kind) -> "pa.DataType":
    import pyarrow as pa

    types = {
        "text": pa.string(),
        "time": pa.timestamp("us", tz="UTC"),
        "whole": pa.int64(),
        "money": pa.decimal128(19, 6),
    }
    return types[kind]


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
