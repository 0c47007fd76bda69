"""Charts are precise to an eighth of a cell."""

from textual.app import App, ComposeResult
from textual.widget import Widget

from tui.widgets.blocks import eighths, lying, nice_top, shade_level, spark_line, upright
from tui.widgets.charts import Bar, BarChart, HeatMap, Spark, TopItem, TopList

EIGHTHS = " ▁▂▃▄▅▆▇█"


class ChartApp(App[None]):
    def __init__(self, chart: Widget) -> None:
        super().__init__()
        self.chart = chart
        self.said: list[object] = []

    def compose(self) -> ComposeResult:
        yield self.chart

    def on_mount(self) -> None:
        self.chart.focus()

    def on_parts_chart_part_selected(self, message: BarChart.PartSelected) -> None:
        self.said.append(message.index)

    def on_heat_map_hour_selected(self, message: HeatMap.HourSelected) -> None:
        self.said.append((message.day, message.hour))

    def lines(self) -> list[str]:
        return [self.chart.render_line(y).text for y in range(self.chart.size.height)]


def test_every_eighth_of_a_cell_is_told_apart() -> None:
    for value in range(81):
        assert eighths(value, 80, 10) == value
    assert [eighths(value, 8, 1) for value in range(9)] == list(range(9))


def test_what_is_not_nothing_is_seen_and_nothing_is_not() -> None:
    assert eighths(1, 10**15, 10) == 1
    assert eighths(0, 10, 10) == 0
    assert eighths(-5, 10, 10) == 0
    assert eighths(20, 10, 10) == 80
    assert eighths(5, 0, 10) == 0


async def test_a_chart_of_nothing_has_no_scale_but_zero() -> None:
    app = ChartApp(BarChart([Bar("Mon", 0), Bar("Tue", 0)]))
    async with app.run_test(size=(40, 12)):
        assert "".join(app.lines()[1:]).split() == ["0", "Mon", "Tue"]


def test_money_beyond_what_floats_hold_is_drawn_exactly() -> None:
    top = 2**53 * 80
    assert eighths(2**53 * 37, top, 10) == 37
    assert eighths(2**53 * 37 + 2**52 - 1, top, 10) == 37
    assert eighths(2**53 * 37 + 2**52, top, 10) == 38


