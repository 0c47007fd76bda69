"""Sentences for people as data: an English template and fields; each front end translates and fills it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Value: TypeAlias = "str | int | float | Message"


@dataclass(frozen=True, init=False)
class Message:
    """One sentence or a part of one; `str()` is its English text. Without text it is false: nothing is said.

    A template without fields is shown as it is, braces included. A field that is a message itself, or a word
    of a vocabulary (a StrEnum), is translated with it; any other text is somebody's and stays as it is.
    """

    template: str
    fields: dict[str, Value]

    def __init__(self, template: str = "", /, **fields: object) -> None:
        object.__setattr__(self, "template", template)
        object.__setattr__(self, "fields", {name: _value(value) for name, value in fields.items()})

    def __bool__(self) -> bool:
        return bool(self.template)

    def __hash__(self) -> int:
        return hash(str(self))

    def __str__(self) -> str:
        return self.told(_english)

    def told(self, translate: Callable[[str], str]) -> str:
        """The text in the language that `translate` turns English templates into."""
        if not self.template:
            return ""
        template = translate(self.template)
        if not self.fields:
            return template
        return template.format_map(
            {
                name: value.told(translate) if isinstance(value, Message) else value
                for name, value in self.fields.items()
            }
        )


NOTHING = Message()


def N_(template: str) -> str:  # noqa: N802 - the name that every gettext tool looks for
    """Marks `template` for the catalogue and returns it as it is."""
    return template


def as_it_is(text: object) -> Message:
    """Somebody's text as a message; nothing of it is translated."""
    return Message("{text}", text=text) if (shown := str(text)) else Message(shown)


def sentences(parts: Iterable[Message]) -> Message:
    """Whole sentences as one text."""
    return _joined(N_("{first} {rest}"), parts)


def clauses(parts: Iterable[Message]) -> Message:
    """Parts of a sentence, one after the other."""
    return _joined(N_("{first}; {rest}"), parts)


def phrases(parts: Iterable[Message]) -> Message:
    """Words or phrases between commas."""
    return _joined(N_("{first}, {rest}"), parts)


def lines(parts: Iterable[Message]) -> Message:
    """Sentences on lines of their own."""
    return _joined(N_("{first}\n{rest}"), parts)


def of_system(error: OSError) -> Message:
    """What the operating system says; its words are listed in `engine/domain/system_words.py`."""
    return Message(error.strerror or str(error))


def _joined(template: str, parts: Iterable[Message]) -> Message:
    said = [part for part in parts if part]
    if not said:
        return NOTHING
    joined = said.pop()
    while said:
        joined = Message(template, first=said.pop(), rest=joined)
    return joined


def _value(value: object) -> Value:
    if isinstance(value, StrEnum):
        return Message(value.value)
    if isinstance(value, Exception):
        value = getattr(value, "message", value)
    return value if isinstance(value, str | int | float | Message) else str(value)


def _english(template: str) -> str:
    return template
