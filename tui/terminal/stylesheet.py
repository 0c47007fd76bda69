"""Styles that are parsed once; Textual parses all of them anew whenever a screen is first shown."""

from textual.cache import LRUCache
from textual.css.stylesheet import Stylesheet

KEPT_PIECES = 512
"""Sources of styles whose rules are kept: the files of screens, and what each kind of widget brings along."""


class KeptStylesheet(Stylesheet):
    """Keeps the rules of every source until the colours of the theme change."""

    def __init__(self, given: Stylesheet) -> None:
        """In place of the application's own, before anything was read into that."""
        super().__init__(variables=given._variables)
        self._parse_cache = LRUCache(KEPT_PIECES)

    def set_variables(self, variables: dict[str, str]) -> None:
        if variables != self._variables:
            super().set_variables(variables)

    def reparse(self) -> None:
        self.parse()
