"""The application over a real engine: connecting, events, a lost engine, signing in, sizes, leaving."""

import subprocess
import sys
from pathlib import Path

import pytest

from engine.api.client import Client, Credentials, connect
from engine.api.extensions import ListRecharges, Recharge, SetExtensions
from engine.api.rates import ListRates, SwitchRates
from engine.api.session import GetPreferences, SaveAccount, SetPreference
from engine.api.site import SetSetting, StopEngine
from engine.domain.names import Role
from tests.tui.site import NAMES, Site, message_of_form, opened, remembered, screen_text, shows, until
from tui.app.application import PbxmeterApp
from tui.screens.covers import TooSmall
from tui.screens.numbered import SCREENS
from tui.screens.recharges.form import RechargeForm
from tui.screens.signin import SignInScreen
from tui.text import i18n
from tui.widgets.actions import SHELL_ACTIONS
from tui.widgets.dialogs import Confirm
from tui.widgets.health import HealthLine
from tui.widgets.table import WindowedTable

SIZE = (80, 24)


def test_importing_the_application_leaves_duckdb_pyarrow_babel_and_the_command_line_out():
    code = (
        "import sys, tui.main, tui.app.start, tui.app.application; "
        "sys.exit(' '.join({'duckdb', 'pyarrow', 'babel', 'numpy', 'click'} & set(sys.modules)) or 0)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


async def test_the_overview_shows_a_call_that_is_written_without_a_key_being_pressed(site: Site):
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "live")
        site.append_call("1004", "0123454321", 61)
        await shows(pilot, "0123454321")
        await shows(pilot, "2.00")


async def test_a_call_beyond_the_credit_puts_its_extension_on_the_list_of_those_over_limit(site: Site):
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "live")
        site.append_call("1010", "0199999999", 600)
        await shows(pilot, "✗ 1010")
        await shows(pilot, "1 barred")


async def test_a_recharge_made_elsewhere_appears_in_the_open_list(site: Site):
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot)
        site.client.call(Recharge(numbers=["1004"], amount_micros=123_456_789, key="elsewhere"))
        await shows(pilot, "123.4567")


async def test_a_billing_clerk_recharges(own_site: Site):
    own_site.client.call(
        SaveAccount(name="ann", new=True, account_role=Role.ADMIN, password="all of it here", os_user="")
    )
    own_site.client.sign_in(Credentials(name="ann", password="all of it here"))
    own_site.client.call(
        SaveAccount(name="bob", new=True, account_role=Role.BILLING, password="money money", os_user="")
    )
    app = PbxmeterApp(own_site.home, credentials=Credentials(name="bob", password="money money"))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot)
        await shows(pilot, "Ada")
        await pilot.press("r", *"12.5", "enter", "enter")
        await shows(pilot, "Recharged 1001 with CN¥12.50")


async def test_names_from_strangers_are_shown_as_text_and_obeyed_by_nobody(site: Site):
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot)
        await shows(pilot, "[/x]")
        await pilot.press("down", "down", "e")
        await shows(pilot, "Extension 1003")


async def test_a_killed_engine_leaves_data_and_typed_text_and_comes_back(own_site: Site):
    app = PbxmeterApp(own_site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot)
        await pilot.press("r", "7", "7")
        own_site.kill_engine()
        await shows(pilot, "No engine since")
        assert "Ada" in screen_text(app)
        await pilot.press("f2")
        await until(pilot, lambda: "does not answer" in message_of_form(app))
        await shows(pilot, "live", seconds=30)
        assert isinstance(app.screen, RechargeForm)
        assert app.screen.amount.text == "77"
        await pilot.press("f2")
        await shows(pilot, "Recharged 1001 with CN¥77.00")
    fresh = Site(own_site.home, _connected(own_site.home))
    assert fresh.extension("1001").balance_micros == 77_000_000
    assert fresh.client.call(ListRecharges()).total == 1
    fresh.client.call(StopEngine())
    fresh.client.close()


def _connected(home: Path) -> Client:
    return connect(home)


async def test_signing_in_is_asked_for_when_accounts_exist_and_none_is_the_users(own_site: Site):
    own_site.client.call(
        SaveAccount(
            name="boss", new=True, account_role=Role.ADMIN, password="correct horse battery", os_user=""
        )
    )
    app = PbxmeterApp(own_site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SignInScreen))
        await pilot.press(*"boss", "enter", *"wrong", "enter")
        await until(pilot, lambda: isinstance(app.screen, SignInScreen) and bool(message_of_form(app)))
        await shows(pilot, "boss")
        await pilot.press(*"correct horse battery")
        assert "correct" not in screen_text(app), "what is typed again is the password"
        await pilot.press("enter")
        await until(pilot, lambda: app.greeting is not None)
        assert app.greeting is not None
        assert app.greeting.operator == "boss"
        await shows(pilot, "boss")


