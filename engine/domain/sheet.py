"""CSV sheets as people keep them: what an import reads and an export writes.

Read are UTF-8 with or without a byte order mark, LF or CRLF, commas, semicolons or tabs between cells
(whichever the header uses), quotes doubled inside quoted cells. The first line that is not blank names the
columns, in any order and case. Blank lines are skipped. An apostrophe before a formula is taken off: an
export puts it there. Other encodings are refused: Latin-1, GBK and the rest cannot be told apart, and a
wrong guess spoils names silently.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.domain.errors import InvalidInput
from engine.domain.message import Message, as_it_is

MAX_SHEET_BYTES = 128 * 1024 * 1024
MAX_SHEET_LINES = 1_000_000
MAX_FAULTS = 1000
"""Faults that are kept; further ones are counted only."""

FORMULA = r"^('*(?:[=@\t\r＝＠]|[+＋－-][0-9 ().,*#/-]*[^0-9 ().,*#/-]))"  # meant
"""Texts that spreadsheets take for a formula, also behind apostrophes; signed numbers, and telephone numbers
with a plus, are none. For Python and for RE2."""

_FORMULA = re.compile(FORMULA)
_DELIMITERS = ",;\t"
_TRUE = frozenset({"on", "true", "yes", "1"})
_FALSE = frozenset({"off", "false", "no", "0"})
_WHOLE = re.compile(r"[0-9]{1,12}")
_SHOWN = 40


class SheetFault(NamedTuple):
    """One thing wrong. Line 1 is the first of the file; column '' = the line as a whole."""

    line: int
    column: str
    reason: Message


@dataclass
class Faults:
    """What is wrong with a sheet: the first `MAX_FAULTS` in full, and how many there are."""

    rows: list[SheetFault] = field(default_factory=list[SheetFault])
    count: int = 0

    def add(self, line: int, column: str, reason: Message) -> None:
        """Notes a fault."""
        self.count += 1
        if len(self.rows) < MAX_FAULTS:
            self.rows.append(SheetFault(line, column, reason))

    def refuse(self, line: int, error: InvalidInput) -> None:
        """Notes what a field's reader said; the field is the column."""
        self.add(line, error.field, error.what)

    def summary(self) -> list[SheetFault]:
        """The faults kept, by line, and a last one that counts the others where there are any."""
        hidden = self.count - len(self.rows)
        kept = sorted(self.rows, key=lambda fault: fault.line)
        if not hidden:
            return kept
        return [*kept, SheetFault(0, "", Message("{hidden:,} more faults are not listed.", hidden=hidden))]


class SheetLine(NamedTuple):
    """One line of a sheet; `cells` by column, stripped, only the columns that the header names."""

    number: int
    """Of the line on which it starts; 1 is the first of the file."""
    cells: dict[str, str]


def read_sheet(
    content: bytes,
    *,
    columns: Sequence[str],
    required: Sequence[str],
    faults: Faults,
    ignored: Sequence[str] = (),
) -> Iterator[SheetLine]:
    """The lines of a sheet that can be read; whatever cannot goes to `faults`.

    A header that lacks a required column, repeats one, or names one that is neither in `columns` nor in
    `ignored` yields no lines at all. Cells of `ignored` columns are dropped.
    """
    text = _decoded(content, faults)
    if text is None:
        return
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    names: list[str] | None = None
    started = 1
    lines = 0
    while True:
        started = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            faults.add(
                started, "", Message("cannot be split into cells: {quoting}", quoting=_quoting(str(error)))
            )
            return
        if cells is None:
            break
        if not any(cell.strip() for cell in cells):
            continue
        if names is None:
            names = _header(cells, started, columns, required, ignored, faults)
            if names is None:
                return
            continue
        lines += 1
        if lines > MAX_SHEET_LINES:
            faults.add(
                started,
                "",
                Message(
                    "a sheet may have at most {max_sheet_lines:,} lines.", max_sheet_lines=MAX_SHEET_LINES
                ),
            )
            return
        if (wrong := _misfit(cells, names)) is not None:
            faults.add(started, *wrong)
            continue
        yield SheetLine(
            started, {name: meant(cell.strip()) for name, cell in zip(names, cells, strict=True) if name}
        )
    if names is None:
        faults.add(
            1,
            "",
            Message(
                "the sheet is empty. Its first line names the columns: {columns}", columns=",".join(columns)
            ),
        )


