"""Settings: each section over a real engine."""

import msgspec
from textual.widgets import OptionList

from engine.api.client import Credentials
from engine.api.extensions import SetExtensions
from engine.api.session import ListAccounts, SaveAccount
from engine.api.site import GetSettings, SetSetting
from engine.domain.names import Role
from engine.service.handlers import HANDLERS
from tests.tui.site import Site, message_of_form, screen_text, shows, until
from tui.app.application import PbxmeterApp
from tui.screens.settings.accounts import AccountForm, AccountsSection
from tui.screens.settings.general import SettingForm
from tui.screens.settings.own_password import OwnPasswordForm
from tui.screens.settings.quarantine import QuarantineSection
from tui.screens.settings.screen import SettingsScreen
from tui.screens.signin import SignInScreen
from tui.text.audited import AUDITED
from tui.widgets.table import WindowedTable

SIZE = (80, 24)


def test_every_change_has_a_name_in_the_audit_trail() -> None:
    noted = {
        kind.__name__
        for kind, handler in HANDLERS.items()
        if handler.way in ("changes", "works") or handler.exports
    }
    assert AUDITED.keys() >= noted - {"DetectSource", "CompareSources"}


def settings_screen(app: PbxmeterApp) -> SettingsScreen:
    assert isinstance(app.screen, SettingsScreen)
    return app.screen


async def test_the_currency_says_that_it_converts_nothing_before_it_is_changed(own_site: Site):
    app = PbxmeterApp(own_site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "live")
        await pilot.press("7")
        await shows(pilot, "Low balance")
        await pilot.press("enter", "down", "enter")
        await shows(pilot, "A label: changing it converts nothing.")
        await pilot.press("home", "shift+end", *"XXY")
        await shows(pilot, "A code such as")
        await pilot.press("home", "shift+end", *"EUR")
        await shows(pilot, "10 CNY become 10 EUR. Nothing is")
        await pilot.press("f2", "enter")
        assert own_site.client.call(GetSettings()).values["currency"] == "CNY", "No is the default"
        await pilot.press("f2", "y")
        await shows(pilot, "Saved; it was CNY. Undo: u")
    assert own_site.client.call(GetSettings()).values["currency"] == "EUR"


async def test_bad_lines_are_found_shown_and_read_again(own_site: Site):
    with (own_site.home / "Master.csv").open("a", encoding="utf-8") as file:
        file.write('"","1001","0999","x"\n"","1002","0999","y"\n')
    app = PbxmeterApp(own_site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "2 lines could not be read")
        await until(pilot, lambda: "⚠ 1" in screen_text(app))
        assert "all well" not in screen_text(app)
        await pilot.press("7", "down", "down")
        await shows(pilot, "2 bad lines")
        await pilot.press("slash", *"nowhere")
        await shows(pilot, "0 bad lines")
        assert "No bad line fits." in screen_text(app)
        await pilot.press("ctrl+u", *"1002", "enter")
        await shows(pilot, "1 bad line ")
        await until(pilot, lambda: isinstance(app.focused, WindowedTable))
        await pilot.press("enter")
        await shows(pilot, "Reason:")
        await pilot.press("escape", "t")
        await shows(pilot, "Read 1 bad line again?")
        await pilot.press("y")
        await shows(pilot, "1 tried: 0 stored, 0 duplicates, 1 still bad")
        await pilot.press("x")
        await shows(pilot, "Writes 1 bad line")
        await pilot.press("f2")
        await shows(pilot, "Wrote 1 bad line to")
        await pilot.press("slash", *"nothing like it")
        await shows(pilot, "No bad line fits.")
        await pilot.press("escape")
        await shows(pilot, "2 bad lines")
        assert settings_screen(app).query_one(QuarantineSection).has_class("-here")


async def test_left_comes_back_from_a_list_to_the_sections(site: Site):
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "live")
        await pilot.press("7", "j", "j", "right")
        await until(pilot, lambda: isinstance(app.focused, WindowedTable))
        await pilot.press("left")
        assert app.focused is app.screen.query_one("#sections")
        await pilot.press("l", "h")
        assert app.focused is app.screen.query_one("#sections")


