"""Columns of text out of lines, for every way in which records are written."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

import re
from collections.abc import Iterator
from csv import Error as CsvError
from csv import reader as csv_lines
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from config.format_model import MAX_COLUMNS, SEPARATOR, Format


@dataclass(frozen=True, kw_only=True)
class Read:
    """Columns of the lines that had the layout's number of columns."""

    columns: dict[str, pa.Array]
    """Strings, each as long as `rows`."""
    rows: pa.Array
    """int64: which of the lines given."""
    others: dict[int, int]
    """The other lines, by index, with the number of columns they have; 0 = it cannot be told."""


class Unframed(Exception):
    """Some line does not end where its newline is."""


def decoded(values: pa.Array) -> pa.Array:
    """Strings of binary values; what is not UTF-8 is replaced."""
    try:
        return pc.cast(values, pa.string())
    except pa.ArrowInvalid:
        return pa.array([value.decode("utf-8", "replace") for value in values.to_pylist()], pa.string())


def mended(lines: pa.Array) -> pa.Array | None:
    """The lines with what is not UTF-8 replaced; None = all is UTF-8."""
    try:
        pc.cast(lines, pa.large_string())
    except pa.ArrowInvalid:
        return pa.array([line.decode("utf-8", "replace").encode() for line in lines.to_pylist()], lines.type)
    return None


def read_lines(lines: pa.Array, layout: tuple[str, ...], used: set[str], form: Format) -> Read:
    """Columns of lines (large_binary, UTF-8, no line ends) under one layout; raises `Unframed`."""
    if form.by_shape:
        return _shaped(lines, layout, used, form)
    if form.records == "unescaped":
        return _unescaped(lines, layout, used, form)
    joined = pa.py_buffer(b"\n".join(lines.to_pylist()))
    return read_delimited(joined, len(lines), layout, used, form)


def read_delimited(
    data: pa.Buffer, count: int, layout: tuple[str, ...], used: set[str], form: Format
) -> Read:
    """Columns of `count` UTF-8 lines in one buffer; raises `Unframed` where a quote spans a newline."""
    wanted = [name for name in layout if name in used] or [layout[0]]
    table, others = _read_csv(data, layout, wanted, form)
    if table.num_rows + len(others) != count:
        raise Unframed
    rows = pa.arange(0, count)
    if others:
        rows = rows.filter(pc.invert(pc.is_in(rows, pa.array(list(others), pa.int64()))))
    columns = {name: _whole(table[name]) for name in wanted}
    return Read(columns=columns, rows=rows, others=others)


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)


def _read_csv(
    data: pa.Buffer, layout: tuple[str, ...], wanted: list[str], form: Format
) -> tuple[pa.Table, dict[int, int]]:
    others: dict[int, int] = {}

    def other(row: csv.InvalidRow) -> Literal["skip"]:
        others[row.number - 1] = row.actual_columns
        return "skip"

    # Repeated names cannot be told apart, so unnamed columns get their place as a name.
    names = [name or f"\x00{place}" for place, name in enumerate(layout)]
    table = csv.read_csv(
        pa.BufferReader(data),
        read_options=csv.ReadOptions(column_names=names, use_threads=False, block_size=data.size + 1),
        parse_options=csv.ParseOptions(
            delimiter=form.delimiter,
            quote_char=form.quote or False,
            ignore_empty_lines=False,
            invalid_row_handler=other,
        ),
        convert_options=csv.ConvertOptions(
            column_types={name: pa.string() for name in wanted},
            include_columns=wanted,
            strings_can_be_null=False,
            # The lines are known to be UTF-8.
            check_utf8=False,
        ),
    )
    return table, others


def _unescaped(lines: pa.Array, layout: tuple[str, ...], used: set[str], form: Format) -> Read:
    """Fields between `","`: quotes and delimiters inside them stay, for nothing escapes them."""
    mark = f"{form.quote}{form.delimiter}{form.quote}"
    text = decoded(lines)
    quoted = pc.and_(pc.starts_with(text, form.quote), pc.ends_with(text, form.quote))
    quoted = pc.and_(quoted, pc.greater_equal(pc.binary_length(text), 2))
    inner = pc.binary_replace_slice(pc.binary_replace_slice(text, 0, 1, ""), -1, 2**31 - 1, "")
    parts = pc.split_pattern(inner, mark)
    counts = pc.if_else(quoted, pc.list_value_length(parts), 0)
    return _parted(parts, counts, layout, used)


