"""Spreadsheets (XLSX): numbers as numbers, times as local dates and times, texts never as formulas."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from engine.domain.errors import InvalidInput

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal["text", "time", "whole", "money"]
"""What a column holds. Times are ISO 8601 texts with an offset, amounts decimal texts."""

MAX_ROWS = 1_048_575
"""What fits below the header: a sheet has 1,048,576 lines."""

MAX_TEXT = 32_767
"""Characters that a cell holds; longer texts are cut."""

_WIDTHS: Mapping[Kind, int] = {"text": 18, "time": 19, "whole": 10, "money": 14}


def refuse_too_many(rows: int) -> None:
    """Raises `InvalidInput` where a sheet cannot hold that many rows."""
    if rows > MAX_ROWS:
        raise InvalidInput(
            "A spreadsheet holds {max_rows:,} rows, and these are {rows:,}. Narrow them, or "
            "write CSV or Parquet.",
            max_rows=MAX_ROWS,
            rows=rows,
            field="format",
        )


def write_spreadsheet(
    file: BinaryIO,
    batches: "Iterable[pa.RecordBatch]",
    *,
    columns: Sequence[str],
    kinds: Mapping[str, Kind],
    title: str = "",
) -> int:
    """Writes one sheet and answers with how many rows it holds; in little memory, however many those are.

    A cell's number is a double, as in every spreadsheet: amounts keep 15 digits. Raises `InvalidInput` for
    more than `MAX_ROWS` rows.
    """
    import xlsxwriter

    book = xlsxwriter.Workbook(file, {"constant_memory": True, "default_date_format": "yyyy-mm-dd hh:mm:ss"})
    sheet = book.add_worksheet(title[:31] or None)
    formats = {
        "text": None,
        "time": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        "whole": book.add_format({"num_format": "0"}),
        "money": book.add_format({"num_format": "#,##0.00####"}),
    }
    bold = book.add_format({"bold": True})
    for number, name in enumerate(columns):
        kind = kinds.get(name, "text")
        sheet.set_column(number, number, _WIDTHS[kind], formats[kind])
        sheet.write_string(0, number, name, bold)
    sheet.freeze_panes(1, 0)
    writers = [_writer(sheet, kinds.get(name, "text"), formats) for name in columns]
    rows = 0
    for batch in batches:
        refuse_too_many(rows + batch.num_rows)
        for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            rows += 1
            for place, (write, value) in enumerate(zip(writers, values, strict=True)):
                if value is not None and value != "":
                    write(rows, place, value)
    sheet.autofilter(0, 0, rows, max(0, len(columns) - 1))
    book.close()
    return rows


def _writer(sheet: Any, kind: Kind, formats: Mapping[str, Any]) -> Callable[[int, int, Any], object]:
    """How the values of one column become cells."""
    look = formats[kind]
    if kind == "time":
        return lambda row, place, text: sheet.write_datetime(row, place, local_moment(text), look)
    if kind == "whole":
        return lambda row, place, number: sheet.write_number(row, place, int(number), look)
    if kind == "money":
        return lambda row, place, text: sheet.write_number(row, place, Decimal(text), look)
    return lambda row, place, text: sheet.write_string(row, place, str(text)[:MAX_TEXT])


def local_moment(text: str) -> datetime:
    """The wall clock's date and time of an ISO 8601 text with an offset."""
    return datetime.fromisoformat(text).replace(tzinfo=None)
