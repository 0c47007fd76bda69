"""Shows hostile text in every kind of widget, uncleaned: only the line filter stands between."""

import json
import sys

from rich.style import Style
from rich.text import Text
from textual.app import App, ComposeResult
from textual.widgets import DataTable, Input, Label, Static

from tui.terminal.text import CleanLines


class Hostile(CleanLines[None], App[None]):
    def compose(self) -> ComposeResult:
        texts: list[str] = json.loads(sys.argv[1])
        whole = " ".join(texts)
        yield Static(whole, markup=False)
        yield Static(Text(whole, style=Style(link="http://x/\x1b]52;c;aGk=\x07")))
        yield Label(whole, markup=False)
        yield Input(whole)
        table: DataTable[Text] = DataTable()
        table.add_column("Name")
        for text in texts:
            table.add_row(Text(text))
        yield table
        yield Static("shown", markup=False)

    def on_mount(self) -> None:
        self.notify(
            " ".join(json.loads(sys.argv[1])), title=json.loads(sys.argv[1])[0], markup=False, timeout=60
        )


if __name__ == "__main__":
    Hostile().run()
