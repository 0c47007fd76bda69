"""The sentences of engine and command line in the language of the screens.

Both are made in English, as f-strings, where what they tell is known; as plain text they cross the wire,
stand in the database and go to the log. Here the template is recognised from which a sentence was made, and
its translation is filled with the same fields. `make messages` collects the templates from the sources; what
is not known stays English.
"""

import re
import string
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from msgspec import Struct

from tui.text import i18n

DOMAIN: Final = "sentences"
MAX_LENGTH: Final = 4_000
"""Longer texts are no sentence; they are shown as they are."""

VOCABULARY: Final = frozenset({"kind", "least", "reason", "role", "state", "unrated", "value"})
"""Fields that hold a word of ours. A single word in any other field is somebody's: a name, a path."""

MAX_JOINTS: Final = 30
"""A text with more places to be cut at is a list, and shown as it is."""

WEAK_LETTERS: Final = 4
"""A template with fewer fixed letters, such as `{known} to {known2}`, is only recognised around single words:
with more between them, its few letters could stand in any sentence."""

SYSTEM_ERRORS: Final = (
    "Address already in use", "Argument list too long", "Bad file descriptor", "Broken pipe",
    "Cannot allocate memory", "Connection refused", "Connection reset by peer", "Connection timed out",
    "Device or resource busy", "Directory not empty", "Disk quota exceeded", "Exec format error",
    "File exists", "File name too long", "File too large", "Host is down", "Input/output error",
    "Invalid argument", "Invalid cross-device link", "Is a directory", "No such device",
    "No such device or address", "No such file or directory", "No such process",
    "No space left on device", "Not a directory", "Operation not permitted", "Operation not supported",
    "Permission denied", "Read-only file system", "Resource temporarily unavailable", "Stale file handle",
    "Structure needs cleaning", "Text file busy", "Too many levels of symbolic links", "Too many links",
    "Too many open files", "Too many open files in system", "Transport endpoint is not connected",
)  # fmt: skip
"""What the operating system says about files and sockets, in the words of the C library."""

_JOINTS: Final = ((". ", ""), (": ", ": "), ("; ", "；"), (", ", "，"))
"""Between sentences in one text, and what stands there in Chinese. The full stop belongs to the sentence."""
_NAMED: Final = re.compile(r"(?:\{\w+\}|[a-z_]+): (?=\S+ )")
_LEADS: Final = " ,;"
_CHINESE_LEADS: Final = {",": "，", ";": "；"}


def said(text: str) -> str:
    """`text` in the language of the screens, as far as its templates are known."""
    if i18n.language() == "en" or not text or len(text) > MAX_LENGTH:
        return text
    return _said(i18n.language(), text)


class Template(Struct, frozen=True):
    """What a kind of sentence looks like; `{field}` stands for what differs."""

    translation: str
    fields: tuple[str, ...]
    pattern: re.Pattern[str]
    anchor: str
    """Its longest fixed part: what does not hold that is another sentence."""
    fixed: int
    """Characters that are fixed; the template with most of them says most about a sentence."""

    def match(self, text: str) -> Mapping[str, str] | None:
        """The fields, where the text was made from this template."""
        found = self.pattern.fullmatch(text) if self.anchor in text else None
        return None if found is None else dict(zip(self.fields, found.groups(), strict=True))


def template_of(text: str, translation: str) -> Template:
    """The template written as `text`."""
    parts = list(string.Formatter().parse(text))
    literals = [literal for literal, *_ in parts]
    letters = sum(character.isalpha() for literal in literals for character in literal)
    field = r"(\S*?)" if letters < WEAK_LETTERS else r"(.*?)"
    return Template(
        translation=translation,
        fields=tuple(name for _literal, name, *_ in parts if name is not None),
        pattern=re.compile(
            "".join(re.escape(literal) + ("" if name is None else field) for literal, name, *_ in parts),
            re.DOTALL,
        ),
        anchor=max(literals, key=len),
        fixed=sum(map(len, literals)),
    )


class _Book(Struct, frozen=True):
    words: Mapping[str, str]
    """Texts without fields."""
    templates: Sequence[Template]
    """The most particular ones first."""


@lru_cache(maxsize=2)
def _book(language: str) -> _Book:
    from babel.messages.mofile import read_mo

    path = i18n.LOCALE_FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.mo"
    with path.open("rb") as file:
        texts = {
            str(message.id): str(message.string) for message in read_mo(file) if message.id and message.string
        }
    # At a field and in a list of faults a sentence stands without the name of its field.
    texts |= {
        text[len(named[0]) :]: translation[len(named[0]) :]
        for text, translation in texts.items()
        if (named := _NAMED.match(text)) and translation.startswith(named[0])
    }
    # `{path}: {strerror}.` has no words of its own that could tell it from other sentences.
    texts |= {f"{text}.": f"{texts[text]}。" for text in SYSTEM_ERRORS if text in texts}
    templates = [template_of(text, translation) for text, translation in texts.items() if "{" in text]
    return _Book(
        words={text: translation for text, translation in texts.items() if "{" not in text},
        templates=sorted(templates, key=lambda template: template.fixed, reverse=True),
    )


@lru_cache(maxsize=4096)
def _said(language: str, text: str) -> str:
    return _found(language, text) or i18n.translated(text) or text


@lru_cache(maxsize=4096)
def _found(language: str, text: str) -> str | None:
    """The translation; None where nothing in the text is known."""
    plain = text.lstrip(_LEADS).rstrip()
    if lead := text[: len(text) - len(text.lstrip(_LEADS))].strip():
        rest = _found(language, plain)
        return None if rest is None else _CHINESE_LEADS[lead[0]] + rest
    if (several := _both(language, plain)) is not None:
        return several
    if (sentence := _sentence(language, plain)) is not None:
        return sentence
    if "\n" in plain:
        lines = plain.split("\n")
        return "\n".join(_found(language, line) or line for line in lines)
    return _joined(language, plain)


def _both(language: str, text: str) -> str | None:
    """Of what a semicolon joins, where all is known: a field at the end of a sentence would take the rest."""
    head, joint, tail = text.partition("; ")
    if not joint or text.count(joint) > MAX_JOINTS:
        return None
    first, last = _sentence(language, head), _found(language, tail)
    return None if first is None or last is None else f"{first}；{last}"


def _sentence(language: str, text: str) -> str | None:
    """The translation of one sentence that is known as a whole."""
    book = _book(language)
    if translation := book.words.get(text):
        return translation
    for template in book.templates:
        if (fields := template.match(text)) is not None:
            filled = {name: _filled(language, name, value) for name, value in fields.items()}
            return template.translation.format(**filled)
    return None


def _filled(language: str, name: str, value: str) -> str:
    if name.rstrip("0123456789") in VOCABULARY:
        return _found(language, value) or i18n.translated(value) or value
    return (_found(language, value) or value) if " " in value.strip() else value


def _joined(language: str, text: str) -> str | None:
    """Of several sentences in one text those that are known."""
    if sum(text.count(joint) for joint, _chinese in _JOINTS) > MAX_JOINTS:
        return None
    for joint, chinese in _JOINTS:
        at = text.find(joint)
        while at >= 0:
            head, tail = text[: at + joint.startswith(".")], text[at + len(joint) :]
            # What a comma or a colon ends is one sentence; before a semicolon there may be several.
            known = _found if joint == "; " else _sentence
            first = known(language, head) if " " in head else None
            last = _found(language, tail) if " " in tail else None
            if first is not None or last is not None:
                between = " " if joint == ". " and first is None else chinese
                return (first or head) + between + (last or tail)
            at = text.find(joint, at + 1)
    return None
