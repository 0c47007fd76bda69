"""Statistics: calls, talk time and cost over time, by whom they were caused, and when they fall."""

from collections.abc import Sequence
from datetime import date
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Container
from textual.widgets import Static

from engine.api.calls import By, Heat, Per, Statistics, StatRow
from engine.api.events import CallsStored, Event, SettingsChanged
from engine.api.extensions import CsvText
from engine.domain.errors import EngineDown, PbxmeterError
from engine.domain.names import WEEKDAYS, Direction, Role
from tui.export.statistics_csv import heat_csv, lines_csv
from tui.screens.base import SiteScreen
from tui.screens.extensions.field import written_extensions
from tui.screens.period import Period, ask_period
from tui.screens.statistics.choice import VIEWS, Choice
from tui.screens.statistics.rows import hour_columns, hour_rows, line_columns, line_row, without_gaps
from tui.screens.statistics.text import (
    DAY_NAMES,
    is_weekend,
    key_term,
    key_text,
    period_text,
    short_period,
)
from tui.terminal.fence import DIALOG_GROUP
from tui.text.format import duration
from tui.text.i18n import N_, _, ngettext
from tui.widgets.actions import Action
from tui.widgets.charts import Bar, BarChart, HeatMap, TopItem, TopList
from tui.widgets.columns import Column
from tui.widgets.shown_rows import ShownRows
from tui.widgets.table import WindowedTable

