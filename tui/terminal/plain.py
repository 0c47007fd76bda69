"""Signs of the screens in plain ASCII, for terminals that show nothing else."""

from collections.abc import Mapping

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_SIGNS: Mapping[str, str] = {
    "…·–—×": "~.--x",
    "●○◐✓✗⚠": "*o%+x!",
    "←→↑↓▲▼": "<>^v^v",
    "⏎␣": "<_",
    "│┃─━╭╮╰╯┌┐└┘├┤┬┴┼": "||--+++++++++++++",
    "▁▂▃▄▅▆▇█": "       #",
    "▏▎▍▌▋▊▉▐": "||||||||",
    "░▒▓": ".:*",
    "■‹›": "#<>",
    "“”‘’\u00a0": "\"\"'' ",
}

_TABLE = {
    ord(sign): plain for signs, plains in _SIGNS.items() for sign, plain in zip(signs, plains, strict=True)
}


def plain(text: str) -> str:
    """The text with signs of the same width in ASCII; letters stay as they are."""
    return text if text.isascii() else text.translate(_TABLE)


class PlainSigns(LineFilter):
    """Replaces signs in everything that is drawn."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - given by Textual
        return [
            segment
            if segment.control or segment.text.isascii()
            else Segment(plain(segment.text), segment.style)
            for segment in segments
        ]
