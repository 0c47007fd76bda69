"""Fields of texts, amounts, numbers and choices."""

import re
from collections.abc import Sequence

from textual import on
from textual.widget import Widget

from engine.domain.errors import InvalidInput
from engine.domain.money import format_amount, parse_amount
from tui.text.i18n import _, said
from tui.widgets.field import Field, TypedField, V_co
from tui.widgets.toggle import Toggle
from tui.widgets.wheel import Wheel


class TextField(TypedField[str]):
    """Any text; `required` refuses an empty one."""

    def __init__(
        self,
        key: str,
        label: str,
        text: str = "",
        *,
        required: bool = False,
        hint: str = "",
        placeholder: str = "",
        password: bool = False,
        max_length: int = 0,
        switchable: bool = False,
    ) -> None:
        super().__init__(
            key,
            label,
            text,
            hint=hint,
            placeholder=placeholder,
            password=password,
            max_length=max_length,
            switchable=switchable,
        )
        self._required = required

    @property
    def value(self) -> str:
        return self.read(self._entry.value if self._entry.password else self._entry.value.strip())

    def read(self, text: str) -> str:
        if self._required and not text:
            raise InvalidInput(_("Must not be empty."), field=self.key)
        return text


class MoneyField(TypedField[int]):
    """An amount in micro-units. `least` is the smallest one allowed; None = any, negative ones too."""

    def __init__(
        self,
        key: str,
        label: str,
        micros: int | None = None,
        *,
        least: int | None = 0,
        hint: str = "",
        placeholder: str = "0.00",
        switchable: bool = False,
    ) -> None:
        text = "" if micros is None else format_amount(micros)
        super().__init__(
            key, label, text, hint=hint, placeholder=placeholder, switchable=switchable, max_length=40
        )
        self._least = least

    def read(self, text: str) -> int:
        if not text:
            raise InvalidInput(_("Type an amount, such as 100 or 12.50."), field=self.key)
        try:
            micros = parse_amount(text, field=self.key, signed=True)
        except InvalidInput as error:
            message = said(error.message).removeprefix(f"{self.key}: ")
            raise InvalidInput(message, field=self.key) from error
        if self._least is not None and micros < self._least:
            message = _("Must not be negative.") if self._least == 0 else _("Must be more than 0.")
            raise InvalidInput(message, field=self.key)
        return micros


class NumberField(TypedField[int]):
    """A whole number between two limits; an empty text is `empty`, refused where that is None."""

    def __init__(
        self,
        key: str,
        label: str,
        number: int | None = None,
        *,
        least: int = 0,
        most: int = 1_000_000_000,
        empty: int | None = None,
        hint: str = "",
        switchable: bool = False,
    ) -> None:
        super().__init__(key, label, "" if number is None else str(number), hint=hint, switchable=switchable)
        self._least, self._most, self._empty = least, most, empty

    def read(self, text: str) -> int:
        if not text and self._empty is not None:
            return self._empty
        if not re.fullmatch(r"\d{1,12}", text, re.ASCII) or not self._least <= int(text) <= self._most:
            raise InvalidInput(_("A whole number from %d to %d.") % (self._least, self._most), field=self.key)
        return int(text)


class ChoiceField(Field[V_co]):
    """One of a few: left and right change it, so does Space."""

    def __init__(
        self,
        key: str,
        label: str,
        options: Sequence[tuple[V_co, str]],
        chosen: V_co | None = None,
        *,
        hint: str = "",
        switchable: bool = False,
    ) -> None:
        """`options`: values and how they are shown; `chosen` None or unknown = the first."""
        super().__init__(key, label, hint=hint, switchable=switchable)
        values = [value for value, _text in options]
        self._values = values
        self._wheel = Wheel(
            [text for _value, text in options], values.index(chosen) if chosen in values else 0
        )

    def editor(self) -> Widget:
        return self._wheel

    def _state(self) -> object:
        return self._wheel.index

    @property
    def value(self) -> V_co:
        return self._values[self._wheel.index]

    def on_wheel_turned(self, message: "Wheel.Turned") -> None:
        message.stop()
        self.edited()


class SwitchField(Field[bool]):
    """On or off; Space turns it."""

    def __init__(
        self,
        key: str,
        label: str,
        on: bool = False,
        *,
        texts: tuple[str, str] | None = None,
        hint: str = "",
        switchable: bool = False,
    ) -> None:
        super().__init__(key, label, hint=hint, switchable=switchable)
        self._toggle = Toggle(on, texts=texts or (_("on"), _("off")))
        self._toggle.add_class("-editor")

    def editor(self) -> Widget:
        return self._toggle

    def _state(self) -> object:
        return self._toggle.on

    @property
    def value(self) -> bool:
        return self._toggle.on

    @on(Toggle.Turned)
    def _turned(self, message: Toggle.Turned) -> None:
        if message.toggle is self._toggle:
            message.stop()
            self.edited()
