"""What the application tells in passing, over a real engine."""

import pytest

from tests.tui.site import Site, opened, screen_text, shows, until
from tui.app import notices
from tui.app.application import PbxmeterApp
from tui.screens.extensions.forms import EditExtension

SIZE = (80, 24)


async def test_a_notice_stands_in_the_top_line_and_leaves_the_keys_of_a_dialog_in_view(site: Site):
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, EditExtension))
        app.warn("Something was not done: " + "why, " * 20)
        await shows(pilot, "Something was not done")
        lines = screen_text(app).splitlines()
        assert lines[0].startswith(" ! Something was not done")
        assert any("F2 or Enter in the last field: Save" in line for line in lines)


async def test_escape_puts_a_notice_away_at_once_and_backs_out_as_always(site: Site):
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot)
        await pilot.press("slash", *"dor", "enter")
        await shows(pilot, "1 row")
        app.warn("Not done.")
        await shows(pilot, "! Not done.")
        await pilot.press("escape")
        await until(pilot, lambda: "Not done." not in screen_text(app))
        await shows(pilot, "5 rows")


@pytest.mark.parametrize(("read_seconds", "stays"), [(0.0, False), (3600.0, True)])
async def test_another_key_puts_a_notice_away_once_there_was_time_to_read_it(
    site: Site, monkeypatch: pytest.MonkeyPatch, read_seconds: float, stays: bool
):
    monkeypatch.setattr(notices, "READ_SECONDS", read_seconds)
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot)
        app.warn("Not done.")
        await shows(pilot, "! Not done.")
        await pilot.press("down")
        await pilot.pause(0.1)
        assert ("Not done." in screen_text(app)) is stays


async def test_after_many_notices_were_put_away_the_next_one_is_seen_alone(site: Site):
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot)
        for number in range(9):
            app.warn(f"Not done: {number}.")
            await shows(pilot, f"Not done: {number}.")
            await pilot.press("escape")
            await until(pilot, lambda: "Not done" not in screen_text(app))
        app.warn("Last.")
        await shows(pilot, "Last.")
        assert screen_text(app).splitlines()[0].startswith(" ! Last.")
        assert len(app.screen.query("ToastHolder")) == 1


async def test_what_a_notice_offers_to_undo_is_undone_after_it_was_put_away(site: Site):
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot)
        await pilot.press("end", "L")
        await shows(pilot, "✓ Locked 1010. Undo: u.")
        await pilot.press("escape")
        await until(pilot, lambda: "Locked 1010" not in screen_text(app))
        await pilot.press("u")
        await shows(pilot, "Take the lock off 1010 Ed again?")
        await pilot.press("y")
        await until(pilot, lambda: not site.extension("1010").locked)
