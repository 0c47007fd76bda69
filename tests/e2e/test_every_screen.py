"""Every screen and main dialog as it was looked at: two sizes, two languages, over a site of fixed dates.

`make snapshots` stores what is there now; look at the difference before committing it.
"""

import re
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

import pytest
from textual.app import App

from engine.api.calls import CountCalls
from engine.api.client import Credentials, connect
from engine.api.extensions import ImportExtensions, Recharge
from engine.api.rates import ImportRates
from engine.api.session import SaveAccount
from engine.api.site import SetSetting, StopEngine
from engine.domain.names import Role
from sample_cdr.generate import OFFICE_ZONE
from sample_cdr.site import office_until_now
from tests.e2e.site import eventually
from tests.e2e.tour import STOPS, Stop, at_rest, walk
from tests.tui.snapshots import LOOKED_AT, assert_snapshot, masked, rows_of_app
from tui.app.application import PbxmeterApp
from tui.text import i18n

ANNA = Credentials(name="anna", password="correct horse battery")
LAST_MOMENT = datetime(2025, 3, 14, 17, 30, tzinfo=ZoneInfo(OFFICE_ZONE)).timestamp()
NOON = datetime(2025, 3, 15, 4)
"""What the application takes for now, UTC: noon of a Saturday in the office."""

BESIDE_THE_TOUR: tuple[Stop, ...] = (
    Stop("help-extensions", ("2", "question_mark"), "HelpScreen", ("escape",)),
    Stop("help-rates", ("3", "question_mark"), "HelpScreen", ("escape",)),
    Stop("help-recharges", ("4", "question_mark"), "HelpScreen", ("escape",)),
    Stop("help-calls", ("5", "question_mark"), "HelpScreen", ("escape",)),
    Stop("help-statistics", ("6", "question_mark"), "HelpScreen", ("escape",)),
    Stop("help-settings", ("7", "question_mark"), "HelpScreen", ("escape",)),
    Stop("rate-new", ("3", "n", *"x", "tab", "tab", *"9a"), "RateEditor", ("escape", "y")),
    Stop("rate-remove", ("delete",), "Confirm", ("n",)),
    Stop("calls-filter-words", ("5", "slash", *"st"), "CallsScreen", ("escape",)),
    Stop("bad-line", ("7", "home", "down", "down", "enter", "enter"), "TextDialog", ("escape",)),
    Stop("bad-line-again", ("t",), "Confirm", ("n", "escape")),
    Stop("account-change", ("down", "down", "enter", "enter"), "AccountForm", ("escape",)),
    Stop("account-remove", ("delete",), "Confirm", ("n", "escape")),
    Stop("audit-change", ("down", "enter", "end", "enter"), "TextDialog", ("escape", "escape")),
    Stop("books", ("down", "down", "v"), "TextDialog", ("escape",)),
    Stop("typed-and-quit", ("2", "n", "5", "ctrl+q"), "Confirm", ("n", "escape", "y")),
)
"""Where the tour does not lead: states that say what is wrong, questions, details, help of each screen."""

_TIME = re.compile(r"(?:\d{4}-|\d\d-)?\d\d-\d\d(?: \d\d:\d\d(?::\d\d)?|-\d{4})?|\d\d:\d\d(?::\d\d)?|byte \d+")
_NUMBER = re.compile(r"\d[\d.,:-]*(?: (?:[kMG]?B|\d\d:\d\d:\d\d))?\s*")


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """The sample office as it was on a day long gone, with an account; its path is as long as ever."""
    folder = Path(tempfile.mkdtemp(prefix="pbxmeter-", dir="/tmp"))
    office = office_until_now(LAST_MOMENT)
    beside = Path(f"{folder}-list")
    listed = f"{beside}/barred.txt".encode()
    (folder / "config.yaml").write_bytes(office.config.replace(b"lockout/barred.txt", listed))
    client = connect(folder)
    try:
        save = SaveAccount(
            name=ANNA.name, new=True, account_role=Role.ADMIN, password=ANNA.password, os_user=""
        )
        client.call(save)
        client.sign_in(ANNA)
        client.call(ImportExtensions(content=office.extensions, apply=True))
        client.call(ImportRates(content=office.rates, apply=True))
        for name, value in (("currency", "CNY"), ("low_balance", "10"), ("billing", "on")):
            client.call(SetSetting(name=name, value=value))
        for number, amount in office.recharges:
            client.call(Recharge(numbers=[number], amount_micros=amount, note="Deposit", key=number))
        (folder / "part").write_bytes(b"".join([*office.lines, b"cut off, as by a full disk\n"]))
        (folder / "part").replace(folder / "Master.csv")
        lines = len(office.lines)
        eventually(lambda: client.call(CountCalls()).calls == lines, what="all of the office's calls")
        yield folder
        client.call(StopEngine())
    finally:
        client.close()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(beside, ignore_errors=True)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
async def test_every_screen_looks_as_it_was_looked_at(
    home: Path, language: str, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "/home/anna/.config")
    monkeypatch.setenv("PBXMETER_EXPORTS", "/home/anna/pbxmeter-exports")
    i18n.install(language)
    app = PbxmeterApp(home, credentials=ANNA, language=language, clock=lambda: NOON)
    different: list[str] = []
    try:
        async with app.run_test(size=size) as pilot:
            app.theme = "textual-dark"
            await at_rest(pilot, "OverviewScreen")
            await pilot.press("6", "p", "shift+tab", *"2025-03-14", "shift+tab", *"2025-03-01", "f2")
            # As with all dialogs: where room is scarcest and where it is ample.
            whole = (language, size) in LOOKED_AT
            async for stop in walk(pilot, (*STOPS, *BESIDE_THE_TOUR) if whole else STOPS):
                changing = _NUMBER if stop.name in ("settings-engine", "help-settings", "books") else _TIME
                rows = [
                    masked(row, lambda text, changing=changing: _hide(text, home, changing))
                    for row in rows_of_app(cast("App[object]", app))
                ]
                try:
                    assert_snapshot(f"screens-{size[0]}x{size[1]}-{language}/{stop.name}", rows)
                except AssertionError as error:
                    different.append(str(error))
    finally:
        i18n.install("en")
    assert not different, "\n".join(different)


def _hide(text: str, home: Path, changing: re.Pattern[str]) -> str:
    """`#` for what changes from run to run: days, times, the folder's name, whole or cut off."""
    begins = re.escape(home.name[:12])
    hidden = re.sub(rf"{begins}\w*", lambda found: "#" * len(found.group()), text)
    return changing.sub(lambda match: _hidden(match.group()), hidden)


def _hidden(text: str) -> str:
    """As wide as the text. A number with room behind it may be longer the next time."""
    number = text.rstrip()
    return "#".ljust(len(text)) if number != text else re.sub(r"\d", "#", text)
