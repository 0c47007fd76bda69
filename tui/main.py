"""The program `pbxmeter`: the full-screen application, or its command line."""

import io
import os
import sys

from tui import i18n


def main() -> None:
    """The entry point; ends the process."""
    for stream in (sys.stdout, sys.stderr):
        # A locale that is not UTF-8 must not turn a Chinese name into a refusal.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    i18n.install()
    if len(sys.argv) == 1 and sys.stdin.isatty() and sys.stdout.isatty():
        # There is no command line to read, and nothing of what reads it to import.
        from engine.api.home import home_folder
        from tui.app import run

        sys.exit(run(home_folder()))
    from tui.commands.program import INTERRUPTED, run_command

    code = run_command(sys.argv[1:])
    if code == INTERRUPTED:
        # A call in another thread may still wait for the engine, and must not hold up the end.
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    main()
