"""The least that Textual can show: what a first paint is measured against."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class Minimal(App[None]):
    """One word."""

    def compose(self) -> ComposeResult:
        yield Static("ready")


if __name__ == "__main__":
    Minimal().run()
