"""The guide's look into a CDR file: proposed format and zone, why, and the first calls as they would be."""

from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from config.formats import format_names, load_format
from config.places import FoundFile
from engine.api.site import DetectResult
from tui.terminal.fence import DIALOG_GROUP
from tui.terminal.text import clean
from tui.text.format import duration
from tui.text.i18n import _, said
from tui.widgets.columns import Column
from tui.widgets.rows import MemoryRows, Row
from tui.widgets.table import WindowedTable

MAX_FAULTS_SHOWN = 2

_TIME, _EXTENSION, _NAME, _DIALLED, _TRUNK, _DISPOSITION, _BILLSEC = 0, 2, 3, 5, 6, 7, 10
"""Where the columns of a preview stand in `DetectResult.rows`."""


@dataclass(frozen=True, kw_only=True)
class FileChosen:
    """The file is right, read by `format`; `retry` = look at it again by that format."""

    format: str
    retry: bool = False


class FilePreview(ModalScreen[FileChosen | None]):
    """Ends with the format to read the file by; None = another file."""

    CSS_PATH = "first_run.tcss"
    AUTO_FOCUS = "WindowedTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,n", "leave", show=False),
        Binding("y,f2", "take", show=False),
        Binding("f", "format", show=False),
    ]

    def __init__(
        self, file: FoundFile, detected: DetectResult, *, format_name: str, ascii_only: bool
    ) -> None:
        """`format_name` is the one that was asked for, '' = the engine was to propose one."""
        super().__init__()
        self._detected = detected
        self._path = file.path
        self._format = detected.format or format_name
        if not self._format and not file.size:
            self._format = file.format
        self._ascii_only = ascii_only

    def compose(self) -> ComposeResult:
        detected = self._detected
        dialog = Vertical(classes="dialog wide guide-preview")
        dialog.border_title = clean(str(self._path))
        with dialog:
            yield Static(self._told(), classes="dialog-text", markup=False)
            if detected.faults:
                shown = [clean(said(fault)) for fault in detected.faults[:MAX_FAULTS_SHOWN]]
                yield Static("\n".join(shown), id="guide-faults", classes="dialog-text", markup=False)
            yield WindowedTable(
                [
                    Column(key="time", title=_("Time"), width=16, sortable=False),
                    Column(key="extension", title=_("Ext."), width=5, sortable=False),
                    Column(key="name", title=_("Name"), width=8, sortable=False),
                    Column(key="dialled", title=_("Number"), width=8, flex=True, sortable=False),
                    Column(key="trunk", title=_("Trunk"), width=10, sortable=False),
                    Column(key="disposition", title=_("State"), width=9, sortable=False),
                    Column(key="billsec", title=_("Talk"), width=7, align="right", sortable=False),
                ],
                source=MemoryRows([_row(str(place), cells) for place, cells in enumerate(detected.rows)]),
                placeholder=_("No call could be read."),
                ascii_only=self._ascii_only,
            )
            keys = _("y, Enter: go on   ") if self._format else ""
            keys += _("f: another format   Esc: another file")
            yield Static(keys, classes="dialog-keys", markup=False)

    def _told(self) -> str:
        detected = self._detected
        lines = [
            _("Format: %s") % (_titled(self._format) if self._format else _("none fits")),
            _("Times: %s") % (detected.timezone or _("the site's zone, unless you say another")),
            *(clean(said(reason)) for reason in detected.reasons),
        ]
        if detected.unknown_columns:
            lines.append(_("Columns not used: %s") % clean(", ".join(detected.unknown_columns)))
        return "\n".join(lines)

    @on(WindowedTable.RowSelected)
    def _row_selected(self, message: WindowedTable.RowSelected) -> None:
        message.stop()
        self.action_take()

    def action_take(self) -> None:
        if self._format:
            self.dismiss(FileChosen(format=self._format))

    @work(group=DIALOG_GROUP)
    async def action_format(self) -> None:
        chosen = await self.app.push_screen_wait(FormatScreen(self._format))
        if chosen is not None:
            self.dismiss(FileChosen(format=chosen, retry=True))

    def action_leave(self) -> None:
        self.dismiss(None)


class FormatScreen(ModalScreen[str | None]):
    """One of the shipped formats."""

    CSS_PATH = "first_run.tcss"
    AUTO_FOCUS = "OptionList"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "leave", show=False)]

    def __init__(self, present: str) -> None:
        super().__init__()
        self._present = present

    def compose(self) -> ComposeResult:
        names = format_names()
        dialog = Vertical(classes="dialog guide")
        dialog.border_title = _("Format of the file")
        with dialog:
            options = OptionList(
                *(Option(_titled(name), id=name) for name in names), markup=False, compact=True
            )
            options.highlighted = names.index(self._present) if self._present in names else 0
            yield options
            yield Static(_("Enter: look again   Esc: back"), classes="dialog-keys", markup=False)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(event.option.id)

    def action_leave(self) -> None:
        self.dismiss(None)


def _titled(name: str) -> str:
    """A shipped format's name and what it is."""
    return f"{name} ({load_format(name).title})" if name in format_names() else name


def _row(key: str, cells: list[str]) -> Row:
    talk = cells[_BILLSEC]
    return Row(
        key=key,
        cells=(
            cells[_TIME][:16],
            *(clean(cells[place]) for place in (_EXTENSION, _NAME, _DIALLED, _TRUNK, _DISPOSITION)),
            duration(int(talk)) if talk.isdigit() else talk,
        ),
    )
