"""Statistics: calls, talk time and cost over time, by whom they were caused, and when they fall."""

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar, Literal

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Container
from textual.widgets import Static

from engine.api.calls import By, CallFilter, GetHeat, GetStatistics, Heat, HeatCell, Per, Statistics, StatRow
from engine.api.events import CallsStored, Event, SettingsChanged
from engine.domain.errors import EngineDown, PbxmeterError
from engine.domain.names import WEEKDAYS, Direction
from tui import exports
from tui.actions import Action
from tui.format import duration
from tui.i18n import N_, _, ngettext
from tui.screens.base import SiteScreen
from tui.screens.period import Period, ask_period
from tui.screens.statistics_text import (
    BYS,
    DAY_NAMES,
    PERS,
    heat_csv,
    is_weekend,
    key_term,
    key_text,
    lines_csv,
    period_text,
    short_period,
)
from tui.terminal.fence import DIALOG_GROUP
from tui.terminal.text import clean
from tui.widgets.charts import Bar, BarChart, HeatMap, TopItem, TopList
from tui.widgets.columns import Column
from tui.widgets.extensions_field import written_extensions
from tui.widgets.rows import Row
from tui.widgets.shown_rows import ShownRows
from tui.widgets.table import WindowedTable

Measure = Literal["calls", "talk", "cost"]
View = Literal["bars", "top", "heat"]

MEASURES: dict[Measure, str] = {"calls": N_("calls"), "talk": N_("talk time"), "cost": N_("cost")}
VIEWS: dict[View, str] = {"bars": N_("over time"), "top": N_("top list"), "heat": N_("hours of the week")}
WIDE_CELLS = 110
MAX_LINES = 100_000
MAX_TOP = 1000


