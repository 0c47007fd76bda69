"""The application: screens by number and how to go about among them."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.filter import LineFilter, Monochrome, NoColor
from textual.screen import ModalScreen, Screen

from engine.domain.errors import PbxmeterError
from engine.domain.names import Role
from engine.domain.zones import utc_now
from tui.app import garbage
from tui.app.crash import TellsItsErrors
from tui.app.own_keys import OwnKeys
from tui.app.site import DIALOG_STYLES, KnowsItsSite
from tui.screens.covers import Splash, TooSmall, fits
from tui.screens.numbered import SCREENS
from tui.terminal.colours import SIXTEEN, text_on_colours
from tui.terminal.escapes import take_escapes
from tui.terminal.fence import DIALOG_GROUP
from tui.terminal.lean import LeanOutput
from tui.terminal.plain import PlainSigns
from tui.terminal.stylesheet import KeptStylesheet
from tui.terminal.text import CleanLines
from tui.terminal.wrapping import wrap_wide_text
from tui.text import i18n
from tui.text.i18n import _

if TYPE_CHECKING:
    from engine.api.client import Credentials
    from tui.screens.base import SiteScreen

FIRST_DATA_SECONDS = 0.1
"""So long the screen before stays for the data of the next."""


def _keys_of_screens() -> list[dict[str, str]]:
    digits = {entry.mode: f"{entry.digit},alt+{entry.digit}" for entry in SCREENS}
    return [{**digits, **entry.keys()} for entry in SCREENS]


class PbxmeterApp(KnowsItsSite, TellsItsErrors[int], OwnKeys, CleanLines[int], LeanOutput[int], App[int]):
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
        super().__init__(
            home,
            credentials=credentials,
            language_chosen=language is not None or i18n.chosen(),
            clock=clock,
        )
        wrap_wide_text()
        take_escapes()
        self.stylesheet = KeptStylesheet(self.stylesheet)
        self.ascii_only = ascii_only
        self._plain_signs = PlainSigns()
        self.report_folder = home
        self.last_words = ""
        """Printed to the terminal after the application has ended."""
        self.demo_wanted = False
        """Whether the operator left to see the sample office."""
        self._slow_link = slow_link
        self._asking_to_quit = False
        self._opening = True
        """Until the first screen stands and it is known whether the guide of a new site opens over it."""
        for entry in SCREENS:
            self.add_mode(entry.mode, entry.load)

    def get_line_filters(self) -> Sequence[LineFilter]:
        filters = [NoColor() if isinstance(one, Monochrome) else one for one in super().get_line_filters()]
        return [*filters, self._plain_signs] if self.ascii_only else filters

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return text_on_colours(self.current_theme)

    def get_default_screen(self) -> Screen[None]:
        return Splash(_("Connecting to the engine of %s…") % self.home)

    def on_mount(self) -> None:
        few_colours = self.console.color_system in (None, "standard")
        if self._slow_link or few_colours or self.no_color:
            self.register_theme(SIXTEEN)
            self.theme = SIXTEEN.name
        if self._slow_link:
            self.animation_level = "none"
        self.set_class(self.ascii_only, "-ascii")
        self.take_keymap(_keys_of_screens)

    @property
    def tabs(self) -> Sequence[tuple[str, str, str]]:
        """Mode, digit and title of every numbered screen."""
        return [(entry.mode, entry.digit, _(entry.title)) for entry in SCREENS]

    # Going about

    async def show_mode(self, mode: str, place: str = "") -> "SiteScreen":
        """Brings a numbered screen to the front, drawn with its first data if those come soon, and one of its
        `PLACES` unless that is ''."""
        with self.batch_update():
            await self.switch_mode(mode)
            screen = self._numbered
            with suppress(TimeoutError):
                await asyncio.wait_for(screen.stands.wait(), FIRST_DATA_SECONDS)
        # None is in front where the operator has quit meanwhile.
        if self.screen_stack[-1:] == [screen]:
            screen.draw()
        if place:
            screen.call_after_refresh(screen.show_place, place)
        return screen

    def delay_update(self, delay: float = 0.05) -> None:
        """Textual's pause before another mode is drawn: `show_mode` knows when it stands."""

    async def action_show_screen(self, mode: str) -> None:
        if self.greeting is not None and not isinstance(self.screen, TooSmall):
            await self.show_mode(mode)

    async def opened(self) -> None:
        await self.show_mode(SCREENS[0].mode)
        garbage.started()
        self.stylesheet.read(DIALOG_STYLES)
        self.fit()
        self.tell_of_keymap()
        self._guide_if_new()

    @property
    def _numbered(self) -> "SiteScreen":
        """The numbered screen in front, or under the dialogs in front."""
        return cast("SiteScreen", self.screen_stack[0])

    @work(group=DIALOG_GROUP)
    async def show_help(self) -> None:
        from tui.screens.help import HelpScreen

        await self.push_screen_wait(HelpScreen(self._numbered))

    @work(group=DIALOG_GROUP)
    async def show_palette(self) -> None:
        from tui.screens.palette import PaletteScreen

        screen = self._numbered
        chosen = await self.push_screen_wait(PaletteScreen(screen))
        if chosen is None:
            return
        if chosen.mode:
            screen = await self.show_mode(chosen.mode, chosen.place)
        if chosen.action:
            await screen.action_act(chosen.action)

    @work(group=DIALOG_GROUP)
    async def show_guide(self) -> None:
        """The guide of a new site."""
        from tui.screens.first_run.guide import Guide

        await Guide(self).run()

    def open_demo(self) -> None:
        """Leaves this site for the sample office."""
        self.demo_wanted = True
        self.exit(return_code=0)

    @work(group=DIALOG_GROUP)
    async def _guide_if_new(self) -> None:
        try:
            if await self._without_calls():
                from tui.screens.first_run.guide import Guide

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
