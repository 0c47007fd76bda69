"""What an operator can do: one definition feeds key, key line, palette and help.

A screen lists its actions in `ACTIONS`; each is carried out by the screen's method `action_NAME`. Keys can be
changed in a key map file, by the action's id (`extensions.recharge: "r,f6"`).
"""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from msgspec import Struct
from textual.binding import Binding

from engine.api.operation import Operation
from engine.domain.names import Role
from tui.text.i18n import N_, _

T = TypeVar("T")

ROLE_NAMES = {Role.VIEWER: N_("viewer"), Role.BILLING: N_("billing clerk"), Role.ADMIN: N_("admin")}


class Action(Struct, frozen=True, kw_only=True):
    """One thing to do on a screen. Texts are marked with `N_` and translated when shown."""

    name: str
    keys: str
    """Textual's key names, separated by commas; the first is shown."""

    label: str
    """One or two words for the key line."""

    help: str = ""
    """A sentence for the help screen and the palette; empty = the label says it all."""

    operation: type[Operation[Any]] | None = None
    """What it asks the engine for in the end: who may ask that may do this."""

    role: Role | None = None
    """The least role that may, where no operation decides it; None = everybody."""

    shown: bool = True
    """Whether it stands in the key line; it is in palette and help in any case."""

    online: bool = False
    """Whether it needs the engine."""

    anywhere: bool = False
    """Whether it concerns no row: the palette offers it from every screen, and goes to its own first."""

    @property
    def least_role(self) -> Role | None:
        """The least role that may; None = everybody."""
        return self.role if self.operation is None else self.operation.role

    @property
    def title(self) -> str:
        return _(self.label)

    @property
    def explanation(self) -> str:
        return _(self.help) or _(self.label)


SHELL_ACTIONS: tuple[Action, ...] = (
    Action(
        name="palette",
        keys="colon,ctrl+p,f9",
        label=N_("Commands"),
        help=N_("Find any command by its name."),
    ),
    Action(
        name="back", keys="escape", label=N_("Back"), help=N_("Clear the filter, or go back."), shown=False
    ),
    Action(
        name="reload",
        keys="f5,ctrl+r,ctrl+l",
        label=N_("Refresh"),
        help=N_("Draw the screen anew, with what the engine says now. Changes also arrive by themselves."),
        shown=False,
        online=True,
    ),
    Action(
        name="undo",
        keys="u",
        label=N_("Undo"),
        help=N_(
            "Take back the last thing done here, after a question: a lock, a switch, an edit, a recharge, "
            "an adjustment."
        ),
        shown=False,
        online=True,
    ),
    Action(
        name="guide",
        keys="f12",
        label=N_("Set up a site"),
        help=N_("The guide of a new site: finds CDR files and writes config.yaml."),
        role=Role.ADMIN,
        shown=False,
        online=True,
    ),
    Action(
        name="help", keys="question_mark,f1", label=N_("Help"), help=N_("Explain this screen and its keys.")
    ),
    Action(name="quit", keys="q,f10", label=N_("Quit"), help=N_("Leave. The engine goes on reading calls.")),
)
"""What every screen offers."""

PERIOD = Action(name="period", keys="p,f6", label=N_("Period"), help=N_("Choose the days to show."))
LEDGER = Action(
    name="ledger",
    keys="m",
    label=N_("Ledger"),
    help=N_("Show every money movement of the extension under the cursor."),
    online=True,
)
"""What several lists offer, each under its own name in key maps."""


def bindings(scope: str, actions: Iterable[Action]) -> list[Binding]:
    """Textual's bindings for the actions of one screen; `scope` begins their ids."""
    return [
        Binding(
            action.keys,
            f"act('{action.name}')",
            action.label,
            show=action.shown,
            id=f"{scope}.{action.name}",
        )
        for action in actions
    ]


def following(present: T, order: Sequence[T]) -> T:
    """What a key chooses that goes from one to the next each time, and from the last to the first."""
    return order[(order.index(present) + 1) % len(order)]


_KEY_NAMES = {
    "question_mark": "?",
    "colon": ":",
    "slash": "/",
    "space": "␣",
    "asterisk": "*",
    "percent_sign": "%",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "plus": "+",
    "minus": "-",
    "escape": "Esc",
    "enter": "⏎",
    "tab": "Tab",
    "delete": "Del",
    "insert": "Ins",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "home": "Home",
    "end": "End",
}


def key_name(key: str) -> str:
    """How one key is written for people: `^P`, `F6`, `Esc`, `r`."""
    modifiers, _plus, last = key.rpartition("+")
    name = _KEY_NAMES.get(last, last.upper() if len(last) > 1 and last.startswith("f") else last)
    for modifier in modifiers.split("+"):
        if modifier == "ctrl":
            name = "^" + (name.upper() if len(name) == 1 else name)
        elif modifier:
            name = f"{modifier.capitalize()}-{name}"
    return name
