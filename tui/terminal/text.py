"""Text from strangers, made safe to print.

Caller names, dialled numbers and channel names are written by whoever calls. `clean` is applied where such text
enters the client; `CleanLines` applies it again to every line the application draws.
"""

import re
from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from textual.app import App, ReturnType
from textual.color import Color
from textual.filter import LineFilter

REPLACEMENT = "·"

_BLANKS = "\t\n\r\v\f\x85\u2028\u2029"
# C0, DEL and C1; soft hyphen; Arabic letter mark; Mongolian vowel separator; zero-width characters and directional
# marks; line and paragraph separators, embeddings and overrides; word joiners, invisible operators and isolates;
# surrogates; byte order mark; interlinear annotation; tags.
_HOSTILE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_REPLACEMENTS = dict.fromkeys(_BLANKS, " ")


def _replacement(match: re.Match[str]) -> str:
    return _REPLACEMENTS.get(match.group(), REPLACEMENT)


def clean(text: str) -> str:
    """`text` on one line with nothing in it that a terminal obeys, reorders or hides.

    White space that moves the cursor becomes a blank; every other such character becomes a middle dot, so that it
    is seen that something was there. Text that holds none is returned as it is.
    """
    if text.isascii() and text.isprintable():
        return text
    return _HOSTILE.sub(_replacement, text)


def _same_width(match: re.Match[str]) -> str:
    return REPLACEMENT * cell_len(match.group())


class HostileTextFilter(LineFilter):
    """Takes what a terminal would obey out of drawn text, leaving the width that layout gave it."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
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
    return (text.isascii() and text.isprintable()) or _HOSTILE.search(text) is None


def _cleaned(segment: Segment) -> Segment:
    text, style, _control = segment
    if style is not None and style.link is not None and not _is_clean(style.link):
        style = style.update_link(None)
    return Segment(_HOSTILE.sub(_same_width, text), style)


class CleanLines(App[ReturnType]):
    """Mixed into the application: everything that any widget draws passes `HostileTextFilter` last."""

    _hostile_text_filter = HostileTextFilter()

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), self._hostile_text_filter]
