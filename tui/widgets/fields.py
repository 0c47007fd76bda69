"""Fields of forms: a label, an editor one line high, and room for a hint or what is wrong.

Every field gives a typed `value` and raises `InvalidInput` while what stands in it is not one. `key` is the
name by which the engine speaks of the field in errors. A field with `switchable` starts with a switch of its
own, for batch edits: only those switched on count (`on`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Generic, TypeVar
from zoneinfo import ZoneInfo

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Input, Static

from engine.domain.errors import InvalidInput
from engine.domain.money import format_amount, parse_amount
from engine.domain.rates import format_time_of_day, parse_time_of_day
from engine.domain.zones import parse_moment
from tui import i18n
from tui.i18n import N_, _
from tui.sentences import said
from tui.terminal.text import clean

V_co = TypeVar("V_co", covariant=True)

MAX_PICKED = 10_000
"""The most extensions that one field can name."""


class Entry(Input):
    """A one-line input that does not blink."""

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


_DURATION = re.compile(r"(?:(?P<h>\d{1,5})h)?(?:(?P<m>\d{1,7})m)?(?:(?P<s>\d{1,8})s?)?", re.ASCII)
_CLOCK = re.compile(r"(?:(?P<h>\d{1,5}):(?P<m>[0-5]\d)|(?P<n>\d{1,6})):(?P<s>[0-5]\d)", re.ASCII)


class DurationField(TypedField[int | None]):
    """Seconds, typed as `90`, `1:30`, `1h30m` or `90s`; an empty text is None where `optional`."""

    def __init__(
        self,
        key: str,
        label: str,
        seconds: int | None = None,
        *,
        optional: bool = False,
        least: int = 0,
        hint: str = "",
        switchable: bool = False,
    ) -> None:
        super().__init__(
            key, label, "" if seconds is None else str(seconds), hint=hint, switchable=switchable
        )
        self._optional, self._least = optional, least

    @property
    def seconds(self) -> int:
        """The value, 0 for an empty text."""
        return self.value or 0

    def read(self, text: str) -> int | None:
        if not text and self._optional:
            return None
        match = _CLOCK.fullmatch(text) or (
            _DURATION.fullmatch(text.replace(" ", "").lower()) if text else None
        )
        if match is None:
            raise InvalidInput(_("Seconds, or such as 1:30 or 1h30m."), field=self.key)
        parts = {name: int(part) for name, part in match.groupdict().items() if part}
        minutes = parts.get("m", 0) + parts.get("n", 0)
        seconds = parts.get("h", 0) * 3600 + minutes * 60 + parts.get("s", 0)
        if seconds < self._least:
            raise InvalidInput(_("At least %d s.") % self._least, field=self.key)
        return seconds


class TimeField(TypedField[int]):
    """A time of day, in seconds after midnight."""

    def __init__(
        self, key: str, label: str, second: int = 0, *, hint: str = "", switchable: bool = False
    ) -> None:
        super().__init__(key, label, format_time_of_day(second), hint=hint, switchable=switchable)

    def read(self, text: str) -> int:
        try:
            return parse_time_of_day(text, field=self.key)
        except InvalidInput as error:
            raise InvalidInput(_("A time of day, such as 08:30."), field=self.key) from error


class DateField(TypedField[date | None]):
    """A day, typed as 2026-01-31; F4 opens a calendar. An empty text is None where `optional`."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f4", "calendar", show=False)]

    def __init__(
        self,
        key: str,
        label: str,
        day: date | None = None,
        *,
        optional: bool = True,
        hint: str = "",
        switchable: bool = False,
    ) -> None:
        super().__init__(
            key,
            label,
            "" if day is None else day.isoformat(),
            hint=hint or _("F4: calendar"),
            placeholder=_("YYYY-MM-DD"),
            switchable=switchable,
        )
        self._optional = optional

    def read(self, text: str) -> date | None:
        if not text and self._optional:
            return None
        try:
            if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
                raise ValueError
            return date.fromisoformat(text)
        except ValueError as error:
            raise InvalidInput(_("A date, such as 2026-01-31."), field=self.key) from error

    def action_calendar(self) -> None:
        from tui.widgets.calendar import Calendar

        try:
            day = self.value
        except InvalidInput:
            day = None

        def chosen(picked: date | None) -> None:
            if picked is not None:
                self.text = picked.isoformat()

        self.app.push_screen(Calendar(day or date.today()), chosen)


