"""Rates: the rules in the order in which they stand, what is odd about them, and everything done to them."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on, work

from engine.api.events import BalancesMoved, Event, RatesChanged, SettingsChanged
from engine.api.extensions import ListExtensions
from engine.api.rates import (
    ExportRates,
    ImportRates,
    MoveRate,
    RateRow,
    RemoveRates,
    SwitchRates,
)
from engine.domain.errors import PbxmeterError
from tui.link.undo_rules import (
    rule_as_before,
    rule_moved_back,
    rule_taken_out,
    rules_as_before,
    rules_switched_back,
)
from tui.screens.rates.actions import RATE_ACTIONS
from tui.screens.rates.editor import RateEditor
from tui.screens.rates.remarks import RemarkedRates
from tui.screens.rates.rows import rate_columns
from tui.screens.rates.try_out import Question
from tui.terminal.fence import DIALOG_GROUP
from tui.terminal.text import clean
from tui.text.i18n import N_, _, ngettext
from tui.widgets.actions import Action
from tui.widgets.columns import Column
from tui.widgets.dialogs import Confirm
from tui.widgets.table import WindowedTable

MAX_KNOWN = 10_000
"""Extensions the editor knows by number."""


class RatesScreen(RemarkedRates):
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
    ACTIONS: ClassVar[tuple[Action, ...]] = RATE_ACTIONS

    def __init__(self) -> None:
        super().__init__()
        self._numbers: list[str] | None = None
        self._question = Question()

    def columns(self) -> Sequence[Column]:
        return rate_columns()

    def on_mount(self) -> None:
        self._fetch_numbers()

    # The list

    def engine_event(self, event: Event) -> None:
        super().engine_event(event)
        if isinstance(event, BalancesMoved) and not event.extensions:
            self._fetch_numbers()

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
