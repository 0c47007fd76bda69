"""The list of calls: filters, what a call shows, live calls, export and rating anew."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from engine.api.calls import CountCalls, ListCalls
from engine.api.rates import ListRates, SaveRate
from engine.domain.rates import Rate
from tests.tui.site import Site, message_of_form, opened, screen_text, shows, until
from tui.app.application import PbxmeterApp
from tui.screens.calls.detail import CallDetailScreen
from tui.screens.calls.filter import completed, hints
from tui.screens.export import ExportForm
from tui.screens.filter_line import FilterHistory
from tui.widgets.table import WindowedTable

SIZE = (80, 24)


@pytest.fixture(scope="module", autouse=True)
def calls(site: Site) -> None:
    """Three calls: 61 s, 10 s and 125 s at 1.00 a minute."""
    for extension, dialled, billsec in (("1001", "0111", 61), ("1002", "0222", 10), ("1001", "0333", 125)):
        site.append_call(extension, dialled, billsec)


async def read(pilot: object, site: Site, count: int) -> None:
    await until(pilot, lambda: site.client.call(CountCalls()).calls == count)  # type: ignore[arg-type]


async def test_calls_are_found_by_the_filter_language_with_faults_shown_at_once(site: Site):
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot, digit="5")
        await read(pilot, site, 3)
        await shows(pilot, "3 calls  3:16  CN¥6.00")
        await pilot.press("slash", *"cost>2.50", "enter")
        await shows(pilot, "1 call  2:05  CN¥3.00")
        await pilot.press("escape", "slash", *"cost>x")
        await shows(pilot, "is not an amount")
        await pilot.press("enter")
        assert app.screen.query_one("#filter-entry").has_focus
        await pilot.press("escape")
        await shows(pilot, "3 calls")
        await pilot.press("slash", "up")
        await shows(pilot, "cost>2.50")


async def test_state_and_direction_narrow_the_list_by_key_and_escape_takes_it_back(site: Site):
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot, digit="5")
        await pilot.press("d", "d")
        await shows(pilot, "[inbound]")
        assert "ext:1001" not in screen_text(app), "an example is no filter"
        await shows(pilot, "No call fits")
        await pilot.press("escape", "s")
        await shows(pilot, "[charged]")
        await shows(pilot, "3 calls")


async def test_a_call_shows_its_rule_its_parts_its_entry_and_the_line_of_the_pbx(site: Site):
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot, digit="5")
        await pilot.press("slash", *"0333", "enter")
        await shows(pilot, "1 call ")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, CallDetailScreen))
        await shows(pilot, "3 cycles × 1.00/60s = 3.00")
        text = screen_text(app)
        assert "everything" in text
        assert "charge -3.00" in text
        assert "PJSIP/1001-" in text


async def test_a_live_call_comes_in_and_following_keeps_the_cursor_on_it(own_site: Site):
    app = PbxmeterApp(own_site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot, digit="5")
        own_site.append_call("1002", "0444", 5)
        await shows(pilot, "0444")
        await pilot.press("A")
        await shows(pilot, "following")
        own_site.append_call("1002", "0555", 5)
        await shows(pilot, "0555")
        table = app.screen.query_one("#list", WindowedTable)
        await until(pilot, lambda: "0555" in table.cursor_cells)


async def test_moving_away_pauses_following_and_the_first_row_goes_on_with_it(own_site: Site):
    for dialled in ("0444", "0555"):
        own_site.append_call("1002", dialled, 5)
    app = PbxmeterApp(own_site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot, digit="5")
        await shows(pilot, "2 calls")
        table = app.screen.query_one("#list", WindowedTable)
        await pilot.press("A", "space")
        await shows(pilot, "paused")
        here, marked = table.cursor_cells, table.marked_keys
        own_site.append_call("1002", "0666", 5)
        await shows(pilot, "0666")
        assert (table.cursor_row, table.cursor_cells, table.marked_keys) == (2, here, marked)
        await pilot.press("g")
        await shows(pilot, "following")
        own_site.append_call("1002", "0777", 5)
        await until(pilot, lambda: "0777" in table.cursor_cells)
        await pilot.press("z")
        await until(pilot, lambda: "following" not in screen_text(app))


async def test_going_to_a_day_puts_the_cursor_on_its_newest_call(site: Site):
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot, digit="5")
        await shows(pilot, "3 calls")
        await pilot.press("t", *"2001-01-01", "enter")
        table = app.screen.query_one("#list", WindowedTable)
        await until(pilot, lambda: table.cursor_row == 2, what="the oldest call is the nearest")


async def test_a_wrong_filter_says_what_is_wrong_until_it_is_mended(site: Site):
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot, digit="5")
        await shows(pilot, "3 calls")
        await pilot.press("slash", *"cost>x", "enter")
        await shows(pilot, "'x' is not an amount")
        await pilot.pause(0.2)
        assert "'x' is not an amount" in screen_text(app)
        await pilot.press("backspace", "2", "enter")
        await shows(pilot, "1 call")
        assert "is not an amount" not in screen_text(app)


async def test_a_path_that_cannot_be_written_is_told_at_its_field_and_the_columns_stay_chosen(
    site: Site, tmp_path: Path
):
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot, digit="5")
        await shows(pilot, "3 calls")
        await pilot.press("x")
        await shows(pilot, "Writes 3 calls")
        form = app.screen
        assert isinstance(form, ExportForm)
        await pilot.press("tab", "tab", "space")
        await shows(pilot, "columns: 27")
        for wrong in (tmp_path / "file" / "calls.csv", Path("/proc/calls.csv")):
            form.path.text = str(wrong)
            await pilot.press("f2")
            await until(pilot, lambda: app.screen is form and "File: " in message_of_form(app))
            assert form.path.has_focus_within, "the cursor is where the fault is"
            assert "[ ] started_at" in screen_text(app)
        form.path.text = str(tmp_path / "calls.csv")
        await pilot.press("f2")
        await shows(pilot, "Wrote 3 calls to")
    head = (tmp_path / "calls.csv").read_text(encoding="utf-8").splitlines()[0]
    assert "answered_at" in head
    assert "started_at" not in head


async def test_calls_are_exported_as_csv_and_parquet_with_the_columns_chosen(site: Site, tmp_path: Path):
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot, digit="5")
        await shows(pilot, "3 calls")
        await pilot.press("x")
        await shows(pilot, "Writes 3 calls")
        await pilot.press("f2")
        await shows(pilot, "Wrote 3 calls to")
        await pilot.press("x")
        await shows(pilot, "Writes 3 calls")
        await pilot.press("right", "tab", "tab", "asterisk")
        await shows(pilot, "Choose at least one column.")
        await pilot.press("asterisk", "space")
        await shows(pilot, "columns: 27")
        assert "[ ] started_at" in screen_text(app)
        assert "[x] answered_at" in screen_text(app)
        await pilot.press("f2")
        await until(pilot, lambda: list((tmp_path / "exports").glob("*.parquet")))
        await shows(pilot, ".parquet.")
    (sheet,) = (tmp_path / "exports").glob("calls-*.csv")
    with sheet.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sorted(row["cost"] for row in rows) == ["1.00", "2.00", "3.00"]
    (table,) = (tmp_path / "exports").glob("calls-*.parquet")
    assert pq.read_table(table).num_rows == 3
    assert "started_at" not in pq.read_schema(table).names


async def test_past_calls_are_rated_anew_after_a_preview(own_site: Site):
    own_site.append_call("1001", "0777", 61)
    app = PbxmeterApp(own_site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot, digit="5")
        await shows(pilot, "0777")
        rate_id = own_site.client.call(ListRates()).rows[0].rate_id
        own_site.client.call(SaveRate(rate_id=rate_id, rate=Rate(name="everything", price_micros=4_000_000)))
        await pilot.press("R", "tab", "tab", "tab", "right", "f2")
        await shows(pilot, "1 call changes")
        assert "becomes over limit" in screen_text(app)
        await pilot.press("enter")
        assert own_site.extension("1001").balance_micros == -2_000_000
        await pilot.press("y")
        await shows(pilot, "balances changed by -6.00")
        await shows(pilot, "8.00")
    assert own_site.extension("1001").balance_micros == -8_000_000


def test_the_word_being_typed_is_completed():
    assert completed("ext:1001 dire") == "ext:1001 direction:"
    assert completed("direction:out") == "direction:outbound"
    assert completed("") is None
    assert completed("unrated ") is None


def test_a_field_without_its_value_is_explained_by_an_example():
    assert hints("unrated trunk:").startswith("trunk:")
    assert "part of the trunk" in hints("unrated -trunk:")
    assert hints("cost>").startswith("cost")
    assert hints("nothing:") == ""


def test_the_history_walks_back_and_returns_to_what_was_typed():
    history = FilterHistory()
    assert history.add("one")
    assert history.add("two")
    assert not history.add("two")
    assert [history.older("ty"), history.older("two"), history.older("one")] == ["two", "one", "one"]
    assert [history.newer("one"), history.newer("two")] == ["two", "ty"]
    again = FilterHistory()
    again.load(history.stored())
    again.load("not json")
    assert again.older("") == "two"


async def test_a_period_called_today_goes_on_with_the_clock_also_where_no_call_comes(own_site: Site):
    own_site.append_call("1001", "0111", 61)
    clock = [datetime.now(UTC).replace(tzinfo=None)]
    app = PbxmeterApp(own_site.home, clock=lambda: clock[0])
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot, digit="5")
        await pilot.press("p")
        await shows(pilot, "last 30 days")
        await pilot.press("enter")
        await shows(pilot, "1 call ")
        await shows(pilot, "today")
        clock[0] += timedelta(days=1)
        await shows(pilot, "No call fits")
        assert "today" in screen_text(app)
        clock[0] -= timedelta(days=1)
        await shows(pilot, "1 call ")
        await pilot.press("p", *"2001-02", "f2")
        await shows(pilot, "2001-02 – ")


async def test_times_follow_the_zone_of_the_site_when_it_changes(own_site: Site):
    own_site.append_call("1001", "0111", 61)
    app = PbxmeterApp(own_site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot, digit="5")
        await shows(pilot, "1 call ")
        (call,) = own_site.client.call(ListCalls()).rows
        await shows(pilot, f"{call.started_at:%H:%M}")
        config = own_site.home / "config.yaml"
        config.write_text(config.read_text().replace("timezone: UTC", "timezone: Asia/Kathmandu", 1))
        await shows(pilot, f"{call.started_at + timedelta(hours=5, minutes=45):%H:%M}")
        assert app.local(call.started_at) == call.started_at + timedelta(hours=5, minutes=45)