async def test_sources_and_lockout_targets_tell_how_they_are(site: Site):
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "live")
        await pilot.press("7", "down")
        await shows(pilot, "following")
        await pilot.press("enter", "enter")
        await shows(pilot, "In quarantine")
        await pilot.press("escape", "escape", "down", "down", "s")
        await shows(pilot, "All targets are up to date")
        assert "up to date" in screen_text(app)


async def test_accounts_are_added_and_from_the_first_one_on_there_are_rules(own_site: Site):
    app = PbxmeterApp(own_site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "live")
        await pilot.press("7", "n")
        await until(pilot, lambda: isinstance(app.screen, AccountForm))
        await pilot.press(*"anna", "f2")
        assert "Give a password or a system user" in message_of_form(app)
        await pilot.press(*"secret password", "tab", *"other")
        await shows(pilot, "The two passwords differ")
        await pilot.press("escape", "y")
        await until(pilot, lambda: isinstance(app.screen, SettingsScreen))
        assert settings_screen(app).query_one(AccountsSection).has_class("-here")
    assert own_site.client.call(ListAccounts()).rows == []


async def test_the_first_account_leads_to_signing_in_and_is_no_error(own_site: Site):
    app = PbxmeterApp(own_site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "live")
        await pilot.press("7", "n")
        await until(pilot, lambda: isinstance(app.screen, AccountForm))
        await pilot.press(*"anna", "tab", "tab", "tab", *"horse battery 9", "tab", *"horse battery 9", "f2")
        await until(pilot, lambda: isinstance(app.screen, SignInScreen))
        await shows(pilot, "Added the account anna")
        assert "Sign in first" not in screen_text(app)
        assert "is for admins" not in screen_text(app)
        app.exit()


async def test_what_a_setting_does_is_read_in_full_at_80_columns(site: Site):
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "live")
        await pilot.press("7")
        await shows(pilot, "Off: calls are stored and cost nothing; nobody is over limit.")
        await pilot.press("enter", "down")
        await shows(pilot, "A label: changing it converts nothing")


async def test_the_books_are_checked_and_a_backup_written_by_key(own_site: Site):
    own_site.append_call("1001", "0111", 61)
    app = PbxmeterApp(own_site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "0111")
        await pilot.press("7", "v")
        await shows(pilot, "The books agree: 5 extensions")
        await pilot.press("escape", "b")
        await shows(pilot, "Backup:")
    assert list((own_site.home / "backups").glob("*/pbxmeter.duckdb"))


async def test_the_configuration_is_shown_with_its_error(own_site: Site):
    app = PbxmeterApp(own_site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "live")
        await pilot.press("7", *["down"] * 6)
        await shows(pilot, "timezone: UTC")
        (own_site.home / "config.yaml").write_text("site:\n  timezon: UTC\n", encoding="utf-8")
        await shows(pilot, "Not in force")


async def test_who_may_only_look_is_kept_out_of_accounts_and_changes_nothing(site: Site):
    app = PbxmeterApp(site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "live")
        await pilot.press("7")
        await shows(pilot, "Low balance")
        assert app.greeting is not None
        app.greeting = msgspec.structs.replace(app.greeting, role=Role.VIEWER)
        await pilot.press("enter", "enter")
        await shows(pilot, "Settings are changed by admins")
        await pilot.press("n")
        await shows(pilot, "needs the role admin")
        await pilot.press("escape", *["down"] * 4)
        await until(pilot, lambda: screen_text(app).count("is for admins") == 2, what="notice and page")
        assert "No account" not in screen_text(app)
        assert "0 accounts" not in screen_text(app)


