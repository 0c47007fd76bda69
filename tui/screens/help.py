"""`?`: what the screen is for, and every key that works on it."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from rich.cells import cell_len

from tui.screens.base import SiteScreen
from tui.screens.list_screen import ListScreen
from tui.terminal.wrapping import wrapped
from tui.text.i18n import N_, _
from tui.widgets.actions import SHELL_ACTIONS, Action, key_name
from tui.widgets.dialogs import TextDialog
from tui.widgets.keymap import keymap_path
from tui.widgets.table import WindowedTable

LIST_KEYS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("up", "down"), N_("one row")),
    (("page_up", "page_down"), N_("one page")),
    (("half_page_up", "half_page_down"), N_("half a page")),
    (("first", "last"), N_("first and last row")),
    (("left", "right"), N_("sideways; the first column stays")),
    (("mark", "mark_all", "invert_marks"), N_("mark a row, all rows, those not marked yet instead")),
    (("sort_before", "sort_next"), N_("sort by the column before or after")),
    (("turn_sort",), N_("turn the order round")),
    (
        ("narrower", "wider", "column_left", "column_right"),
        N_("make the sorted column narrower or wider; move it"),
    ),
)
"""Bindings of a table, without `list.`, and what they do."""

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
            parts += [_columns(_list_keys(names, screen.shell.keymap), _(text)) for names, text in LIST_KEYS]
            mouse = _("click a row, twice to open; a title sorts, its edge sizes; the scrollbar goes there")
            parts += [_columns(_("mouse"), mouse)]
        parts += [
            "",
            _("Everywhere"),
            _columns("1–7", _("the screens by number (Alt with the number while typing)")),
        ]
        parts += [self._line(screen, action) for action in SHELL_ACTIONS]
        keymap = _("Every key can be changed: write lines such as “%s” into %s. docs/keys.md names them all.")
        parts += [
            "",
            *wrapped(
                keymap % (f"{screen.SCOPE}.{(own or SHELL_ACTIONS)[0].name}: f6", keymap_path()), LINE_CELLS
            ),
        ]
        super().__init__(_("Help"), "\n".join(parts))

    @staticmethod
    def _line(screen: SiteScreen, action: Action) -> str:
        return _columns("  ".join(key_name(key) for key in screen.keys_of(action)), action.explanation)


def _list_keys(names: Sequence[str], keymap: Mapping[str, str]) -> str:
    """The keys of bindings of a table, after the operator's key map."""
    given = WindowedTable.key_names()
    keys = [keymap.get(f"list.{name}", given[name]).split(",") for name in names]
    if len(names) > 2:
        return "  ".join(key_name(key[0].strip()) for key in keys)
    return "  ".join(
        " ".join(key_name(key.strip()) for key in both) for both in zip_longest(*keys, fillvalue="")
    )


def _columns(keys: str, text: str) -> str:
    """The keys, and beside them the text in lines of its own column."""
    indent = " " * (KEY_CELLS + 2)
    lines = wrapped(text, LINE_CELLS - len(indent))
    first = "  " + keys + " " * max(1, KEY_CELLS - cell_len(keys)) + lines[0]
    return "\n".join([first, *(indent + line for line in lines[1:])])
