"""Writing what a list shows into a file of the operator's own, or handing a short one to the terminal."""

import io
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

from textual.app import ComposeResult
from textual.widgets import Static

from engine.api.calls import MAX_SORTED_CALLS, CallFilter, CallSort, CountCalls, ExportCalls
from engine.api.extensions import CsvText
from engine.api.operation import Progress
from engine.domain.errors import InvalidInput, PbxmeterError, StorageError
from engine.domain.message import of_system
from tui.commands.files import written_file
from tui.export import folder as exports
from tui.export.call_files import (
    CALL_COLUMNS,
    SHEET_KINDS,
    FileFormat,
    sheet_batch,
    sheet_columns,
    write_calls,
)
from tui.export.spreadsheet import MAX_ROWS
from tui.screens.paths import PathField
from tui.screens.task import Cancelled, Report, run_task
from tui.terminal.clean import clean
from tui.text.i18n import N_, _, ngettext
from tui.widgets.field import Field
from tui.widgets.fields import ChoiceField
from tui.widgets.forms import Form
from tui.widgets.marks import MarkList
from tui.widgets.shell import Shell

if TYPE_CHECKING:
    import pyarrow as pa


Target = Literal["csv", "parquet", "xlsx", "clipboard"]

TARGETS: tuple[tuple[Target, str], ...] = (
    ("csv", "CSV"),
    ("parquet", "Parquet"),
    ("xlsx", "Excel (XLSX)"),
    ("clipboard", N_("copy as CSV")),
)

Noun = Callable[[int], str]
"""`%s call` or `%s calls` for so many."""

MAX_CLIPBOARD_BYTES = 70_000
"""What terminals take by OSC 52 without cutting it."""

ROWS_AT_ONCE = 10_000
"""Written between two looks at whether it is still wanted."""

LEAST_ROW_BYTES = 20
"""No line of an export is shorter: more rows than fit are told of before they are fetched."""


@dataclass(frozen=True, kw_only=True)
class ExportChoice:
    """What to write, and where; `path` None = the terminal's clipboard, as CSV."""

    path: Path | None
    file_format: FileFormat
    columns: tuple[str, ...]


Write = Callable[[BinaryIO, ExportChoice, Report], int]
"""Writes the chosen columns in the chosen format; answers with the rows."""


class ExportForm(Form[str]):
    """Writes, and ends with a sentence that says what; what cannot be written leaves the choice as it is.

    `rows` is how many will be written, `stem` how their file begins.
    """

    CSS_PATH = "export.tcss"

    def __init__(
        self,
        title: str,
        write: Write,
        *,
        stem: str,
        rows: int,
        noun: Noun,
        columns: Sequence[str],
        in_words: str,
        order: str = "",
    ) -> None:
        """`order` is said where it is not that of the list."""
        which = _("Which: %s") % (in_words.strip() or _("all"))
        super().__init__(title, submit=_("Write"), intro=f"{which}. {order}" if order else which)
        self._write = write
        self._stem = stem
        self._rows = rows
        self._noun = noun
        self._in_all = noun(rows) % f"{rows:,}"
        self._columns = tuple(columns)
        self._target: Target = "csv"
        targets: list[tuple[Target, str]] = [(target, _(text)) for target, text in TARGETS]
        self.target = ChoiceField[Target]("format", _("Format"), targets, hint=_("← → to change"))
        self._proposal = self._proposed("csv")
        self.path = PathField("path", _("File"), self._proposal)

    def _proposed(self, ending: str) -> str:
        return exports.shown(exports.free_path(self._stem, ending))

    @property
    def changed(self) -> bool:
        return False

    def fields(self) -> Sequence[Field[object]]:
        return [self.target, self.path]

    def extra(self) -> ComposeResult:
        yield Static(_("Columns (Space turns one, * all)"), classes="dialog-text", markup=False)
        yield MarkList(self._columns, id="columns")

    def field_changed(self) -> None:
        wanted = self.target.value
        if wanted == self._target:
            return
        self.path.display = wanted != "clipboard"
        if wanted != "clipboard":
            path = Path(self.path.text)
            if self.path.text == self._proposal:
                self.path.text = self._proposal = self._proposed(wanted)
            elif path.suffix in {f".{target}" for target, _text in TARGETS}:
                self.path.text = str(path.with_suffix(f".{wanted}"))
        self._target = wanted

    def on_mark_list_turned(self) -> None:
        self.show_consequence()

    def _chosen_columns(self) -> tuple[str, ...]:
        chosen = self.query_one("#columns", MarkList).marked
        if not chosen:
            raise InvalidInput(_("Choose at least one column."), field="columns")
        return chosen

    def _check_size(self) -> None:
        if self.target.value == "clipboard":
            if self._rows * LEAST_ROW_BYTES > MAX_CLIPBOARD_BYTES:
                raise InvalidInput(_("This is too much for the clipboard: write a file."), field="format")
        elif self.target.value == "xlsx" and self._rows > MAX_ROWS:
            raise InvalidInput(
                _("A spreadsheet holds %s rows: narrow the list, or choose CSV or Parquet.")
                % f"{MAX_ROWS:,}",
                field="format",
            )

    def consequence(self) -> str:
        self._check_size()
        columns = len(self._chosen_columns())
        if self.target.value == "clipboard":
            return _("Copies %s as CSV; columns: %d.") % (self._in_all, columns)
        text = _("Writes %s; columns: %d.") % (self._in_all, columns)
        if self.path.value.exists():
            text += " " + _("The file is there already and will be replaced.")
        return text

    async def submit(self) -> str:
        choice = await self._choice()
        try:
            return await (self._copy(choice) if choice.path is None else self._save(choice, choice.path))
        except Cancelled as error:
            raise Cancelled(_("Stopped; no file was written.")) from error

    async def _choice(self) -> ExportChoice:
        self._check_size()
        columns = self._chosen_columns()
        target = self.target.value
        if target == "clipboard":
            return ExportChoice(path=None, file_format="csv", columns=columns)
        path = self.path.value
        if path.is_dir():
            raise InvalidInput(_("This is a folder; name a file in it."), field="path")
        if path.exists():
            await self.confirm(_("Replace %s?") % exports.shown(path), yes=_("Replace"))
        return ExportChoice(path=path, file_format=target, columns=columns)

    async def _copy(self, choice: ExportChoice) -> str:
        text, rows = await run_task(
            self.shell, _("Copying"), lambda report: _copied(self._write, choice, report)
        )
        self.app.copy_to_clipboard(text)
        return _("Copied %s to your terminal's clipboard.") % (self._noun(rows) % f"{rows:,}")

    async def _save(self, choice: ExportChoice, path: Path) -> str:
        rows = await run_task(
            self.shell,
            _("Writing %s") % exports.shown(path),
            lambda report: _written(self._write, choice, path, report),
            hint=_("nothing half-written stays"),
        )
        return _("Wrote %s to %s.") % (self._noun(rows) % f"{rows:,}", exports.shown(path))


