"""Alt and a digit is a key: Textual takes it for the character that a Mac keyboard has there, such as ¢."""

from typing import cast

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS


def take_alt_digits() -> None:
    """From now on `ESC 4` is `alt+4`, as `ESC g` is `alt+g`."""
    sequences = cast("dict[str, object]", ANSI_SEQUENCES_KEYS)
    for digit in "0123456789":
        sequences.pop(f"\x1b{digit}", None)
