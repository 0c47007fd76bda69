"""The first screen: calls as they come, today against other days, who runs out of credit, what is wrong."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import ClassVar

import msgspec
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Static

from engine.api.calls import Alarm, CallRow, DaySums, GetOverview, Overview, OverviewExtension
from engine.api.events import CHANGES, CallsStored, Event
from engine.api.extensions import Recharge
from engine.api.session import GetPreferences, SetPreference
from engine.domain.errors import PbxmeterError
from engine.domain.names import MONEY_MAY_BE_MISSING
from tui.screens.base import SiteScreen
from tui.screens.calls.text import REASONS, number
from tui.terminal.fence import DIALOG_GROUP
from tui.terminal.text import clean
from tui.text.format import duration, short_stamp
from tui.text.i18n import N_, _, ngettext, said
from tui.widgets.actions import Action
from tui.widgets.columns import Column
from tui.widgets.health import HealthLine
from tui.widgets.rows import Row
from tui.widgets.shown_rows import ShownRows
from tui.widgets.spark import Spark
from tui.widgets.sums import Sums
from tui.widgets.table import WindowedTable

LIVE_ROWS = 200
"""Calls kept in the live list."""

MAX_ALARMS_SHOWN = 3
ALARMS_PREFERENCE = "alarms.overview"


class _Alarms(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of the alarms for one operator."""

    seen: list[str] = []
    waiting: list[Alarm] = []

    @property
    def names(self) -> tuple[frozenset[str], frozenset[str]]:
        """Which were seen and which wait, whatever their texts."""
        return frozenset(self.seen), frozenset(alarm.id for alarm in self.waiting)


