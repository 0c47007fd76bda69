"""What a change of the screen costs at least: the bytes that turn one screen into the next."""

from collections.abc import Sequence

import pyte

from tests.bench.terminal_session import Cells

MOVE_BYTES = 7
"""`ESC [ row ; column H` with two digits each, less one: rows and columns below 10 are common."""

_ATTRIBUTES = ("bold", "italics", "underscore", "strikethrough", "reverse")


def _seen(cell: pyte.screens.Char) -> pyte.screens.Char:
    """The cell without what nobody sees on a blank: the colour of the text, bold, italics."""
    if cell.data != " " or cell.underscore or cell.strikethrough or cell.reverse:
        return cell
    return cell._replace(fg="default", bold=False, italics=False)


def seen(cells: Cells) -> Cells:
    """Cells as people see them."""
    return [[_seen(cell) for cell in line] for line in cells]


def changed_cells(before: Cells, after: Cells) -> int:
    """Cells whose character or style is another one."""
    return sum(
        old != new
        for old_line, new_line in zip(before, after, strict=True)
        for old, new in zip(old_line, new_line, strict=True)
    )


def least_bytes(before: Cells, after: Cells) -> int:
    """Of the changed cells, their styles in 24-bit colours and the cursor's moves to them.

    Unchanged cells between changed ones are written again where that is cheaper than a move.
    """
    total = 0
    style: pyte.screens.Char | None = None
    for old_line, new_line in zip(before, after, strict=True):
        for first, end in _runs(old_line, new_line):
            total += MOVE_BYTES
            for cell in new_line[first:end]:
                total += len(cell.data.encode())
                if cell.data == " " and style is not None and _seen(style._replace(data=" ")) == cell:
                    continue
                total += _style_bytes(style, cell)
                style = cell
    return total


def _runs(
    old_line: Sequence[pyte.screens.Char], new_line: Sequence[pyte.screens.Char]
) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for column, (old, new) in enumerate(zip(old_line, new_line, strict=True)):
        if old == new:
            continue
        if runs and column - runs[-1][1] <= MOVE_BYTES:
            runs[-1] = (runs[-1][0], column + 1)
        else:
            runs.append((column, column + 1))
    return runs


def _style_bytes(before: pyte.screens.Char | None, cell: pyte.screens.Char) -> int:
    """One sequence `ESC [ … m` with what differs from the cell before; turning one off takes a reset."""
    if before is None:
        return _from_nothing(cell)
    if all(getattr(before, name) == getattr(cell, name) for name in ("fg", "bg", *_ATTRIBUTES)):
        return 0
    if any(getattr(before, name) and not getattr(cell, name) for name in _ATTRIBUTES):
        return _from_nothing(cell)
    parts = sum(2 for name in _ATTRIBUTES if getattr(cell, name) and not getattr(before, name))
    parts += sum(
        1 + _colour_bytes(getattr(cell, name))
        for name in ("fg", "bg")
        if getattr(cell, name) != getattr(before, name)
    )
    return 2 + parts


def _from_nothing(cell: pyte.screens.Char) -> int:
    """A reset and everything the cell has."""
    parts = sum(2 for name in _ATTRIBUTES if getattr(cell, name))
    parts += sum(
        1 + _colour_bytes(getattr(cell, name)) for name in ("fg", "bg") if getattr(cell, name) != "default"
    )
    return 4 + parts


def _colour_bytes(colour: str) -> int:
    """`38;2;r;g;b` of a colour of six hexadecimal digits; a named one takes two."""
    try:
        red, green, blue = bytes.fromhex(colour)
    except ValueError:
        return 2
    return len(f"38;2;{red};{green};{blue}")
