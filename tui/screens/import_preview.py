"""What importing a sheet would do: the changes, or every fault by line and column."""

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from engine.api.operation import ImportResult, Operation
from engine.domain.errors import PbxmeterError
from tui.commands.files import read_sheet
from tui.export import folder as exports
from tui.screens.base import SiteScreen
from tui.screens.paths import FileForm
from tui.screens.rates.rows import warning_sign
from tui.screens.task import Cancelled, run_operation
from tui.terminal.text import clean
from tui.text.i18n import _, flowing, ngettext, said
from tui.widgets.columns import Column
from tui.widgets.dialogs import Confirm
from tui.widgets.rows import MemoryRows, Row
from tui.widgets.table import WindowedTable

_STYLES = {"+": "good", "-": "error", "~": "warning"}


class ImportPreview(ModalScreen[bool]):
    """Ends with whether the sheet is to be imported; with faults there is nothing to import."""

    AUTO_FOCUS = "WindowedTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,n", "answer(False)", show=False),
        Binding("y,f2", "answer(True)", show=False),
    ]

    def __init__(self, path: Path, result: ImportResult, *, ascii_only: bool) -> None:
        super().__init__()
        self._path = path
        self._result = result
        self._ascii_only = ascii_only

    def compose(self) -> ComposeResult:
        result = self._result
        dialog = Vertical(classes="dialog wide")
        dialog.border_title = Content(_("Import %s") % clean(exports.shown(self._path)))
        with dialog:
            yield Static(preview_text(result), classes="dialog-text", markup=False)
            yield WindowedTable(
                self._columns(),
                source=MemoryRows(self._rows()),
                placeholder=_("The list is already as the sheet says."),
                ascii_only=self._ascii_only,
            )
            keys = _("Esc: back") if not self._wanted else _("y: import   n, Esc: leave everything as it is")
            yield Static(keys, classes="dialog-keys", markup=False)

    @property
    def _wanted(self) -> bool:
        result = self._result
        return not result.faults and bool(result.added or result.changed or result.removed or result.preview)

    def _columns(self) -> list[Column]:
        if not self._result.faults:
            return [Column(key="change", title=_("Change"), width=40, flex=True, sortable=False)]
        return [
            Column(key="line", title=_("Line"), width=7, align="right", sortable=False),
            Column(key="column", title=_("Column"), width=16, sortable=False),
            Column(key="reason", title=_("What is wrong"), width=30, flex=True, sortable=False),
        ]

    def _rows(self) -> list[Row]:
        if not self._result.faults:
            glyph = warning_sign(ascii_only=self._ascii_only)
            odd = [
                (f"{glyph} {remark.line} {remark.column}: {said(remark.reason)}", "warning")
                for remark in self._result.remarks
            ]
            changes = [(said(line), _STYLES.get(str(line)[:1], "muted")) for line in self._result.preview]
            return [
                Row(key=str(index), cells=(clean(text),), styles=(style,))
                for index, (text, style) in enumerate([*odd, *changes])
            ]
        return [
            Row(key=str(index), cells=(str(fault.line), clean(fault.column), clean(said(fault.reason))))
            for index, fault in enumerate(self._result.faults)
        ]

    def action_answer(self, yes: bool) -> None:
        self.dismiss(yes and self._wanted)


def preview_text(result: ImportResult) -> str:
    """The sums of a preview."""
    if result.faults:
        faults = len(result.faults)
        text = ngettext("%d fault; nothing is imported.", "%d faults; nothing is imported.", faults) % faults
        return flowing([text, _("Mend the sheet and import it again.")])
    sums = _("%d added, %d changed, %d removed, %d unchanged.") % (
        result.added,
        result.changed,
        result.removed,
        result.unchanged,
    )
    if not result.remarks:
        return sums
    count = len(result.remarks)
    return flowing([sums, ngettext("%d new remark.", "%d new remarks.", count) % count])


async def import_sheet(
    screen: SiteScreen,
    make: Callable[[bytes, bool], Operation[ImportResult]],
    *,
    title: str,
    intro: str,
) -> bool:
    """The whole way: file, preview, confirmation, import. Whether something was imported.

    `make(content, apply)` is the operation. For use in a dialog worker.
    """
    shell = screen.shell
    path = await screen.app.push_screen_wait(FileForm(title, intro=intro, submit=_("Preview")))
    if path is None:
        return False
    try:
        content = await shell.link.run(lambda: read_sheet(str(path)))
        preview = await run_operation(screen, _("Reading the sheet"), make(content, False))
        if not await screen.app.push_screen_wait(
            ImportPreview(path, preview, ascii_only=shell.ascii_only)
        ) or not await screen.app.push_screen_wait(
            Confirm(_("Import it? %s") % preview_text(preview), yes=_("Import"))
        ):
            return False
        result = await run_operation(screen, _("Importing"), make(content, True))
    except Cancelled:
        shell.warn(_("Stopped."))
        return False
    except PbxmeterError as error:
        shell.tell(error)
        return False
    shell.done(_("Imported: %s") % preview_text(result))
    return result.applied
