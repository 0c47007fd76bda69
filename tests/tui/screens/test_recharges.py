"""The list of recharges: period, keyword, sum, export."""

from pathlib import Path

from engine.api.extensions import Recharge
from tests.tui.site import Site, opened, screen_text, shows, until
from tui.app.application import PbxmeterApp
from tui.screens.extensions.ledger import LedgerScreen

SIZE = (80, 24)


async def test_recharges_are_found_by_keyword_and_period_summed_and_exported(site: Site, tmp_path: Path):
    site.client.call(Recharge(numbers=["1001", "1002"], amount_micros=3_000_000, note="first", key="a"))
    site.client.call(Recharge(numbers=["1004"], amount_micros=250_000, note="second", key="b"))
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot, digit="4")
        await shows(pilot, "CN¥6.25 in all")
        await pilot.press("slash", *"second", "enter")
        await shows(pilot, "CN¥0.25 in all")
        assert "+0.25" in screen_text(app)
        await pilot.press("x")
        await shows(pilot, "Writes 1 recharge")
        await pilot.press("f2")
        await shows(pilot, "Wrote 1 recharge to")
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, LedgerScreen))
        await pilot.press("escape", "escape")
        await shows(pilot, "3 rows")
        site.client.call(Recharge(numbers=["1001"], amount_micros=1_000_000, note="third", key="c"))
        await shows(pilot, "CN¥7.25 in all")
    (written,) = (tmp_path / "exports").glob("recharges-*.csv")
    assert "second" in written.read_text(encoding="utf-8")
