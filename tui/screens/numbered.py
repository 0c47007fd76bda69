"""The numbered screens: what each is called, and where it is found when it is first shown."""

from importlib import import_module
from typing import TYPE_CHECKING, cast

from msgspec import Struct
from textual.screen import Screen

from tui.i18n import N_

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.actions import Action


class ScreenEntry(Struct, frozen=True):
    """A numbered screen. `place` is `module:class` below `tui.screens`; it is imported when first shown."""

    mode: str
    digit: str
    title: str
    place: str

    def load(self) -> Screen[None]:
        return cast("Screen[None]", self.screen_type()())

    def actions(self) -> "Sequence[Action]":
        """The screen's own actions."""
        return cast("Sequence[Action]", getattr(self.screen_type(), "ACTIONS"))  # noqa: B009 - of a type by name

    def screen_type(self) -> type:
        """Imports the screen's module."""
        module, _colon, name = self.place.partition(":")
        return cast("type", getattr(import_module(f"tui.screens.{module}"), name))


SCREENS: tuple[ScreenEntry, ...] = (
    ScreenEntry("overview", "1", N_("Overview"), "overview:OverviewScreen"),
    ScreenEntry("extensions", "2", N_("Extensions"), "extensions:ExtensionsScreen"),
    ScreenEntry("rates", "3", N_("Rates"), "rates:RatesScreen"),
    ScreenEntry("recharges", "4", N_("Recharges"), "recharges:RechargesScreen"),
    ScreenEntry("calls", "5", N_("Calls"), "calls:CallsScreen"),
    ScreenEntry("statistics", "6", N_("Statistics"), "statistics:StatisticsScreen"),
    ScreenEntry("settings", "7", N_("Settings"), "settings:SettingsScreen"),
)
