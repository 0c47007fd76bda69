"""The application: screens by number, one link to the engine, what every screen may ask of it."""

import asyncio
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import events, on, work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.screen import ModalScreen, Screen

from engine.domain.errors import InvalidInput, PbxmeterError
from engine.domain.names import Role
from engine.domain.zones import utc_now
from tui import garbage, i18n
from tui.actions import SHELL_ACTIONS, Action, keymap_path, read_keymap
from tui.connection import Connected, EngineLink, Happened, Lost, SignInWanted
from tui.crash import TellsItsErrors
from tui.format import MoneyStyle, local_time, money_style
from tui.i18n import _
from tui.notices import Notices
from tui.screens.covers import Splash, TooSmall, fits
from tui.screens.numbered import SCREENS
from tui.sentences import said
from tui.terminal.alt_digits import take_alt_digits
from tui.terminal.fence import DIALOG_GROUP, OrderedKeys
from tui.terminal.lean import LeanOutput
from tui.terminal.plain import PlainSigns
from tui.terminal.stylesheet import KeptStylesheet
from tui.terminal.text import CleanLines, clean

if TYPE_CHECKING:
    from engine.api.client import Credentials
    from engine.api.events import Event
    from engine.api.operation import Operation
    from engine.api.session import Greeting
    from tui.screens.base import SiteScreen

DIALOG_POLL_SECONDS = 0.5

FIRST_DATA_SECONDS = 0.1
"""So long the screen before stays for the data of the next."""

STYLES = Path(__file__).parent
LINE_STYLES = STYLES / "lines.tcss"
"""Read after the first paint, which does without them."""
DIALOG_STYLES = STYLES / "dialogs.tcss"
"""Read before the first dialog, but not before the first screen with its data."""

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