class OverviewScreen(SiteScreen):
    """Worth leaving open all day."""

    SCOPE = "overview"
    TITLE_TEXT = N_("Overview")
    CSS_PATH = "overview.tcss"
    AUTO_FOCUS = "#live"
    HELP = N_(
        "Calls appear here as the PBX writes them, newest first. The sums count outbound calls of today, "
        "yesterday and the same day last week.\n"
        "The line below says how the sources are read and whether the PBX knows who is barred.\n"
        "On the right: who is barred (the PBX refuses their outbound calls), ✗ over limit or ■ locked by "
        "hand, and who is low ▲."
    )
    REFRESH_ON: ClassVar[tuple[type[Event], ...]] = CHANGES
    RELOAD_PAUSE_SECONDS: ClassVar[float] = 1.0
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action(
            name="open",
            keys="e,f4",
            label=N_("Open"),
            help=N_("Show the ledger of the extension under the cursor."),
            online=True,
        ),
        Action(
            name="recharge",
            keys="r,f6",
            label=N_("Recharge"),
            help=N_("Recharge the extension under the cursor of the right list."),
            operation=Recharge,
            online=True,
        ),
        Action(
            name="seen",
            keys="a",
            label=N_("Seen"),
            help=N_(
                "Put away the alarms that have been seen, for you alone; what ends and comes again is back."
            ),
        ),
        Action(
            name="other_list",
            keys="tab",
            label=N_("Other list"),
            help=N_("Go from the calls to the extensions and back."),
        ),
    )

    def __init__(self) -> None:
        super().__init__()
        self._overview: Overview | None = None
        self._alarms: dict[str, Alarm] = {}
        self._ended: set[str] = set()
        self._seen: set[str] = set()
        self._recalled = False
        self._remembered = _Alarms().names
        self._recent: list[CallRow] = []

    def body(self) -> ComposeResult:
        ascii_only = self.shell.ascii_only
        yield Static("", id="alarms", markup=False)
        yield Sums(id="sums")
        yield Spark(title=_("By hour"), ascii_only=ascii_only, id="by-hour")
        yield HealthLine(ascii_only=ascii_only, id="health")
        with Horizontal(id="lists"):
            yield WindowedTable(
                [
                    Column(key="time", title=_("Time"), width=8, sortable=False),
                    Column(key="extension", title=_("Ext."), width=5, sortable=False),
                    Column(key="dialled", title=_("Number"), width=9, min_width=6, flex=True, sortable=False),
                    Column(key="billsec", title=_("Talk"), width=7, align="right", yields=1, sortable=False),
                    Column(key="cost", title=_("Cost"), width=10, align="right", whole=True, sortable=False),
                ],
                placeholder=_("No calls yet. They appear here as the PBX writes them."),
                loading_text=_("Asking the engine…"),
                ascii_only=ascii_only,
                id="live",
            )
            yield WindowedTable(
                [
                    Column(key="number", title=_("Ext."), width=7, sortable=False),
                    Column(key="name", title=_("Name"), width=5, flex=True, yields=1, sortable=False),
                    Column(
                        key="available",
                        title=_("Available"),
                        width=10,
                        align="right",
                        whole=True,
                        sortable=False,
                    ),
                ],
                placeholder=_("Nobody."),
                ascii_only=ascii_only,
                id="low",
            )

    def on_mount(self) -> None:
        self._live_rows = ShownRows(self.query_one("#live", WindowedTable))
        self._low_rows = ShownRows(self.query_one("#low", WindowedTable))
        self.reload()

    @work(exclusive=True, group="reload")
    async def reload(self) -> None:
        try:
            if not self._recalled:
                self._recall_alarms((await self.ask(GetPreferences())).values.get(ALARMS_PREFERENCE, ""))
            overview = await self.ask(GetOverview())
        except PbxmeterError as error:
            self.reload_failed(error)
            return
        self._show(overview)
        self.data_arrived()

    def engine_event(self, event: Event) -> None:
        if isinstance(event, CallsStored) and self._overview is not None:
            known = {row.call_id for row in self._recent}
            fresh = [row for row in event.rows if row.call_id not in known]
            self._recent = _newest([*fresh, *self._recent])
            self._show_recent()
        super().engine_event(event)

    def _show(self, overview: Overview) -> None:
        self._overview = overview
        known = {row.call_id for row in overview.recent}
        oldest = min(known, default=0)
        older = [row for row in self._recent if row.call_id not in known and row.call_id < oldest]
        self._recent = _newest([*overview.recent, *older])
        self._show_recent()
        self._show_low(overview)
        self._show_sums(overview)
        self._note_alarms(overview.alarms)
        self.query_one(HealthLine).show(overview.sources, overview.targets)
        self.query_one(Spark).set_values([count for count in overview.by_hour for _half in range(2)])

    def _show_sums(self, overview: Overview) -> None:
        today = date.fromisoformat(overview.today.day)
        money = self.shell.money

        def line(title: str, sums: DaySums) -> tuple[str, ...]:
            return (
                title,
                f"{sums.calls:,}",
                f"{sums.answered:,}",
                duration(sums.billsec),
                money.money(sums.cost_micros),
                f"{sums.unrated:,}" if sums.unrated else "–",
            )

        titles = ("", _("Calls"), _("Answered"), _("Talk time"), _("Cost"), _("Unrated"))
        self.query_one(Sums).show(
            titles,
            [
                line(_("Today %s") % f"{today:%m-%d}", overview.today),
                line(_("Yesterday"), overview.yesterday),
                line(_("A week ago"), overview.same_day_last_week),
            ],
        )

    def _show_recent(self) -> None:
        now = self.shell.now()
        rows = [self._call_row(row, now) for row in self._recent]
        self._live_rows.show(rows)

    def _call_row(self, row: CallRow, now: datetime) -> Row:
        styles: tuple[str, ...] = ()
        if row.unrated is not None and row.unrated in MONEY_MAY_BE_MISSING:
            cost = _(REASONS[row.unrated])
            styles = ("warning",)
        elif row.unrated is not None:
            cost = ""
            styles = ("muted",)
        else:
            cost = self.shell.money.number(row.cost_micros)
        return Row(
            key=str(row.call_id),
            cells=(
                short_stamp(row.started_local, now),
                clean(row.extension),
                number(row, ascii_only=self.shell.ascii_only),
                duration(row.billsec) if row.answered_at is not None else "–",
                cost,
            ),
            styles=styles,
        )

    def _show_low(self, overview: Overview) -> None:
        crossed, locked, warned = ("x", "#", "!") if self.shell.ascii_only else ("✗", "■", "▲")
        rows = [
            *(self._low_row(row, locked if row.locked else crossed, "error") for row in overview.barred),
            *(self._low_row(row, warned, "warning") for row in overview.low),
        ]
        self._low_rows.show(rows)

    def _low_row(self, row: OverviewExtension, glyph: str, style: str) -> Row:
        return Row(
            key=row.number,
            cells=(
                f"{glyph} {clean(row.number)}",
                clean(row.name),
                self.shell.money.number(row.available_micros),
            ),
            cell_styles=(style, "", style),
        )

    # Alarms stay until somebody has seen them

    def _note_alarms(self, alarms: Sequence[Alarm]) -> None:
        now = {alarm.id: alarm for alarm in alarms}
        self._ended = {name for name in self._alarms if name not in now and name not in self._seen}
        kept = {name: self._alarms[name] for name in self._ended}
        self._seen &= now.keys()
        self._alarms = {**now, **kept}
        self._show_alarms()
        self._remember_alarms()
        self.shell.alarms = len(now)

    def _recall_alarms(self, stored: str) -> None:
        """Which alarms the operator has seen, and those not seen yet: they may be over by now."""
        self._recalled = True
        try:
            known = msgspec.json.decode(stored, type=_Alarms) if stored else _Alarms()
        except msgspec.MsgspecError:
            # What cannot be read is as good as never remembered.
            return
        self._remembered = known.names
        self._seen |= set(known.seen)
        self._alarms = {alarm.id: alarm for alarm in known.waiting} | self._alarms

    def _remember_alarms(self) -> None:
        waiting = [alarm for name, alarm in self._alarms.items() if name not in self._seen]
        known = _Alarms(seen=sorted(self._seen), waiting=waiting)
        if self._recalled and known.names != self._remembered:
            self._remembered = known.names
            self._store_alarms(msgspec.json.encode(known).decode())

    @work(exclusive=True, group="alarms")
    async def _store_alarms(self, value: str) -> None:
        try:
            await self.ask(SetPreference(name=ALARMS_PREFERENCE, value=value))
        except PbxmeterError as error:
            self.reload_failed(error)

    def _show_alarms(self) -> None:
        glyph = "!" if self.shell.ascii_only else "⚠"
        waiting = [alarm for name, alarm in self._alarms.items() if name not in self._seen]
        lines = [
            " ".join(
                [glyph, clean(said(alarm.text)), _("(ended)") if alarm.id in self._ended else ""]
            ).rstrip()
            for alarm in waiting[:MAX_ALARMS_SHOWN]
        ]
        if len(waiting) > MAX_ALARMS_SHOWN:
            more = len(waiting) - MAX_ALARMS_SHOWN
            lines[-1] += "  " + ngettext("and %d more", "and %d more", more) % more
        panel = self.query_one("#alarms", Static)
        panel.update("\n".join(lines))
        panel.set_class(bool(lines), "-shown")

    def action_seen(self) -> None:
        self._seen |= self._alarms.keys() - self._ended
        for name in self._ended:
            self._alarms.pop(name, None)
        self._ended = set()
        self._show_alarms()
        self._remember_alarms()

    def status(self) -> list[tuple[str, str]]:
        overview = self._overview
        if overview is None:
            return [(_("Asking the engine…"), "muted")]
        pieces: list[tuple[str, str]] = []
        if overview.barred_count:
            pieces.append((_("%d barred") % overview.barred_count, "error"))
        if overview.low_count:
            pieces.append((_("%d low") % overview.low_count, "warning"))
        if overview.today.unrated:
            pieces.append((_("%d unrated today") % overview.today.unrated, "warning"))
        if not pieces and not self.shell.alarms:
            pieces.append((_("all well"), "good"))
        return pieces

    # Actions

    def action_other_list(self) -> None:
        live = self.query_one("#live", WindowedTable)
        self.query_one("#low" if live.has_focus else "#live", WindowedTable).focus()

    @on(HealthLine.Clicked)
    async def _health_clicked(self, message: HealthLine.Clicked) -> None:
        await self.shell.show_mode("settings", message.what)

    def _extension_here(self) -> str | None:
        low = self.query_one("#low", WindowedTable)
        if low.has_focus:
            return low.cursor_key
        key = self.query_one("#live", WindowedTable).cursor_key
        return next((row.extension for row in self._recent if str(row.call_id) == key), None)

    def on_windowed_table_row_selected(self) -> None:
        self.action_open()

    @work(group=DIALOG_GROUP)
    async def action_open(self) -> None:
        from tui.screens.extensions.ledger import LedgerScreen

        number = self._extension_here()
        if number:
            await self.app.push_screen_wait(LedgerScreen(number))

    @work(group=DIALOG_GROUP)
    async def action_recharge(self) -> None:
        from tui.screens.recharges.form import recharge

        number = self._extension_here()
        if number:
            await recharge(self, [number])


def _newest(rows: Sequence[CallRow]) -> list[CallRow]:
    """By the time that the list shows: a call is stored when it ends, and a long one began long before."""
    return sorted(rows, key=lambda row: (row.started_at, row.call_id), reverse=True)[:LIVE_ROWS]
