"""The numbered screens: what each is called, and where it is found when it is first shown."""

from importlib import import_module
from typing import TYPE_CHECKING, cast

from msgspec import Struct
from textual.screen import Screen

from tui.text.i18n import N_

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tui.widgets.actions import Action


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

    def places(self) -> "Sequence[tuple[str, str]]":
        """Names and titles of the screen's parts, where it has any to go to."""
        places = getattr(self.screen_type(), "PLACES")  # noqa: B009 - of a type by name
        return cast("Sequence[tuple[str, str]]", places)

    def keys(self) -> "Mapping[str, str]":
        """The keys of all that can be done on the screen and in its lists, by id."""
        from tui.widgets.table import WindowedTable

        found = {f"list.{name}": keys for name, keys in WindowedTable.key_names().items()}
        for cls in reversed(self.screen_type().__mro__):
            scope = cls.__dict__.get("SCOPE", "shell")
            for action in cast("Sequence[Action]", cls.__dict__.get("ACTIONS", ())):
                found[f"{scope}.{action.name}"] = action.keys
        return found

    def screen_type(self) -> type:
        """Imports the screen's module."""
        module, _colon, name = self.place.partition(":")
        return cast("type", getattr(import_module(f"tui.screens.{module}"), name))


SCREENS: tuple[ScreenEntry, ...] = (
    ScreenEntry("overview", "1", N_("Overview"), "overview.screen:OverviewScreen"),
    ScreenEntry("extensions", "2", N_("Extensions"), "extensions.screen:ExtensionsScreen"),
    ScreenEntry("rates", "3", N_("Rates"), "rates.screen:RatesScreen"),
    ScreenEntry("recharges", "4", N_("Recharges"), "recharges.screen:RechargesScreen"),
    ScreenEntry("calls", "5", N_("Calls"), "calls.screen:CallsScreen"),
    ScreenEntry("statistics", "6", N_("Statistics"), "statistics.screen:StatisticsScreen"),
    ScreenEntry("settings", "7", N_("Settings"), "settings.screen:SettingsScreen"),
)