def test_upright_and_lying_bars_have_the_length_asked_for() -> None:
    for length in range(81):
        cells = [upright(length, row, ascii_only=False) for row in range(10)]
        assert sum(EIGHTHS.index(cell) for cell in cells) == length
        bar = lying(length, ascii_only=False)
        assert len(bar) == -(-length // 8)
        assert bar.count("█") == length // 8


def test_scales_end_at_round_numbers() -> None:
    assert [nice_top(value) for value in (0, 1, 2, 3, 6, 10, 11, 21, 26, 99, 100)] == [
        *(1, 1, 2, 3, 6, 10, 20, 25, 30, 100, 100)
    ]


def test_shades_and_sparks() -> None:
    assert [shade_level(value, 100) for value in (0, 1, 25, 26, 50, 51, 75, 76, 100)] == [
        0,
        1,
        1,
        2,
        2,
        3,
        3,
        4,
        4,
    ]
    assert spark_line([0, 1, 4, 8], ascii_only=False) == " ▁▄█"
    assert spark_line([0, 1, 4, 8], ascii_only=True).isascii()


async def test_bars_stand_on_their_labels_with_scale_and_readout() -> None:
    bars = [Bar(f"{day}", day * 10) for day in range(1, 11)]
    app = ChartApp(BarChart(bars))
    async with app.run_test(size=(40, 12)):
        lines = app.lines()
        assert lines[0].startswith("1  10")
        assert lines[1].startswith("100 ")
        assert lines[6].startswith(" 50 ")
        assert lines[-1].startswith("  0 ")
        assert lines[-1].split() == ["0", *(str(day) for day in range(1, 11))]
        heights = [sum(EIGHTHS.index(line[4 + 3 * bar]) for line in lines[1:-1]) for bar in range(10)]
        assert heights == [day * 8 for day in range(1, 11)]


async def test_bars_are_chosen_opened_and_scrolled_to() -> None:
    app = ChartApp(BarChart([Bar(f"{n:03d}", n) for n in range(200)]))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("right", "right", "left", "enter")
        assert app.said == [1]
        await pilot.press("end", "enter")
        assert app.said[-1] == 199
        assert "199  199 ▲" in app.lines()[0]
        assert "/ 200" in app.lines()[0]
        await pilot.press("home", "left", "enter")
        assert app.said[-1] == 0
        assert "1-" in app.lines()[0]


async def test_a_bar_is_chosen_and_opened_with_the_mouse() -> None:
    app = ChartApp(BarChart([Bar(str(n), n) for n in range(10)]))
    async with app.run_test(size=(40, 10)) as pilot:
        axis = app.lines()[-1].index("0") + 2
        await pilot.click(BarChart, offset=(axis + 3 * 4, 4))
        assert app.chart.selected == 4  # type: ignore[attr-defined]
        await pilot.click(BarChart, offset=(axis + 3 * 4, 4))
        assert app.said == [4]


async def test_peaks_and_weekends_have_their_own_colours() -> None:
    chart = BarChart([Bar("a", 5), Bar("b", 5, weekend=True), Bar("c", 9), Bar("d", 4)])
    app = ChartApp(chart)
    async with app.run_test(size=(60, 10)) as pilot:
        await pilot.press("end")
        drawn = [s.style.color for s in chart.render_line(8) if s.style and "█" in s.text]
        names = ("bars--bar", "bars--weekend", "bars--peak", "bars--selected")
        assert drawn == [chart.get_component_rich_style(name, partial=True).color for name in names]
        assert len(set(drawn)) == 4


async def test_a_chart_without_bars_is_blank_and_takes_keys() -> None:
    app = ChartApp(BarChart())
    async with app.run_test(size=(40, 8)) as pilot:
        await pilot.press("right", "enter", "end", "home")
        assert app.said == []
        assert app.lines()[0].strip() == ""


async def test_a_top_list_has_names_bars_and_numbers() -> None:
    items = [TopItem("王小明", 80), TopItem("1002", 40), TopItem("1003 [/x]\x1b", 5), TopItem("none", 0)]
    app = ChartApp(TopList(items, formatted=lambda value: f"{value}.00"))
    async with app.run_test(size=(60, 6)) as pilot:
        lines = app.lines()
        assert [line.split()[-1] for line in lines[:4]] == ["80.00", "40.00", "5.00", "0.00"]
        assert lines[0].count("█") * 8 == 2 * (lines[1].count("█") * 8 + 4)
        assert "█▌ " in lines[1]
        assert "1003 [/x]·" in lines[2]
        assert not set(lines[3]) & set("▏▎▍▌▋▊▉█")
        await pilot.press("down", "down", "enter")
        assert app.said == [2]


async def test_a_heat_map_shows_and_opens_hours() -> None:
    values = [[0] * 24 for _ in range(7)]
    values[2][9], values[4][17] = 100, 25
    app = ChartApp(HeatMap(["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"], values))
    async with app.run_test(size=(80, 12)) as pilot:
        lines = app.lines()
        assert lines[3].startswith("We ") and lines[3].count("█") == 3
        assert lines[3].index("█") == 3 + 9 * 3
        assert lines[5].count("░") == 3
        await pilot.press("down", "down", *["right"] * 9)
        assert app.lines()[0].startswith("We 09:00  100")
        await pilot.press("enter")
        assert app.said == [(2, 9)]


async def test_charts_without_unicode_are_ascii() -> None:
    for chart in (
        BarChart([Bar("a", 3), Bar("b", 8)], ascii_only=True),
        TopList(
            [TopItem("a long label that is cut somewhere in the middle", 3), TopItem("b", 7)], ascii_only=True
        ),
        HeatMap(["Mo"] * 7, [list(range(24))] * 7, ascii_only=True),
        Spark([1, 2, 3, 4, 5], ascii_only=True),
    ):
        app = ChartApp(chart)
        async with app.run_test(size=(50, 10)):
            assert all(line.isascii() for line in app.lines())