class MomentField(TextField):
    """A day, month or moment as `parse_moment` reads it, checked as one types; F4 opens a calendar."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f4", "calendar", show=False)]

    def __init__(
        self, key: str, label: str, text: str = "", *, where: ZoneInfo, today: date, required: bool = False
    ) -> None:
        """`where` is the site's zone."""
        hint = _("F4: calendar; or 2026-01")
        super().__init__(key, label, text, required=required, hint=hint, max_length=40)
        self._where = where
        self._today = today

    def read(self, text: str) -> str:
        text = super().read(text)
        if text:
            self._moment(text)
        return text

    def _moment(self, text: str) -> datetime:
        try:
            return parse_moment(text, self._where, field=self.key)
        except InvalidInput as error:
            raise InvalidInput(
                _("Write 2026-01-31, 2026-01, or 2026-01-31 18:30."), field=self.key
            ) from error

    def action_calendar(self) -> None:
        from tui.widgets.calendar import Calendar

        match = re.match(r"\d{4}-\d{2}-\d{2}", self.text.strip(), re.ASCII)
        try:
            day = date.fromisoformat(match.group()) if match else self._today
        except ValueError:
            day = self._today

        def chosen(picked: date | None) -> None:
            if picked is not None:
                self.text = picked.isoformat()

        self.app.push_screen(Calendar(day), chosen)


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