async def test_a_viewer_is_told_which_role_an_action_needs(own_site: Site):
    save = SaveAccount(name="boss", new=True, account_role=Role.ADMIN, password="correct horse", os_user="")
    own_site.client.call(save)
    boss = Credentials(name="boss", password="correct horse")
    own_site.client.sign_in(boss)
    own_site.client.call(
        SaveAccount(name="eve", new=True, account_role=Role.VIEWER, password="only looking", os_user="")
    )
    app = PbxmeterApp(own_site.home, credentials=Credentials(name="eve", password="only looking"))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot)
        await pilot.press("r")
        await shows(pilot, "needs the role billing clerk; you are viewer")
        assert not isinstance(app.screen, RechargeForm)


async def test_a_terminal_of_60_by_15_says_so_and_what_was_typed_is_there_again_afterwards(site: Site):
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot)
        await pilot.press("r", "5")
        for size in ((60, 15), (40, 10)):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda: isinstance(app.screen, TooSmall))
            await shows(pilot, f"{size[0]}×{size[1]}")
        await pilot.resize_terminal(*SIZE)
        await until(pilot, lambda: isinstance(app.screen, RechargeForm))
        assert isinstance(app.screen, RechargeForm)
        assert app.screen.amount.text == "5"


async def test_leaving_asks_only_while_something_typed_would_be_lost(site: Site):
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot)
        await pilot.press("r", "5", "ctrl+q")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RechargeForm))
        await pilot.press("escape", "y")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        await pilot.press("q")
        await until(pilot, lambda: app.return_code == 0)


async def test_the_language_of_the_site_can_change_while_screens_are_open(own_site: Site):
    app = PbxmeterApp(own_site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot)
        own_site.client.call(SetSetting(name="language", value="zh_CN"))
        await shows(pilot, "余额")
        assert app.current_mode == "extensions"
        await shows(pilot, NAMES["1002"])
        own_site.client.call(SetSetting(name="language", value="auto"))
        await shows(pilot, "Balance")
        own_site.client.call(StopEngine())


async def test_every_screen_has_its_help_and_is_found_in_the_palette(site: Site):
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot)
        await pilot.press("question_mark")
        await shows(pilot, "An extension costs money only")
        await pilot.press("escape", "colon", *"recharges", "enter")
        await until(pilot, lambda: app.current_mode == "recharges")
        await pilot.press("f1")
        await shows(pilot, "Every recharge")


async def test_the_palette_finds_what_other_screens_can_do_and_goes_there(own_site: Site):
    app = PbxmeterApp(own_site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot)
        await pilot.press("colon", *"backup")
        await shows(pilot, "7 b  Backup")
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "settings")
        await until(pilot, lambda: list((own_site.home / "backups").glob("*")))


async def test_the_palette_goes_to_parts_of_screens_and_says_when_nothing_fits(site: Site):
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot)
        await pilot.press("colon", *"zzzz")
        await shows(pilot, "Nothing has a name like that")
        await pilot.press("enter", "escape", "colon", *"quaran", "enter")
        await shows(pilot, "Nothing in quarantine")
        await pilot.press("colon", *"audit", "enter")
        await shows(pilot, "Position of everything")


async def test_the_palette_finds_commands_by_their_english_words_in_chinese_too(site: Site):
    app = PbxmeterApp(site.home, language="zh_CN")
    i18n.install("zh_CN")
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot)
        await pilot.press("colon", *"recharge")
        await shows(pilot, "给已标记的分机充值")


async def test_an_engine_that_cannot_start_is_explained_before_any_screen(tmp_path: Path):
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "config.yaml").write_text("sources:\n  - pth: Master.csv\n", encoding="utf-8")
    app = PbxmeterApp(home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "config.yaml", seconds=30)
        await pilot.press("q")
        await until(pilot, lambda: app.return_code == 0)


@pytest.mark.parametrize("text", ["- a", "extensions.recharge: [", "7: r"])
async def test_a_wrong_key_map_is_told_and_the_usual_keys_stay(site: Site, tmp_path: Path, text: str):
    folder = tmp_path / "config" / "pbxmeter"
    folder.mkdir(parents=True)
    (folder / "keys.yaml").write_text(text, encoding="utf-8")
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "keys.yaml")
        await opened(pilot)
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, RechargeForm))


