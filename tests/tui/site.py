"""A site with a real engine for tests of the application."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Static

from engine.api.client import Client, connect
from engine.api.extensions import ExtensionRow, ListExtensions, SetExtensions
from engine.api.rates import SaveRate
from engine.api.session import GetPreferences
from engine.api.site import GetStatus, SetSetting, StopEngine
from engine.domain.rates import Rate
from tests.open_folder import barred_list
from tui.app.application import PbxmeterApp
from tui.widgets.table import WindowedTable

CONFIG = """\
site:
  timezone: UTC
numbering:
  extensions: '1\\d{3}'
  trunks: ['PJSIP/trunk_*']
sources:
  - path: Master.csv
    format: asterisk-csv
    timezone: UTC
lockout:
  - kind: file
    path: BARRED
"""

NAMES = {"1001": "Ada Alder", "1002": "王芳", "1003": "[/x] Mallory\x1b[31m", "1004": "Dora", "1010": "Ed"}


@dataclass
class Site:
    """A home folder, its running engine, and a client of the tests' own."""

    home: Path
    client: Client

    @classmethod
    def make(cls, home: Path) -> "Site":
        """Billing on in CNY; five billed extensions with 5.00 of credit; one rule: 1.00 a minute."""
        home.mkdir(mode=0o700, exist_ok=True)
        (home / "config.yaml").write_text(CONFIG.replace("BARRED", str(barred_list(home))), encoding="utf-8")
        (home / "Master.csv").touch()
        client = connect(home)
        client.call(SetSetting(name="billing", value="on"))
        client.call(SetSetting(name="currency", value="CNY"))
        for number, name in NAMES.items():
            client.call(SetExtensions(numbers=[number], create=True, name=name.replace("\x1b", "")))
        client.call(SetExtensions(numbers=list(NAMES), billing=True, credit_limit_micros=5_000_000))
        client.call(SaveRate(rate=Rate(name="everything", price_micros=1_000_000)))
        return cls(home, client)

    def stop(self) -> None:
        client = connect(self.home)
        client.call(StopEngine())
        client.close()
        self.client.close()

    def kill_engine(self) -> None:
        pid = self.client.call(GetStatus()).pid
        assert pid > 0
        os.kill(pid, signal.SIGKILL)
        self.client.close()

    def extension(self, number: str) -> ExtensionRow:
        return self.client.call(ListExtensions(numbers=[number])).rows[0]

    def append_call(self, extension: str, dialled: str, billsec: int) -> None:
        """The line that Asterisk writes for an answered outbound call that has just ended."""
        end = datetime.now(UTC)
        answer = end - timedelta(seconds=billsec)
        start = answer - timedelta(seconds=5)
        key = f"{end.timestamp():.6f}"
        # Each call has channels of its own.
        tail = key.replace(".", "")
        fields = [
            "", extension, dialled, "office", f'""Test"" <{extension}>', f"PJSIP/{extension}-{tail}",
            f"PJSIP/trunk_main-{tail}", "Dial", f"PJSIP/{dialled}@trunk_main", *(
                f"{moment:%Y-%m-%d %H:%M:%S}" for moment in (start, answer, end)
            ),
        ]  # fmt: skip
        texts = [f'"{field}"' for field in fields]
        line = ",".join(
            [*texts, str(billsec + 5), str(billsec), '"ANSWERED"', '"DOCUMENTATION"', f'"{key}"', '""']
        )
        with (self.home / "Master.csv").open("a", encoding="utf-8") as file:
            file.write(line + "\n")


async def until(
    pilot: Pilot[int], condition: Callable[[], object], *, what: str = "", seconds: float = 30
) -> None:
    """Waits for something to become true; AssertionError with the screen's text if it does not."""
    for _try in range(int(seconds / 0.05)):
        if condition():
            return
        await pilot.pause(0.05)
    raise AssertionError(f"{what or condition} did not come true on\n{screen_text(pilot.app)}")


def screen_text(app: object) -> str:
    """What the application shows now, line by line."""
    assert isinstance(app, PbxmeterApp)
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


async def remembered(
    pilot: Pilot[int], client: Client, name: str, fits: Callable[[str], object] = bool
) -> str:
    """Waits until the engine remembers a fitting text for the operator under that name; the text."""

    def value() -> str:
        return client.call(GetPreferences()).values.get(name, "")

    await until(pilot, lambda: fits(value()), what=f"{name} is remembered")
    return value()


async def shows(pilot: Pilot[int], text: str, *, seconds: float = 30) -> None:
    """Waits until `text` is on the screen."""
    await until(pilot, lambda: text in screen_text(pilot.app), what=repr(text), seconds=seconds)


async def opened(pilot: Pilot[int], *, digit: str = "2") -> PbxmeterApp:
    """Waits for the engine, goes to a screen and waits for its rows."""
    app = pilot.app
    assert isinstance(app, PbxmeterApp)
    await until(pilot, lambda: app.greeting is not None and app.current_mode != "_default")
    await pilot.press(digit)
    if digit != "1":
        await until(pilot, lambda: bool(app.screen.query("#list")))
        table = app.screen.query_one("#list", WindowedTable)
        await until(pilot, lambda: not table.fetching)
    return app


def message_of_form(app: PbxmeterApp) -> str:
    """The sentence below the fields of the form in front; '' = none, or it is not drawn yet."""
    return "".join(str(line.content) for line in app.screen.query("#form-message").results(Static))
