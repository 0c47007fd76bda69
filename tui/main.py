"""The program `pbxmeter`: the full-screen application, or its command line."""

import io
import os
import sys

from tui.text import i18n

INTERRUPTED = 130
"""The exit code after Ctrl-C."""


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
        from tui.commands.program import run_command

        code = run_command(arguments)
    if code == INTERRUPTED:
        # A call in another thread may still wait for the engine, and must not hold up the end.
        os._exit(code)
    sys.exit(code)


def _open() -> int:
    """The application at once: without arguments, what reads a command line is not even imported."""
    from engine.api.home import home_folder
    from tui.app.start import DEMO_WANTED, run

    try:
        code = run(home_folder())
        if code != DEMO_WANTED:
            return code
        from tui.commands.program import run_command

        return run_command(["demo"])
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    main()
