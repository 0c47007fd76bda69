"""The guide of a new site, over a real engine."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual import events

import config.places
from config.places import Place
from config.settings import load_settings
from engine.api.client import connect
from engine.api.site import GetSettings, GetStatus, ListSources, StopEngine
from sample_cdr.site import FOLDER
from tests.tui.site import screen_text, shows, until
from tui.app.application import PbxmeterApp
from tui.screens.first_run.file import FilePreview, FormatScreen
from tui.screens.first_run.guide import WhereScreen
from tui.screens.first_run.site import SiteForm, currency_of
from tui.text import i18n

SIZE = (80, 24)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home folder without config.yaml, its engine started."""
    path = tmp_path / "home"
    path.mkdir(mode=0o700)
    client = connect(path)
    yield path
    client.call(StopEngine())
    client.close()


@pytest.fixture
def cdr_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sample office's CDR file, in the only place that is looked at."""
    path = tmp_path / "cdr" / "Master.csv"
    path.parent.mkdir()
    shutil.copy(FOLDER / "Master.csv", path)
    places = (Place(pbx="Asterisk", format="asterisk-csv", files=(str(path),), all=False),)
    monkeypatch.setattr(config.places, "known_places", lambda: places)
    return path


async def test_a_new_site_is_set_up_by_enter_alone_and_its_calls_are_read(home: Path, cdr_file: Path):
    app = PbxmeterApp(home, language="en")
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await until(pilot, lambda: isinstance(app.screen, WhereScreen))
        await shows(pilot, "Master.csv")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, FilePreview))
        await shows(pilot, "Format: asterisk-csv")
        await shows(pilot, "hold the epoch of their start, read as")
        assert "would read them as well" not in screen_text(app), "no other format fits"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SiteForm))
        assert isinstance(app.screen, SiteForm)
        assert app.screen.extensions.text == r"8\d{3}"
        await shows(pilot, "[x] PJSIP/trunk_main")
        assert "Esc: back" in screen_text(app)
        app.screen.timezone.text = "Asia/Shanghai"
        app.screen.currency.text = "cny"
        await pilot.press("f2")
        await shows(pilot, "Wrote")
        with connect(home) as client:
            lines = (FOLDER / "Master.csv").read_bytes().count(b"\n")
            await until(pilot, lambda: client.call(GetStatus()).calls == lines)
            assert client.call(GetSettings()).values["currency"] == "CNY"
            assert client.call(ListSources()).rows[0].quarantined == 0
    settings = load_settings(home / "config.yaml")
    assert settings.site.timezone.key == "Asia/Shanghai"
    assert settings.numbering.trunks == ("PJSIP/trunk_main", "PJSIP/trunk_intl")
    assert settings.sources[0].path == str(cdr_file)


@pytest.mark.parametrize(
    ("zone", "currency"),
    [("Asia/Shanghai", "CNY"), ("PRC", "CNY"), ("Europe/Berlin", "EUR"), ("UTC", "USD"), ("nowhere", "USD")],
)
def test_the_currency_proposed_is_that_of_the_hosts_country(zone: str, currency: str):
    assert currency_of(zone) == currency


async def test_esc_leaves_every_step_and_nothing_is_written(home: Path, cdr_file: Path):
    app = PbxmeterApp(home, language="en")
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await until(pilot, lambda: isinstance(app.screen, WhereScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, FilePreview))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SiteForm))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, FilePreview))
        await pilot.press("f")
        await until(pilot, lambda: isinstance(app.screen, FormatScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, FilePreview))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, WhereScreen))
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        await pilot.press("colon", *"set up", "enter")
        await until(pilot, lambda: isinstance(app.screen, WhereScreen))
    assert not (home / "config.yaml").exists()


async def test_another_format_can_be_tried_and_says_why_it_does_not_fit(home: Path, cdr_file: Path):
    app = PbxmeterApp(home, language="en")
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await until(pilot, lambda: isinstance(app.screen, WhereScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, FilePreview))
        await pilot.press("f")
        await until(pilot, lambda: isinstance(app.screen, FormatScreen))
        await pilot.press("down", "enter")
        await shows(pilot, "No format reads half of the lines")
        await shows(pilot, "No call could be read.")


async def test_a_config_yaml_that_came_meanwhile_is_left_and_the_text_is_shown(home: Path, cdr_file: Path):
    app = PbxmeterApp(home, language="en")
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await until(pilot, lambda: isinstance(app.screen, WhereScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, FilePreview))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SiteForm))
        (home / "config.yaml").write_text("# mine\n")
        await pilot.press("f2")
        await shows(pilot, "exists already and is left as it is")
    assert (home / "config.yaml").read_text() == "# mine\n"


async def test_where_nothing_is_found_a_path_can_be_typed(
    home: Path, cdr_file: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(config.places, "known_places", tuple)
    app = PbxmeterApp(home, language="en")
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "None was found in the usual places.")
        await pilot.press("enter")
        await shows(pilot, "→ completes names")
        await pilot.press(*["backspace"] * len("/var/log/"), *str(cdr_file), "enter")
        await shows(pilot, "Format: asterisk-csv")


async def test_the_guide_speaks_chinese(home: Path, cdr_file: Path):
    app = PbxmeterApp(home, language="zh_CN")
    i18n.install("zh_CN")
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "新站点")
        await pilot.press("enter")
        await shows(pilot, "格式：asterisk-csv")
        await pilot.press("enter")
        await shows(pilot, "写入 config.yaml")


async def test_a_zone_that_the_files_own_ids_disprove_is_asked_about(home: Path, cdr_file: Path):
    app = PbxmeterApp(home, language="en")
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await until(pilot, lambda: isinstance(app.screen, WhereScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, FilePreview))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SiteForm))
        form = app.screen
        assert isinstance(form, SiteForm)
        proposed = form.source_timezone.text
        form.source_timezone.text = "America/Lima"
        await pilot.press("f2")
        await shows(pilot, "The times in the file are not of America/Lima")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is form)
        assert not (home / "config.yaml").exists(), "No is the default"
        form.source_timezone.text = proposed
        await pilot.press("f2")
        await shows(pilot, "Wrote")


async def test_what_is_typed_while_the_file_is_read_does_not_answer_the_page_that_follows(
    home: Path, cdr_file: Path
):
    app = PbxmeterApp(home, language="en")
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await until(pilot, lambda: isinstance(app.screen, WhereScreen))
        for key in ("enter", "enter", "enter", "y"):
            app.post_message(events.Key(key, None))
        await until(pilot, lambda: isinstance(app.screen, FilePreview))
        await pilot.press("end")
        assert isinstance(app.screen, FilePreview)
