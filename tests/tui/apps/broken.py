"""The application with a key that breaks it."""

import sys
from pathlib import Path

from textual.app import App

from tui.app.crash import TellsItsErrors
from tui.text import i18n


class Broken(TellsItsErrors[int], App[int]):
    """Divides by zero on `x`."""

    def on_key(self) -> None:
        secret = 42
        print(secret // 0)


i18n.install("en")
app = Broken()
app.report_folder = Path(sys.argv[1])
app.run()
print(app.last_words)
sys.exit(app.return_code or 0)
