"""Calls: every record, filtered as one types, followed live, explained, exported and rated anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Literal

from textual import on, work
from textual.message import Message

from engine.api.calls import CallCount, CallFilter, CallSort, CountCalls
from engine.api.events import CallsStored, Event, SettingsChanged
from engine.domain.errors import PbxmeterError
from engine.domain.names import Direction
from tui.link.call_pages import CallRows
from tui.screens.calls.actions import CALL_ACTIONS
from tui.screens.calls.rows import call_columns, call_row
from tui.screens.calls.text import DIRECTIONS
from tui.screens.calls.typed_filter import TypedFilterList
from tui.screens.period import ALL_TIME, Period
from tui.terminal.fence import DIALOG_GROUP
from tui.text.format import duration
from tui.text.i18n import N_, _, ngettext
from tui.widgets.actions import Action, following
from tui.widgets.columns import Column
from tui.widgets.table import WindowedTable

Status = Literal["", "answered", "unanswered", "charged", "uncharged", "unrated"]

STATUSES: tuple[tuple[Status, str], ...] = (
    ("", ""),
    ("charged", N_("charged")),
    ("unrated", N_("unrated")),
    ("answered", N_("answered")),
    ("unanswered", N_("not answered")),
    ("uncharged", N_("not charged")),
)

_SORTS: dict[str | None, CallSort] = {
    "time": "time",
    "extension": "extension",
    "dialled": "dialled",
    "trunk": "trunk",
    "billsec": "billsec",
    "cost": "cost",
}


class CallsScreen(TypedFilterList):
    """The list of calls."""

    SCOPE = "calls"
    TITLE_TEXT = N_("Calls")
    CSS_PATH = "calls.tcss"
    SORT: ClassVar[tuple[str | None, bool]] = ("time", True)
    EMPTY = N_("No call fits.")
    HELP = N_(
        "Every record the PBX wrote, newest first. Only answered outbound calls of billed extensions cost "
        "money; the last column says by which rule, or why not. ⚠ no rule is money that may be missing.\n"
        "The filter takes words and fields, all of which must fit: ext:1001-1050 trunk:carrier cost>5 "
        "billsec>=60 2026-01 unrated outbound. A minus turns a term round (-internal). Tab or → completes, "
        "↑ ↓ bring back earlier filters; `pbxmeter calls filters` explains every field."
    )
    REFRESH_ON: ClassVar[tuple[type[Event], ...]] = (SettingsChanged,)
    RELOAD_PAUSE_SECONDS: ClassVar[float] = 0.5
    ACTIONS: ClassVar[tuple[Action, ...]] = CALL_ACTIONS

    @dataclass
    class Counted(Message):
        """The exact figures of a source are known."""

        source: CallRows
        figures: CallCount

    def __init__(self) -> None:
        super().__init__()
        self._direction: Direction | None = None
        self._status: Status = ""
        self._follow = False
        self._unseen = 0
        self._source: CallRows | None = None
        self._figures: CallCount | None = None

    def columns(self) -> Sequence[Column]:
        return call_columns()

    # The list

    def chosen(self) -> CallFilter:
        """What the list shows."""
        return CallFilter(
            since=self.period.since,
            until=self.period.until,
            direction=self._direction,
            status=self._status,
            where=self.filter_text,
        )

    def source(self) -> CallRows:
        sort, descending = self.sort
        if self.sort != self.SORT:
            self._set_follow(False)
        self._figures = None
        self._unseen = 0
        self._source = CallRows(
            self.shell.link,
            self.chosen(),
            sort=_SORTS.get(sort, "time"),
            descending=descending,
            row=partial(call_row, money=self.shell.money, ascii_only=self.shell.ascii_only),
            counted=self._tell_figures,
        )
        return self._source

    def _tell_figures(self, source: CallRows, figures: CallCount) -> None:
        self.post_message(self.Counted(source, figures))

    @on(Counted)
    def _figures_arrived(self, message: Counted) -> None:
        if message.source is self._source:
            self._figures = message.figures
            self.show_status()

    @on(WindowedTable.Counted)
    def _rows_counted(self, message: WindowedTable.Counted) -> None:
        source = self._source
        if source is not None and (self._figures is None or self._figures.calls != message.rows):
            self._sum(source)

    @work(thread=True, exclusive=True, group="sum")
    def _sum(self, source: CallRows) -> None:
        try:
            source.count()
        except PbxmeterError as error:
            self.app.call_from_thread(self.reload_failed, error)

    def status(self) -> list[tuple[str, str]]:
        table = self.table
        pieces = self.waiting()
        if table.marked_keys:
            marked = len(table.marked_keys)
            pieces.append((ngettext("%d marked", "%d marked", marked) % marked, "marked"))
        if table.row_count_exact or not table.fetching:
            more = "" if table.row_count_exact else "+"
            text = ngettext("%s call", "%s calls", table.row_count) % f"{table.row_count:,}{more}"
            if self._figures is not None:
                talked = duration(self._figures.billsec)
                text += f"  {talked}  {self.shell.money.money(self._figures.cost_micros)}"
            pieces.append((text, ""))
        if self._follow:
            pieces.append((_("paused"), "warning") if table.cursor_row else (_("following"), "good"))
        if self._unseen:
            pieces.append((ngettext("%d new", "%d new", self._unseen) % self._unseen, "marked"))
        return pieces

    # Live

    def engine_event(self, event: Event) -> None:
        if isinstance(event, CallsStored):
            at_top = self.is_mounted and self.table.top_row == 0
            if at_top or event.count == 0:
                self.reload_soon()
            else:
                self._unseen += event.count
                self.show_status()
            return
        super().engine_event(event)

    def reload(self) -> None:
        self._unseen = 0
        super().reload()

    def action_follow(self) -> None:
        self._set_follow(not self._follow)
        if self._follow:
            self.table.move_to(0)
            if self.sort != self.SORT:
                self.sort = self.SORT
                self.table.set_sort(*self.sort)
                self.relist()
            else:
                self.reload_soon()
        self.show_status()

    def _set_follow(self, follow: bool) -> None:
        self._follow = self.table.stays_first = follow

    @on(WindowedTable.RowHighlighted)
    def _moved(self) -> None:
        if self._unseen and self.table.top_row == 0:
            self.reload_soon()
        if self._follow:
            self.show_status()

    # What narrows the list

    def filters(self) -> list[str]:
        also = super().filters()
        if self._direction is not None:
            also.append(_(DIRECTIONS[self._direction]))
        if self._status:
            also.append(_(dict(STATUSES)[self._status]))
        return also

    def clear_filters(self) -> None:
        super().clear_filters()
        self._direction, self._status = None, ""

    def show_only(
        self, *, period: Period = ALL_TIME, direction: Direction | None = None, where: str = ""
    ) -> None:
        """Shows these calls, instead of what was shown before."""
        self.period, self._direction, self._status = period, direction, ""
        self.filter_line.entry.value = self.filter_text = where
        self.relist()
        self.table.focus()

    def action_direction(self) -> None:
        self._direction = following(self._direction, [None, *Direction])
        self.relist()

    def action_status(self) -> None:
        self._status = following(self._status, [status for status, _name in STATUSES])
        self.relist()

    # What is done with calls

    @on(WindowedTable.RowSelected)
    async def _selected(self) -> None:
        await self.open_row("open")

    @work(group=DIALOG_GROUP)
    async def action_open(self) -> None:
        from tui.screens.calls.detail import CallDetailScreen

        key = self.table.cursor_key
        if key is not None:
            await self.app.push_screen_wait(CallDetailScreen(int(key)))

    @work(group=DIALOG_GROUP)
    async def action_jump(self) -> None:
        from tui.screens.jump import JumpForm

        moment = await self.app.push_screen_wait(
            JumpForm(timezone=self.timezone, today=self.shell.now().date())
        )
        if moment is None:
            return
        if self.sort[0] != "time":
            self.sort = self.SORT
            self.table.set_sort(*self.sort)
            self.relist()
        chosen = self.chosen()
        # The calls that stand before the moment in the list's order.
        earlier = f"-until:{moment}" if self.sort[1] else f"before:{moment}"
        passed = CallFilter(
            since=chosen.since,
            until=chosen.until,
            direction=chosen.direction,
            status=chosen.status,
            where=f"{chosen.where} {earlier}".strip(),
        )
        try:
            row = (await self.ask(CountCalls(filter=passed))).calls
        except PbxmeterError as error:
            self.shell.tell(error)
            return
        self._set_follow(False)
        self.table.move_to(row)
        self.show_status()

    @work(group=DIALOG_GROUP)
    async def action_export(self) -> None:
        from tui.screens.export import export_calls

        sort, descending = self.sort
        await export_calls(
            self.shell,
            self.chosen(),
            sort=_SORTS.get(sort, "time"),
            descending=descending,
            in_words=" ".join([self.filter_text, *self.filters()]),
        )

    @work(group=DIALOG_GROUP)
    async def action_rerate(self) -> None:
        from tui.screens.rerate import rerate

        await rerate(self, self.period)
