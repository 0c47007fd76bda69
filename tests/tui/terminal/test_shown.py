"""Only what differs is written, and the terminal ends up as if everything had been."""

import random

import pyte
import pytest

from tui.terminal.shown import ShownScreen

WIDTH, HEIGHT = 20, 5
STYLES = (
    "",
    "1;38;2;224;224;224;48;2;36;47;56",
    "38;2;162;162;162;48;2;30;30;30",
    "7;38;2;0;48;84;48;2;0;0;0",
    "4;31",
    "97;44",
    "38;5;200;1;3",
)
TEXTS = ("abc", "  ", "王芳", "Zoë", "▁▂█", "x", "e\u0301e", "👍 ok", "      ", "│")


def written(y: int, x: int, *runs: tuple[str, str]) -> str:
    """As Textual writes a part of a line."""
    text = "".join(f"\x1b[{style}m{text}\x1b[0m" if style else text for style, text in runs)
    return f"\x1b[{y + 1};{x + 1}H{text}"


class Terminal:
    """A terminal emulator, and one that is sent the lean text of the same updates."""

    def __init__(self) -> None:
        self.screens = [pyte.Screen(WIDTH, HEIGHT), pyte.Screen(WIDTH, HEIGHT)]
        self._streams = [pyte.Stream(screen) for screen in self.screens]
        self.shown = ShownScreen(WIDTH, HEIGHT)

    def change(self, text: str) -> str:
        lean = self.shown.change(text)
        for stream, sent in zip(self._streams, (text, lean), strict=True):
            stream.feed(sent)
        return lean

    def seen(self, number: int) -> list[list[tuple[object, ...]]]:
        return [
            [_seen(self.screens[number].buffer[row][column]) for column in range(WIDTH)]
            for row in range(HEIGHT)
        ]


def _seen(cell: pyte.screens.Char) -> tuple[object, ...]:
    if cell.data == " " and not (cell.reverse or cell.underscore):
        return (" ", cell.bg)
    return tuple(cell)


def test_what_is_there_already_is_not_written_again():
    terminal = Terminal()
    line = written(1, 0, (STYLES[1], "hello"), ("", " world"))
    assert terminal.change(line)
    assert terminal.change(line) == ""


def test_one_changed_cell_costs_a_move_and_itself():
    terminal = Terminal()
    terminal.change(written(1, 0, ("", "hello world")))
    assert terminal.change(written(1, 0, ("", "hello World"))) == "\x1b[2;7HW"


def test_the_colour_of_text_on_blanks_is_not_sent():
    terminal = Terminal()
    terminal.change(written(0, 0, ("38;2;1;1;1;48;2;9;9;9", "     ")))
    assert terminal.change(written(0, 0, ("38;2;2;2;2;48;2;9;9;9", "     "))) == ""


def test_after_forgetting_everything_is_written():
    terminal = Terminal()
    line = written(1, 0, ("", "hello"))
    terminal.change(line)
    terminal.shown.forget()
    assert "hello" in terminal.change(line)


@pytest.mark.parametrize("text", ["\x1b]8;id=1;http://x\x1b\\y\x1b]8;;\x1b\\", "\x1b[2J", "x" * 30])
def test_text_that_is_not_understood_is_sent_as_it_is_and_nothing_is_taken_for_granted(text: str):
    terminal = Terminal()
    line = written(0, 0, ("", "hello"))
    terminal.change(line)
    assert terminal.shown.change(f"\x1b[5;1H{text}") == f"\x1b[5;1H{text}"
    assert "hello" in terminal.shown.change(line)


@pytest.mark.parametrize("seed", range(40))
def test_random_changes_leave_both_terminals_alike(seed: int):
    chance = random.Random(seed)  # noqa: S311 - a repeatable choice
    terminal = Terminal()
    for _step in range(40):
        text = ""
        for row in sorted(chance.sample(range(HEIGHT), chance.randint(1, HEIGHT))):
            runs: list[tuple[str, str]] = []
            cells = 0
            while cells < WIDTH:
                # Emoji and combining characters: emulators disagree, so they are written whole.
                piece = chance.choice(TEXTS[:6] + TEXTS[8:])
                wide = cells + sum(2 if character in "王芳" else 1 for character in piece)
                if wide > WIDTH:
                    piece, wide = " " * (WIDTH - cells), WIDTH
                runs.append((chance.choice(STYLES), piece))
                cells = wide
            text += written(row, 0, *runs)
        terminal.change(text)
        assert terminal.seen(0) == terminal.seen(1)


@pytest.mark.parametrize("doubtful", ["e\u0301e", "👍 ok"])
def test_a_line_whose_width_is_in_doubt_is_written_whole_each_time(doubtful: str):
    terminal = Terminal()
    line = written(2, 0, ("", f"a{doubtful}b"))
    terminal.change(line)
    lean = terminal.change(line)
    assert doubtful in lean
    assert terminal.screens[0].display == terminal.screens[1].display