async def test_keys_can_be_changed_and_are_shown_as_changed(site: Site, tmp_path: Path):
    folder = tmp_path / "config" / "pbxmeter"
    folder.mkdir(parents=True)
    (folder / "keys.yaml").write_text("extensions.recharge: W\n", encoding="utf-8")
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(pilot)
        await shows(pilot, "W Recharge")
        await pilot.press("W")
        await until(pilot, lambda: isinstance(app.screen, RechargeForm))


async def test_alarms_stay_until_seen_also_after_a_restart_and_after_they_ended(own_site: Site):
    # A call that matches no rule raises an alarm.
    rates = own_site.client.call(ListRates()).rows
    own_site.client.call(SwitchRates(rate_ids=[row.rate_id for row in rates], enabled=False))
    own_site.append_call("1001", "0123456789", 60)
    app = PbxmeterApp(own_site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "no rate rule")
        waiting = await remembered(pilot, own_site.client, "alarms.overview")
    again = PbxmeterApp(own_site.home)
    async with again.run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "no rate rule")
        await pilot.press("a")
        await until(pilot, lambda: "no rate rule" not in screen_text(again))
        await remembered(pilot, own_site.client, "alarms.overview", lambda value: value != waiting)
    third = PbxmeterApp(own_site.home)
    async with third.run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "⚠ 1")
        assert "no rate rule" not in screen_text(third)
    other = waiting.replace('"id":"unrated"', '"id":"gone"')
    own_site.client.call(SetPreference(name="alarms.overview", value=other))
    fourth = PbxmeterApp(own_site.home)
    async with fourth.run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "(ended)")
        await pilot.press("a")
        await until(pilot, lambda: "(ended)" not in screen_text(fourth))


async def test_opening_again_does_not_store_anew_which_alarms_wait(own_site: Site):
    rates = own_site.client.call(ListRates()).rows
    own_site.client.call(SwitchRates(rate_ids=[row.rate_id for row in rates], enabled=False))
    own_site.append_call("1001", "0123456789", 60)
    async with PbxmeterApp(own_site.home).run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "no rate rule")
        await pilot.pause(0.5)
    # The same in other words, so that it shows whether it was written.
    stored = own_site.client.call(GetPreferences()).values["alarms.overview"] + " "
    own_site.client.call(SetPreference(name="alarms.overview", value=stored))
    async with PbxmeterApp(own_site.home).run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "no rate rule")
        await pilot.pause(0.5)
    assert own_site.client.call(GetPreferences()).values["alarms.overview"] == stored


async def test_the_overview_tells_of_sources_and_of_each_lockout_target(own_site: Site):
    app = PbxmeterApp(own_site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "● 1 following")
        await shows(pilot, "Lockout ● 1 up to date")
        config = own_site.home / "config.yaml"
        config.write_text(config.read_text() + "  - kind: file\n    path: config.yaml/barred.txt\n")
        own_site.client.call(SetExtensions(numbers=["1004"], locked=True))
        await shows(pilot, "Lockout ✗ 1 down  ● 1 up to date")
        await shows(pilot, "⚠ file config.yaml/barred.txt:")
        await pilot.click(HealthLine, offset=(36, 0))
        await shows(pilot, "Barred extensions")


def test_every_action_that_a_key_map_can_name_is_in_the_documentation():
    text = (Path(__file__).parents[2] / "docs" / "keys.md").read_text(encoding="utf-8")
    named = {f"shell.{action.name}" for action in SHELL_ACTIONS}
    named |= {f"list.{name}" for name in WindowedTable.key_names()}
    for entry in SCREENS:
        for cls in type(entry.load()).__mro__:
            if "ACTIONS" in cls.__dict__:
                named |= {
                    f"{cls.__dict__.get('SCOPE', 'shell')}.{action.name}"
                    for action in cls.__dict__["ACTIONS"]
                }
    missing = sorted(name for name in named if f"| `{name}` |" not in text)
    assert missing == []


async def test_a_key_map_changes_keys_of_screens_and_lists_and_tells_of_names_it_does_not_know(
    site: Site, tmp_path: Path
):
    folder = tmp_path / "config" / "pbxmeter"
    folder.mkdir(parents=True)
    (folder / "keys.yaml").write_text(
        "extensions.recharge: f13\nlist.down: f11\nextensions.rechrage: r\nlist.nothing: x\n",
        encoding="utf-8",
    )
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "line 3: there is no extensions.rechrage")
        await shows(pilot, "list.nothing")
        await opened(pilot)
        await pilot.press("f11", "r")
        assert app.screen.query_one("#list", WindowedTable).cursor_row == 1
        await pilot.press("f13")
        assert isinstance(app.screen, RechargeForm)
        await pilot.press("escape", "question_mark")
        await shows(pilot, "F13")
