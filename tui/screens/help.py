"""`?`: what the screen is for, and every key that works on it."""

import re

from rich.cells import cell_len

from tui.actions import SHELL_ACTIONS, Action, key_name
from tui.i18n import N_, _
from tui.screens.base import SiteScreen
from tui.screens.list_screen import ListScreen
from tui.widgets.dialogs import TextDialog

LIST_KEYS: tuple[tuple[str, str], ...] = (
    ("↑ ↓  j k", N_("one row")),
    ("PgUp PgDn  ^B ^F", N_("one page; ^U ^D half a page")),
    ("Home End  g G", N_("first and last row")),
    ("← →  h l", N_("sideways; the first column stays")),
    ("Space  *  %", N_("mark a row, all rows, those not marked yet instead")),
    ("< >", N_("sort by the column before or after; z turns the order")),
    ("[ ]  { }", N_("make the sorted column narrower or wider; move it")),
)
KEY_CELLS = 20
LINE_CELLS = 71


class HelpScreen(TextDialog):
    """The help of one screen."""

    def __init__(self, screen: SiteScreen) -> None:
        own = [action for action in screen.all_actions() if action not in SHELL_ACTIONS]
        parts = [_(screen.HELP), ""] if screen.HELP else []
        parts += [self._line(screen, action) for action in own]
        if isinstance(screen, ListScreen):
            parts += ["", _("In the list")]
            parts += [_columns(keys, _(text)) for keys, text in LIST_KEYS]
        parts += [
            "",
            _("Everywhere"),
            _columns("1–7", _("the screens by number (Alt with the number while typing)")),
        ]
        parts += [self._line(screen, action) for action in SHELL_ACTIONS]
        super().__init__(_("Help"), "\n".join(parts))

    @staticmethod
    def _line(screen: SiteScreen, action: Action) -> str:
        return _columns("  ".join(key_name(key) for key in screen.keys_of(action)), action.explanation)


def _columns(keys: str, text: str) -> str:
    """The keys, and beside them the text in lines of its own column."""
    indent = " " * (KEY_CELLS + 2)
    lines = wrapped(text, LINE_CELLS - len(indent))
    first = "  " + keys + " " * max(1, KEY_CELLS - cell_len(keys)) + lines[0]
    return "\n".join([first, *(indent + line for line in lines[1:])])


def wrapped(text: str, cells: int) -> list[str]:
    """The text in lines of at most `cells`, broken at blanks and beside wide characters; one at least."""
    lines, line = list[str](), ""
    for word in re.findall(r"\s+|[^\s\u2e80-\uffef]+|[\u2e80-\uffef]", text):
        if line and cell_len(line + word.rstrip()) > cells:
            lines.append(line.rstrip())
            line = ""
        line += word if line else word.lstrip()
    return [*lines, line.rstrip()] if line.strip() or not lines else lines
