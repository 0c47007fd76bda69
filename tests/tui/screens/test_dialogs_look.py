"""Dialogs that the tour of the screens does not pass, as they were looked at: two sizes, two languages."""

from datetime import datetime
from pathlib import Path
from typing import cast

import pytest
from textual.app import App

import tui.app.notices
from tests.e2e.tour import at_rest
from tests.tui.site import Site, opened, until
from tests.tui.snapshots import LOOKS, assert_snapshot, rows_of_app
from tui.app.application import PbxmeterApp
from tui.text import i18n

LINES_BELOW = 2
"""The lines that tell the operator's name and the state of the engine."""

DIALOGS: tuple[tuple[str, tuple[str, ...], tuple[str, ...], str], ...] = (
    ("columns", ("C",), ("escape",), "ChooseColumns"),
    ("cell", ("Y",), ("escape",), "RowInFull"),
    ("new-extensions", ("n", *"1501-1503"), ("escape", "y"), "NewExtensions"),
    ("lost-typing", ("n", "5", "escape"), ("y",), "Confirm"),
    ("notice", ("L",), (), "ExtensionsScreen"),
    ("undo", ("u",), ("y",), "Confirm"),
    ("notice-warning", ("u",), ("escape",), "ExtensionsScreen"),
    ("lock", ("space", "space", "L"), ("escape", "escape"), "Confirm"),
    ("adjustment", ("m", "D", *"-2.5"), ("escape", "y", "escape"), "AdjustForm"),
    ("jump", ("5", "t", *"2026-01-31"), ("escape", "2"), "JumpForm"),
    ("calendar", ("5", "t", *"2026-01-31", "f4"), ("escape", "escape", "2"), "Calendar"),
    ("export-copy", ("x", "left"), ("escape",), "ExportForm"),
    ("import", ("3", "i"), ("escape", "2"), "FileForm"),
    ("import-faults", ("3", "i", *"~/faults.csv", "enter"), ("escape", "2"), "ImportPreview"),
    ("import-question", ("3", "i", *"~/sheet.csv", "enter", "y"), ("escape", "2"), "Confirm"),
    ("import-preview", ("3", "i", *"~/sheet.csv", "enter"), ("escape", "2"), "ImportPreview"),
    ("statistics-extensions", ("6", "e"), ("escape", "2"), "ExtensionsForm"),
    (
        "pick-extensions",
        ("6", "e", "f4", "space", "down", "space"),
        ("escape", "escape", "y", "2"),
        "PickExtensions",
    ),
    ("setting", ("7", "enter", "down", "enter"), ("escape", "2"), "SettingForm"),
    ("account", ("7", *["down"] * 4, "n"), ("escape", "2"), "AccountForm"),
)
"""Name, the keys that open it from the list of extensions, those that close it again, the screen in front."""

NOON = datetime(2026, 1, 31, 12)
SHEETS = {
    "sheet.csv": "name,prefix,price,cycle_seconds\neverything,,1,30\n本地,9,0.1,60\n",
    "faults.csv": "name,prefix,price,cycle_seconds\neverything,9x,1,60\nlocal,9,0.1.2,none\n",
}


@LOOKS
async def test_dialogs_look_as_they_were_looked_at(
    site: Site, language: str, size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    i18n.install(language)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PBXMETER_EXPORTS", "~/exports")
    monkeypatch.setattr(tui.app.notices, "NOTICE_SECONDS", 600.0)
    monkeypatch.setattr(tui.app.notices, "READ_SECONDS", 600.0)
    for name, sheet in SHEETS.items():
        (tmp_path / name).write_text(sheet, encoding="utf-8")
    app = PbxmeterApp(site.home, language=language, clock=lambda: NOON)
    different: list[str] = []
    async with app.run_test(size=size, notifications=True) as pilot:
        app.theme = "textual-dark"
        await opened(pilot)
        for name, keys, back, top in DIALOGS:
            await pilot.press(*keys)
            await at_rest(pilot, top)
            rows = rows_of_app(cast("App[object]", app))[:-LINES_BELOW]
            try:
                assert_snapshot(f"dialogs-{size[0]}x{size[1]}-{language}/{name}", rows)
            except AssertionError as error:
                different.append(str(error))
            await pilot.press(*back)
            await until(
                pilot, lambda: type(app.screen).__name__ == "ExtensionsScreen", what=f"{name}: the list again"
            )
    assert not different, "\n".join(different)
