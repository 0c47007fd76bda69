"""A list of names, each with a box that is turned on and off."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.terminal.text import clean


class MarkList(OptionList):
    """`[x]` or `[ ]` and a name a line, all on at first; Space turns one, `*` all. Enter is the form's."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "turn", show=False),
        Binding("asterisk", "turn_all", show=False),
        Binding("enter", "screen.enter", show=False),
    ]

    @dataclass
    class Turned(Message):
        """Something was turned on or off."""

    def __init__(self, names: Sequence[str], *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False, compact=True)
        self._names = tuple(names)
        self._off: set[str] = set()
        self.add_options([Option(self._line(name)) for name in self._names])
        self.highlighted = 0 if self._names else None

    @property
    def marked(self) -> tuple[str, ...]:
        """The names that are on, in the order of the list."""
        return tuple(name for name in self._names if name not in self._off)

    def _line(self, name: str) -> Content:
        off = name in self._off
        return Content.assemble(f"[{' ' if off else 'x'}] ", (clean(name), "$text-disabled" if off else ""))

    def _set(self, off: set[str]) -> None:
        changed, self._off = self._off ^ off, off
        for place, name in enumerate(self._names):
            if name in changed:
                self.replace_option_prompt_at_index(place, self._line(name))
        self.post_message(self.Turned())

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.action_turn()

    def action_turn(self) -> None:
        """Turns the name under the cursor."""
        if self.highlighted is not None:
            self._set(self._off ^ {self._names[self.highlighted]})

    def action_turn_all(self) -> None:
        """Turns all off, or on again where some are off."""
        self._set(set() if self._off else set(self._names))
