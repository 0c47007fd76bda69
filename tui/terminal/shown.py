"""What stands on the terminal, cell by cell, and the fewest bytes that turn it into what is to stand there.

Textual writes every line of a changed widget whole, with colours for each run of it. Here that text is read
back into cells, compared with what the terminal shows, and only the cells that differ are written.
"""

import re
from functools import lru_cache

from rich.cells import get_character_cell_size

MOST_GAP = 4
"""Unchanged cells of one style that are written again rather than jumped over."""

_TOKEN = re.compile(r"\x1b\[(?:(\d+);(\d+)H|([\d;]*)m)|(\n)|([^\x1b\n]+)|(.)", re.DOTALL)

_EMOJI = "\U0001f000"
"""From here on, and for characters without a width of their own, terminals disagree about widths."""

Cell = tuple[str, str]
"""A character and its SGR parameters; the right half of a wide character has no text."""

UNKNOWN: Cell = ("", "?")

_Span = tuple[int, list[Cell], bool]
"""Column of the first cell, cells, and whether terminals may disagree about their number."""


class ShownScreen:
    """The cells of a terminal of `width` by `height`; unknown at first."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self._rows: list[list[Cell]] = [[UNKNOWN] * width for _row in range(height)]

    def forget(self) -> None:
        """Something else wrote to the terminal: everything is written anew."""
        for row in self._rows:
            row[:] = [UNKNOWN] * self.width

    def change(self, text: str) -> str:
        """What to write instead of `text`, which Textual would write, to the same effect."""
        pen = _Pen()
        for y, spans in self._spans(text).items():
            if y < 0:
                self.forget()
                return text
            self._change_row(y, spans, pen)
        return pen.finish()

    def _spans(self, text: str) -> dict[int, list["_Span"]]:
        """Cells by line and the column they begin in. A key of -1 = the text is not understood."""
        found: dict[int, list[_Span]] = {}
        x = y = 0
        style = ""
        for token in _TOKEN.finditer(text):
            row, column, parameters, newline, piece, other = token.groups()
            if piece is not None:
                cells, doubtful = _cells(piece, style)
                if y >= self.height or x + len(cells) > self.width:
                    return {-1: []}
                found.setdefault(y, []).append((x, cells, doubtful))
                x += len(cells)
            elif parameters is not None:
                style = "" if parameters in ("", "0") else parameters
            elif row is not None:
                x, y = int(column) - 1, int(row) - 1
            elif newline is not None:
                x, y = 0, y + 1
            elif other is not None:
                return {-1: []}
        return found

    def _change_row(self, y: int, spans: list["_Span"], pen: "_Pen") -> None:
        old = self._rows[y]
        new = old.copy()
        for x, cells, _doubtful in spans:
            new[x : x + len(cells)] = cells
        if any(doubtful for _x, _cells, doubtful in spans):
            for x, cells, _doubtful in spans:
                pen.write(x, y, cells)
            # What a terminal may have drawn wider or narrower is written anew next time.
            new = [UNKNOWN] * self.width
        elif new != old:
            for first, end in _runs(old, new):
                pen.write(first, y, new[first:end])
        self._rows[y] = new


def _runs(old: list[Cell], new: list[Cell]) -> list[tuple[int, int]]:
    """Where the lines differ, short gaps and the halves of wide characters included."""
    runs: list[tuple[int, int]] = []
    first = end = -1
    for x in [x for x, (before, after) in enumerate(zip(old, new, strict=True)) if before != after]:
        if x < end:
            continue
        here = x
        while here > max(end, 0) and (_is_half(new[here]) or _is_half(old[here])):
            here -= 1
        if first < 0:
            first = here
        elif here > end and (here - end > MOST_GAP or not _same_style(new[end - 1][1], new[end:here])):
            runs.append((first, end))
            first = here
        end = x + 1
        while end < len(new) and (_is_half(new[end]) or _is_half(old[end])):
            end += 1
    if first >= 0:
        runs.append((first, end))
    return runs


def _is_half(cell: Cell) -> bool:
    """The right half of a wide character."""
    return not cell[0] and cell is not UNKNOWN


def _same_style(style: str, cells: list[Cell]) -> bool:
    return all(wanted == style or _fits(text, wanted, style) for text, wanted in cells)


def _fits(text: str, wanted: str, style: str) -> bool:
    """Whether nobody sees that a blank is written in another style than wanted."""
    return text == " " and wanted == _of_blank(style)


class _Pen:
    """Puts together what is written, with the least of moves and styles."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._style = ""
        self._x = self._y = -1

    def write(self, x: int, y: int, cells: list[Cell]) -> None:
        append = self._parts.append
        if y != self._y:
            append(f"\x1b[{y + 1};{x + 1}H")
        elif x != self._x:
            append(f"\x1b[{x + 1}G")
        style = self._style
        for text, wanted in cells:
            if wanted != style and text and not _fits(text, wanted, style):
                append(_transition(style, wanted))
                style = wanted
            append(text)
        self._style, self._x, self._y = style, x + len(cells), y

    def finish(self) -> str:
        if self._style:
            self._parts.append("\x1b[0m")
        return "".join(self._parts)


def _cells(text: str, style: str) -> tuple[list[Cell], bool]:
    """The cells of a text, and whether terminals may disagree about their number."""
    blank = (" ", _of_blank(style))
    if text.isascii():
        return [blank if character == " " else (character, style) for character in text], False
    cells: list[Cell] = []
    doubtful = max(text) >= _EMOJI
    for character in text:
        width = 1 if character.isascii() else get_character_cell_size(character)
        if width == 0:
            doubtful = True
            if cells:
                cells[-1] = (cells[-1][0] + character, style)
            continue
        cells.append(blank if character == " " else (character, style))
        if width == 2:
            cells.append(("", style))
    return cells, doubtful


@lru_cache(maxsize=1024)
def _parts(style: str) -> tuple[frozenset[str], str, str]:
    """Attributes, colour of the text and of the ground; '' = the terminal's."""
    attributes: set[str] = set()
    text = ground = ""
    numbers = style.split(";") if style else []
    place = 0
    while place < len(numbers):
        number = numbers[place]
        length = 1
        if number in ("38", "48"):
            length = 5 if numbers[place + 1 : place + 2] == ["2"] else 3
        colour = ";".join(numbers[place : place + length])
        if number == "38" or (number.isdigit() and (30 <= int(number) <= 37 or 90 <= int(number) <= 97)):
            text = colour
        elif number == "48" or (number.isdigit() and (40 <= int(number) <= 47 or 100 <= int(number) <= 107)):
            ground = colour
        elif number == "39":
            text = ""
        elif number == "49":
            ground = ""
        else:
            attributes.add(number)
        place += length
    return frozenset(attributes), text, ground


@lru_cache(maxsize=1024)
def _of_blank(style: str) -> str:
    """The style without what nobody sees on a blank: bold, italics, and the colour of the text."""
    attributes, _text, ground = _parts(style)
    if attributes - {"1", "2", "3"}:
        return style
    return ground


@lru_cache(maxsize=4096)
def _transition(before: str, after: str) -> str:
    """The shortest sequence from one style to another."""
    if not after:
        return "\x1b[m"
    old_attributes, old_text, old_ground = _parts(before)
    attributes, text, ground = _parts(after)
    whole = f"\x1b[0;{after}m" if before else f"\x1b[{after}m"
    if old_attributes - attributes:
        return whole
    changes = sorted(attributes - old_attributes)
    if text != old_text:
        changes.append(text or "39")
    if ground != old_ground:
        changes.append(ground or "49")
    return min(f"\x1b[{';'.join(changes)}m", whole, key=len)