def _parted(parts: pa.Array, counts: pa.Array, layout: tuple[str, ...], used: set[str]) -> Read:
    fits = pc.equal(counts, len(layout))
    indices = pa.arange(0, len(counts))
    kept = parts.filter(fits)
    columns = {name: pc.list_element(kept, place) for place, name in enumerate(layout) if name in used}
    misfits = pc.invert(fits)
    others = dict(zip(indices.filter(misfits).to_pylist(), counts.filter(misfits).to_pylist(), strict=True))
    return Read(columns=columns, rows=indices.filter(fits), others=others)


def _shaped(lines: pa.Array, layout: tuple[str, ...], used: set[str], form: Format) -> Read:
    text = pc.ascii_rtrim_whitespace(decoded(lines))
    # Two layouts may name the same columns and differ in their widths.
    number = next(place for place, one in enumerate(form.layouts) if one is layout)
    fits = fitting(text, form, number)
    indices = pa.arange(0, len(lines))
    misfits = indices.filter(pc.invert(fits))
    kept = text if not len(misfits) else text.filter(fits)
    cut = _matched(kept, form, number) if form.records == "pattern" else _sliced(kept, layout, form, number)
    columns = {name: pc.utf8_trim_whitespace(column) for name, column in cut if name in used}
    return Read(columns=columns, rows=indices.filter(fits), others=_numbers(text, misfits, form))


def _numbers(text: pa.Array, rows: pa.Array, form: Format) -> dict[int, int]:
    """The first layout that each of the rows fits, or `NO_LAYOUT`."""
    found = dict.fromkeys(rows.to_pylist(), NO_LAYOUT)
    for number in reversed(range(len(form.layouts)) if len(rows) else ()):
        fits = fitting(text.take(rows), form, number)
        found.update(dict.fromkeys(rows.filter(fits).to_pylist(), number))
    return found


def _sliced(
    lines: pa.Array, layout: tuple[str, ...], form: Format, number: int
) -> Iterator[tuple[str, pa.Array]]:
    place = 0
    for name, width in zip(layout, form.widths[number], strict=True):
        if name != SEPARATOR:
            yield name, pc.utf8_slice_codeunits(lines, place, place + width)
        place += width


def _matched(lines: pa.Array, form: Format, number: int) -> Iterator[tuple[str, pa.Array]]:
    groups = pc.extract_regex(lines, _whole_line(form.patterns[number]))
    for name in form.layouts[number]:
        yield name, pc.struct_field(groups, name)


def _whole_line(pattern: str) -> str:
    return rf"\A(?:{pattern})\z"


NO_LAYOUT = -1
"""Of a line that has the shape of no layout."""


def fitting(lines: pa.Array, form: Format, number: int) -> pa.Array:
    """Which lines (strings) have nothing behind the last column of a layout nor between its columns.

    Text there is that of another pattern: what it says elsewhere must not be read by this one.
    """
    if form.records == "pattern":
        return pc.match_substring_regex(lines, _whole_line(form.patterns[number]))
    padded = pc.utf8_rpad(lines, sum(form.widths[number]))
    return pc.match_substring_regex(padded, _shape(form.layouts[number], form.widths[number]))


@lru_cache(maxsize=256)
def _shape(layout: tuple[str, ...], widths: tuple[int, ...]) -> str:
    blank = r"[ \t]"
    columns = (
        (blank if name == SEPARATOR else ".") + f"{{{width}}}"
        for name, width in zip(layout, widths, strict=True)
    )
    return rf"\A{''.join(columns)}{blank}*\z"


def layout_number(line: str, form: Format) -> int:
    """The first layout that a line fits by its shape, or `NO_LAYOUT`."""
    text = pa.array([line], pa.string())
    numbers = (number for number in range(len(form.layouts)) if fitting(text, form, number)[0].as_py())
    return next(numbers, NO_LAYOUT)


_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_BLANKS = {b"t": b" ", b"n": b" ", b"r": b" ", b"\t": b" ", b"0": b"", b"Z": b" "}


