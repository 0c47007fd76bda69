"""An error of our own ends the application: what happened goes to a file, and a sentence to the terminal."""

import os
import traceback
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from textual.app import App

from tui.text.i18n import _, flowing

R = TypeVar("R")

REPORT = "application-errors.log"
MAX_REPORT_BYTES = 1_000_000


class TellsItsErrors(App[R]):
    """Writes unhandled errors to `REPORT` in `report_folder` instead of over the terminal."""

    report_folder: Path
    last_words: str = ""
    """What the terminal is told once the screen is given back; '' = nothing."""

    def _fatal_error(self) -> None:
        """Called by Textual in the handler of the error."""
        path = self.report_folder / REPORT
        try:
            if path.exists() and path.stat().st_size > MAX_REPORT_BYTES:
                path.replace(path.with_name(REPORT + ".1"))
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "a", encoding="utf-8", errors="replace") as report:
                report.write(f"{datetime.now().isoformat(timespec='seconds')}\n{traceback.format_exc()}\n")
            where = _("The details are in %s.") % path
        except OSError:
            where = traceback.format_exc(limit=3)
        apology = _("The application made an error of its own and had to end. The engine goes on.")
        self.last_words = flowing([apology, where])
        self.bell()
        self._close_messages_no_wait()
