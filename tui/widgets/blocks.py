"""Lengths drawn with eighths of a terminal cell."""

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

_EIGHTHS_UP = " ▁▂▃▄▅▆▇█"
_EIGHTHS_RIGHT = " ▏▎▍▌▋▊▉█"
_ASCII_UP = "  ..::::#"
_ASCII_RIGHT = "  ..----="
_SHADES = " ░▒▓█"
_ASCII_SHADES = " .:*#"

SHADES = len(_SHADES)
"""Levels that `shade` tells apart, the first of them for nothing at all."""


def eighths(value: int, top: int, cells: int) -> int:
    """`value` as a number of eighths of a cell where `top` fills `cells`; half an eighth rounds up.

    What is not nothing is never drawn as nothing; values outside of 0 to `top` are drawn as the nearer one.
    """
    if value <= 0 or top <= 0 or cells <= 0:
        return 0
    length = (2 * min(value, top) * cells * 8 + top) // (2 * top)
    return max(1, length)


def nice_top(value: int) -> int:
    """The least of 1, 2, 2.5, 3, 4, 5, 6 and 8 times a power of ten that is whole and not below `value`."""
    power = 1
    while power * 10 <= value:
        power *= 10
    tops = [power, 2 * power, 5 * power // 2, *(step * power for step in (3, 4, 5, 6, 8, 10))]
    return next(top for top in tops if top >= max(1, value))


def upright(length: int, row: int, *, ascii_only: bool) -> str:
    """The cell of an upright bar `length` eighths high in row `row`, counted from the bottom."""
    part = max(0, min(8, length - 8 * row))
    return (_ASCII_UP if ascii_only else _EIGHTHS_UP)[part]


def lying(length: int, *, ascii_only: bool) -> str:
    """A bar lying to the right, `length` eighths long, without blanks behind it."""
    full, part = divmod(length, 8)
    glyphs = _ASCII_RIGHT if ascii_only else _EIGHTHS_RIGHT
    return glyphs[8] * full + glyphs[part].strip(" ")


def shade_level(value: int, top: int) -> int:
    """0 for nothing, else 1 to `SHADES` - 1 in equal steps up to `top`."""
    if value <= 0 or top <= 0:
        return 0
    steps = SHADES - 1
    return min(steps, -(-value * steps // top))


def shade(level: int, *, ascii_only: bool) -> str:
    return (_ASCII_SHADES if ascii_only else _SHADES)[level]


def spark_line(values: Sequence[int], *, ascii_only: bool) -> str:
    """One cell for each value, as high as it is next to the greatest."""
    top = max(values, default=0)
    return "".join(upright(eighths(value, top, 1), 0, ascii_only=ascii_only) for value in values)


def shortened(text: str, cells: int) -> str:
    """`text` in at most `cells` terminal cells."""
    return text if cell_len(text) <= cells else set_cell_size(text, max(0, cells)).rstrip(" ")


def padded_left(text: str, cells: int) -> str:
    """`text` at the right end of `cells` terminal cells."""
    text = shortened(text, cells)
    return " " * (cells - cell_len(text)) + text


def centred(text: str, cells: int) -> str:
    text = shortened(text, cells)
    return set_cell_size(" " * ((cells - cell_len(text)) // 2) + text, cells)