async def export_calls(
    shell: Shell, chosen: CallFilter, *, sort: CallSort, descending: bool, in_words: str
) -> None:
    """The whole way: count, ask, write, tell. For use in a dialog worker."""
    link = shell.link
    try:
        total = (await link.ask(CountCalls(filter=chosen))).calls
    except PbxmeterError as error:
        shell.tell(error)
        return
    order = ""
    if (sort, descending) != ("time", False) and total > MAX_SORTED_CALLS:
        sort, descending = "time", False
        order = _("More than %s calls are written oldest first.") % f"{MAX_SORTED_CALLS:,}"
    operation = ExportCalls(filter=chosen, sort=sort, descending=descending)

    def write(file: BinaryIO, choice: ExportChoice, report: Report) -> int:
        batches = _counted(link.client.stream(operation), total, report, unit="calls")
        return write_calls(file, batches, file_format=choice.file_format, columns=choice.columns)

    def noun(rows: int) -> str:
        return ngettext("%s call", "%s calls", rows)

    form = ExportForm(
        _("Export calls"),
        write,
        stem="calls",
        rows=total,
        noun=noun,
        columns=CALL_COLUMNS,
        in_words=in_words,
        order=order,
    )
    await _export(shell, form)


async def export_sheet(
    shell: Shell,
    title: str,
    asked: Awaitable[CsvText],
    *,
    stem: str,
    noun: Noun,
    in_words: str = "",
) -> None:
    """As `export_calls`, for one CSV document."""
    try:
        sheet = await asked
    except PbxmeterError as error:
        shell.tell(error)
        return

    def write(file: BinaryIO, choice: ExportChoice, report: Report) -> int:
        batches = _counted([sheet_batch(sheet.text)], sheet.rows, report, unit="rows")
        return write_calls(
            file,
            batches,
            file_format=choice.file_format,
            columns=choice.columns,
            kinds=SHEET_KINDS,
        )

    columns = sheet_columns(sheet.text)
    form = ExportForm(title, write, stem=stem, rows=sheet.rows, noun=noun, columns=columns, in_words=in_words)
    await _export(shell, form)


async def _export(shell: Shell, form: ExportForm) -> None:
    done = await shell.push_screen_wait(form)
    if done is not None:
        shell.done(done)


def _written(write: Write, choice: ExportChoice, path: Path, report: Report) -> int:
    """The rows written. What the file refuses is told at the path's field."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with written_file(str(path), mode=0o600) as file:
            return write(file, choice, report)
    except (FileExistsError, NotADirectoryError) as error:
        raise InvalidInput(_("%s is no folder.") % exports.shown(path.parent), field="path") from error
    except OSError as error:
        raise InvalidInput(
            "{path}: {reason}.", path=exports.shown(path.parent), reason=of_system(error), field="path"
        ) from error
    except StorageError as error:
        if isinstance(error.__cause__, OSError):
            raise InvalidInput(error.message, field="path") from error
        raise


def _copied(write: Write, choice: ExportChoice, report: Report) -> tuple[str, int]:
    """The CSV as text, cleaned line by line, and its rows. Raises `InvalidInput` where it is too long."""
    file = _ShortFile()
    rows = write(file, choice, report)
    lines = file.getvalue().decode("utf-8", "replace").split("\n")
    return "\n".join(clean(line) for line in lines), rows


class _ShortFile(io.BytesIO):
    """Refuses more than a clipboard takes."""

    def write(self, data: "bytes | bytearray | memoryview") -> int:  # pyright: ignore[reportIncompatibleMethodOverride] - typeshed's Buffer
        if self.tell() + len(data) > MAX_CLIPBOARD_BYTES:
            raise InvalidInput(_("This is too much for the clipboard: write a file."), field="format")
        return super().write(data)


def _counted(
    batches: "Iterable[pa.RecordBatch]", total: int, report: Report, *, unit: str
) -> "Iterator[pa.RecordBatch]":
    """The batches in slices, with word of each: writing a spreadsheet takes longer than fetching its rows."""
    began, done = time.monotonic(), 0
    report(Progress(done=0, total=total, unit=unit))
    for batch in batches:
        for start in range(0, batch.num_rows, ROWS_AT_ONCE):
            part = batch.slice(start, ROWS_AT_ONCE)
            yield part
            done += part.num_rows
            speed = done / max(time.monotonic() - began, 1e-3)
            report(Progress(done=done, total=total, unit=unit, rows_per_second=speed))