class StatisticsScreen(SiteScreen):
    """A chart and its numbers."""

    SCOPE = "statistics"
    TITLE_TEXT = N_("Statistics")
    CSS_PATH = "statistics.tcss"
    AUTO_FOCUS = "BarChart"
    HELP = N_(
        "Outbound calls by the time they started, in the site's time zone; a key changes by what, per what, "
        "which measure and which period. Enter on a bar, a line or an hour opens its calls.\n"
        "Weekends and the highest bar have colours of their own; the numbers stand beside or below the chart."
    )
    REFRESH_ON: ClassVar[tuple[type[Event], ...]] = (CallsStored, SettingsChanged)
    RELOAD_PAUSE_SECONDS: ClassVar[float] = 3.0
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action(
            name="by",
            keys="b,f4",
            label=N_("By time"),
            help=N_("By day, month, year, hour of the day, weekday; again for the next."),
        ),
        Action(
            name="per",
            keys="o,f6",
            label=N_("Per"),
            help=N_("All together, per extension, trunk, rule or destination; again for the next."),
        ),
        Action(
            name="measure",
            keys="m,f7",
            label=N_("Measure"),
            help=N_("Draw calls, talk time or cost; again for the next."),
        ),
        Action(
            name="view",
            keys="v,f8",
            label=N_("View"),
            help=N_("Over time, as a top list, or by hour and weekday; again for the next."),
        ),
        Action(name="period", keys="p", label=N_("Period"), help=N_("Choose the days to count.")),
        Action(
            name="extensions",
            keys="e",
            label=N_("Ext."),
            help=N_("Count all, some or one extension."),
            online=True,
        ),
        Action(
            name="all_directions",
            keys="d",
            label=N_("Directions"),
            help=N_("Count outbound calls only, or calls of every direction."),
            shown=False,
        ),
        Action(
            name="export",
            keys="x",
            label=N_("Export"),
            help=N_("Write the numbers shown as CSV into your exports folder."),
            online=True,
        ),
        Action(
            name="other",
            keys="tab",
            label=N_("Numbers"),
            help=N_("Go from the chart to the numbers and back."),
            shown=False,
        ),
    )

    def __init__(self) -> None:
        super().__init__()
        self._by: By = "day"
        self._per: Per = ""
        self._measure: Measure = "cost"
        self._view: View = "bars"
        self._period: Period | None = None
        self._extensions: list[str] | None = None
        self._all_directions = False
        self._bars: Statistics | None = None
        self._lines: Statistics | None = None
        self._heat: Heat | None = None

    def body(self) -> ComposeResult:
        ascii_only = self.shell.ascii_only
        yield Static("", id="stat-line", markup=False)
        with Container(id="stat-views"):
            with Container(id="stat-chart", classes="-bars"):
                yield BarChart(formatted=self._value_text, ascii_only=ascii_only, id="bars")
                yield TopList(formatted=self._value_text, ascii_only=ascii_only, id="top")
                yield HeatMap(
                    [_(name) for name in DAY_NAMES],
                    formatted=self._value_text,
                    ascii_only=ascii_only,
                    id="heat",
                )
            yield self._table("lines", self._line_columns())
            yield self._table("hours", self._hour_columns())

    def _table(self, name: str, columns: Sequence[Column]) -> WindowedTable:
        return WindowedTable(
            columns,
            placeholder=_("No calls in this period."),
            loading_text=_("Asking the engine…"),
            ascii_only=self.shell.ascii_only,
            id=name,
        )

    @staticmethod
    def _line_columns() -> list[Column]:
        return [
            Column(key="period", title=_("Period"), width=10, sortable=False),
            Column(key="key", title=_("Item"), width=12, min_width=6, flex=True, sortable=False),
            Column(key="calls", title=_("Calls"), width=8, align="right", sortable=False),
            Column(key="answered", title=_("Answered"), width=8, align="right", sortable=False),
            Column(key="talk", title=_("Talk time"), width=10, align="right", sortable=False),
            Column(key="average", title=_("Average"), width=8, align="right", yields=1, sortable=False),
            Column(key="cost", title=_("Cost"), width=12, align="right", whole=True, sortable=False),
        ]

    @staticmethod
    def _hour_columns() -> list[Column]:
        days = [
            Column(
                key=f"day{day}", title=_(name), width=7, align="right", flex=True, whole=True, sortable=False
            )
            for day, name in enumerate(DAY_NAMES)
        ]
        return [Column(key="hour", title=_("Hour"), width=6, sortable=False), *days]

    def on_mount(self) -> None:
        self._line_rows = ShownRows(self.query_one("#lines", WindowedTable))
        self._hour_rows = ShownRows(self.query_one("#hours", WindowedTable))
        self._show_view()
        self.reload()

    def on_resize(self) -> None:
        super().on_resize()
        self.set_class(self.size.width >= WIDE_CELLS, "-wide")

    # Asking

    @property
    def _days(self) -> Period:
        """The period chosen; until one is, the last 30 days, which move on at midnight."""
        if self._period is not None:
            return self._period
        today = self.shell.now().date()
        return Period((today - timedelta(days=29)).isoformat(), today.isoformat(), N_("last 30 days"))

    def _filter(self) -> CallFilter:
        period = self._days
        return CallFilter(since=period.since, until=period.until, extensions=self._extensions)

    @work(exclusive=True, group="reload")
    async def reload(self) -> None:
        chosen, view, all_directions = self._filter(), self._view, self._all_directions
        try:
            if view == "heat":
                self._heat = await self.ask(GetHeat(filter=chosen))
            elif view == "top":
                self._bars = None
                self._lines = await self.ask(
                    GetStatistics(
                        by="all",
                        per=self._per or "extension",
                        filter=chosen,
                        all_directions=all_directions,
                        limit=MAX_LINES,
                    )
                )
            else:
                self._bars = await self.ask(
                    GetStatistics(by=self._by, filter=chosen, all_directions=all_directions)
                )
                self._lines = self._bars
                if self._per:
                    self._lines = await self.ask(
                        GetStatistics(
                            by=self._by,
                            per=self._per,
                            filter=chosen,
                            all_directions=all_directions,
                            limit=MAX_LINES,
                        )
                    )
        except PbxmeterError as error:
            self.reload_failed(error)
            return
        self._draw()
        self.data_arrived()

    # Drawing

    def _value(self, row: StatRow | HeatCell) -> int:
        if self._measure == "calls":
            return row.calls
        if self._measure == "cost":
            return row.cost_micros
        return row.billsec if isinstance(row, HeatCell) else row.duration

    def _value_text(self, value: int) -> str:
        if self._measure == "calls":
            return f"{value:,}"
        return self.shell.money.number(value) if self._measure == "cost" else duration(value)

    def _show_view(self) -> None:
        chart = self.query_one("#stat-chart", Container)
        for view in VIEWS:
            chart.set_class(view == self._view, f"-{view}")
        self.query_one("#lines", WindowedTable).display = self._view != "heat"
        self.query_one("#hours", WindowedTable).display = self._view == "heat"
        lines = self.query_one("#lines", WindowedTable)
        lines.hide_column("key", hidden=self._view == "bars" and not self._per)
        lines.hide_column("period", hidden=self._view == "top")
        self._show_line()

    def _show_line(self) -> None:
        period = self._days
        who = _("all extensions") if self._extensions is None else written_extensions(self._extensions)
        what = _("all directions") if self._all_directions else _("outbound")
        parts = [_(MEASURES[self._measure])]
        if self._view == "bars":
            parts += [_(BYS[self._by]), _(PERS[self._per])]
        elif self._view == "top":
            parts.append(_(PERS[self._per or "extension"]))
        else:
            parts.append(_(VIEWS["heat"]))
        parts += [period.label or _("all time"), who, what]
        self.query_one("#stat-line", Static).update(" · ".join(clean(part) for part in parts))

    def _draw(self) -> None:
        self._show_line()
        if self._view == "heat":
            self._draw_heat()
        elif self._lines is not None:
            self._line_rows.show([self._line_row(row) for row in self._shown_lines()])
            if self._view == "top":
                items = [
                    TopItem(key_text(self._top_per, row), self._value(row)) for row in self._shown_lines()
                ]
                self.query_one(TopList).set_parts(items[:MAX_TOP])
            elif self._bars is not None:
                bars = [
                    Bar(
                        short_period(self._by, row.period), self._value(row), is_weekend(self._by, row.period)
                    )
                    for row in self._bars.rows
                ]
                self.query_one(BarChart).set_parts(bars)

    @property
    def _top_per(self) -> Per:
        return self._per or "extension"

    def _shown_lines(self) -> list[StatRow]:
        rows = self._lines.rows if self._lines is not None else []
        if self._view == "top":
            return sorted(rows, key=lambda row: (-self._value(row), row.key))
        return rows

    def _line_row(self, row: StatRow) -> Row:
        per = self._top_per if self._view == "top" else self._per
        by: By = "all" if self._view == "top" else self._by
        return Row(
            key=f"{row.period}\n{row.key}",
            cells=(
                period_text(by, row.period),
                key_text(per, row) if per else "",
                f"{row.calls:,}",
                f"{row.answered:,}",
                duration(row.duration),
                duration(row.average_duration),
                self.shell.money.number(row.cost_micros),
            ),
        )

    def _draw_heat(self) -> None:
        cells = self._heat.cells if self._heat is not None else []
        values = [[0] * 24 for _day in range(7)]
        for cell in cells:
            values[cell.weekday][cell.hour] = self._value(cell)
        self.query_one(HeatMap).set_values(values)
        self._hour_rows.show(
            [
                Row(
                    key=str(hour),
                    cells=(
                        f"{hour:02d}:00",
                        *(
                            self._value_text(values[day][hour]) if values[day][hour] else "–"
                            for day in range(7)
                        ),
                    ),
                )
                for hour in range(24)
            ]
        )

    def status(self) -> list[tuple[str, str]]:
        total = self._lines.total if self._lines is not None and self._view != "heat" else None
        if total is None:
            return []
        calls = ngettext("%s call", "%s calls", total.calls) % f"{total.calls:,}"
        answered = _("%s answered") % f"{total.answered:,}"
        money = self.shell.money.money(total.cost_micros)
        return [(f"{calls}  {answered}  {duration(total.duration)}  {money}", "")]

    # What is counted

    def _changed(self) -> None:
        self._show_view()
        self._reload_now()

    def action_by(self) -> None:
        order: list[By] = list(BYS)
        self._by = order[(order.index(self._by) + 1) % len(order)]
        self._view = "bars"
        self._changed()

    def action_per(self) -> None:
        order: list[Per] = list(PERS)
        if self._view == "top":
            order = order[1:]
        here = order.index(self._per) if self._per in order else 0
        self._per = order[(here + 1) % len(order)]
        if self._view == "heat":
            self._view = "bars"
        self._changed()

    def action_measure(self) -> None:
        order: list[Measure] = list(MEASURES)
        self._measure = order[(order.index(self._measure) + 1) % len(order)]
        self._draw()

    def action_view(self) -> None:
        order: list[View] = list(VIEWS)
        self._view = order[(order.index(self._view) + 1) % len(order)]
        self._changed()
        self.call_after_refresh(self._focus_chart)

    def _focus_chart(self) -> None:
        self.query_one(f"#{self._view}").focus()

    def action_all_directions(self) -> None:
        self._all_directions = not self._all_directions
        self._changed()

    def action_other(self) -> None:
        table = self.query_one("#hours" if self._view == "heat" else "#lines", WindowedTable)
        if table.has_focus:
            self._focus_chart()
        else:
            table.focus()

    @work(group=DIALOG_GROUP)
    async def action_period(self) -> None:
        chosen = await ask_period(self, self._days)
        if chosen is not None:
            self._period = chosen
            self._changed()

    @work(group=DIALOG_GROUP)
    async def action_extensions(self) -> None:
        from tui.screens.statistics_extensions import ExtensionsForm

        chosen = await self.app.push_screen_wait(ExtensionsForm(self._extensions))
        if chosen is not None:
            self._extensions = list(chosen.numbers) if chosen.numbers is not None else None
            self._changed()

    # Opening calls

    @on(BarChart.PartSelected, "#bars")
    async def _bar_opened(self, message: BarChart.PartSelected) -> None:
        if self._bars is not None and message.index < len(self._bars.rows):
            await self._open(self._by, self._bars.rows[message.index], per="")

    @on(TopList.PartSelected, "#top")
    async def _item_opened(self, message: TopList.PartSelected) -> None:
        rows = self._shown_lines()
        if message.index < len(rows):
            await self._open("all", rows[message.index], per=self._top_per)

    @on(WindowedTable.RowSelected, "#lines")
    async def _line_opened(self, message: WindowedTable.RowSelected) -> None:
        rows = self._shown_lines()
        if message.row < len(rows):
            top = self._view == "top"
            await self._open(
                "all" if top else self._by, rows[message.row], per=self._top_per if top else self._per
            )

    @on(HeatMap.HourSelected)
    async def _hour_opened(self, message: HeatMap.HourSelected) -> None:
        terms = [f"weekday:{WEEKDAYS[message.day]}", f"hour:{message.hour:02d}"]
        await self._show_calls(self._days, terms)

    async def _open(self, by: By, row: StatRow, *, per: Per) -> None:
        terms: list[str] = []
        period = self._days
        if by in ("day", "month", "year"):
            period = Period(row.period, row.period)
        elif by in ("hour", "weekday"):
            terms.append(f"{by}:{row.period}")
        if per:
            terms.append(key_term(per, row))
        await self._show_calls(period, terms)

    async def _show_calls(self, period: Period, terms: list[str]) -> None:
        from tui.screens.calls import CallsScreen

        if self._extensions is not None and not any(term.startswith("ext") for term in terms):
            terms = [f"ext:{','.join(written_extensions(self._extensions).split())}", *terms]
        await self.app.switch_mode("calls")
        screen = self.app.screen
        if isinstance(screen, CallsScreen):
            direction = None if self._all_directions else Direction.OUTBOUND
            screen.call_after_refresh(
                lambda: screen.show_only(period=period, direction=direction, where=" ".join(terms))
            )

    # Export

    @work(group="export", exclusive=True)
    async def action_export(self) -> None:
        if self._view == "heat":
            rows, text = (
                len(self._heat.cells) if self._heat else 0,
                heat_csv(self._heat.cells if self._heat else []),
            )
        else:
            per = self._top_per if self._view == "top" else self._per
            lines = self._shown_lines()
            rows, text = len(lines), lines_csv(lines, per)
        try:
            path = await self.shell.link.run(lambda: exports.write_text("statistics", "csv", text))
        except PbxmeterError as error:
            self.shell.tell(error)
            return
        written = ngettext("Wrote %d line to %s.", "Wrote %d lines to %s.", rows)
        self.shell.done(written % (rows, exports.shown(path)))

    @on(WindowedTable.FetchFailed)
    def _fetch_failed(self, message: WindowedTable.FetchFailed) -> None:
        if isinstance(message.error, PbxmeterError) and not isinstance(message.error, EngineDown):
            self.shell.tell(message.error)
