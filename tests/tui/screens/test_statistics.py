"""Statistics: what is counted, its numbers, opening calls, and the export of what one sees."""

from pathlib import Path

import pytest

from engine.api.calls import By, CountCalls, StatRow
from tests.tui.site import Site, screen_text, shows, until
from tui.app.application import PbxmeterApp
from tui.screens.calls.screen import CallsScreen
from tui.screens.statistics.rows import without_gaps
from tui.screens.statistics.text import key_term
from tui.widgets.charts import BarChart, HeatMap, TopList

SIZE = (80, 24)


def line(key: str = "", *, period: str = "all", calls: int = 0) -> StatRow:
    return StatRow(
        period=period,
        key=key,
        label="",
        calls=calls,
        answered=0,
        duration=0,
        average_duration=0,
        cost_micros=0,
    )


@pytest.fixture(scope="module", autouse=True)
def calls(site: Site) -> None:
    """Three calls of two extensions."""
    for extension, dialled, billsec in (("1001", "0111", 61), ("1002", "0222", 10), ("1001", "0333", 125)):
        site.append_call(extension, dialled, billsec)


async def test_bars_and_numbers_follow_the_keys_and_a_bar_opens_its_calls(site: Site):
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "live")
        await until(pilot, lambda: site.client.call(CountCalls()).calls == 3)
        await pilot.press("6")
        await shows(pilot, "3 calls  3 answered  3:16  CN¥6.00")
        assert app.screen.query_one(BarChart).has_focus
        await pilot.press("o")
        await shows(pilot, "1001 Ada Alder")
        await pilot.press("m")
        await shows(pilot, "calls · by day")
        await pilot.press("b")
        await shows(pilot, "by month")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, CallsScreen))
        await shows(pilot, "[outbound]")
        await shows(pilot, "3 calls")


async def test_a_line_of_the_top_list_opens_the_calls_of_its_extension(site: Site):
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "live")
        await pilot.press("6", "v")
        await until(pilot, lambda: app.screen.query_one(TopList).has_focus)
        await shows(pilot, "1002")
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, CallsScreen))
        await shows(pilot, "ext=1002")
        await shows(pilot, "1 call ")


async def test_hours_of_the_week_have_their_numbers_below(site: Site):
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "live")
        await pilot.press("6", "v", "v")
        await until(pilot, lambda: app.screen.query_one(HeatMap).has_focus)
        await shows(pilot, "hours of the week")
        await shows(pilot, "00:00")
        await pilot.press("tab", "G")
        await shows(pilot, "23:00")
        await shows(pilot, "3 calls  3:16  CN¥6.00")
        await pilot.press("d")
        await shows(pilot, "all directions")
        await pilot.press("d")
        await shows(pilot, "outbound")
        await pilot.press("tab", "enter")
        await until(pilot, lambda: isinstance(app.screen, CallsScreen))
        await shows(pilot, "weekday:mon hour:00")


async def test_the_numbers_seen_are_exported(site: Site, tmp_path: Path):
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "live")
        await pilot.press("6", "o")
        await shows(pilot, "1001 Ada Alder")
        await pilot.press("x")
        await shows(pilot, "Writes 2 lines; columns: 7.")
        await pilot.press("f2")
        await shows(pilot, "Wrote 2 lines to")
    (sheet,) = (tmp_path / "exports").glob("statistics-*.csv")
    lines = sheet.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "period,extension,calls,answered,duration,average_duration,cost"
    assert lines[1].endswith(",1001,2,2,186,93,5.00")


async def test_numbers_stand_beside_the_chart_where_there_is_room(site: Site):
    app = PbxmeterApp(site.home)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await shows(pilot, "live")
        await pilot.press("6")
        await shows(pilot, "CN¥6.00")
        chart, table = app.screen.query_one(BarChart).region, app.screen.query_one("#lines").region
        assert table.x >= chart.right
        assert "Talk time" in screen_text(app)


@pytest.mark.parametrize(
    ("by", "counted", "drawn"),
    [
        ("day", ["2026-02-27", "2026-03-02"], ["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"]),
        ("month", ["2025-11", "2026-02"], ["2025-11", "2025-12", "2026-01", "2026-02"]),
        ("year", ["2024", "2026"], ["2024", "2025", "2026"]),
        ("hour", ["09"], [f"{hour:02d}" for hour in range(24)]),
        ("weekday", ["tue", "sat"], ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]),
        ("day", [], []),
    ],
)
def test_a_chart_over_time_has_a_place_for_times_without_calls(by: By, counted: list[str], drawn: list[str]):
    rows = without_gaps(by, [line(period=period, calls=7) for period in counted])
    assert [row.period for row in rows] == drawn
    assert {row.period for row in rows if row.calls} == set(counted)


def test_two_calls_ages_apart_do_not_make_a_bar_of_every_day_between():
    rows = without_gaps("day", [line(period="1970-01-01"), line(period="2199-01-01")])
    assert len(rows) == 2


def test_a_line_is_found_again_by_the_filter_language():
    assert key_term("extension", line("1001")) == "ext=1001"
    assert key_term("trunk", line("PJSIP/a b")) == 'trunk="PJSIP/a b"'
    assert key_term("prefix", line("900")) == "prefix=900"
    assert key_term("rate", line("")) == 'rate=""'


async def test_period_and_extensions_narrow_what_is_counted(site: Site):
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "live")
        await pilot.press("6")
        await shows(pilot, "3 calls")
        await pilot.press("e", "ctrl+u", *"1002-1010", "f2")
        await shows(pilot, "1 call ")
        await shows(pilot, "1 call ")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, CallsScreen))
        await shows(pilot, "ext:1002")
        await shows(pilot, "1 call ")
        await pilot.press("6", "p", "down", "enter")
        await shows(pilot, "yesterday")
        await shows(pilot, "No calls in this period.")
