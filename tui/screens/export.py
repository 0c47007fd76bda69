"""Writing calls into a file of the operator's own: format, columns, where, how far, and a way to stop."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.widgets import SelectionList, Static

from engine.api.calls import CallFilter, CountCalls, ExportCalls
from engine.api.operation import Progress
from engine.domain.errors import InvalidInput, PbxmeterError, StorageError
from tui import exports
from tui.call_files import CALL_COLUMNS, FileFormat, write_calls
from tui.commands.files import written_file
from tui.connection import EngineLink
from tui.i18n import _, ngettext
from tui.screens.base import SiteScreen
from tui.screens.paths import PathField
from tui.screens.task import Cancelled, Report, run_task
from tui.widgets.fields import ChoiceField, Field
from tui.widgets.forms import Form

if TYPE_CHECKING:
    import pyarrow as pa

FORMATS: tuple[tuple[FileFormat, str], ...] = (("csv", "CSV"), ("parquet", "Parquet"))


@dataclass(frozen=True, kw_only=True)
class ExportChoice:
    """What to write, and where."""

    path: Path
    file_format: FileFormat
    columns: tuple[str, ...]


class ExportForm(Form[ExportChoice]):
    """Ends with the choice. `calls` is how many will be written."""

    CSS_PATH = "export.tcss"

    def __init__(self, *, calls: int, in_words: str) -> None:
        which = in_words.strip() or _("all calls")
        super().__init__(_("Export calls"), submit=_("Write"), intro=_("Which: %s") % which)
        self._calls = calls
        self._format: FileFormat = "csv"
        self.file_format = ChoiceField("format", _("Format"), FORMATS, hint=_("← → to change"))
        self.path = PathField("path", _("File"), str(self._proposed("csv")))

    @staticmethod
    def _proposed(ending: str) -> Path:
        return exports.exports_folder() / f"calls-{time.strftime('%Y-%m-%d-%H%M')}.{ending}"

    @property
    def changed(self) -> bool:
        return False

    def fields(self) -> Sequence[Field[object]]:
        return [self.file_format, self.path]

    def extra(self) -> ComposeResult:
        yield Static(_("Columns (Space turns one)"), classes="dialog-text", markup=False)
        yield SelectionList[str](*((name, name, True) for name in CALL_COLUMNS), compact=True, id="columns")

    def field_changed(self) -> None:
        wanted = self.file_format.value
        if wanted != self._format:
            path = Path(self.path.text)
            if path.suffix == f".{self._format}":
                self.path.text = str(path.with_suffix(f".{wanted}"))
            self._format = wanted

    def on_selection_list_selected_changed(self) -> None:
        self._tell_consequence()

    def _columns(self) -> tuple[str, ...]:
        chosen = set(self.query_one("#columns", SelectionList).selected)
        if not chosen:
            raise InvalidInput(_("Choose at least one column."), field="columns")
        return tuple(name for name in CALL_COLUMNS if name in chosen)

    def consequence(self) -> str:
        columns = len(self._columns())
        calls = ngettext("%s call", "%s calls", self._calls) % f"{self._calls:,}"
        text = _("Writes %s; columns: %d.") % (calls, columns)
        if self.path.value.exists():
            text += " " + _("The file is there already and will be replaced.")
        return text

    async def submit(self) -> ExportChoice:
        path = self.path.value
        if path.is_dir():
            raise InvalidInput(_("This is a folder; name a file in it."), field="path")
        if path.exists():
            await self.confirm(_("Replace %s?") % exports.shown(path), yes=_("Replace"))
        return ExportChoice(path=path, file_format=self.file_format.value, columns=self._columns())


async def export_calls(screen: SiteScreen, chosen: CallFilter, *, in_words: str) -> None:
    """The whole way: count, ask, write, tell. For use in a dialog worker."""
    try:
        figures = await screen.ask(CountCalls(filter=chosen))
        choice = await screen.app.push_screen_wait(ExportForm(calls=figures.calls, in_words=in_words))
        if choice is None:
            return
        link = screen.shell.link
        rows = await run_task(
            screen,
            _("Writing %s") % exports.shown(choice.path),
            lambda report: _write(link, chosen, choice, total=figures.calls, report=report),
            hint=_("nothing half-written stays"),
        )
    except Cancelled:
        screen.shell.warn(_("Stopped; no file was written."))
    except PbxmeterError as error:
        screen.shell.tell(error)
    else:
        text = ngettext("Wrote %s call to %s.", "Wrote %s calls to %s.", rows)
        screen.shell.done(text % (f"{rows:,}", exports.shown(choice.path)))


def _write(link: EngineLink, chosen: CallFilter, choice: ExportChoice, *, total: int, report: Report) -> int:
    try:
        choice.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{choice.path.parent}: {error.strerror}.") from error
    reader = link.client.stream(ExportCalls(filter=chosen))
    with written_file(str(choice.path)) as file:
        return write_calls(
            file,
            _counted(reader, total, report),
            file_format=choice.file_format,
            columns=choice.columns,
        )


def _counted(reader: "pa.RecordBatchReader", total: int, report: Report) -> "Iterator[pa.RecordBatch]":
    began, done = time.monotonic(), 0
    report(Progress(done=0, total=total, unit="calls"))
    for batch in reader:
        yield batch
        done += batch.num_rows
        speed = done / max(time.monotonic() - began, 1e-3)
        report(Progress(done=done, total=total, unit="calls", rows_per_second=speed))
