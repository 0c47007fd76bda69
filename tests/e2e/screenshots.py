"""Makes the pictures of the README and of docs/tour.md: the application over the demo site's real engine.

python -m tests.e2e.screenshots
"""

import asyncio
import os
import shutil
import tempfile
from pathlib import Path
from typing import cast

from textual.app import App

from engine.api.client import Credentials, connect
from engine.api.home import CONFIG_FILE
from engine.api.session import SaveAccount
from engine.api.site import StopEngine
from engine.domain.names import Role
from sample_cdr.site import office_until_now
from tests.e2e.picture import picture
from tests.e2e.tour import at_rest, walk
from tui.app.application import PbxmeterApp
from tui.commands.demo import build_site
from tui.commands.session import Session
from tui.text import i18n

DOCS = Path(__file__).parents[2] / "docs"
PICTURES = DOCS / "screenshots"
HOME = Path(tempfile.gettempdir()) / "pbxmeter-demo"
LIST = HOME.with_name("pbxmeter-list")
ANNA = Credentials(name="anna", password="correct horse battery")
SIZE = (100, 30)
THEME = "textual-dark"
"""Without a terminal the application takes the theme of those with 16 colours."""

IN_CHINESE = ("overview", "extensions", "rates", "rate-editor", "calls", "statistics")


def main() -> None:
    """Builds the demo site, walks through it in both languages, and removes it."""
    HOME.mkdir(mode=0o700)
    os.environ["XDG_CONFIG_HOME"] = str(HOME / "configuration")
    os.environ["PBXMETER_EXPORTS"] = "/home/anna/pbxmeter-exports"
    os.environ["PBXMETER_PASSWORD"] = ANNA.password
    (HOME / CONFIG_FILE).write_bytes(office_until_now().config)
    client = connect(HOME)
    session = Session()
    session.home, session.user = str(HOME), ANNA.name
    try:
        client.call(
            SaveAccount(name=ANNA.name, new=True, account_role=Role.ADMIN, password=ANNA.password, os_user="")
        )
        client.sign_in(ANNA)
        build_site(session, barred_list=f"../{LIST.name}/barred.txt")
        PICTURES.mkdir(exist_ok=True)
        asyncio.run(_sign_in())
        asyncio.run(_tour("en", ""))
        asyncio.run(_tour("zh_CN", "-zh"))
        shutil.copyfile(PICTURES / "overview.svg", DOCS / "overview.svg")
    finally:
        client.call(StopEngine())
        client.close()
        session.close()
        shutil.rmtree(HOME, ignore_errors=True)
        shutil.rmtree(LIST, ignore_errors=True)


async def _sign_in() -> None:
    i18n.install("en")
    app = PbxmeterApp(HOME, language="en")
    async with app.run_test(size=(80, 24)) as pilot:
        app.theme = THEME
        await at_rest(pilot, "SignInScreen")
        await pilot.press(*ANNA.name, "tab", *"secret")
        await at_rest(pilot, "SignInScreen")
        _save(app, "sign-in")
        app.exit()


async def _tour(language: str, suffix: str) -> None:
    i18n.install(language)
    app = PbxmeterApp(HOME, credentials=ANNA, language=language)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        app.theme = THEME
        await at_rest(pilot, "OverviewScreen")
        async for stop in walk(pilot):
            if not suffix or stop.name in IN_CHINESE:
                _save(app, stop.name + suffix)
        app.exit()


def _save(app: PbxmeterApp, name: str) -> None:
    (PICTURES / f"{name}.svg").write_text(picture(cast("App[object]", app)), encoding="utf-8")


if __name__ == "__main__":
    main()
