"""A box that is turned on and off."""

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Static


class Toggle(Static, can_focus=True):
    """`[x]` or `[ ]`; Space turns it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "turn", show=False)]

    @dataclass
    class Turned(Message):
        toggle: "Toggle"

    def __init__(self, on: bool, *, texts: tuple[str, str] = ("", ""), id: str | None = None) -> None:
        """`texts`: what stands beside the box while on and while off."""
        super().__init__("", id=id, markup=False, classes="toggle")
        self._texts = texts
        self.on = on
        self._draw()

    def _draw(self) -> None:
        self.update(f"[{'x' if self.on else ' '}] {self._texts[0 if self.on else 1]}")

    def set(self, on: bool) -> None:
        self.on = on
        self._draw()

    def action_turn(self) -> None:
        self.set(not self.on)
        self.post_message(self.Turned(self))

    def on_click(self) -> None:
        self.action_turn()
