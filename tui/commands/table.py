"""Aligned tables for people: by cell width, since names are Chinese too, and no wider than the terminal."""

import os
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from shutil import get_terminal_size

import click
from rich.cells import cell_len, set_cell_size

from engine.domain.message import Message
from tui.terminal.clean import clean
from tui.text.i18n import _, shown

_GAP = "  "
_NARROWEST = 8


def print_table(
    headers: Sequence[str], rows: Iterable[Sequence[str]], *, right: str = "", as_they_are: bool = False
) -> None:
    """Prints rows under their headers. `right` names the headers, separated by |, aligned right.

    Headers are words in English, shown in the language of the screens, or `as_they_are`: names. On a
    terminal, the widest columns are cut until a line fits; elsewhere nothing is cut.
    """
    aligned = set(right.split("|"))
    cells = [[clean(cell) for cell in row] for row in rows]
    sides = [header in aligned for header in headers]
    if not as_they_are:
        headers = [_(header) for header in headers]
    widths = [
        max([cell_len(header), *(cell_len(row[index]) for row in cells)])
        for index, header in enumerate(headers)
    ]
    if sys.stdout.isatty():
        widths = fitted(widths, get_terminal_size().columns)
    click.echo(click.style(_line(headers, widths, sides), bold=True))
    for row in cells:
        click.echo(_line(row, widths, sides))


def print_pairs(pairs: Iterable[tuple[str, str | Message]], *, as_they_are: bool = False) -> None:
    """Prints one `label  value` a line, values aligned.

    Labels are words in English, shown in the language of the screens, or `as_they_are`: names.
    """
    lines = [(label if as_they_are else _(label), clean(shown(value))) for label, value in pairs]
    width = max((cell_len(label) for label, _value in lines), default=0)
    for label, value in lines:
        click.echo(f"{set_cell_size(label, width)}{_GAP}{value}".rstrip())


def fitted(widths: Sequence[int], available: int) -> list[int]:
    """Widths that fit the terminal: the widest give way first, none below `_NARROWEST` cells."""
    fit = list(widths)
    excess = sum(fit) + len(_GAP) * (len(fit) - 1) - available
    while excess > 0:
        widest = max(range(len(fit)), key=fit.__getitem__)
        if fit[widest] <= _NARROWEST:
            break
        fit[widest] -= 1
        excess -= 1
    return fit


def yes(value: bool) -> str:
    """`yes`, or nothing: a column of marks is read faster than one of words."""
    return _("yes") if value else ""


def local_time(moment: datetime | None) -> str:
    """A local time to the second; nothing for None."""
    return "" if moment is None else moment.strftime("%Y-%m-%d %H:%M:%S")


def wants_colour() -> bool | None:
    """What click takes for `color`: False where NO_COLOR is set, None = as the terminal is."""
    return False if os.environ.get("NO_COLOR") else None


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    return _GAP.join(
        _cell(cell, width, right=side) for cell, width, side in zip(cells, widths, right, strict=True)
    ).rstrip()


def _cell(text: str, width: int, *, right: bool) -> str:
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + "…"
    return " " * (width - length) + text if right else text + " " * (width - length)
