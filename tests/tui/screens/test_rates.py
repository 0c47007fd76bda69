"""The list of rates: editing, moving, switching, removing, trying, importing and exporting rules."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from textual import events

from engine.api.rates import ListRates, RateRow, RemoveRates, SaveRate
from engine.domain.names import Role
from engine.domain.rates import Rate
from tests.e2e.tour import at_rest
from tests.tui.site import Site, message_of_form, opened, screen_text, shows, until
from tests.tui.snapshots import assert_snapshot, rows_of_app
from tui.app.application import PbxmeterApp
from tui.screens.rates.editor import RateEditor
from tui.screens.rates.try_out import TryScreen
from tui.text import i18n
from tui.widgets.day_strip import window_cells
from tui.widgets.table import WindowedTable

SIZE = (80, 24)


def rules(site: Site) -> list[RateRow]:
    return site.client.call(ListRates()).rows


def with_rules(site: Site, *made: Rate) -> None:
    """The list holds these rules and no other."""
    site.client.call(RemoveRates(rate_ids=[row.rate_id for row in rules(site)]))
    for rate in made:
        site.client.call(SaveRate(rate=rate))


EVERYTHING = Rate(name="everything", price_micros=1_000_000)
LOCAL = Rate(name="local", prefix="9", number_length=9, price_micros=100_000)
SHADOWED = Rate(name="never", prefix="9", number_length=9, price_micros=500_000)


async def test_a_rule_is_added_with_its_errors_at_the_field_and_its_cost_as_one_types(site: Site):
    with_rules(site, EVERYTHING)
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot, digit="3")
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, RateEditor))
        editor = app.screen
        assert isinstance(editor, RateEditor)
        await pilot.press(*"Abroad", "tab", "tab", *"900", "tab", "2")
        await shows(pilot, "Shorter than the prefix")
        await pilot.press("f2")
        assert "Number length" in message_of_form(app)
        editor.length.text = "0"
        editor.price.text = "0.30"
        entry = editor.query_one("#try-dialled")
        entry.focus()
        await pilot.press(*"90049123")
        await shows(pilot, "CN¥0.90 = ")
        await shows(pilot, "this rule Abroad")
        await pilot.press("f2")
        await shows(pilot, "Added the rule")
    assert [row.rate.name for row in rules(site)] == ["everything", "Abroad"]
    assert rules(site)[1].rate == Rate(name="Abroad", prefix="900", price_micros=300_000)


async def test_a_rule_that_never_wins_carries_a_mark_and_says_why_under_the_cursor(site: Site):
    with_rules(site, LOCAL, SHADOWED, EVERYTHING)
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot, digit="3")
        await shows(pilot, "⚠2")
        await pilot.press("down")
        await until(pilot, lambda: app.screen.query_one("#remark").has_class("-shown"))
        await pilot.press("w")
        await shows(pilot, "What is odd")


async def test_rules_are_moved_switched_and_removed_by_key(site: Site):
    with_rules(site, EVERYTHING, LOCAL, SHADOWED)
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot, digit="3")
        await pilot.press("J", "J")
        await until(pilot, lambda: [row.rate.name for row in rules(site)] == ["local", "never", "everything"])
        await pilot.press("K")
        await until(pilot, lambda: [row.rate.name for row in rules(site)] == ["local", "everything", "never"])
        await pilot.press("s")
        await shows(pilot, "Switched “everything” off")
        assert not rules(site)[1].rate.enabled
        await pilot.press("asterisk", "D")
        await shows(pilot, "Remove 3 rules?")
        await pilot.press("enter")
        assert len(rules(site)) == 3, "No is the default"
        await pilot.press("D", "y")
        await shows(pilot, "Removed 3 rules. Undo: u")
    assert rules(site) == []


async def test_keys_typed_behind_a_move_act_on_the_order_after_it(site: Site):
    a, b, c, d = (replace(EVERYTHING, name=name) for name in "abcd")
    with_rules(site, a, b, c, d)
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot, digit="3")
        await shows(pilot, "4 rows")
        table = app.screen.query_one("#list", WindowedTable)
        typed_at_once(app, "JjK")
        await until(pilot, lambda: [row.rate.name for row in rules(site)] == ["b", "c", "a", "d"])
        await until(pilot, lambda: table.cursor_row == 1 and "c" in table.cursor_cells)
        typed_at_once(app, "JJk")
        await until(pilot, lambda: [row.rate.name for row in rules(site)] == ["b", "a", "d", "c"])
        await until(pilot, lambda: table.cursor_row == 2 and "d" in table.cursor_cells)
        typed_at_once(app, "DyK")
        await until(pilot, lambda: [row.rate.name for row in rules(site)] == ["b", "c", "a"])


async def test_a_rule_moved_out_of_the_view_takes_the_view_with_it(site: Site):
    with_rules(site, *(replace(EVERYTHING, name=f"rule {number}") for number in range(30)))
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot, digit="3")
        await shows(pilot, "30 rows")
        table = app.screen.query_one("#list", WindowedTable)
        typed_at_once(app, "j" * 10 + "J" * 14)
        await until(pilot, lambda: rules(site)[24].rate.name == "rule 10")
        await until(pilot, lambda: table.cursor_row == 24)
        assert table.top_row <= 24 < table.top_row + table.visible_rows
        assert "rule 10" in screen_text(app)


def typed_at_once(app: PbxmeterApp, keys: str) -> None:
    """The keys as one read of the terminal brings them."""
    for key in keys:
        app.post_message(events.Key(key, key))


async def test_an_imagined_call_is_answered_as_one_types(site: Site):
    with_rules(site, EVERYTHING, LOCAL)
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot, digit="3")
        await shows(pilot, "2 rows")
        await pilot.press("down")
        table = app.screen.query_one("#list", WindowedTable)
        await until(pilot, lambda: "local" in table.cursor_cells)
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, TryScreen))
        for line in ("CN¥0.30 = ", "Wins: 2. local [9]", "Loses: 1. everything"):
            await shows(pilot, line)
        await pilot.press("8")
        await shows(pilot, "CN¥3.00 = ")
        await pilot.press("tab", *"x")
        await shows(pilot, "Seconds, or such as")


async def test_a_sheet_is_imported_after_its_preview_and_a_faulty_one_not_at_all(site: Site, tmp_path: Path):
    with_rules(site, EVERYTHING)
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("name,prefix,price\nlocal,9,0.10\nabroad,900,0.50\n", encoding="utf-8")
    bad.write_text("name,prefix,price\nlocal,9x,0.10\n", encoding="utf-8")
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot, digit="3")
        await pilot.press("i", *str(bad), "enter")
        await shows(pilot, "1 fault; nothing is imported")
        assert "prefix" in screen_text(app)
        await pilot.press("y")
        assert [row.rate.name for row in rules(site)] == ["everything"]
        await pilot.press("i", *str(good), "enter")
        await shows(pilot, "2 added, 0 changed, 1 removed")
        assert "never wins" not in screen_text(app)
        await pilot.press("y")
        await shows(pilot, "Import it?")
        await pilot.press("y")
        await shows(pilot, "Imported: 2 added")
        await pilot.press("x")
        await shows(pilot, "Writes 2 rules")
        await pilot.press("f2")
        await shows(pilot, "Wrote 2 rules to")
    assert [row.rate.name for row in rules(site)] == ["local", "abroad"]


async def test_who_may_only_look_is_told_so(site: Site):
    with_rules(site, EVERYTHING)
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot, digit="3")
        greeting = app.greeting
        assert greeting is not None
        app.greeting = msgspec.structs.replace(greeting, role=Role.VIEWER)
        await pilot.press("n")
        await shows(pilot, "needs the role")
        await pilot.press("enter")
        await shows(pilot, "The row in full")


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
async def test_the_list_of_rules_looks_as_stored(site: Site, language: str, size: tuple[int, int]):
    night = Rate(
        name="夜间 night",
        prefix="9",
        initial_fee_micros=150_000,
        initial_seconds=60,
        price_micros=50_000,
        price_seconds=60,
        cycle_seconds=1,
        start_second=79_200,
        end_second=21_600,
        weekdays=0b0011111,
        extensions=("1001", "1002"),
    )
    with_rules(site, LOCAL, night, EVERYTHING, replace(EVERYTHING, name="[/x] off", enabled=False))
    i18n.install(language)
    app = PbxmeterApp(site.home, language=language)
    async with app.run_test(size=size) as pilot:
        await opened(pilot, digit="3")
        await until(pilot, lambda: "[/x] off" in screen_text(app))
        await at_rest(pilot, "RatesScreen")
        # The last lines tell who is signed in.
        assert_snapshot(f"rates-{size[0]}x{size[1]}-{language}", rows_of_app(app)[:-2])


def test_a_window_through_midnight_is_drawn_as_two_parts():
    cells = window_cells(22 * 3600, 6 * 3600)
    assert cells[:12] == ("next",) * 12
    assert cells[12:44] == ("off",) * 32
    assert cells[44:] == ("on",) * 4
    assert window_cells(0, 0) == ("on",) * 48
    assert window_cells(8 * 3600, 18 * 3600).count("on") == 20
