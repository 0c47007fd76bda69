"""What screens and dialogs use of the application they stand in."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from textual.dom import DOMNode
from textual.screen import Screen

if TYPE_CHECKING:
    from engine.api.session import Greeting
    from engine.domain.errors import PbxmeterError
    from engine.domain.names import Role
    from tui.link.connection import EngineLink
    from tui.link.undo import Reversible
    from tui.text.format import MoneyStyle
    from tui.widgets.actions import Action

T = TypeVar("T")


class Shell(Protocol):
    """The application, as those see it who are shown in it."""

    link: "EngineLink"
    greeting: "Greeting | None"
    """Who is signed in where; None before the engine has answered for the first time."""
    money: "MoneyStyle"
    keymap: Mapping[str, str]
    """The operator's own keys, by action."""
    ascii_only: bool
    alarms: int
    trouble: str
    """Why the engine is not there, for the banner; '' = it is."""
    report_folder: Path

    # Who is there, and when

    @property
    def role(self) -> "Role | None":
        """The operator's role; None before signing in."""
        ...

    def may(self, role: "Role") -> bool:
        """Whether the operator has at least this role."""
        ...

    def now(self) -> datetime:
        """The site's time of this moment, naive."""
        ...

    def local(self, instant: datetime) -> datetime:
        """The site's time of a naive UTC instant."""
        ...

    # Around the screens

    @property
    def tabs(self) -> Sequence[tuple[str, str, str]]:
        """Mode, digit and title of every numbered screen."""
        ...

    def state_pieces(self) -> list[tuple[str, str]]:
        """The right part of the status line: sources, engine, operator."""
        ...

    def keys_of(self, scope: str, action: "Action") -> list[str]:
        """The keys of an action of the screen of that scope, after the operator's key map."""
        ...

    async def show_mode(self, mode: str, place: str = "") -> Screen[None]:
        """Brings a numbered screen to the front, and one of its `PLACES` unless that is ''."""
        ...

    async def push_screen_wait(self, screen: Screen[T]) -> T:
        """Shows a dialog; what it ends with."""
        ...

    def show_help(self) -> object:
        """Opens the help of the numbered screen in front."""
        ...

    def show_palette(self) -> object:
        """Opens the list of commands over the numbered screen in front."""
        ...

    def show_guide(self) -> object:
        """Opens the guide of a new site."""
        ...

    def open_demo(self) -> None:
        """Leaves this site for the sample office."""
        ...

    def forget_input(self) -> None:
        """Drops keys that were typed and not handled yet."""
        ...

    def redraw(self) -> None:
        """Draws every cell of the terminal anew."""
        ...

    def fit(self) -> None:
        """Covers the screen while the terminal is too small, and uncovers it again."""
        ...

    async def action_show_screen(self, mode: str) -> None:
        """Shows a numbered screen, once the engine has answered."""
        ...

    async def action_quit(self) -> None:
        """Ends the application; asks only when something typed would be lost."""
        ...

    # What is told

    def done(self, text: str, *, undo: str = "", reversible: "Reversible | None" = None) -> None:
        """A notice that says what was done, and how to take it back: by hand, or with the undo key."""
        ...

    def can_undo(self, reversible: "Reversible | None") -> bool:
        """Whether the undo key takes this back from now on; if not, it takes nothing back."""
        ...

    def undo(self, reload: Callable[[], None]) -> object:
        """Asks, then takes back what was done last; `reload` shows what there is then."""
        ...

    def notify(self, message: str) -> None:
        """A notice."""
        ...

    def warn(self, text: str) -> None:
        """A notice about something that was not done."""
        ...

    def tell(self, error: "PbxmeterError") -> None:
        """A notice with an error's message."""
        ...


def shell_of(node: DOMNode) -> Shell:
    """The application that a screen, dialog or widget stands in."""
    return cast("Shell", node.app)
