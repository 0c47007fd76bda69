"""Esc and a character that arrive in one piece are two keys, one after the other; Alt and a digit is one key.

A terminal sends the same for Esc with `r` behind it as for Alt and `r`, and over a slow line keys that were
typed one by one arrive together. Textual waits for more of what it does not know, and then types `^r`.
"""

import string
from collections.abc import Collection
from dataclasses import dataclass
from typing import cast

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual.keys import _character_to_key  # pyright: ignore[reportPrivateUsage] - the names of keys

ESC = "\x1b"
BEGINNINGS = "[]OPX^_\\"
"""Behind an Esc they begin what terminals send by themselves."""


@dataclass(frozen=True, slots=True)
class _Key:
    """A key as Textual's table wants it."""

    value: str


def take_escapes(keys: Collection[str] = ()) -> None:
    """From now on `ESC 4` is `alt+4`, as is every `alt+` among `keys`, and `ESC r` is Esc and `r`."""
    sequences = cast("dict[str, object]", ANSI_SEQUENCES_KEYS)
    for character in [*string.printable[:95], "\r"]:
        if character in BEGINNINGS:
            continue
        name = "enter" if character == "\r" else _character_to_key(character)
        with_alt = f"alt+{name}"
        if character.isdigit() or with_alt in keys:
            sequences[ESC + character] = (_Key(with_alt),)
        else:
            sequences[ESC + character] = (_Key("escape"), _Key(name))
