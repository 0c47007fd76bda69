"""The calendar of date fields: going about by keys, also at the ends of time."""

from datetime import date

import pytest
from textual.app import App

from tui.widgets.calendar import FIRST_DAY, LAST_DAY, Calendar

TODAY = date(2026, 1, 31)


@pytest.mark.parametrize(
    ("start", "keys", "chosen"),
    [
        (TODAY, ["right"], date(2026, 2, 1)),
        (TODAY, ["up", "left"], date(2026, 1, 23)),
        (TODAY, ["pagedown"], date(2026, 2, 28)),
        (date(2024, 2, 29), ["pageup", "pageup"], date(2023, 12, 29)),
        (date(2024, 2, 29), ["t"], TODAY),
        (date(9999, 12, 31), ["right", "down", "pagedown"], LAST_DAY),
        (date(1, 1, 1), ["left", "up", "pageup"], FIRST_DAY),
    ],
)
async def test_the_day_under_the_cursor_is_chosen(start: date, keys: list[str], chosen: date):
    picked: list[date | None] = []
    app = App[None]()
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(Calendar(start, today=TODAY), picked.append)
        await pilot.press(*keys, "enter")
        await pilot.pause()
    assert picked == [chosen]


async def test_escape_chooses_nothing():
    picked: list[date | None] = []
    app = App[None]()
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(Calendar(TODAY, today=TODAY), picked.append)
        await pilot.press("right", "escape")
        await pilot.pause()
    assert picked == [None]
