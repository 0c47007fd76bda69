"""What the application knows of its site and how it learns it: connected, signed in, told of events, lost."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import on, work

from engine.domain.errors import PbxmeterError
from engine.domain.names import Role
from tui.app.notices import Notices
from tui.link.connection import Connected, EngineLink, Happened, Lost, SignInWanted
from tui.screens.covers import Splash
from tui.screens.numbered import SCREENS
from tui.terminal.fence import DIALOG_GROUP, OrderedKeys
from tui.terminal.text import clean
from tui.text import i18n
from tui.text.format import MoneyStyle, local_time, money_style, size_of
from tui.text.i18n import _, said

if TYPE_CHECKING:
    from engine.api.client import Credentials
    from engine.api.events import Event
    from engine.api.operation import Operation
    from engine.api.session import Greeting
    from tui.screens.base import SiteScreen

LINE_STYLES = Path(__file__).parent / "lines.tcss"
"""Read after the first paint, which does without them."""

DIALOG_STYLES = Path(__file__).parent / "dialogs.tcss"
"""Read before the first dialog, but not before the first screen stands with its data."""

DIALOG_POLL_SECONDS = 0.5
WAITING_MODE = "waiting"


def _first_questions() -> "Sequence[Operation[Any]]":
    """What is asked of the engine before there is a screen to show it."""
    from engine.api.calls import GetOverview
    from engine.api.session import GetPreferences
    from engine.api.site import GetStatus

    return [GetPreferences(), GetOverview(), GetStatus()]


def _import_ahead() -> None:
    # What the link imports comes first: the engine works while the rest is imported.
    import_module("engine.api.client")
    SCREENS[0].screen_type()
    money_style("", i18n.language())


class KnowsItsSite(OrderedKeys[int], Notices):
    """Mixed into the application, before all others."""

    def __init__(
        self,
        home: Path,
        *,
        credentials: "Credentials | None",
        language_chosen: bool,
        clock: Callable[[], datetime],
    ) -> None:
        """`language_chosen`: the site's own does not count. `clock` tells the naive UTC instant of now."""
        super().__init__()
        self.home = home
        self.link = EngineLink(
            home,
            listener=self,
            credentials=credentials,
            first_questions=_first_questions,
            changed=self.forget_reversible,
        )
        self.greeting: Greeting | None = None
        self.money = MoneyStyle()
        self.alarms = 0
        self.bytes_behind = 0
        self.trouble = ""
        """Why the engine is not there, for the banner; '' = it is."""
        self._language_chosen = language_chosen
        self._lost_at: datetime | None = None
        self._day: date | None = None
        """The site's day of what is shown."""
        self._clock = clock

    async def opened(self) -> None:
        """The engine has answered for the first time."""
        raise NotImplementedError

    def on_ready(self) -> None:
        """After the first paint: connects, and imports what the first screen needs meanwhile."""
        self.stylesheet.read(LINE_STYLES)
        self.link.start()
        threading.Thread(target=_import_ahead, name="import ahead", daemon=True).start()

    def on_unmount(self) -> None:
        self.link.close()

    @property
    def role(self) -> Role | None:
        """The operator's role; None before signing in."""
        return self.greeting.role if self.greeting is not None else None

    def may(self, role: Role) -> bool:
        """Whether the operator has at least this role."""
        return self.role is not None and self.role.includes(role)

    def local(self, instant: datetime) -> datetime:
        """The site's time of a naive UTC instant."""
        return local_time(instant, self.greeting.timezone if self.greeting is not None else "UTC")

    def now(self) -> datetime:
        """The site's time of this moment, naive."""
        return self.local(self._clock())

    def state_pieces(self) -> list[tuple[str, str]]:
        """The right part of the status line: sources, engine, operator."""
        pieces: list[tuple[str, str]] = []
        if self.bytes_behind:
            pieces.append((_("%s to read") % size_of(self.bytes_behind), "warning"))
        if self.alarms:
            pieces.append((f"{'!' if self.ascii_only else '⚠'} {self.alarms}", "error"))
        greeting = self.greeting
        if greeting is not None and not greeting.billing:
            pieces.append((_("billing off"), "warning"))
        dot = "*" if self.ascii_only else "●"
        if self.trouble:
            cross = "x" if self.ascii_only else "✗"
            pieces.append((cross + " " + _("no engine"), "error"))
        else:
            pieces.append((dot + " " + _("live"), "good"))
        if greeting is not None and greeting.operator:
            pieces.append((greeting.operator, "muted"))
        return pieces

    def site_screens(self) -> list["SiteScreen"]:
        """The numbered screens that have been shown so far."""
        from tui.screens.base import SiteScreen

        return [
            screen
            for stack in self._screen_stacks.values()
            for screen in stack
            if isinstance(screen, SiteScreen)
        ]

    def _show_status(self) -> None:
        from tui.screens.base import SiteScreen

        for screen in self.screen_stack:
            if isinstance(screen, SiteScreen):
                screen.show_status()

    # The engine

    @on(Connected)
    async def _connected(self, message: Connected) -> None:
        greeting = message.greeting
        first = self.greeting is None
        self.greeting, self.trouble, self._lost_at = greeting, "", None
        self._day = self.now().date()
        if not self._language_chosen and greeting.language:
            i18n.install(i18n.of_site(greeting.language))
        self.money = money_style(greeting.currency, i18n.language())
        if first:
            await self.opened()
            return
        for screen in self.site_screens():
            screen.connection_changed()
            screen.reload_soon()

    @on(Lost)
    def _lost(self, message: Lost) -> None:
        if self._lost_at is None:
            self._lost_at = self.now()
        reason = clean(said(message.error.message))
        self.trouble = _("No engine since %s: what you see is from before. Trying again.") % (
            f"{self._lost_at:%H:%M:%S}"
        )
        for screen in self.site_screens():
            screen.connection_changed()
        if self.greeting is None:
            self.forget_input()
            hint = _("Trying again by itself. Enter: at once, q: quit.")
            for screen in self.screen_stack:
                if isinstance(screen, Splash):
                    screen.say(f"{reason}\n\n{hint}", error=True)

    @on(SignInWanted)
    def _sign_in_wanted(self, message: SignInWanted) -> None:
        self._sign_in(message.reason)

    @work(group=DIALOG_GROUP)
    async def _sign_in(self, reason: str) -> None:
        from tui.screens.signin import SignInScreen

        self.stylesheet.read(DIALOG_STYLES)
        credentials = await self.push_screen_wait(
            SignInScreen(
                home=str(self.home), reason=reason, again=self.greeting is not None, name=self.link.name
            )
        )
        if credentials is None:
            self.exit(return_code=0)
        else:
            self.link.sign_in(credentials)

    @on(Happened)
    def _happened(self, message: Happened) -> None:
        from engine.api.events import AlarmsChanged, Heartbeat, SettingsChanged

        event: Event = message.event
        if isinstance(event, Heartbeat):
            self._turn_day()
            if event.bytes_behind == self.bytes_behind:
                return
            self.bytes_behind = event.bytes_behind
            self._show_status()
            return
        if isinstance(event, AlarmsChanged):
            self.alarms = event.count
            self._show_status()
        if isinstance(event, SettingsChanged):
            self._greet_again()
        for screen in self.site_screens():
            screen.engine_event(event)

    def _turn_day(self) -> None:
        """After midnight, what was today is yesterday, also where no call comes."""
        today = self.now().date()
        if today != self._day:
            self._day = today
            for screen in self.site_screens():
                screen.reload_soon()

    @work(exclusive=True, group="greeting")
    async def _greet_again(self) -> None:
        from engine.api.session import Greet

        try:
            greeting = await self.link.ask(Greet())
        except PbxmeterError:
            return
        known = self.greeting
        changed = greeting.currency != self.money.currency or (
            known is not None and greeting.timezone != known.timezone
        )
        language_changed = not self._language_chosen and i18n.of_site(greeting.language) != i18n.language()
        self.greeting = greeting
        if language_changed:
            self._change_language()
        elif changed:
            self.money = money_style(greeting.currency, i18n.language())
            for screen in self.site_screens():
                screen.reload_soon()
        self._show_status()

    @work(exclusive=True, group="language")
    async def _change_language(self) -> None:
        """Builds the screens anew in the site's language, once no dialog is open."""
        while len(self.screen_stack) > 1:
            await asyncio.sleep(DIALOG_POLL_SECONDS)
        if self.greeting is None:
            return
        i18n.install(i18n.of_site(self.greeting.language))
        self.money = money_style(self.greeting.currency, i18n.language())
        here = self.current_mode
        self.add_mode(WAITING_MODE, self.get_default_screen)
        await self.switch_mode(WAITING_MODE)
        for entry in SCREENS:
            await self.remove_mode(entry.mode)
            self.add_mode(entry.mode, entry.load)
        await self.switch_mode(here)
        await self.remove_mode(WAITING_MODE)

    def action_retry(self) -> None:
        self.link.retry()