async def test_an_account_is_removed_after_a_question_and_tab_goes_between_sections_and_page(own_site: Site):
    own_site.client.call(
        SaveAccount(name="ann", new=True, account_role=Role.ADMIN, password="all of it here")
    )
    ann = Credentials(name="ann", password="all of it here")
    own_site.client.sign_in(ann)
    own_site.client.call(SaveAccount(name="bob", new=True, account_role=Role.VIEWER, password="only to look"))
    app = PbxmeterApp(own_site.home, credentials=ann)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "live")
        await pilot.press("7", *["down"] * 4)
        await shows(pilot, "bob")
        await pilot.press("right")
        await until(pilot, lambda: isinstance(app.focused, WindowedTable))
        await pilot.press("tab")
        await until(pilot, lambda: isinstance(app.focused, OptionList))
        await pilot.press("tab", "down", "D")
        await shows(pilot, "Remove the account bob?")
        await pilot.press("enter")
        assert [row.name for row in own_site.client.call(ListAccounts()).rows] == ["ann", "bob"]
        await pilot.press("D")
        await shows(pilot, "Remove the account bob?")
        await pilot.press("y")
        await shows(pilot, "Removed the account bob")
        await pilot.press("g", "D", "y")
        await shows(pilot, "last admin")
    assert [row.name for row in own_site.client.call(ListAccounts()).rows] == ["ann"]


async def test_switching_billing_on_says_how_many_it_bars_before_it_does(own_site: Site):
    client = own_site.client
    client.call(SetSetting(name="billing", value="off"))
    client.call(SetExtensions(numbers=["1001", "1002"], credit_limit_micros=0))
    app = PbxmeterApp(own_site.home)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "live")
        await pilot.press("7", "tab", "enter")
        await until(pilot, lambda: isinstance(app.screen, SettingForm))
        await pilot.press("space", "f2")
        await shows(pilot, "2 of 5 have nothing available and will be barred")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SettingForm))
        assert client.call(GetSettings()).values["billing"] == "off"
        await pilot.press("f2", "y")
        await shows(pilot, "Saved")
    assert client.call(GetSettings()).values["billing"] == "on"


async def test_ones_own_password_is_changed_by_key_and_the_session_goes_on(own_site: Site):
    own_site.client.call(
        SaveAccount(name="ann", new=True, account_role=Role.ADMIN, password="all of it here")
    )
    app = PbxmeterApp(own_site.home, credentials=Credentials(name="ann", password="all of it here"))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "live")
        await pilot.press("7", "w")
        await until(pilot, lambda: isinstance(app.screen, OwnPasswordForm))
        await pilot.press(*"not this one", "tab", *"a newer one", "tab", *"a newer one", "f2")
        await shows(pilot, "Wrong user name or password")
        await pilot.press("up", "up", "ctrl+u", *"all of it here", "f2")
        await shows(pilot, "Your password is changed.")
        await pilot.press("f5")
        await shows(pilot, "Low balance")
        assert isinstance(app.screen, SettingsScreen)
        app.link.client.close()
        await shows(pilot, "live")
        assert isinstance(app.screen, SettingsScreen), "a new connection signs in with the new one"
    own_site.client.sign_in(Credentials(name="ann", password="a newer one"))


async def test_a_disabled_account_is_shown_as_such_and_who_may_only_look_exports_nothing(own_site: Site):
    ann = Credentials(name="ann", password="all of it here")
    own_site.client.call(SaveAccount(name="ann", new=True, account_role=Role.ADMIN, password=ann.password))
    own_site.client.sign_in(ann)
    own_site.client.call(SaveAccount(name="bob", new=True, account_role=Role.VIEWER, password="only to look"))
    app = PbxmeterApp(own_site.home, credentials=ann)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "live")
        await pilot.press("7", *["down"] * 4)
        await shows(pilot, "bob")
        await pilot.press("right", "down", "enter")
        await until(pilot, lambda: isinstance(app.screen, AccountForm))
        await shows(pilot, "May sign in")
        await pilot.press(*["tab"] * 4, "space", "f2")
        await shows(pilot, "disabled")
        assert [row.enabled for row in own_site.client.call(ListAccounts()).rows] == [True, False]
        assert app.greeting is not None
        app.greeting = msgspec.structs.replace(app.greeting, role=Role.VIEWER)
        await pilot.press("2", "x")
        await shows(pilot, "needs the role billing clerk")
