"""The program `pbxmeter`: the full-screen application, or its command line."""

import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tui.commands.exit_codes import DEMO_WANTED, INTERRUPTED
from tui.text import i18n

if TYPE_CHECKING:
    from engine.api.client import Credentials


def main() -> None:
    """The entry point; ends the process."""
    for stream in (sys.stdout, sys.stderr):
        # A locale that is not UTF-8 must not turn a Chinese name into a refusal.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    i18n.install()
    arguments = sys.argv[1:]
    if not arguments and sys.stdin.isatty() and sys.stdout.isatty():
        code = _open()
    else:
        code = _run_command(arguments)
    if code == INTERRUPTED:
        # A call in another thread may still wait for the engine, and must not hold up the end.
        os._exit(code)
    sys.exit(code)


def _open() -> int:
    """The application at once: without arguments, what reads a command line is not even imported."""
    from engine.api.home import home_folder
    from tui.app.start import run

    try:
        code = run(home_folder())
        return code if code != DEMO_WANTED else _run_command(["demo"])
    except KeyboardInterrupt:
        return INTERRUPTED


def _run_command(arguments: Sequence[str]) -> int:
    from tui.commands.program import run_command

    return run_command(arguments, _full_screen)


def _full_screen(
    home: Path, *, credentials: "Credentials | None" = None, slow_link: bool, mouse: bool
) -> int:
    """The application, imported only where it is wanted."""
    from tui.app.start import run

    return run(home, credentials=credentials, slow_link=slow_link, mouse=mouse)


if __name__ == "__main__":
    main()
