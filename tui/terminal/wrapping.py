"""Lines of text that is Chinese in part: broken between wide characters, never before a closing sign.

Rich and Textual break at blanks alone, and cut what is longer than a line wherever the line ends.
"""

import re
from collections.abc import Iterator
from typing import Final

import rich._wrap
from rich.cells import cell_len, chop_cells

_WIDE: Final = r"\u2e80-\uffdc"
_PIECE: Final = re.compile(rf"\s*[（“‘《「【]*(?:[^\s{_WIDE}]+|[{_WIDE}])[。，、；：！？）”’》」】…]*\s*")


def pieces(text: str) -> Iterator[tuple[int, int, str]]:
    """Beginning, end and text of what stays together, with the blanks behind it."""
    return ((match.start(), match.end(), match.group()) for match in _PIECE.finditer(text))


def wrapped(text: str, cells: int) -> list[str]:
    """The text in lines of at most `cells`; one at least. Whatever is longer is cut where a line ends."""
    lines, line = list[str](), ""
    for piece in (part for *_place, whole in pieces(text) for part in chop_cells(whole, cells)):
        if line and cell_len(line + piece.rstrip()) > cells:
            lines.append(line.rstrip())
            line = ""
        line += piece if line else piece.lstrip()
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def wrap_wide_text() -> None:
    """Makes all widgets break their text so."""
    rich._wrap.words = pieces
