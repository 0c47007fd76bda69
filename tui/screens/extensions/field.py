"""The field that names extensions, and how ranges of them are read and written."""

import re
from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from engine.domain.errors import InvalidInput
from tui.terminal.text import clean
from tui.text import i18n
from tui.text.i18n import _
from tui.widgets.field import TypedField

MAX_PICKED = 10_000
"""The most extensions that one field can name."""


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
        from tui.screens.extensions.pick import PickExtensions

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
