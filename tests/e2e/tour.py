"""The way through every screen and main dialog by keys alone; for pictures and for snapshots."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from textual.pilot import Pilot

from tests.tui.site import screen_text
from tui.app.application import PbxmeterApp
from tui.terminal.fence import DIALOG_GROUP
from tui.widgets.table import WindowedTable

QUIET_SECONDS = 0.3
STOP_SECONDS = 20.0


@dataclass(frozen=True)
class Stop:
    """One picture. `top` is the class of the screen in front once `keys` were typed."""

    name: str
    keys: tuple[str, ...]
    top: str
    back: tuple[str, ...] = ()
    """Leads back to where the next stop begins."""


STOPS: tuple[Stop, ...] = (
    Stop("overview", ("1",), "OverviewScreen"),
    Stop("help", ("question_mark",), "HelpScreen", ("escape",)),
    Stop("palette", ("colon", *"rec"), "PaletteScreen", ("escape",)),
    Stop("extensions", ("2", *["down"] * 3, "space", "down", "space"), "ExtensionsScreen"),
    Stop("recharge", ("r", *"12.50"), "RechargeForm", ("escape", "y")),
    Stop("batch-edit", ("b", *["tab"] * 4, "space", "tab", *"75"), "BatchEdit", ("escape", "y")),
    Stop("extension", ("e",), "EditExtension", ("escape",)),
    Stop("ledger", ("m",), "LedgerScreen", ("escape",)),
    Stop("rates", ("3", *["down"] * 6), "RatesScreen"),
    Stop("rate-editor", ("e",), "RateEditor", ("escape",)),
    Stop("rate-remarks", ("w",), "TextDialog", ("escape",)),
    Stop("what-if", ("t",), "TryScreen", ("escape",)),
    Stop("recharges", ("4",), "RechargesScreen"),
    Stop("calls", ("5", "slash", *"cost>5 outbound", "enter"), "CallsScreen"),
    Stop("call", ("enter",), "CallDetailScreen", ("escape",)),
    Stop("period", ("p",), "PeriodForm", ("escape",)),
    Stop("rerate", ("R",), "RerateForm"),
    Stop("rerate-preview", ("f2",), "ReratePreview", ("n",)),
    Stop("export", ("x",), "ExportForm", ("escape", "escape")),
    Stop("statistics", ("6",), "StatisticsScreen"),
    Stop("statistics-top", ("v",), "StatisticsScreen"),
    Stop("statistics-hours", ("v",), "StatisticsScreen", ("v",)),
    Stop("settings", ("7",), "SettingsScreen"),
    Stop("settings-sources", ("down",), "SettingsScreen"),
    Stop("settings-quarantine", ("down",), "SettingsScreen"),
    Stop("settings-lockout", ("down",), "SettingsScreen"),
    Stop("settings-accounts", ("down",), "SettingsScreen"),
    Stop("settings-audit", ("down",), "SettingsScreen"),
    Stop("settings-config", ("down",), "SettingsScreen"),
    Stop("settings-engine", ("down",), "SettingsScreen"),
)


async def walk(pilot: Pilot[int], stops: Sequence[Stop] = STOPS) -> AsyncIterator[Stop]:
    """Goes from stop to stop; at each the screen has come to rest. The application is connected already."""
    app = pilot.app
    assert isinstance(app, PbxmeterApp)
    for stop in stops:
        await pilot.press(*stop.keys)
        await at_rest(pilot, stop.top)
        yield stop
        if stop.back:
            await pilot.press(*stop.back)


async def at_rest(pilot: Pilot[int], top: str) -> None:
    """Waits until a screen of class `top` is in front, all that was asked is answered, and nothing changes.

    However long the engine takes: a picture without the answer differs from one with it.
    """
    app = pilot.app
    waited, unchanged, before = 0.0, 0.0, ""
    while unchanged < QUIET_SECONDS:
        await pilot.pause(0.05)
        waited += 0.05
        text = screen_text(app)
        at_place = type(app.screen).__name__ == top and getattr(app.screen, "loaded_at", ...) is not None
        fetching = any(table.fetching for table in app.screen.query(WindowedTable))
        asking = any(not worker.is_finished and worker.group != DIALOG_GROUP for worker in app.workers)
        resting = at_place and not fetching and not asking and text == before
        unchanged = unchanged + 0.05 if resting else 0.0
        before = text
        assert waited < STOP_SECONDS, f"{top} is not in front or does not come to rest:\n{text}"
