"""What stands before the numbered screens can, and over them while the terminal is too small."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.geometry import Size
from textual.screen import Screen
from textual.widgets import Static

from tui.text.i18n import _
from tui.widgets.shell import shell_of

SMALLEST_COLUMNS = 70
SMALLEST_ROWS = 18


def fits(size: Size) -> bool:
    """Whether a terminal of this size is large enough."""
    return size.width >= SMALLEST_COLUMNS and size.height >= SMALLEST_ROWS


class Splash(Screen[None]):
    """The first paint: says what is being waited for, before anything heavy is imported."""

    LEAVE_KEYS = ("q", "escape", "f10")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(",".join(LEAVE_KEYS), "app.quit", show=False),
        Binding("r,enter,f5", "app.retry", show=False),
    ]

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        with Container(id="splash"):
            yield Static("pbxmeter", id="splash-name", markup=False)
            yield Static(self._text, id="splash-text", markup=False)

    def say(self, text: str, *, error: bool = False) -> None:
        line = self.query_one("#splash-text", Static)
        line.update(text)
        line.set_class(error, "-error")


class TooSmall(Screen[None]):
    """Covers everything while the terminal is too small; what is below stays as it is."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q,f10", "app.quit", show=False)]

    def compose(self) -> ComposeResult:
        yield Static(self._text(), id="too-small", markup=False)

    def _text(self) -> str:
        size = self.app.size
        return _("This terminal is %d×%d. pbxmeter needs %d×%d: please enlarge it.") % (
            size.width,
            size.height,
            SMALLEST_COLUMNS,
            SMALLEST_ROWS,
        )

    def on_resize(self) -> None:
        self.call_later(lambda: self.query_one("#too-small", Static).update(self._text()))

    def on_screen_resume(self) -> None:
        self.call_later(shell_of(self).fit)