class ExtensionsField(TypedField[tuple[str, ...] | None]):
    """Extensions as people write them: `1001 1003 1010-1020`, or `all` (None) where that is allowed.

    `known` are the extensions there are: a range means those of them in it, and unknown numbers are told.
    Without it a range means every number in it. F4 opens the list to mark them.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f4", "pick", show=False)]

    def __init__(
        self,
        key: str,
        label: str,
        chosen: Sequence[str] | None = (),
        *,
        all_allowed: bool = True,
        known: Sequence[str] | None = None,
        pick: bool = True,
        switchable: bool = False,
    ) -> None:
        """`pick` false: for numbers that do not exist yet."""
        text = "all" if chosen is None else written_extensions(chosen)
        super().__init__(
            key,
            label,
            text,
            placeholder=_("1001 1010-1020, or all") if all_allowed else _("1001 1010-1020"),
            hint=_("F4: choose") if pick else "",
            switchable=switchable,
        )
        self._all_allowed = all_allowed
        self._pick = pick
        self._known = None if known is None else frozenset(known)

    def read(self, text: str) -> tuple[str, ...] | None:
        if self._all_allowed and text.lower() in ("all", "*", _("all")):
            return None
        numbers = read_extensions(text, key=self.key, known=self._known)
        if not numbers:
            raise InvalidInput(_("Name at least one extension."), field=self.key)
        return numbers

    def note(self) -> str:
        try:
            value = self.value
        except InvalidInput:
            return self._hint
        if value is None:
            return _joined(_("all extensions"), self._hint)
        text = i18n.ngettext("%d extension", "%d extensions", len(value)) % len(value)
        unknown = [number for number in value if self._known is not None and number not in self._known]
        if unknown:
            text += " · " + _("not known: %s") % " ".join(unknown[:3])
        return _joined(text, self._hint)

    def action_pick(self) -> None:
        if not self._pick:
            return
        from tui.screens.pick_extensions import PickExtensions

        try:
            marked: Sequence[str] = self.value or ()
        except InvalidInput:
            marked = ()

        def picked(numbers: list[str] | None) -> None:
            if numbers is not None:
                self.text = written_extensions(numbers)

        self.app.push_screen(PickExtensions(marked), picked)


def _joined(*texts: str) -> str:
    return " · ".join(text for text in texts if text)


_RANGE = re.compile(r"(?P<first>\d{1,12})-(?P<last>\d{1,12})", re.ASCII)
_EXTENSION = re.compile(r"[0-9A-Za-z_.*#+-]{1,32}", re.ASCII)


def read_extensions(text: str, *, key: str, known: frozenset[str] | None = None) -> tuple[str, ...]:
    """The numbers of `1001 1003,1010-1020`, sorted, each once. Raises `InvalidInput` naming `key`."""
    numbers: set[str] = set()
    for word in re.split(r"[\s,;，、]+", text.strip()):
        if not word:
            continue
        match = _RANGE.fullmatch(word)
        if match and (known is None or word not in known):
            numbers.update(_range(match["first"], match["last"], key=key, known=known))
        elif _EXTENSION.fullmatch(word):
            numbers.add(word)
        else:
            raise InvalidInput(_("%s is not an extension.") % repr(clean(word)), field=key)
        if len(numbers) > MAX_PICKED:
            raise InvalidInput(_("More than %d extensions at once.") % MAX_PICKED, field=key)
    return tuple(sorted(numbers))


def _range(first: str, last: str, *, key: str, known: frozenset[str] | None) -> list[str]:
    if len(first) != len(last) or int(first) > int(last):
        raise InvalidInput(_("%s: write a range upwards, as 1001-1050.") % f"{first}-{last}", field=key)
    if known is not None:
        return [number for number in known if len(number) == len(first) and first <= number <= last]
    if int(last) - int(first) >= MAX_PICKED:
        raise InvalidInput(_("More than %d extensions at once.") % MAX_PICKED, field=key)
    return [f"{number:0{len(first)}d}" for number in range(int(first), int(last) + 1)]


def written_extensions(numbers: Sequence[str]) -> str:
    """The numbers as `read_extensions` reads them, three or more in a row as a range."""
    words: list[str] = []
    run: list[str] = []

    def finish() -> None:
        words.extend([f"{run[0]}-{run[-1]}"] if len(run) > 2 else run)
        run.clear()

    for number in sorted(numbers):
        follows = (
            bool(run)
            and number.isascii()
            and number.isdigit()
            and run[-1].isdigit()
            and len(number) == len(run[-1])
            and int(number) == int(run[-1]) + 1
        )
        if not follows:
            finish()
        run.append(number)
    finish()
    return " ".join(words)


class WeekdaysField(Field[int]):
    """Days of the week as a mask, bit 0 = Monday: left and right choose a day, Space turns it."""

    def __init__(self, key: str, label: str, mask: int, *, hint: str = "", switchable: bool = False) -> None:
        super().__init__(key, label, hint=hint, switchable=switchable)
        self._days = WeekdayRow(mask)

    def editor(self) -> Widget:
        return self._days

    def _state(self) -> object:
        return self._days.mask

    @property
    def value(self) -> int:
        if not self._days.mask:
            raise InvalidInput(_("Choose at least one day."), field=self.key)
        return self._days.mask

    def on_weekday_row_turned(self, message: "WeekdayRow.Turned") -> None:
        message.stop()
        self.edited()


WEEKDAY_NAMES = (N_("Mo"), N_("Tu"), N_("We"), N_("Th"), N_("Fr"), N_("Sa"), N_("Su"))


class WeekdayRow(Static, can_focus=True):
    """`[Mo][Tu] We …`: the days in brackets are on; the one at the cursor is underlined."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "go(-1)", show=False),
        Binding("right", "go(1)", show=False),
        Binding("space", "turn", show=False),
        Binding("asterisk", "all", show=False),
    ]

    @dataclass
    class Turned(Message):
        row: "WeekdayRow"

    def __init__(self, mask: int) -> None:
        super().__init__("", markup=False, classes="weekdays")
        self.mask = mask
        self._day = 0

    def render(self) -> Content:
        parts: list[Content] = []
        for day, name in enumerate(WEEKDAY_NAMES):
            text = f"[{_(name)}]" if self.mask >> day & 1 else f" {_(name)} "
            parts.append(Content.styled(text, "reverse" if day == self._day and self.has_focus else ""))
        return Content("").join(parts)

    def action_go(self, by: int) -> None:
        self._day = (self._day + by) % 7
        self.refresh()

    def action_turn(self) -> None:
        self._set(self.mask ^ 1 << self._day)

    def action_all(self) -> None:
        self._set(0b1111111)

    def _set(self, mask: int) -> None:
        self.mask = mask
        self.refresh()
        self.post_message(self.Turned(self))
