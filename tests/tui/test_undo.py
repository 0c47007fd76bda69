"""The undo key takes back what was done last, or says that it cannot: never what was done before it."""

from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from engine.api import rates, site
from engine.api.rates import ListRates, SaveRate
from engine.api.site import GetSettings
from engine.domain.rates import Rate
from engine.service.handlers import HANDLERS
from tests.tui.site import Site, opened, screen_text, shows
from tui.app.application import PbxmeterApp
from tui.link.undo import named

SIZE = (80, 24)
PAID = 50_000_000


def test_what_changes_the_site_says_so() -> None:
    changes = [kind for kind, handler in HANDLERS.items() if handler.way == "changes"]
    works = {rates.Rerate, site.Ingest, site.RetryQuarantine}
    assert [kind.__name__ for kind in (*changes, *works) if not kind.changes] == []


def test_a_question_names_the_first_extensions_and_counts_the_others() -> None:
    many = [("029", "Room 029"), ("030", ""), ("031", "王芳"), ("032", "x"), ("033", "y")]
    assert named(many[:1]) == "029 Room 029"
    assert named(many[:3]) == "029 Room 029, 030, 031 王芳"
    assert named(many) == "029 Room 029, 030, 031 王芳 and 2 more"


async def recharged(pilot: Pilot[int]) -> None:
    """1004 Dora pays 50."""
    await opened(pilot)
    await pilot.press("slash", *"dora", "enter", "r", *"50", "f2")
    await shows(pilot, "Undo: u.")


async def low_balance(pilot: Pilot[int]) -> None:
    await pilot.press("7")
    await shows(pilot, "Low balance")
    await pilot.press("enter", "down", "down", "enter")
    await shows(pilot, "listed as low.")
    await pilot.press("home", "shift+end", *"11", "f2")
    await shows(pilot, "Saved; it was ")


async def a_rule_removed(pilot: Pilot[int]) -> None:
    await opened(pilot, digit="3")
    await pilot.press("D", "y")
    await shows(pilot, "Removed 1 rule")


async def a_rule_moved(pilot: Pilot[int]) -> None:
    await opened(pilot, digit="3")
    await pilot.press("J")
    await shows(pilot, "second")


async def the_language(pilot: Pilot[int]) -> None:
    await pilot.press("7")
    await shows(pilot, "Language")
    await pilot.press("enter", "end", "enter")
    await shows(pilot, "Automatic: by the locale")
    await pilot.press("right", "right", "f2")
    await shows(pilot, "语言")


CASES = {
    "setting": (low_balance, "Put Low balance back to 0.00?", "The setting is as it was."),
    "rule removed": (a_rule_removed, "Put 1 removed rule back?", "The rate list is as it was."),
    "rule moved": (a_rule_moved, "Move the rule “everything” back to number 1?", "is number 1 again."),
    "language": (the_language, "将“语言”", "设置已恢复原样。"),
}


@pytest.mark.parametrize(("act", "question", "said"), CASES.values(), ids=CASES.keys())
async def test_after_a_recharge_and_another_act_the_other_act_is_taken_back(
    own_site: Site, act: Callable[[Pilot[int]], Awaitable[None]], question: str, said: str
):
    own_site.client.call(SaveRate(rate=Rate(name="second", price_micros=1)))
    rules = [row.rate for row in own_site.client.call(ListRates()).rows]
    settings = own_site.client.call(GetSettings()).values
    app = PbxmeterApp(own_site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await recharged(pilot)
        await act(pilot)
        assert (rules, settings) != (
            [row.rate for row in own_site.client.call(ListRates()).rows],
            own_site.client.call(GetSettings()).values,
        )
        await pilot.press("u")
        await shows(pilot, question)
        assert "Take back the recharge" not in screen_text(app)
        await pilot.press("y")
        await shows(pilot, said)
    assert own_site.extension("1004").balance_micros == PAID
    assert [row.rate for row in own_site.client.call(ListRates()).rows] == rules
    assert own_site.client.call(GetSettings()).values == settings


async def test_after_an_act_that_cannot_be_taken_back_the_key_says_so(own_site: Site):
    app = PbxmeterApp(own_site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await recharged(pilot)
        await opened(pilot)
        await pilot.press("n", *"2000", "f2")
        await shows(pilot, "Added 1 extension.")
        await pilot.press("u")
        await shows(pilot, "nothing to undo")
    assert own_site.extension("1004").balance_micros == PAID


async def test_the_question_about_a_recharge_says_whose_money_it_is(own_site: Site):
    app = PbxmeterApp(own_site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await recharged(pilot)
        await pilot.press("u")
        await shows(pilot, "Take back the recharge of CN¥50.00 to 1004 Dora")


async def test_a_setting_that_somebody_changed_since_is_left_alone(own_site: Site):
    app = PbxmeterApp(own_site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "live")
        await low_balance(pilot)
        own_site.client.call(site.SetSetting(name="low_balance", value="12"))
        await pilot.press("u", "y")
        await shows(pilot, "Somebody changed it since")
    assert own_site.client.call(GetSettings()).values["low_balance"] == "12"


async def test_a_rule_added_and_one_edited_are_taken_back(own_site: Site):
    before = [row.rate for row in own_site.client.call(ListRates()).rows]
    app = PbxmeterApp(own_site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot, digit="3")
        await pilot.press("n", *"new one", "f2")
        await shows(pilot, "Added the rule")
        await pilot.press("u")
        await shows(pilot, "Remove the rule “new one” again?")
        await pilot.press("y")
        await shows(pilot, "Removed the rule “new one”.")
        await pilot.press("g", "e", "end", *" x", "f2")
        await shows(pilot, "Saved the rule")
        await pilot.press("u", "y")
        await shows(pilot, "is as it was.")
    assert [row.rate for row in own_site.client.call(ListRates()).rows] == before
