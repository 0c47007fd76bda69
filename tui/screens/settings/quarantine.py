"""CDR lines that could not be read as calls: why, the line itself, reading them again."""

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input

from engine.api.extensions import CsvText
from engine.api.site import ListQuarantine, QuarantinePage, QuarantineRow, RetryQuarantine
from engine.domain.zones import zone
from tui.export.quarantine_sheet import quarantine_sheet
from tui.link.operation_pages import OperationRows
from tui.screens.settings.section import Section
from tui.terminal.text import clean
from tui.text.format import stamp
from tui.text.i18n import N_, _, ngettext, said
from tui.widgets.dialogs import Confirm, TextDialog
from tui.widgets.entry import Entry
from tui.widgets.rows import Row
from tui.widgets.table import WindowedTable

EXPORT_PAGE = 1000
EMPTY = N_("Nothing in quarantine: every line could be read.")


class QuarantineSection(Section):
    """The list of bad lines."""

    NAME = "quarantine"
    TITLE_TEXT = N_("Quarantine")
    ACTIONS = ("change", "find", "retry", "export")

    def __init__(self) -> None:
        super().__init__()
        self._text = ""
        self._total = 0
        self._known: dict[str, QuarantineRow] = {}

    def compose(self) -> ComposeResult:
        yield Entry(placeholder=_("part of the path, reason or line"), id="quarantine-find")
        yield self.table(
            "quarantine-list",
            [
                ("found", _("Found"), 11, ""),
                ("file", _("File"), 12, ""),
                ("line", _("Line"), 7, "r"),
                ("reason", _("Reason"), 18, "*"),
                ("raw", _("The line"), 18, "*"),
            ],
            empty=_(EMPTY),
        )

    def on_mount(self) -> None:
        self.query_one("#quarantine-find").add_class("filter")
        self._list()

    def _list(self) -> None:
        text = self._text

        def answered(answer: QuarantinePage) -> None:
            self._known.update((str(row.quarantine_id), row) for row in answer.rows)
            # The answer for half a word may come after that for the whole one.
            if text == self._text:
                self._total = answer.total

        table = self.query_one(WindowedTable)
        table.placeholder = _("No bad line fits.") if text else _(EMPTY)
        table.set_source(
            OperationRows(
                self.shell.link,
                ask=lambda offset, limit: ListQuarantine(text=text, offset=offset, limit=limit),
                rows=lambda answer: [self._row(row) for row in answer.rows],
                total=lambda answer: answer.total,
                answered=answered,
            )
        )

    async def load(self) -> None:
        self.query_one(WindowedTable).refresh_rows()

    def _row(self, row: QuarantineRow) -> Row:
        return Row(
            key=str(row.quarantine_id),
            cells=(
                f"{self.shell.local(row.found_at):%m-%d %H:%M}",
                clean(row.path.rpartition("/")[2]),
                f"{row.line_number:,}",
                clean(_("%s: %s") % (row.field, said(row.reason)) if row.field else said(row.reason)),
                clean(row.raw),
            ),
            cell_styles=("", "", "", "warning"),
        )

    def status(self) -> str:
        return ngettext("%d bad line", "%d bad lines", self._total) % self._total

    @on(WindowedTable.Loaded)
    @on(WindowedTable.Counted)
    def _loaded(self) -> None:
        self.settings.show_status()

    def find(self) -> None:
        entry = self.query_one("#quarantine-find", Entry)
        entry.add_class("-shown")
        entry.focus()

    def clear(self) -> bool:
        """Clears the filter; False if there is none."""
        entry = self.query_one("#quarantine-find", Entry)
        if not entry.has_class("-shown"):
            return False
        entry.value = ""
        entry.remove_class("-shown")
        self.query_one(WindowedTable).focus()
        return True

    @on(Input.Changed, "#quarantine-find")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if event.value.strip() != self._text:
            self._text = event.value.strip()
            self._list()

    @on(Input.Submitted, "#quarantine-find")
    def _kept(self, event: Input.Submitted) -> None:
        event.stop()
        self.query_one(WindowedTable).focus()

    @on(WindowedTable.RowSelected)
    async def _selected(self, message: WindowedTable.RowSelected) -> None:
        message.stop()
        await self.settings.action_act("change")

    async def change(self) -> None:
        row = self._known.get(self.query_one(WindowedTable).cursor_key or "")
        if row is None:
            return
        lines = [
            _("File: %s") % row.path,
            _("Line %d, at byte %d") % (row.line_number, row.line_offset),
            _("Found: %s") % stamp(self.shell.local(row.found_at)),
            _("Field: %s") % (row.field or "–"),
            _("Reason: %s") % said(row.reason),
            "",
            row.raw,
        ]
        await self.app.push_screen_wait(TextDialog(_("Bad line"), "\n".join(clean(line) for line in lines)))

    async def retry(self) -> None:
        """Reads the marked lines again, or all that are listed."""
        table = self.query_one(WindowedTable)
        marked = [int(key) for key in table.marked_keys]
        count = len(marked) or self._total
        if not count:
            self.shell.notify(table.placeholder)
            return
        question = ngettext("Read %d bad line again?", "Read %d bad lines again?", count) % count
        if not await self.app.push_screen_wait(Confirm(question, yes=_("Read again"))):
            return
        if not marked and self._text:
            marked = [row.quarantine_id for row in await self._found()]
        done = await self.run(_("Reading bad lines again"), RetryQuarantine(quarantine_ids=marked or None))
        if done is not None:
            table.clear_marks()
            self.shell.done(
                _("%d tried: %d stored, %d duplicates, %d still bad.")
                % (done.tried, done.stored, done.duplicates, done.still_bad)
            )
        table.refresh_rows()

    async def export(self) -> None:
        from tui.screens.export import export_sheet

        await export_sheet(
            self.shell,
            _("Export bad lines"),
            self._sheet(),
            stem="quarantine",
            noun=lambda rows: ngettext("%s bad line", "%s bad lines", rows),
            in_words=self._text,
        )

    async def _sheet(self) -> CsvText:
        """The lines found, as `pbxmeter quarantine export` writes them."""
        greeting = self.shell.greeting
        where = zone(greeting.timezone if greeting is not None else "UTC")
        return quarantine_sheet(await self._found(), where)

    async def _found(self) -> list[QuarantineRow]:
        """Every line that the filter finds."""
        rows: list[QuarantineRow] = []
        while True:
            page = await self.ask(ListQuarantine(text=self._text, offset=len(rows), limit=EXPORT_PAGE))
            rows += page.rows
            if not page.rows or len(rows) >= page.total:
                return rows