WIDE_CELLS = 110
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
            help=N_(
                "All together, per extension, trunk, rule, destination, country, prefix; again for the next."
            ),
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
            help=N_("Write the numbers shown as CSV, Parquet or a spreadsheet, or copy them."),
            role=Role.BILLING,
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
        self._choice = Choice()
        self._bars: Sequence[StatRow] = ()
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
            yield self._table("lines", line_columns())
            yield self._table("hours", hour_columns())

    def _table(self, name: str, columns: Sequence[Column]) -> WindowedTable:
        return WindowedTable(
            columns,
            placeholder=_("No calls in this period."),
            loading_text=_("Asking the engine…"),
            ascii_only=self.shell.ascii_only,
            id=name,
        )

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
    def _today(self) -> date:
        return self.shell.now().date()

    @work(exclusive=True, group="reload")
    async def reload(self) -> None:
        choice, today = self._choice, self._today
        bars, lines = choice.bars(today), choice.lines(today)
        try:
            if choice.view == "heat":
                self._heat = await self.ask(choice.hours(today))
            elif choice.view == "top":
                self._lines = await self.ask(lines)
            else:
                over_time = await self.ask(bars)
                self._lines = await self.ask(lines) if lines.per else over_time
                self._bars = without_gaps(choice.by, over_time.rows)
        except PbxmeterError as error:
            self.reload_failed(error)
            return
        self._draw()
        self.data_arrived()

    # Drawing

    def _value_text(self, value: int) -> str:
        return self._choice.value_text(value, self.shell.money)

    def _show_view(self) -> None:
        chart = self.query_one("#stat-chart", Container)
        for view in VIEWS:
            chart.set_class(view == self._choice.view, f"-{view}")
        self.query_one("#lines", WindowedTable).display = self._choice.view != "heat"
        self.query_one("#hours", WindowedTable).display = self._choice.view == "heat"
        lines = self.query_one("#lines", WindowedTable)
        lines.hide_column("key", hidden=self._choice.view == "bars" and not self._choice.per)
        lines.hide_column("period", hidden=self._choice.view == "top")
        self._show_line()

    def _show_line(self) -> None:
        self.query_one("#stat-line", Static).update(self._choice.in_words(self._today))

    def _draw(self) -> None:
        choice = self._choice
        self._show_line()
        if choice.view == "heat":
            self._draw_heat()
        elif self._lines is not None:
            by, per, shown = choice.line_by, choice.line_per, self._shown_lines()
            self._line_rows.show([line_row(row, by=by, per=per, money=self.shell.money) for row in shown])
            if choice.view == "top":
                items = [TopItem(key_text(per, row), choice.value(row)) for row in shown]
                self.query_one(TopList).set_parts(items[:MAX_TOP])
            else:
                bars = [
                    Bar(
                        short_period(by, row.period),
                        choice.value(row),
                        title=period_text(by, row.period),
                        weekend=is_weekend(by, row.period),
                    )
                    for row in self._bars
                ]
                self.query_one(BarChart).set_parts(bars)

    def _shown_lines(self) -> list[StatRow]:
        rows = self._lines.rows if self._lines is not None else []
        if self._choice.view == "top":
            return sorted(rows, key=lambda row: (-self._choice.value(row), row.key))
        return rows

    def _draw_heat(self) -> None:
        cells = self._heat.cells if self._heat is not None else []
        values = [[0] * 24 for _day in range(7)]
        for cell in cells:
            values[cell.weekday][cell.hour] = self._choice.value(cell)
        self.query_one(HeatMap).set_values(values)
        self._hour_rows.show(hour_rows(values, self._value_text))

    def status(self) -> list[tuple[str, str]]:
        if self._choice.view == "heat":
            if self._heat is None:
                return []
            cells = self._heat.cells
            calls, answered = sum(cell.calls for cell in cells), ""
            talk, cost_micros = sum(cell.billsec for cell in cells), sum(cell.cost_micros for cell in cells)
        elif self._lines is not None:
            total = self._lines.total
            calls, answered = total.calls, _("%s answered") % f"{total.answered:,}"
            talk, cost_micros = total.duration, total.cost_micros
        else:
            return []
        counted = ngettext("%s call", "%s calls", calls) % f"{calls:,}"
        pieces = [counted, answered, duration(talk), self.shell.money.money(cost_micros)]
        return [("  ".join(piece for piece in pieces if piece), "")]

    # What is counted

    def _changed(self) -> None:
        self._show_view()
        self._reload_now()

    def action_by(self) -> None:
        self._choice.next_by()
        self._changed()

    def action_per(self) -> None:
        self._choice.next_per()
        self._changed()

    def action_measure(self) -> None:
        self._choice.next_measure()
        self._draw()

    def action_view(self) -> None:
        self._choice.next_view()
        self._changed()
        self.call_after_refresh(self._focus_chart)

    def _focus_chart(self) -> None:
        self.query_one(f"#{self._choice.view}").focus()

    def action_all_directions(self) -> None:
        self._choice.all_directions = not self._choice.all_directions
        self._changed()

    def action_other(self) -> None:
        table = self.query_one("#hours" if self._choice.view == "heat" else "#lines", WindowedTable)
        if table.has_focus:
            self._focus_chart()
        else:
            table.focus()

    @work(group=DIALOG_GROUP)
    async def action_period(self) -> None:
        chosen = await ask_period(self, self._choice.days(self._today))
        if chosen is not None:
            self._choice.period = chosen
            self._changed()

    @work(group=DIALOG_GROUP)
    async def action_extensions(self) -> None:
        from tui.screens.statistics.extensions import ExtensionsForm

        chosen = await self.app.push_screen_wait(ExtensionsForm(self._choice.extensions))
        if chosen is not None:
            self._choice.extensions = list(chosen.numbers) if chosen.numbers is not None else None
            self._changed()

    # Opening calls

    @on(BarChart.PartSelected, "#bars")
    async def _bar_opened(self, message: BarChart.PartSelected) -> None:
        if message.index < len(self._bars):
            await self._open(self._choice.by, self._bars[message.index], per="")

    @on(TopList.PartSelected, "#top")
    async def _item_opened(self, message: TopList.PartSelected) -> None:
        rows = self._shown_lines()
        if message.index < len(rows):
            await self._open("all", rows[message.index], per=self._choice.line_per)

    @on(WindowedTable.RowSelected, "#lines")
    async def _line_opened(self, message: WindowedTable.RowSelected) -> None:
        rows = self._shown_lines()
        if message.row < len(rows):
            await self._open(self._choice.line_by, rows[message.row], per=self._choice.line_per)

    @on(HeatMap.HourSelected)
    async def _hour_opened(self, message: HeatMap.HourSelected) -> None:
        terms = [f"weekday:{WEEKDAYS[message.day]}", f"hour:{message.hour:02d}"]
        await self._show_calls(self._choice.days(self._today), terms)

    async def _open(self, by: By, row: StatRow, *, per: Per) -> None:
        terms: list[str] = []
        period = self._choice.days(self._today)
        if by in ("day", "month", "year"):
            period = Period(row.period, row.period)
        elif by in ("hour", "weekday"):
            terms.append(f"{by}:{row.period}")
        if per:
            terms.append(key_term(per, row))
        await self._show_calls(period, terms)

    async def _show_calls(self, period: Period, terms: list[str]) -> None:
        from tui.screens.calls.screen import CallsScreen

        if self._choice.extensions is not None and not any(term.startswith("ext") for term in terms):
            terms = [f"ext:{','.join(written_extensions(self._choice.extensions).split())}", *terms]
        await self.shell.show_mode("calls")
        screen = self.app.screen
        if isinstance(screen, CallsScreen):
            direction = None if self._choice.all_directions else Direction.OUTBOUND
            screen.call_after_refresh(
                lambda: screen.show_only(period=period, direction=direction, where=" ".join(terms))
            )

    # Export

    @work(group=DIALOG_GROUP)
    async def action_export(self) -> None:
        from tui.screens.export import export_sheet

        await export_sheet(
            self.shell,
            _("Export statistics"),
            self._sheet(),
            stem="statistics",
            noun=lambda rows: ngettext("%s line", "%s lines", rows),
            in_words=self._choice.in_words(self._today),
        )

    async def _sheet(self) -> CsvText:
        if self._choice.view == "heat":
            cells = self._heat.cells if self._heat else []
            return CsvText(text=heat_csv(cells), rows=len(cells))
        lines = self._shown_lines()
        return CsvText(text=lines_csv(lines, self._choice.line_per), rows=len(lines))

    @on(WindowedTable.FetchFailed)
    def _fetch_failed(self, message: WindowedTable.FetchFailed) -> None:
        if isinstance(message.error, PbxmeterError) and not isinstance(message.error, EngineDown):
            self.shell.tell(message.error)
