"""Text from strangers, made safe to print.

Caller names, dialled numbers and channel names are written by whoever calls. `clean` is applied where such
text enters the client; `CleanLines` applies it again to every line the application draws.
"""

import re
from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from textual.app import App, ReturnType
from textual.color import Color
from textual.filter import LineFilter

from tui.terminal.clean import HOSTILE, REPLACEMENT, clean

__all__ = ["CleanLines", "HostileTextFilter", "clean"]


def _same_width(match: re.Match[str]) -> str:
    return REPLACEMENT * cell_len(match.group())


class HostileTextFilter(LineFilter):
    """Takes what a terminal would obey out of drawn text, leaving the width that layout gave it."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - given by Textual
        if all(_harmless(segment) for segment in segments):
            return segments
        return [segment if _harmless(segment) else _cleaned(segment) for segment in segments]


def _harmless(segment: Segment) -> bool:
    text, style, control = segment
    if control:
        return True
    if style is not None and style.link is not None and not _is_clean(style.link):
        return False
    return _is_clean(text)


def _is_clean(text: str) -> bool:
    return (text.isascii() and text.isprintable()) or HOSTILE.search(text) is None


def _cleaned(segment: Segment) -> Segment:
    text, style, _control = segment
    if style is not None and style.link is not None and not _is_clean(style.link):
        style = style.update_link(None)
    return Segment(HOSTILE.sub(_same_width, text), style)


class CleanLines(App[ReturnType]):
    """Mixed into the application: everything that any widget draws passes `HostileTextFilter` last."""

    _hostile_text_filter = HostileTextFilter()

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), self._hostile_text_filter]
