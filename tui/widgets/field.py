"""What all fields of forms are: a label, an editor one line high, and room for a hint or what is wrong.

Every field gives a typed `value` and raises `InvalidInput` while what stands in it is not one. `key` is the
name by which the engine speaks of the field in errors. A field with `switchable` starts with a switch of its
own, for batch edits: only those switched on count (`on`).
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from engine.domain.errors import InvalidInput
from tui.terminal.text import clean
from tui.text.i18n import said
from tui.widgets.entry import Entry
from tui.widgets.toggle import Toggle

V_co = TypeVar("V_co", covariant=True)


class Field(Horizontal, Generic[V_co]):
    """The base of all fields; see the module."""

    @dataclass
    class Changed(Message):
        """The operator changed what stands in the field, or its switch."""

        field: "Field[object]"

    def __init__(self, key: str, label: str, *, hint: str = "", switchable: bool = False) -> None:
        super().__init__(classes="field")
        self.key = key
        self.label = label
        self.switchable = switchable
        self.on = not switchable
        self.touched = False
        self._hint = hint
        self._first_state: object = None
        self._switch: Toggle | None = None

    @property
    def value(self) -> V_co:
        """What stands in the field. Raises `InvalidInput` with a message for people."""
        raise NotImplementedError

    def editor(self) -> Widget:
        """The widget that is edited, made once."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        if self.switchable:
            self._switch = Toggle(False)
            yield self._switch
        yield Static(clean(self.label), classes="field-label", markup=False)
        yield self.editor()
        yield Static(clean(self._hint), classes="field-note", markup=False)

    def check(self) -> InvalidInput | None:
        """Shows what is wrong with the field, if anything, and returns it; switched off, nothing is."""
        try:
            if self.on:
                _value = self.value
        except InvalidInput as error:
            self.show_error(said(error.message))
            return error
        self.show_error("")
        return None

    @property
    def differs(self) -> bool:
        """Whether the operator changed what stands in the field, and has not put it back."""
        return self.touched and (self._state() != self._first_state or (self.switchable and self.on))

    def _state(self) -> object:
        """What stands in the editor, as it compares with what stood there at first."""
        raise NotImplementedError

    def on_mount(self) -> None:
        self._first_state = self._state()

    def show_error(self, text: str) -> None:
        note = self.query_one(".field-note", Static)
        note.update(clean(text or self.note()))
        self.set_class(bool(text), "-wrong")
        self.set_class(not self.on, "-off")

    def note(self) -> str:
        """What stands beside the editor while nothing is wrong."""
        return self._hint

    def edited(self) -> None:
        """Called by editors when the operator changed them."""
        self.touched = True
        if self._switch is not None and not self.on:
            self.on = True
            self._switch.set(True)
        self.check()
        self.post_message(self.Changed(self))

    @on(Toggle.Turned)
    def _switched(self, message: Toggle.Turned) -> None:
        if message.toggle is self._switch:
            message.stop()
            self.on = message.toggle.on
            self.touched = True
            self.check()
            self.post_message(self.Changed(self))

    def focus_editor(self) -> None:
        """Puts the cursor into the editor, or on the field's own switch."""
        if self._switch is not None:
            self._switch.focus()
            return
        for widget in self.query("*"):
            if widget.can_focus:
                widget.focus()
                return


class TypedField(Field[V_co]):
    """A field whose value is typed as text and read by `read`."""

    def __init__(
        self,
        key: str,
        label: str,
        text: str = "",
        *,
        hint: str = "",
        placeholder: str = "",
        password: bool = False,
        max_length: int = 0,
        switchable: bool = False,
    ) -> None:
        super().__init__(key, label, hint=hint, switchable=switchable)
        self._entry = Entry(text, placeholder=placeholder, password=password, max_length=max_length)
        self._first = text

    def editor(self) -> Widget:
        return self._entry

    @property
    def entry(self) -> Entry:
        return self._entry

    @property
    def text(self) -> str:
        return self._entry.value

    @text.setter
    def text(self, text: str) -> None:
        self._entry.value = text

    @property
    def value(self) -> V_co:
        return self.read(self._entry.value.strip())

    def _state(self) -> object:
        return self._entry.value

    def read(self, text: str) -> V_co:
        """The value of a text. Raises `InvalidInput`."""
        raise NotImplementedError

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if event.value != self._first or self.touched:
            self.edited()
