"""Small dialogs: a question, a text."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from tui.terminal.text import clean
from tui.text.i18n import _


class Confirm(ModalScreen[bool]):
    """A question that is answered No unless somebody chooses Yes: by `y`, or by moving to it."""

    AUTO_FOCUS = "#no"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", show=False),
        Binding("n,escape,q", "answer(False)", show=False),
        Binding("left,up", "app.focus_previous", show=False),
        Binding("right,down", "app.focus_next", show=False),
    ]

    def __init__(self, question: str, *, yes: str = "", no: str = "", warning: str = "") -> None:
        """`warning` stands below the question in red; '' = there is none."""
        super().__init__()
        self._warning = warning
        self._question = question
        self._yes = yes or _("Yes")
        self._no = no or _("No")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog confirm"):
            yield Static(clean(self._question), classes="dialog-text", markup=False)
            if self._warning:
                yield Static(clean(self._warning), classes="dialog-text dialog-warning", markup=False)
            with Horizontal(classes="dialog-buttons"):
                yield Button(f"(n) {self._no}", id="no", compact=True)
                yield Button(f"(y) {self._yes}", id="yes", compact=True)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.dismiss(event.button.id == "yes")

    def action_answer(self, yes: bool) -> None:
        self.dismiss(yes)


class TextDialog(ModalScreen[None]):
    """A text to read; any of Esc, Enter and q closes it."""

    AUTO_FOCUS = "VerticalScroll"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q", "close", show=False),
        Binding("j", "scroll(1)", show=False),
        Binding("k", "scroll(-1)", show=False),
    ]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        dialog = Vertical(classes="dialog reading")
        dialog.border_title = Content(clean(self._title))
        dialog.border_subtitle = _("Esc: close")
        with dialog, VerticalScroll():
            yield Static("\n".join(clean(line) for line in self._text.split("\n")), markup=False)

    def action_close(self) -> None:
        self.dismiss(None)

    def action_scroll(self, by: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)
