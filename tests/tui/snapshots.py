"""Screens compared with those stored under `snapshots/`: every row's text and its runs of style.

`UPDATE_SNAPSHOTS=1` stores what is there instead of comparing; look at the difference before committing it.
"""

import difflib
import os
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from rich.style import Style
from textual.app import App

from tests.tui.pty import Terminal

STORED = Path(__file__).with_name("snapshots")
UPDATE = "UPDATE_SNAPSHOTS"

LOOKED_AT = [("zh_CN", (80, 24)), ("en", (120, 40))]
LOOKS = pytest.mark.parametrize(("language", "size"), LOOKED_AT, ids=["zh_CN-80x24", "en-120x40"])
"""A dialog is looked at where room is scarcest and where it is ample; screens in every size and language."""

Run = tuple[str, str]
"""Text and the name of its style."""


def rows_of_app(app: App[Any]) -> list[list[Run]]:
    """What a Textual application shows now."""
    strips = app.screen._compositor.render_strips()
    return [
        _joined((segment.text, _style_name(segment.style)) for segment in strip if not segment.control)
        for strip in strips
    ]


def rows_of_terminal(terminal: Terminal) -> list[list[Run]]:
    """What a program shows on its terminal now."""
    return terminal.styled_rows()


def assert_snapshot(name: str, rows: Sequence[Sequence[Run]]) -> None:
    """Fails, showing the difference, unless `rows` are those stored as `snapshots/NAME.txt`."""
    path = STORED / f"{name}.txt"
    text = snapshot_text(rows)
    if os.environ.get(UPDATE) == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return
    assert path.exists(), f"there is no snapshot {name}; {UPDATE}=1 stores it:\n{text}"
    stored = path.read_text(encoding="utf-8")
    if stored != text:
        lines = difflib.unified_diff(stored.splitlines(), text.splitlines(), "stored", "shown", lineterm="")
        raise AssertionError(f"{name} looks different; {UPDATE}=1 stores it\n" + "\n".join(lines))


def masked(row: Sequence[Run], hide: Callable[[str], str]) -> list[Run]:
    """The row with its text as `hide` gives it, of the same length: for what changes from run to run.

    Blanks that it leaves at the end of a run belong to the next one: how long the text was does not show.
    """
    hidden = hide("".join(text for text, _style in row))
    found: list[Run] = []
    at, freed = 0, ""
    for number, (text, style) in enumerate(row, 1):
        part = freed + hidden[at : at + len(text)]
        at += len(text)
        blanks = _blanks(part) - _blanks(text) if number < len(row) and text.strip() else 0
        kept = len(part) - max(0, blanks)
        found.append((part[:kept], style))
        freed = part[kept:]
    return found


def _blanks(text: str) -> int:
    """How many stand at its end."""
    return len(text) - len(text.rstrip())


def snapshot_text(rows: Sequence[Sequence[Run]]) -> str:
    """The rows between bars, then each row's styles by letter and length in characters, then the letters."""
    letters: dict[str, str] = {}
    runs = [
        " ".join(f"{letters.setdefault(style, _letter(len(letters)))}{len(text)}" for text, style in row)
        for row in rows
    ]
    lines = [
        *("|" + "".join(text for text, _style in row) + "|" for row in rows),
        "",
        *(f"{number:>3} {run}" for number, run in enumerate(runs)),
        "",
        *(f"{letter}: {style}" for style, letter in letters.items()),
    ]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _letter(number: int) -> str:
    high, low = divmod(number, 26)
    return ("" if high == 0 else chr(ord("A") + high - 1)) + chr(ord("a") + low)


def _joined(runs: Iterable[Run]) -> list[Run]:
    grouped = groupby((run for run in runs if run[0]), key=lambda run: run[1])
    return [("".join(text for text, _style in group), style) for style, group in grouped]


def _style_name(style: Style | None) -> str:
    if style is None:
        return "plain"
    flags = "".join(
        letter
        for letter, on in (
            ("b", style.bold),
            ("d", style.dim),
            ("i", style.italic),
            ("u", style.underline),
            ("r", style.reverse),
            ("s", style.strike),
        )
        if on
    )
    colour = style.color.name if style.color is not None else "default"
    ground = style.bgcolor.name if style.bgcolor is not None else "default"
    return f"{colour} on {ground} {flags}".rstrip()
