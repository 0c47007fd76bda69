"""The overview: from its lists to the ledger and to a recharge."""

from engine.api.extensions import SetExtensions
from tests.tui.site import Site, opened, screen_text, shows, until
from tui.app.application import PbxmeterApp
from tui.screens.extensions.ledger import LedgerScreen
from tui.screens.recharges.form import RechargeForm

SIZE = (80, 24)


async def test_the_extension_under_the_cursor_of_either_list_is_opened_and_recharged(own_site: Site):
    own_site.client.call(SetExtensions(numbers=["1004"], credit_limit_micros=0))
    own_site.append_call("1002", "0111", 61)
    app = PbxmeterApp(own_site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot, digit="1")
        await shows(pilot, "0111")
        await shows(pilot, "✗ 1004")
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, LedgerScreen))
        await shows(pilot, "1002")
        await pilot.press("escape", "tab", "e")
        await until(pilot, lambda: isinstance(app.screen, LedgerScreen))
        await shows(pilot, "No money has moved yet.")
        await pilot.press("escape", "r")
        await until(pilot, lambda: isinstance(app.screen, RechargeForm))
        await pilot.press(*"4", "f2")
        await shows(pilot, "Recharged 1004 with CN¥4.00")
        await shows(pilot, "Nobody.")
        await pilot.press("tab", "enter")
        await until(pilot, lambda: isinstance(app.screen, LedgerScreen))
    assert own_site.extension("1004").balance_micros == 4_000_000


async def test_who_is_locked_by_hand_stands_among_the_barred_and_the_count_agrees(own_site: Site):
    own_site.client.call(SetExtensions(numbers=["1002"], locked=True))
    own_site.client.call(SetExtensions(numbers=["1004"], credit_limit_micros=0))
    app = PbxmeterApp(own_site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "2 barred")
        await shows(pilot, "✗ 1004")
        assert "■ 1002" in screen_text(app)


async def test_a_long_call_that_ends_now_stands_where_its_start_belongs(own_site: Site):
    own_site.append_call("1001", "0900", 60)
    app = PbxmeterApp(own_site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "0900")
        own_site.append_call("1002", "0901", 3600)
        await shows(pilot, "0901")
        assert screen_text(app).index("0900") < screen_text(app).index("0901")
