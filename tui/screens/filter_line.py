"""The line in which a list is narrowed: what was typed, what else narrows it, completion and history."""

import json
from collections.abc import Sequence
from typing import cast

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.suggester import Suggester
from textual.widgets import Static

from tui.terminal.text import clean
from tui.widgets.entry import Entry

MAX_HISTORY = 30


class WordSuggester(Suggester):
    """Offers the rest of the last word, out of a few; a leading minus is left alone."""

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._words = tuple(words)

    async def get_suggestion(self, value: str) -> str | None:
        begun = value.rpartition(" ")[2].removeprefix("-").lower()
        if not begun:
            return None
        found = next((word for word in self._words if word.startswith(begun) and word != begun), None)
        return None if found is None else value + found[len(begun) :]


class FilterLine(Horizontal):
    """`/` and what was typed, then what else narrows the list; hidden while there is neither."""

    def __init__(self, *, words: Sequence[str], placeholder: str) -> None:
        super().__init__(id="filter")
        self._placeholder = placeholder
        self._entry = Entry(
            suggester=WordSuggester(words) if words else None,
            id="filter-entry",
        )
        self._entry.select_on_focus = False

    def compose(self) -> ComposeResult:
        yield Static(" / ", id="filter-sign", markup=False)
        yield self._entry
        yield Static("", id="filter-also", markup=False)

    def on_descendant_focus(self) -> None:
        self._entry.placeholder = self._placeholder

    def on_descendant_blur(self) -> None:
        # While it is not being typed in, an example would look like a filter in force.
        self._entry.placeholder = ""

    @property
    def entry(self) -> Entry:
        return self._entry

    def show(self, also: Sequence[str]) -> None:
        """Shows or hides the line; `also` are the other filters, in words."""
        self.query_one("#filter-also", Static).update("  ".join(f"[{clean(text)}]" for text in also))
        self.set_class(bool(also) or bool(self._entry.value) or self._entry.has_focus, "-shown")


class FilterHistory:
    """Filters used before, newest first; `older` and `newer` walk through them."""

    def __init__(self) -> None:
        self._kept: list[str] = []
        self._place = -1
        self._typed = ""

    @property
    def walking(self) -> bool:
        """Whether an earlier filter is what stands in the line."""
        return self._place >= 0

    def load(self, stored: str) -> None:
        """What was remembered as JSON; what cannot be read is as good as never remembered."""
        try:
            entries = json.loads(stored)
        except ValueError:
            return
        if isinstance(entries, list):
            known = [entry for entry in cast("list[object]", entries) if isinstance(entry, str)]
            self._kept = list(dict.fromkeys([*self._kept, *known]))[:MAX_HISTORY]

    def add(self, text: str) -> bool:
        """Puts a filter in front; False if it is there already."""
        self._place = -1
        if not text or self._kept[:1] == [text]:
            return False
        self._kept = [text, *(entry for entry in self._kept if entry != text)][:MAX_HISTORY]
        return True

    def stored(self) -> str:
        return json.dumps(self._kept, ensure_ascii=False)

    def older(self, present: str) -> str:
        if self._place < 0:
            self._typed = present
        if self._place + 1 < len(self._kept):
            self._place += 1
            return self._kept[self._place]
        return present

    def newer(self, present: str) -> str:
        if self._place < 0:
            return present
        self._place -= 1
        return self._typed if self._place < 0 else self._kept[self._place]
