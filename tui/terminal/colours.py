"""Colours for terminals that have sixteen of them, on a ground that nobody knows: dark or light."""

from dataclasses import replace
from typing import Final

from textual.theme import BUILTIN_THEMES, Theme

_ANSI: Final = BUILTIN_THEMES["ansi-dark"]

SIXTEEN: Final = replace(
    _ANSI,
    name="sixteen",
    # Yellow and cyan vanish on white, plain blue on black.
    primary="ansi_bright_blue",
    secondary="ansi_bright_blue",
    accent="ansi_bright_blue",
    warning="ansi_magenta",
    variables={**_ANSI.variables, "on-colour": "ansi_bright_white", "on-success": "ansi_black"},
)


def text_on_colours(theme: Theme) -> dict[str, str]:
    """Variables for text on a ground of the theme's colours, where the theme does not name them."""
    ground = theme.background or ("#121212" if theme.dark else "#e0e0e0")
    return {"on-colour": ground, "on-success": ground}
