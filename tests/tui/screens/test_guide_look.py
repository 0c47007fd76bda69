"""What is seen before and around the numbered screens, as it was looked at: two sizes, two languages."""

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from textual.app import App
from textual.screen import Screen

import config.places
from config.places import Place
from engine.api.client import connect
from engine.api.operation import Progress
from engine.api.site import StopEngine
from engine.domain.message import Message
from sample_cdr.site import FOLDER
from tests.e2e.tour import at_rest
from tests.tui.site import Site, opened, until
from tests.tui.snapshots import LOOKS, assert_snapshot, masked, rows_of_app
from tui.app.application import PbxmeterApp
from tui.app.site import DIALOG_STYLES
from tui.screens.covers import Splash
from tui.screens.signin import SignInScreen
from tui.screens.task import Report, TaskScreen
from tui.text import i18n
from tui.text.i18n import _, said

LANGUAGES = pytest.mark.parametrize("language", ["en", "zh_CN"])
NO_HOME = Path("/dev/null/site")
"""Where no engine can be started."""

CHANGED_AT = 1_750_000_000

STEPS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("guide-where", (), "WhereScreen"),
    ("guide-file", ("enter",), "FilePreview"),
    ("guide-format", ("f",), "FormatScreen"),
    ("guide-file-unfit", ("down", "enter"), "FilePreview"),
    ("", ("f",), "FormatScreen"),
    ("", ("home", "enter"), "FilePreview"),
    ("guide-site", ("y",), "SiteForm"),
    ("", ("escape",), "FilePreview"),
    ("", ("escape",), "WhereScreen"),
    ("guide-other-file", ("down", "enter"), "FileForm"),
    ("", ("escape",), "WhereScreen"),
    ("guide-sample", ("down", "down", "enter"), "Confirm"),
)
"""Name ('' = no picture), the keys that lead there from the step before, the screen in front."""


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A new site beside a CDR file, under a path that is as long as ever; the host is in Shanghai."""
    folder = Path(tempfile.mkdtemp(prefix="pbxmeter-", dir="/tmp"))
    shutil.copy(FOLDER / "Master.csv", folder)
    os.utime(folder / "Master.csv", (CHANGED_AT, CHANGED_AT))
    places = (Place(pbx="Asterisk", format="asterisk-csv", files=(str(folder / "Master.csv"),), all=False),)
    monkeypatch.setattr(config.places, "known_places", lambda: places)
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    monkeypatch.setenv("HOME", str(folder))
    home = folder / "home"
    client = connect(home)
    yield home
    client.call(StopEngine())
    client.close()
    shutil.rmtree(folder, ignore_errors=True)


@LOOKS
async def test_the_guide_of_a_new_site(home: Path, language: str, size: tuple[int, int]) -> None:
    i18n.install(language)
    app = PbxmeterApp(home, language=language)
    different: list[str] = []
    async with app.run_test(size=size) as pilot:
        app.theme = "textual-dark"
        await until(pilot, lambda: type(app.screen).__name__ == STEPS[0][2], what=STEPS[0][0])
        for name, keys, top in STEPS:
            await pilot.press(*keys)
            await at_rest(pilot, top)
            if name:
                different += _differences(app, name, size, language, hidden=home.parent.name)
    assert not different, "\n".join(different)


WRONG = Message("Wrong user name or password.")


@LOOKS
async def test_what_stands_before_the_screens_and_over_them(language: str, size: tuple[int, int]) -> None:
    i18n.install(language)
    covers: Sequence[tuple[str, Screen[Any]]] = (
        (
            "sign-in",
            SignInScreen(home="/var/lib/pbxmeter", reason=said(WRONG)),
        ),
        ("sign-in-again", SignInScreen(home="/var/lib/pbxmeter", again=True)),
        ("task", TaskScreen(_("Rating anew"), _until_stopped, hint=_("what is done by then stays"))),
    )
    app = PbxmeterApp(NO_HOME, language=language)
    different: list[str] = []
    async with app.run_test(size=size) as pilot:
        app.theme = "textual-dark"
        await until(pilot, lambda: app.screen.query_one("#splash-text").has_class("-error"))
        await pilot.pause(0.3)
        different += _differences(app, "splash", size, language)
        # Read before every dialog; these come before anything has asked for one.
        app.stylesheet.read(DIALOG_STYLES)
        for name, screen in covers:
            app.push_screen(screen)
            await pilot.pause(0.3)
            different += _differences(app, name, size, language)
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(app.screen, Splash), what=f"{name} is gone")
    assert not different, "\n".join(different)


@LANGUAGES
async def test_a_terminal_that_is_too_small_says_how_large_it_has_to_be(site: Site, language: str) -> None:
    i18n.install(language)
    app = PbxmeterApp(site.home, language=language)
    async with app.run_test(size=(80, 24)) as pilot:
        app.theme = "textual-dark"
        await opened(pilot)
        await pilot.resize_terminal(40, 10)
        await at_rest(pilot, "TooSmall")
        assert not _differences(app, "too-small", (40, 10), language)


def _until_stopped(report: Report) -> None:
    while True:
        report(Progress(done=250, total=1000, unit="calls"))
        time.sleep(0.02)


def _differences(
    app: PbxmeterApp, name: str, size: tuple[int, int], language: str, *, hidden: str = ""
) -> list[str]:
    """What differs from the stored picture, but for times and the name of the folder."""

    def hide(text: str) -> str:
        text = re.sub(r"\d+[:-]\d\d", lambda match: re.sub(r"\d", "#", match.group()), text)
        return text.replace(hidden, "#" * len(hidden)) if hidden else text

    rows = [masked(row, hide) for row in rows_of_app(cast("App[object]", app))]
    try:
        assert_snapshot(f"covers-{size[0]}x{size[1]}-{language}/{name}", rows)
    except AssertionError as error:
        return [str(error)]
    return []
