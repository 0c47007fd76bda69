"""One of a few texts, turned by keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Static

from tui.terminal.text import clean


class Wheel(Static, can_focus=True):
    """`‹ prepaid ›`: shows one of its texts; left, right and Space turn it, a first letter jumps."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "turn(-1)", show=False),
        Binding("right,space", "turn(1)", show=False),
    ]

    @dataclass
    class Turned(Message):
        wheel: "Wheel"

    def __init__(self, texts: Sequence[str], index: int) -> None:
        super().__init__("", markup=False, classes="wheel")
        self._texts = list(texts)
        self.index = index
        self._draw()

    def _draw(self) -> None:
        self.update(f"‹ {clean(self._texts[self.index])} ›")

    def action_turn(self, by: int) -> None:
        self._go((self.index + by) % len(self._texts))

    def on_key(self, event: events.Key) -> None:
        letter = (event.character or "").lower()
        if not letter.isalnum():
            return
        count = len(self._texts)
        for index in ((self.index + step) % count for step in range(1, count + 1)):
            if self._texts[index].lower().startswith(letter):
                event.stop()
                self._go(index)
                return

    def on_click(self) -> None:
        self.action_turn(1)

    def _go(self, index: int) -> None:
        self.index = index
        self._draw()
        self.post_message(self.Turned(self))