def unescaped(line: bytes, form: Format) -> bytes:
    """A line of a dump as it would be without backslashes: quotes doubled, separators in texts left out."""
    delimiter = re.escape(form.delimiter.encode())
    nothing = rb"\\N|NULL" if not form.quote else rb"\\N"
    line = re.sub(rb"(?<![^%b])(?:%b)(?![^%b])" % (delimiter, nothing, delimiter), b"", line)
    quote = form.quote.encode()

    def plain(match: re.Match[bytes]) -> bytes:
        mark = match[1]
        if quote and mark == quote:
            return quote * 2
        if mark == form.delimiter.encode() and not quote:
            return b" "
        return _BLANKS.get(mark, mark)

    return _ESCAPE.sub(plain, line)


class Splitter:
    """Splits single lines with care: what is not exactly a record of the format is told apart."""

    def __init__(self, form: Format) -> None:
        self._form = form
        self._delimiter = form.delimiter.encode()
        quote, delimiter = re.escape(form.quote.encode()), re.escape(self._delimiter)
        if quote:
            # Possessive: no match is tried in two ways, so that every byte is looked at once.
            inside = b"[^%b]*+(?:%b[^%b]*+)*+" % (quote, quote * 2, quote)
            field = b"%b(%b)%b|([^%b%b]*)" % (quote, inside, quote, delimiter, quote)
            self._open = re.compile(quote + inside + rb"\Z")
        else:
            field = b"()(?!)|([^%b]*)" % delimiter
            self._open = re.compile(b"(?!)")
        escaped = quote and form.records == "delimited"
        # RE2 knows no possessive repetition, and needs none.
        plain = field.replace(b"*+", b"*")
        self.strict = rb"(?s)\A(?:%b)(?:%b(?:%b))*\z" % (plain, delimiter, plain) if escaped else None
        """For Arrow: lines in which every quote is where it belongs; None = nothing is quoted."""
        self._field = re.compile(rb"(?:%b)(?P<end>%b|\Z)" % (field, delimiter))

    def split(self, record: bytes) -> tuple[list[bytes] | None, bool]:
        """(the fields, or None where the record is malformed; whether a quoted field was still open)."""
        form = self._form
        if form.by_shape:
            return [record], False
        if form.records == "unescaped":
            return self._unescaped(record), False
        if form.escaped:
            record = unescaped(record, form)
        quote = form.quote.encode()
        fields: list[bytes] = []
        place = 0
        while True:
            match = self._field.match(record, place)
            if match is None:
                return None, bool(quote) and self._open.match(record, place) is not None
            quoted = match[1]
            fields.append(match[2] if quoted is None else quoted.replace(quote * 2, quote))
            place = match.end()
            if len(fields) > MAX_COLUMNS:
                return None, False
            if not match["end"]:
                return fields, False

    def split_loosely(self, record: bytes) -> list[bytes] | None:
        """The fields where quotes may stand anywhere, as bulk reading takes them; None = one is left open."""
        form = self._form
        if form.records != "delimited" or not form.quote:
            return self.split(record)[0]
        if form.escaped:
            record = unescaped(record, form)
        lines = [record.decode("latin-1") + "\n", "\n"]
        reader = csv_lines(lines, delimiter=form.delimiter, quotechar=form.quote)
        try:
            fields = next(reader)
        except CsvError:
            return None
        return [field.encode("latin-1") for field in fields] if reader.line_num == 1 else None

    def _unescaped(self, record: bytes) -> list[bytes] | None:
        quote = self._form.quote.encode()
        if len(record) < 2 or not (record.startswith(quote) and record.endswith(quote)):
            return None
        fields = record[1:-1].split(quote + self._delimiter + quote)
        return self._merged(fields)

    def _merged(self, fields: list[bytes]) -> list[bytes]:
        """Separators inside the one free text of the layout are part of it."""
        form = self._form
        if not form.surplus or any(len(layout) == len(fields) for layout in form.layouts):
            return fields
        for layout in sorted(form.layouts, key=len, reverse=True):
            extra = len(fields) - len(layout)
            if extra > 0 and form.surplus in layout:
                place = layout.index(form.surplus)
                mark = form.quote.encode() + self._delimiter + form.quote.encode()
                text = mark.join(fields[place : place + extra + 1])
                return [*fields[:place], text, *fields[place + extra + 1 :]]
        return fields