class PbxmeterApp(TellsItsErrors[int], OrderedKeys[int], Notices, CleanLines[int], LeanOutput[int], App[int]):
    """The full-screen application over one home folder."""

    CSS_PATH = "application.tcss"
    TITLE = "pbxmeter"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(
                f"{entry.digit},alt+{entry.digit}", f"show_screen('{entry.mode}')", entry.title, show=False
            )
            for entry in SCREENS
        ),
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True),
    ]

    def __init__(
        self,
        home: Path,
        *,
        credentials: "Credentials | None" = None,
        slow_link: bool = False,
        language: str | None = None,
        ascii_only: bool = False,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """`clock` tells the naive UTC instant of this moment."""
        super().__init__()
        take_alt_digits()
        self.stylesheet = KeptStylesheet(self.stylesheet)
        self.home = home
        self._clock = clock
        self.ascii_only = ascii_only
        self._plain_signs = PlainSigns()
        self.report_folder = home
        self.last_words = ""
        """Printed to the terminal after the application has ended."""
        self.link = EngineLink(home, listener=self, credentials=credentials, first_questions=_first_questions)
        self.greeting: Greeting | None = None
        self.money = MoneyStyle()
        self.keymap: Mapping[str, str] = {}
        self.alarms = 0
        self.bytes_behind = 0
        self.trouble = ""
        """Why the engine is not there, for the banner; '' = it is."""
        self._refused_keys: set[str] = set()
        self._slow_link = slow_link
        self._language_chosen = language is not None or i18n.chosen()
        self._lost_at: datetime | None = None
        self._asking_to_quit = False
        self._opening = True
        """Until the first screen stands and it is known whether the guide of a new site opens over it."""
        for entry in SCREENS:
            self.add_mode(entry.mode, entry.load)

    def get_line_filters(self) -> Sequence[LineFilter]:
        filters = super().get_line_filters()
        return [*filters, self._plain_signs] if self.ascii_only else filters

    def get_default_screen(self) -> Screen[None]:
        return Splash(_("Connecting to the engine of %s…") % self.home)

    def on_mount(self) -> None:
        few_colours = self.console.color_system in (None, "standard")
        if self._slow_link or few_colours:
            self.theme = "ansi-dark"
        if self._slow_link:
            self.animation_level = "none"
        self.set_class(self.ascii_only, "-ascii")
        try:
            self.keymap = read_keymap(keymap_path())
            self.set_keymap(dict(self.keymap))
            scopes = {"shell", "list", *(entry.mode for entry in SCREENS)}
            self._refuse_keys([name for name in self.keymap if name.partition(".")[0] not in scopes])
            self.check_keymap("shell", [action.name for action in SHELL_ACTIONS])
        except InvalidInput as error:
            self.tell(error)

    def on_ready(self) -> None:
        """After the first paint: connects, and imports what the first screen needs meanwhile."""
        self.stylesheet.read(LINE_STYLES)
        self.link.start()
        threading.Thread(target=_import_ahead, name="import ahead", daemon=True).start()

    def keys_of(self, scope: str, action: Action) -> list[str]:
        """The keys of an action of the screen of that scope, after the operator's key map."""
        return [key.strip() for key in self.keymap.get(f"{scope}.{action.name}", action.keys).split(",")]

    def check_keymap(self, scope: str, names: Collection[str]) -> None:
        """Tells of entries of the key map whose action the screen of that scope does not have."""
        entries = [name for name in self.keymap if name.partition(".")[0] == scope]
        self._refuse_keys([name for name in entries if name.partition(".")[2] not in names])

    def _refuse_keys(self, names: Sequence[str]) -> None:
        unknown = [name for name in names if name not in self._refused_keys]
        self._refused_keys.update(unknown)
        if unknown:
            told = _("%s: there is no %s. docs/keys.md names them all.")
            self.warn(told % (keymap_path().name, ", ".join(unknown)))

    def on_unmount(self) -> None:
        self.link.close()

    # The engine

    @on(Connected)
    async def _connected(self, message: Connected) -> None:
        greeting = message.greeting
        first = self.greeting is None
        self.greeting, self.trouble, self._lost_at = greeting, "", None
        if not self._language_chosen and greeting.language:
            i18n.install(greeting.language)
        self.money = money_style(greeting.currency, i18n.language())
        if first:
            await self.show_mode(SCREENS[0].mode)
            garbage.started()
            self.stylesheet.read(DIALOG_STYLES)
            self.fit()
            self._guide_if_new()
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
            SignInScreen(home=str(self.home), reason=reason, again=self.greeting is not None)
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

    @work(exclusive=True, group="greeting")
    async def _greet_again(self) -> None:
        from engine.api.session import Greet

        try:
            greeting = await self.link.ask(Greet())
        except PbxmeterError:
            return
        changed = greeting.currency != self.money.currency
        language_changed = not self._language_chosen and greeting.language not in ("", i18n.language())
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
        i18n.install(self.greeting.language)
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

    # What screens use

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

    @property
    def tabs(self) -> Sequence[tuple[str, str, str]]:
        """Mode, digit and title of every numbered screen."""
        return [(entry.mode, entry.digit, _(entry.title)) for entry in SCREENS]

    def state_pieces(self) -> list[tuple[str, str]]:
        """The right part of the status line: sources, engine, operator."""
        pieces: list[tuple[str, str]] = []
        if self.bytes_behind:
            from tui.format import size_of

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

    # Going about

    async def show_mode(self, mode: str) -> None:
        """Brings a numbered screen to the front, drawn with its first data if those come soon."""
        with self.batch_update():
            await self.switch_mode(mode)
            screen = cast("SiteScreen", self.screen_stack[0])
            with suppress(TimeoutError):
                await asyncio.wait_for(screen.stands.wait(), FIRST_DATA_SECONDS)
        if self.screen is screen:
            screen.draw()

    def delay_update(self, delay: float = 0.05) -> None:
        """Textual's pause before another mode is drawn: `show_mode` knows when it stands."""

    async def action_show_screen(self, mode: str) -> None:
        if self.greeting is not None:
            await self.show_mode(mode)

    @work(group=DIALOG_GROUP)
    async def show_help(self, screen: "SiteScreen") -> None:
        from tui.screens.help import HelpScreen

        await self.push_screen_wait(HelpScreen(screen))

    @work(group=DIALOG_GROUP)
    async def show_palette(self, screen: "SiteScreen") -> None:
        from tui.screens.palette import PaletteScreen

        chosen = await self.push_screen_wait(PaletteScreen(screen))
        if chosen is None:
            return
        if chosen.mode:
            await self.show_mode(chosen.mode)
            screen = cast("SiteScreen", self.screen)
        if chosen.action:
            await screen.action_act(chosen.action)

    @work(group=DIALOG_GROUP)
    async def show_guide(self) -> None:
        """The guide of a new site."""
        from tui.screens.first_run import Guide

        await Guide(self).run()

    @work(group=DIALOG_GROUP)
    async def _guide_if_new(self) -> None:
        try:
            if await self._without_calls():
                from tui.screens.first_run import Guide

                guide = Guide(self)
                if await guide.wanted():
                    await guide.run()
        finally:
            self._opening = False

    async def _without_calls(self) -> bool:
        """Whether no call was stored yet, and the operator may set up the site."""
        from engine.api.site import GetStatus

        try:
            # Asked ahead, whoever it is for: the answer is not to be kept for later.
            return not (await self.link.ask(GetStatus())).calls and self.may(Role.ADMIN)
        except PbxmeterError:
            return False

    async def action_quit(self) -> None:
        """Ends the application; asks only when something typed would be lost."""
        if not self._asking_to_quit:
            self._quit()

    @work(group=DIALOG_GROUP)
    async def _quit(self) -> None:
        from tui.widgets.dialogs import Confirm
        from tui.widgets.forms import Form

        unsaved = any(
            isinstance(screen, Form) and screen.changed
            for stack in self._screen_stacks.values()
            for screen in stack
        )
        if unsaved:
            self._asking_to_quit = True
            question = Confirm(_("Something you typed is not saved. Quit all the same?"), yes=_("Quit"))
            try:
                unsaved = not await self.push_screen_wait(question)
            finally:
                self._asking_to_quit = False
        if not unsaved:
            self.exit(return_code=0)

    def must_wait(self, event: events.Event) -> bool:
        """What is typed while connecting is for the first screen, or for the sign-in before it."""
        front = self.screen
        if self.trouble or isinstance(front, (ModalScreen, TooSmall)):
            return False
        if isinstance(front, Splash):
            return not (isinstance(event, events.Key) and event.key in Splash.LEAVE_KEYS)
        return self._opening

    def action_help_quit(self) -> None:
        self.notify(_("Press ^Q to quit."))

    # The terminal's size

    def on_resize(self) -> None:
        # The new size is only known to the screens once this event has been handled.
        self.call_later(self.fit)

    def fit(self) -> None:
        """Covers the screen while the terminal is too small, and uncovers it again."""
        covered = isinstance(self.screen, TooSmall)
        if not fits(self.size) and not covered:
            self.push_screen(TooSmall())
        elif covered and fits(self.size):
            self.pop_screen()