def _misfit(cells: Sequence[str], names: Sequence[str]) -> tuple[str, Message] | None:
    """The column of cells that are no line of the sheet, and why; None = they are one."""
    if len(cells) != len(names):
        return "", Message(
            "has {cells} cells where the header has {columns}. Text that holds the separator must stand in "
            "double quotes.",
            cells=len(cells),
            columns=len(names),
        )
    broken = next((name for name, cell in zip(names, cells, strict=True) if set(cell) & {"\n", "\r"}), None)
    if broken is None:
        return None
    return broken, Message("holds a line break. Is a double quote missing?")


def harmless(cell: str) -> str:
    """The cell with an apostrophe before it where a spreadsheet would take it for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def meant(cell: str) -> str:
    """The cell without the apostrophe that `harmless` put before it."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def harmless_sheet(text: str) -> str:
    """A whole sheet with every cell `harmless`; an import takes the apostrophes off again."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows(map(harmless, row) for row in csv.reader(io.StringIO(text, newline="")))
    return out.getvalue()


def write_sheet(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A whole sheet: header first, commas, LF."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()


def parse_boolean(text: str, *, field: str) -> bool:
    """`on/off`, `true/false`, `yes/no`, `1/0` in any case. Raises `InvalidInput`."""
    word = text.lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise InvalidInput.in_field(field, "{shown} is neither true nor false.", shown=_shown(text))


def format_boolean(value: bool) -> str:
    """`true` or `false`."""
    return "true" if value else "false"


def parse_whole(text: str, *, field: str) -> int:
    """A whole number without sign or separators. Raises `InvalidInput`."""
    if _WHOLE.fullmatch(text):
        return int(text)
    raise InvalidInput.in_field(field, "{shown} is not a whole number.", shown=_shown(text))


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


def _decoded(content: bytes, faults: Faults) -> str | None:
    if len(content) > MAX_SHEET_BYTES:
        limit = MAX_SHEET_BYTES // (1024 * 1024)
        faults.add(
            1,
            "",
            Message(
                "the sheet has {count:,} bytes; at most {limit} MiB are read.",
                count=len(content),
                limit=limit,
            ),
        )
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        faults.add(
            line,
            "",
            Message(
                "byte 0x{content:02X} is not UTF-8. Save the sheet as UTF-8; spreadsheets call it CSV UTF-8.",
                content=content[error.start],
            ),
        )
        return None
    if "\0" in text:
        faults.add(
            text.count("\n", 0, text.index("\0")) + 1,
            "",
            Message("holds a zero byte. Save the sheet as UTF-8."),
        )
        return None
    return text


def _delimiter(text: str) -> str:
    """The separator that the first line with text uses most: names of columns hold none of them."""
    head = text.lstrip()[:10_000].partition("\n")[0]
    return max(_DELIMITERS, key=head.count)


def _header(
    cells: Sequence[str],
    line: int,
    columns: Sequence[str],
    required: Sequence[str],
    ignored: Sequence[str],
    faults: Faults,
) -> list[str] | None:
    """The column of each cell, '' for the ignored ones; None when the header is refused."""
    before = faults.count
    names = [cell.strip().lower() for cell in cells]
    for place, name in enumerate(names):
        if not name:
            faults.add(line, "", Message("column {place} of the header has no name.", place=place + 1))
        elif name not in columns and name not in ignored:
            faults.add(
                line,
                name[:_SHOWN],
                Message(
                    "{shown} is not a column. The columns are {columns}",
                    shown=_shown(name),
                    columns=",".join(columns),
                ),
            )
        elif name in names[:place]:
            faults.add(line, name, Message("the column {name} appears twice.", name=name))
    for name in required:
        if name not in names:
            faults.add(line, name, Message("the column {name} is missing.", name=name))
    return None if faults.count > before else ["" if name in ignored else name for name in names]


def _quoting(message: str) -> Message:
    if "unexpected end" in message:
        return Message("a double quote is opened and never closed.")
    if "expected after" in message:
        return Message("text follows a closing double quote; a quote inside a cell is written twice.")
    if "field limit" in message:
        return Message("a cell is longer than 131,072 characters. Is a double quote missing?")
    return as_it_is(f"{message}.")
