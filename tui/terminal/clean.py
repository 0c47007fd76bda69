"""Text from strangers, made safe to show; without Textual, so that commands start fast."""

import re

REPLACEMENT = "·"

_BLANKS = "\t\n\r\v\f\x85\u2028\u2029"
# C0, DEL and C1; soft hyphen; Arabic letter mark; Mongolian vowel separator; zero-width characters and
# directional marks; line and paragraph separators, embeddings and overrides; word joiners, invisible
# operators and isolates; surrogates; byte order mark; interlinear annotation; tags.
HOSTILE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_REPLACEMENTS = dict.fromkeys(_BLANKS, " ")


def _replacement(match: re.Match[str]) -> str:
    return _REPLACEMENTS.get(match.group(), REPLACEMENT)


def clean(text: str) -> str:
    """`text` on one line with nothing in it that a terminal obeys, reorders or hides.

    White space that moves the cursor becomes a blank; every other such character becomes a middle dot, so
    that it is seen that something was there. Text that holds none is returned as it is.
    """
    if text.isascii() and text.isprintable():
        return text
    return HOSTILE.sub(_replacement, text)
