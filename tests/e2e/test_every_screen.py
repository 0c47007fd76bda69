"""Every screen and main dialog as it was looked at: two sizes, two languages, over a site of fixed dates.

`make snapshots` stores what is there now; look at the difference before committing it.
"""

import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
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
from tests.e2e.tour import at_rest, walk
from tests.tui.snapshots import Run, assert_snapshot, rows_of_app
from tui import i18n
from tui.application import PbxmeterApp
from tui.screens.rate_try import TryBox

ANNA = Credentials(name="anna", password="correct horse battery")
LAST_MOMENT = datetime(2025, 3, 14, 17, 30, tzinfo=ZoneInfo(OFFICE_ZONE)).timestamp()

_TIME = re.compile(r"(?:\d{4}-|\d\d-)?\d\d-\d\d(?: \d\d:\d\d(?::\d\d)?|-\d{4})?|\d\d:\d\d(?::\d\d)?|byte \d+")


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """The sample office as it was on a day long gone, with an account; its path is as long as ever."""
    folder = Path(tempfile.mkdtemp(prefix="pbxmeter-", dir="/tmp"))
    office = office_until_now(LAST_MOMENT)
    (folder / "config.yaml").write_bytes(office.config)
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
        (folder / "part").write_bytes(b"".join(office.lines))
        (folder / "part").replace(folder / "Master.csv")
        lines = len(office.lines)
        eventually(lambda: client.call(CountCalls()).calls == lines, what="all of the office's calls")
        yield folder
        client.call(StopEngine())
    finally:
        client.close()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
async def test_every_screen_looks_as_it_was_looked_at(
    home: Path, language: str, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "/home/anna/.config")
    monkeypatch.setenv("PBXMETER_EXPORTS", "/home/anna/pbxmeter-exports")
    i18n.install(language)
    app = PbxmeterApp(home, credentials=ANNA, language=language)
    different: list[str] = []
    try:
        async with app.run_test(size=size) as pilot:
            app.theme = "textual-dark"
            await at_rest(pilot, "OverviewScreen")
            await pilot.press("6", "p", "shift+tab", *"2025-03-14", "shift+tab", *"2025-03-01", "f2")
            async for stop in walk(pilot):
                if app.screen.query(TryBox):
                    # What the box says, and how much room that takes, depends on the time of day.
                    continue
                rows = [_masked(row, home) for row in rows_of_app(cast("App[object]", app))]
                try:
                    assert_snapshot(f"screens-{size[0]}x{size[1]}-{language}/{stop.name}", rows)
                except AssertionError as error:
                    different.append(str(error))
    finally:
        i18n.install("en")
    assert not different, "\n".join(different)


def _masked(row: Sequence[Run], home: Path) -> list[Run]:
    """The row with `#` for what changes from run to run: days, times, the folder's name."""
    whole = "".join(text for text, _style in row)
    hidden = _TIME.sub(lambda match: re.sub(r"\d", "#", match.group()), whole)
    hidden = hidden.replace(home.name, "#" * len(home.name))
    masked: list[Run] = []
    at = 0
    for text, style in row:
        masked.append((hidden[at : at + len(text)], style))
        at += len(text)
    return masked
