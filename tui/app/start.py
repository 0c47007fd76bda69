"""Starts the full-screen application; looks at terminal and language before anything heavy is imported."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tui.app import garbage
from tui.commands.exit_codes import DEMO_WANTED
from tui.text import i18n
from tui.text.i18n import _

if TYPE_CHECKING:
    from engine.api.client import Credentials

SLOW_LINK_FPS = "15"


def run(
    home: Path,
    *,
    credentials: "Credentials | None" = None,
    slow_link: bool = False,
    mouse: bool = True,
    language: str | None = None,
) -> int:
    """Runs the application on this terminal until the operator leaves; the exit code, or `DEMO_WANTED`.

    `slow_link`: no animations, few frames, 16 colours. `language` None = the locale's, then the site's.
    """
    i18n.install(language)
    if reason := unusable_terminal(os.environ.get("TERM", ""), sys.stdin.isatty() and sys.stdout.isatty()):
        print(f"pbxmeter: {reason}", file=sys.stderr)
        return 1
    if not sys.stderr.isatty():
        # Textual draws on the standard error, which may well go into a file.
        sys.__stderr__ = sys.__stdout__
    if slow_link:
        # Textual reads both once, when it is imported.
        os.environ.setdefault("TEXTUAL_FPS", SLOW_LINK_FPS)
        os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    garbage.starting()
    from tui.app.application import PbxmeterApp

    app = PbxmeterApp(
        home,
        credentials=credentials,
        slow_link=slow_link,
        language=language,
        ascii_only=ascii_only(os.environ.get("TERM", ""), os.environ),
    )
    app.run(mouse=mouse)
    if message := app.last_words:
        print(f"pbxmeter: {message}", file=sys.stderr)
    return DEMO_WANTED if app.demo_wanted else app.return_code or 0


def unusable_terminal(term: str, is_terminal: bool) -> str:
    """Why the application cannot be shown here, and what to do; '' = it can."""
    if not is_terminal:
        return _("Input and output must be a terminal. For scripts, see `pbxmeter --help`.")
    if term in ("", "dumb", "unknown"):
        return _(
            "This terminal cannot show full screens (TERM is %s). Set TERM to what it is, such as "
            "xterm-256color, or use the commands: `pbxmeter --help`."
        ) % (repr(term) if term else _("not set"))
    return ""


def ascii_only(term: str, environment: Mapping[str, str]) -> bool:
    """Whether borders and signs must do without Unicode: the Linux console, or a locale that is not UTF-8."""
    return term == "linux" or not says_utf8(environment)


def says_utf8(environment: Mapping[str, str]) -> bool:
    """Whether the locale variables name UTF-8, in the order in which POSIX reads them.

    In a C locale Python decodes as UTF-8 all the same, and sets LC_CTYPE to say so (PEP 538, 540): what it
    says of the encoding tells nothing of the terminal.
    """
    names = [environment.get(variable, "") for variable in ("LC_ALL", "LC_CTYPE", "LANG")]
    if not names[0] and names[1] in ("C.UTF-8", "C.utf8") and names[2] in ("", "C", "POSIX"):
        names[1] = ""
    chosen = next((name for name in names if name), "")
    return chosen.lower().replace("-", "").partition("@")[0].endswith("utf8")
