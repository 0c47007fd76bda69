"""What all screens of the site share: the lines around them, their actions, events, and asking the engine.

Adding a screen takes two steps.

1. A module `tui/screens/rates/screen.py` with its styles beside it (`rates.tcss`):

       class RatesScreen(SiteScreen):
           SCOPE = "rates"                                   # its mode, and the beginning of its key ids
           CSS_PATH = "rates.tcss"
           HELP = N_("Rules are tried ...")                  # shown by `?`
           REFRESH_ON = (RatesChanged,)                      # events after which `reload` is called
           ACTIONS = (Action(name="add", keys="n,insert", label=N_("New"), operation=SaveRate, online=True),)

           def body(self) -> ComposeResult: ...              # the widgets between the lines
           def reload(self) -> None: ...                     # asks anew; never blocks
           def status(self) -> list[tuple[str, str]]: ...    # left part of the status line

           @work(group=DIALOG_GROUP)                         # what leads to a dialog runs in this group
           async def action_add(self) -> None:
               saved = await self.app.push_screen_wait(RateForm(...))
               if saved is not None:
                   self.shell.done(_("Added %s.") % saved, undo=_("remove it with Del"))

   A screen that is one list derives from `tui.screens.list_screen.ListScreen` and gives columns and a source.

2. A line in `tui.screens.numbered.SCREENS`.

Data come from `await self.ask(operation)` in an async worker, or from `self.shell.link.call(operation)` in a
thread; both raise `PbxmeterError`, which `self.shell.tell(error)` shows. Money is written by `shell.money`
(a `MoneyStyle`), site time by `shell.local(instant)`.
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, TypeVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.timer import Timer

from engine.api.events import Event, Missed
from engine.api.operation import Operation
from engine.domain.errors import EngineDown, NotSignedIn, PbxmeterError
from tui.terminal.drawn_whole import DrawnWhole
from tui.text.i18n import _
from tui.widgets.actions import ROLE_NAMES, SHELL_ACTIONS, Action, bindings
from tui.widgets.shell import Shell, shell_of
from tui.widgets.statusline import Banner, KeyLine, StatusLine, TabLine

R = TypeVar("R")


class SiteScreen(DrawnWhole[None]):
    """One of the numbered screens. See the module's docstring for how to write one."""

    SCOPE: ClassVar[str] = "shell"
    TITLE_TEXT: ClassVar[str] = ""
    HELP: ClassVar[str | None] = None
    PLACES: ClassVar[Sequence[tuple[str, str]]] = ()
    """Names and titles of parts that the list of commands goes to."""
    ACTIONS: ClassVar[tuple[Action, ...]] = SHELL_ACTIONS
    REFRESH_ON: ClassVar[tuple[type[Event], ...]] = ()
    RELOAD_PAUSE_SECONDS: ClassVar[float] = 0.3
    """Events that come closer together than this lead to one reload."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("shell", SHELL_ACTIONS)]

    def __init_subclass__(cls) -> None:
        if "ACTIONS" in cls.__dict__:
            own = cast("Sequence[BindingType]", cls.__dict__.get("BINDINGS", ()))
            setattr(cls, "BINDINGS", [*own, *bindings(cls.SCOPE, cls.ACTIONS)])  # noqa: B010 - set once, here
        super().__init_subclass__()

    def __init__(self) -> None:
        super().__init__()
        self.loaded_at: datetime | None = None
        """Local time of this host when what is shown came from the engine."""
        self._reloaded = 0.0
        self._reload_timer: Timer | None = None
        self._stale = False
        self.stands = asyncio.Event()
        """Set when the first data are there, or failed to come."""

    @property
    def shell(self) -> Shell:
        """The application."""
        return shell_of(self)

    def compose(self) -> ComposeResult:
        yield TabLine(id="tabs")
        yield Banner()
        with Container(id="body"):
            yield from self.body()
        yield StatusLine(id="status")
        yield KeyLine(id="keys")

    # What a screen gives

    def body(self) -> ComposeResult:
        """The widgets between the lines."""
        yield from ()

    def reload(self) -> object:
        """Asks the engine anew for everything shown; may return the worker that does."""

    def status(self) -> list[tuple[str, str]]:
        """The left part of the status line: texts and styles (good, warning, error, muted, marked or '')."""
        return []

    def show_place(self, name: str) -> None:
        """Goes to one of `PLACES`."""

    def back(self) -> bool:
        """Takes one step back, such as clearing a filter; False if there was none to take."""
        return False

    # What it gets

    async def ask(self, operation: Operation[R]) -> R:
        """The engine's answer. Raises `PbxmeterError`; cancelled when the application has ended meanwhile."""
        answer = await self.shell.link.ask(operation)
        if not (self.app.is_running and self.is_attached):
            raise asyncio.CancelledError
        return answer

    def data_arrived(self) -> None:
        """Says that what is shown is fresh."""
        self.loaded_at = self.shell.now()
        self.stands.set()
        self.show_status()

    def reload_failed(self, error: PbxmeterError) -> None:
        """Tells of a failed reload; what was shown stays.

        A lost engine is the banner's to tell, and who has to sign in is asked to.
        """
        self.stands.set()
        if not isinstance(error, (EngineDown, NotSignedIn)):
            self.shell.tell(error)

    def reload_soon(self) -> None:
        """Reloads now, or in a moment if it has just been done; a hidden screen, when it is next shown."""
        if self not in self.app.screen_stack:
            self._stale = True
            return
        if self._reload_timer is not None:
            return
        wait = self._reloaded + self.RELOAD_PAUSE_SECONDS - time.monotonic()
        if wait <= 0:
            self._reload_now()
        else:
            self._reload_timer = self.set_timer(wait, self._reload_now)

    def _reload_now(self) -> None:
        self._reload_timer = None
        self._reloaded = time.monotonic()
        self._stale = False
        self.reload()

    def engine_event(self, event: Event) -> None:
        """Told of every event by the application; reloads after those of `REFRESH_ON`."""
        if isinstance(event, (*self.REFRESH_ON, Missed)):
            self.reload_soon()

    def connection_changed(self) -> None:
        """The engine was found or lost, or somebody else signed in."""
        if self.is_mounted and self._lines_stand:
            self.query_one(Banner).say(self.shell.trouble)
            self.show_status()

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        # Its styles are those it was put together with: nothing they depend on changes while it is hidden.
        event.refresh_styles = False
        self.connection_changed()
        if self._stale:
            self._reload_now()

    def on_resize(self) -> None:
        self.call_after_refresh(self.show_status)

    # The lines

    @property
    def _lines_stand(self) -> bool:
        """Whether the lines are there: while a screen is composed anew for another language they are not."""
        return bool(self.query(Banner)) and bool(self.query(KeyLine))

    def show_status(self) -> None:
        """Draws the lines around the screen anew."""
        if not self.is_mounted or not self.is_attached or not self._lines_stand:
            return
        shell = self.shell
        self.query_one(TabLine).show(shell.tabs, self.SCOPE)
        self.query_one(StatusLine).show(self.status(), [*self._freshness(), *shell.state_pieces()])
        self.query_one(KeyLine).show(
            [(action, self.key_of(action), self._usable(action)) for action in self.line_actions()]
        )

    def _freshness(self) -> list[tuple[str, str]]:
        if self.shell.trouble and self.loaded_at is not None:
            return [(_("as of %s") % f"{self.loaded_at:%H:%M:%S}", "warning")]
        return []

    def _usable(self, action: Action) -> bool:
        if action.least_role is not None and not self.shell.may(action.least_role):
            return False
        return not (action.online and self.shell.trouble)

    def line_actions(self) -> Sequence[Action]:
        """What the key line shows: the screen's own, then help and the end."""
        own = [action for action in self.all_actions() if action.shown and action not in SHELL_ACTIONS]
        return [*own, *(action for action in SHELL_ACTIONS if action.shown)]

    def all_actions(self) -> list[Action]:
        """Every action of this screen, its own first."""
        found: dict[str, Action] = {}
        for cls in type(self).__mro__:
            for action in cast("tuple[Action, ...]", cls.__dict__.get("ACTIONS", ())):
                found.setdefault(action.name, action)
        return list(found.values())

    def key_of(self, action: Action) -> str:
        """The first key of an action, after the operator's key map."""
        return self.keys_of(action)[0]

    def keys_of(self, action: Action) -> list[str]:
        scope = next(
            (
                str(cls.__dict__.get("SCOPE", "shell"))
                for cls in type(self).__mro__
                if action in cast("tuple[Action, ...]", cls.__dict__.get("ACTIONS", ()))
            ),
            "shell",
        )
        return self.shell.keys_of(scope, action)

    # Actions

    async def action_act(self, name: str) -> None:
        """Carries out one action, if the operator may and the engine is there."""
        action = next((action for action in self.all_actions() if action.name == name), None)
        if action is None:
            return
        if action.least_role is not None and not self.shell.may(action.least_role):
            role = self.shell.role
            self.shell.warn(
                _("“%s” needs the role %s; you are %s.")
                % (action.title, _(ROLE_NAMES[action.least_role]), _(ROLE_NAMES[role]) if role else "?")
            )
        elif action.online and self.shell.trouble:
            self.shell.warn(_("The engine does not answer; “%s” has to wait.") % action.title)
        else:
            await self.app.run_action(name, self)

    def action_help(self) -> None:
        self.shell.show_help()

    def action_palette(self) -> None:
        self.shell.show_palette()

    def action_undo(self) -> None:
        self.shell.undo(self.reload_soon)

    def action_guide(self) -> None:
        self.shell.show_guide()

    def action_reload(self) -> None:
        self.shell.redraw()
        self._reload_now()

    def action_back(self) -> None:
        self.back()

    async def action_quit(self) -> None:
        await self.shell.action_quit()

    @on(TabLine.Chosen)
    async def _tab_chosen(self, message: TabLine.Chosen) -> None:
        await self.shell.action_show_screen(message.mode)

    @on(KeyLine.Clicked)
    async def _key_clicked(self, message: KeyLine.Clicked) -> None:
        await self.action_act(message.action)
