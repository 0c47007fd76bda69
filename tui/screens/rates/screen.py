"""Rates: the rules in the order in which they stand, what is odd about them, and everything done to them."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.widgets import Static

from engine.api.events import BalancesMoved, Event, RatesChanged, SettingsChanged
from engine.api.extensions import ListExtensions
from engine.api.rates import (
    CheckRates,
    ExportRates,
    ImportRates,
    ListRates,
    MoveRate,
    RateRow,
    Rates,
    RemoveRates,
    SaveRate,
    SwitchRates,
)
from engine.domain.errors import PbxmeterError
from engine.domain.names import Role
from tui.link.operation_pages import OperationRows
from tui.link.undo_rules import (
    rule_as_before,
    rule_moved_back,
    rule_taken_out,
    rules_as_before,
    rules_switched_back,
)
from tui.screens.list_screen import ListScreen
from tui.screens.rates.editor import RateEditor
from tui.screens.rates.rows import rate_columns, rate_row, remarks_by_rule, remarks_text, warning_sign
from tui.screens.rates.try_out import Question
from tui.terminal.fence import DIALOG_GROUP
from tui.terminal.text import clean
from tui.text.i18n import N_, _, ngettext, said
from tui.widgets.actions import Action
from tui.widgets.columns import Column
from tui.widgets.dialogs import Confirm, TextDialog
from tui.widgets.rows import Row
from tui.widgets.table import WindowedTable

MAX_KNOWN = 10_000
"""Extensions the editor knows by number."""

MAX_LISTED_REMARKS = 1000


class RatesScreen(ListScreen):
    """The list of rate rules."""

    SCOPE = "rates"
    TITLE_TEXT = N_("Rates")
    CSS_PATH = "rates.tcss"
    EMPTY = N_("No rule. Add one with n, or import a sheet with i.")
    FILTER_HINT = N_("part of a name, or the beginning of a prefix")
    HELP = N_(
        "The winner of a call is the rule with the longest prefix; then one with an exact length; then the "
        "one that stands higher. Only rules that are on and whose days, hours and extensions fit take part.\n"
        "0.30/60s·1s means 0.30 for 60 s, counted every second.\n"
        "⚠ marks a rule worth a look; what it is stands below the list. Past calls keep the rule they were "
        "rated by: rate them anew in the list of calls (R)."
    )
    REFRESH_ON: ClassVar[tuple[type[Event], ...]] = (RatesChanged, SettingsChanged)
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action(
            name="edit",
            keys="e,f4",
            label=N_("Edit"),
            help=N_("Change the rule under the cursor. Enter does the same."),
            operation=SaveRate,
            online=True,
        ),
        Action(
            name="new",
            anywhere=True,
            keys="n,insert",
            label=N_("New"),
            help=N_("Add a rule at the end of the list."),
            operation=SaveRate,
            online=True,
        ),
        Action(
            name="try",
            anywhere=True,
            keys="t,f6",
            label=N_("What if"),
            help=N_("What would this call cost: which rule wins and why, as you type."),
            online=True,
        ),
        Action(
            name="switch",
            keys="s,f7",
            label=N_("On/off"),
            help=N_("Switch the marked rules, or the one under the cursor, on; off if all are on."),
            operation=SwitchRates,
            online=True,
        ),
        Action(
            name="up",
            keys="K,minus",
            label=N_("Up"),
            help=N_("Move the rule one place up."),
            operation=MoveRate,
            online=True,
        ),
        Action(
            name="down",
            keys="J,plus",
            label=N_("Down"),
            help=N_("Move the rule one place down."),
            operation=MoveRate,
            online=True,
        ),
        Action(
            name="remove",
            keys="delete,D,f8",
            label=N_("Remove"),
            help=N_("Take the marked rules, or the one under the cursor, out of the list."),
            operation=RemoveRates,
            online=True,
        ),
        Action(
            name="check",
            anywhere=True,
            keys="w",
            label=N_("Check"),
            help=N_("Everything odd: rules that never win, order alone deciding, hours without a rule."),
            online=True,
        ),
        Action(
            name="import",
            anywhere=True,
            keys="i",
            label=N_("Import"),
            help=N_("Replace the list by a sheet, after a preview."),
            operation=ImportRates,
            online=True,
        ),
        Action(
            name="export",
            anywhere=True,
            keys="x",
            label=N_("Export"),
            help=N_("Write all rules as a sheet, whose CSV imports back to the same, or copy them."),
            role=Role.BILLING,
            online=True,
        ),
    )

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[str, RateRow] = {}
        self._remarks: dict[int, list[str]] = {}
        self._remark_count: int | None = None
        self._numbers: list[str] | None = None
        self._question = Question()

    def columns(self) -> Sequence[Column]:
        return rate_columns()

    def body(self) -> ComposeResult:
        yield from super().body()
        yield Static("", id="remark", markup=False)

    def on_mount(self) -> None:
        super().on_mount()
        self._check()
        self._fetch_numbers()

    # The list

    def source(self) -> OperationRows[Rates]:
        text = self.filter_text
        return OperationRows(
            self.shell.link,
            ask=lambda offset, limit: ListRates(text=text, offset=offset, limit=limit),
            rows=lambda answer: [self._row(row) for row in answer.rows],
            total=lambda answer: answer.total,
            answered=lambda answer: self._known.update((str(row.rate_id), row) for row in answer.rows),
        )

    def _row(self, row: RateRow) -> Row:
        return rate_row(
            row,
            odd=bool(self._remarks_of(row)),
            money=self.shell.money,
            ascii_only=self.shell.ascii_only,
        )

    def _remarks_of(self, row: RateRow) -> list[str]:
        return self._remarks.get(row.rate_id) or [said(remark) for remark in row.remarks]

    def reload(self) -> None:
        super().reload()
        self._check()

    def engine_event(self, event: Event) -> None:
        super().engine_event(event)
        if isinstance(event, BalancesMoved) and not event.extensions:
            self._fetch_numbers()

    def status(self) -> list[tuple[str, str]]:
        pieces = super().status()
        if self._remark_count:
            count = self._remark_count
            text = ngettext("%d remark", "%d remarks", count) % count
            pieces.append((f"{text} (w)", "warning"))
        return pieces

    # What is odd

    @work(exclusive=True, group="check")
    async def _check(self) -> None:
        try:
            found = await self.ask(CheckRates(limit=MAX_LISTED_REMARKS))
        except PbxmeterError as error:
            self.reload_failed(error)
            return
        remarks = remarks_by_rule(found)
        changed = remarks != self._remarks
        self._remarks, self._remark_count = remarks, found.total
        if changed:
            self.table.refresh_rows()
        self._show_remark()
        self.show_status()

    @on(WindowedTable.RowHighlighted)
    def _show_remark(self) -> None:
        row = self._here()
        found = self._remarks_of(row) if row is not None else []
        line = self.query_one("#remark", Static)
        glyph = warning_sign(ascii_only=self.shell.ascii_only)
        line.update("\n".join(f"{glyph} {clean(text)}" for text in found[:2]))
        line.set_class(bool(found), "-shown")

    @work(group=DIALOG_GROUP)
    async def action_check(self) -> None:
        try:
            found = await self.ask(CheckRates(limit=MAX_LISTED_REMARKS))
        except PbxmeterError as error:
            self.shell.tell(error)
            return
        if not found.total:
            self.shell.notify(_("Nothing odd: every rule can win, no hours are left out."))
            return
        await self.app.push_screen_wait(TextDialog(_("What is odd about the rules"), remarks_text(found)))

    @work(exclusive=True, group="numbers")
    async def _fetch_numbers(self) -> None:
        try:
            page = await self.ask(ListExtensions(limit=1000))
            numbers = [row.number for row in page.rows]
            while page.rows and len(numbers) < min(page.total, MAX_KNOWN):
                page = await self.ask(ListExtensions(limit=1000, offset=len(numbers)))
                numbers += [row.number for row in page.rows]
        except PbxmeterError as error:
            self.reload_failed(error)
            return
        self._numbers = numbers if len(numbers) >= page.total else None
        if not self._question.extension and numbers:
            self._question.extension = numbers[0]

    # What is done to them

    def _here(self) -> RateRow | None:
        return self._known.get(self.table.cursor_key or "")

    def _chosen(self) -> list[RateRow]:
        return [self._known[key] for key in self.targets() if key in self._known]

    @on(WindowedTable.RowSelected)
    async def _selected(self) -> None:
        await self.open_row("edit")

    @work(group=DIALOG_GROUP)
    async def action_edit(self) -> None:
        row = self._here()
        if row is None:
            return
        saved = await self.app.push_screen_wait(self._editor(row, self._asked(row)))
        if saved is not None:
            self.shell.done(
                _("Saved the rule “%s”. It counts from now on.") % clean(row.rate.name),
                reversible=rule_as_before(self.shell.link, row, saved.rate),
            )
            self.reload_soon()

    @work(group=DIALOG_GROUP)
    async def action_new(self) -> None:
        saved = await self.app.push_screen_wait(self._editor(None, self._question))
        if saved is not None:
            self.shell.done(
                _("Added the rule at the end of the list."),
                reversible=rule_taken_out(self.shell.link, saved),
            )
            self.reload_soon()

    def _editor(self, row: RateRow | None, question: Question) -> RateEditor:
        return RateEditor(row, question, known=self._numbers, today=self.shell.now().date())

    def _asked(self, row: RateRow) -> Question:
        self._question.concern(row.rate)
        return self._question

    @work(group=DIALOG_GROUP)
    async def action_try(self) -> None:
        from tui.screens.rates.try_out import TryScreen

        row = self._here()
        question = self._asked(row) if row is not None and not self._question.dialled else self._question
        await self.app.push_screen_wait(TryScreen(question))

    @work(group=DIALOG_GROUP)
    async def action_switch(self) -> None:
        rows = self._chosen()
        if not rows:
            return
        enabled = not all(row.rate.enabled for row in rows)
        if len(rows) > 1:
            question = (
                ngettext("Switch %d rule on?", "Switch %d rules on?", len(rows))
                if enabled
                else ngettext("Switch %d rule off?", "Switch %d rules off?", len(rows))
            )
            if not await self.app.push_screen_wait(Confirm(question % len(rows))):
                return
        try:
            await self.ask(SwitchRates(rate_ids=[row.rate_id for row in rows], enabled=enabled))
        except PbxmeterError as error:
            self.shell.tell(error)
            return
        who = _("“%s”") % clean(rows[0].rate.name) if len(rows) == 1 else _("%d rules") % len(rows)
        text = _("Switched %s on.") if enabled else _("Switched %s off.")
        turned = [row for row in rows if row.rate.enabled != enabled]
        self.shell.done(
            text % who, reversible=rules_switched_back(self.shell.link, turned, enabled=not enabled)
        )
        self.reload_soon()

    async def action_up(self) -> None:
        self._move(-1)

    async def action_down(self) -> None:
        self._move(1)

    @work(group=DIALOG_GROUP)
    async def _move(self, by: int) -> None:
        row = self._here()
        if row is None:
            return
        position = max(1, row.position + by)
        try:
            changed = await self.ask(MoveRate(rate_id=row.rate_id, position=position))
        except PbxmeterError as error:
            self.shell.tell(error)
            return
        if changed.changed:
            self.shell.can_undo(rule_moved_back(self.shell.link, row, position))
            await self._show_order()

    async def _show_order(self) -> None:
        """The list as it is now; within a dialog's worker, so that the next key acts on what it shows."""
        await self.table.refreshed()
        self.reload_soon()

    @work(group=DIALOG_GROUP)
    async def action_remove(self) -> None:
        rows = self._chosen()
        if not rows:
            return
        if len(rows) == 1:
            question = _("Remove the rule “%s”? Past calls keep what they cost.") % clean(rows[0].rate.name)
        else:
            text = ngettext(
                "Remove %d rule? Past calls keep what they cost.",
                "Remove %d rules? Past calls keep what they cost.",
                len(rows),
            )
            question = text % len(rows)
        if not await self.app.push_screen_wait(Confirm(question, yes=_("Remove"))):
            return
        try:
            before = await self.ask(ExportRates())
            done = await self.ask(RemoveRates(rate_ids=[row.rate_id for row in rows]))
            reversible = await rules_as_before(self.shell.link, before.text, removed=done.changed)
        except PbxmeterError as error:
            self.shell.tell(error)
            return
        self.table.clear_marks()
        text = ngettext("Removed %d rule.", "Removed %d rules.", done.changed)
        self.shell.done(text % done.changed, reversible=reversible)
        await self._show_order()

    @work(group=DIALOG_GROUP)
    async def action_import(self) -> None:
        from tui.screens.import_preview import import_sheet

        if await import_sheet(
            self,
            lambda content, apply: ImportRates(content=content, apply=apply),
            title=_("Import a rate sheet"),
            intro=_("A CSV file whose lines replace the whole list; rules are recognised by their name."),
        ):
            self.reload_soon()

    @work(group=DIALOG_GROUP)
    async def action_export(self) -> None:
        from tui.screens.export import export_sheet

        await export_sheet(
            self.shell,
            _("Export rates"),
            self.ask(ExportRates()),
            stem="rates",
            noun=lambda rows: ngettext("%s rule", "%s rules", rows),
        )
