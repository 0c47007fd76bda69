"""A one-line input."""

import re

from textual import events
from textual.suggester import Suggester
from textual.widgets import Input

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


class Entry(Input):
    """A one-line input that does not blink, and takes the lines of a pasted column as words."""

    def __init__(
        self,
        value: str = "",
        *,
        placeholder: str = "",
        password: bool = False,
        max_length: int = 0,
        suggester: Suggester | None = None,
        id: str | None = None,
    ) -> None:
        super().__init__(
            value,
            placeholder=placeholder,
            password=password,
            max_length=max_length,
            suggester=suggester,
            id=id,
            compact=True,
        )
        self.cursor_blink = False

    def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        self.replace(_CONTROLS.sub(" ", event.text.strip("\r\n")), *self.selection)
