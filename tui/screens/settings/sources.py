"""The CDR sources of config.yaml, how they are, and every file that was read."""

from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from engine.api.site import ListSources, SourceFileRow, SourceRow
from engine.domain.message import NOTHING
from tui.screens.settings.section import Section
from tui.terminal.text import clean
from tui.text.format import size_of, stamp
from tui.text.i18n import N_, _, ngettext, said
from tui.widgets.dialogs import TextDialog
from tui.widgets.health import SOURCE_HEALTH
from tui.widgets.rows import Row
from tui.widgets.shown_rows import ShownRows
from tui.widgets.table import WindowedTable


class SourcesSection(Section):
    """Sources above, files below."""

    NAME = "sources"
    TITLE_TEXT = N_("Sources")
    ACTIONS = ("change",)

    def __init__(self) -> None:
        super().__init__()
        self._found: list[SourceRow] = []
        self._read: list[SourceFileRow] = []
        self._watching = "notified"
        self._watching_message = NOTHING

    def compose(self) -> ComposeResult:
        yield self.table(
            "sources-list",
            [
                ("state", _("State"), 13, ""),
                ("path", _("Source"), 14, "*"),
                ("lines", _("Lines"), 9, "r"),
                ("bad", _("Bad"), 5, "r"),
                ("last", _("Last call"), 11, ""),
            ],
            empty=_("config.yaml names no source yet."),
        )
        yield Static(_("Files read"), classes="head", markup=False)
        yield self.table(
            "files-list",
            [
                ("path", _("File"), 14, "*"),
                ("format", _("Format"), 13, ""),
                ("read", _("Read"), 8, "r"),
                ("lines", _("Lines"), 8, "r"),
                ("bad", _("Bad"), 5, "r"),
                ("when", _("When"), 11, ""),
            ],
            empty=_("No file was read yet."),
        )

    def on_mount(self) -> None:
        self.query_one("#sources-list").add_class("short")
        self._sources = ShownRows(self.query_one("#sources-list", WindowedTable))
        self._files = ShownRows(self.query_one("#files-list", WindowedTable))

    async def load(self) -> None:
        answer = await self.ask(ListSources())
        self._found, self._read = answer.rows, answer.files
        self._watching, self._watching_message = answer.watching, answer.watching_message
        self._sources.show([self._source(index, row) for index, row in enumerate(answer.rows)])
        self._files.show([self._file(row) for row in answer.files])

    def _short(self, instant: object) -> str:
        from datetime import datetime

        return f"{self.shell.local(instant):%m-%d %H:%M}" if isinstance(instant, datetime) else "–"

    def _source(self, index: int, row: SourceRow) -> Row:
        health = SOURCE_HEALTH[row.state]
        return Row(
            key=str(index),
            cells=(
                health.text(ascii_only=self.shell.ascii_only),
                clean(said(row.message) or row.path),
                f"{row.lines:,}",
                f"{row.quarantined:,}",
                self._short(row.last_call_at),
            ),
            cell_styles=(
                health.style,
                "error" if row.message else "",
                "",
                "warning" if row.quarantined else "",
            ),
        )

    def _file(self, row: SourceFileRow) -> Row:
        return Row(
            key=f"file-{row.file_id}",
            cells=(
                clean(row.path),
                clean(row.format),
                size_of(row.read_offset),
                f"{row.lines:,}",
                f"{row.quarantined:,}",
                self._short(row.last_read_at),
            ),
            cell_styles=("", "", "", "", "warning" if row.quarantined else ""),
        )

    def status(self) -> str:
        behind = sum(row.bytes_behind for row in self._found)
        text = ngettext("%d source", "%d sources", len(self._found)) % len(self._found)
        if behind:
            text += "  " + _("%s to read") % size_of(behind)
        if self._found and self._watching == "polling":
            text += "  " + _("looked at every second")
        return text

    @on(WindowedTable.RowSelected)
    async def _selected(self, message: WindowedTable.RowSelected) -> None:
        message.stop()
        await self.settings.action_act("change")

    async def change(self) -> None:
        sources = self.query_one("#sources-list", WindowedTable)
        files = self.query_one("#files-list", WindowedTable)
        if files.has_focus:
            found = next((row for row in self._read if f"file-{row.file_id}" == files.cursor_key), None)
            text = self._file_text(found) if found is not None else ""
        else:
            place = int(sources.cursor_key or 0)
            text = self._source_text(self._found[place]) if place < len(self._found) else ""
        if text:
            await self.app.push_screen_wait(TextDialog(_("Source"), text))

    def _source_text(self, row: SourceRow) -> str:
        lines = [
            (_("Path"), row.path),
            (_("Format"), row.format),
            (_("Time zone"), row.timezone),
            (_("State"), _(SOURCE_HEALTH[row.state].word)),
            (_("Message"), said(row.message) or "–"),
            (_("What is new is noticed"), self._noticed()),
            (_("Files"), f"{row.files:,}"),
            *_counts(row),
            (_("Still to read"), size_of(row.bytes_behind)),
            (_("Lines a second"), f"{row.lines_per_second:,.0f}"),
            (_("Last read"), stamp(self.shell.local(row.last_read_at)) if row.last_read_at else "–"),
            (_("Last call"), stamp(self.shell.local(row.last_call_at)) if row.last_call_at else "–"),
        ]
        return "\n".join(_("%s: %s") % (label, clean(text)) for label, text in lines)

    def _noticed(self) -> str:
        if self._watching == "notified":
            return _("at once")
        return _("by a look every second: %s") % said(self._watching_message)

    def _file_text(self, row: SourceFileRow) -> str:
        lines = [
            (_("Path"), row.path),
            (_("Source"), row.source),
            (_("Format"), row.format),
            (_("Read"), size_of(row.read_offset)),
            *_counts(row),
            (_("Finished"), _("yes") if row.finished else _("no, it is followed")),
            (_("Last read"), stamp(self.shell.local(row.last_read_at))),
        ]
        return "\n".join(_("%s: %s") % (label, clean(text)) for label, text in lines)


def _counts(row: SourceRow | SourceFileRow) -> list[tuple[str, str]]:
    return [
        (_("Lines"), f"{row.lines:,}"),
        (_("Calls stored"), f"{row.stored:,}"),
        (_("Duplicates"), f"{row.duplicates:,}"),
        (_("In quarantine"), f"{row.quarantined:,}"),
        (_("Ignored (blank, header)"), f"{row.ignored:,}"),
        *([(_("Events of channels"), f"{row.events:,}")] if row.events else []),
    ]
