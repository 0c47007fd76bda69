"""The filter language over the list of calls: completion, errors as they are typed, history."""

import json
from typing import cast
from zoneinfo import ZoneInfo

from textual.suggester import Suggester

from engine.domain.errors import InvalidInput
from engine.domain.filters import complete, parse_filter

MAX_HISTORY = 30
MAX_HINTS = 8
HISTORY_PREFERENCE = "filters.calls"


class FilterSuggester(Suggester):
    """Offers the rest of the word that is being typed."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        return completed(value)


def completed(text: str) -> str | None:
    """The text with its last word completed; None where nothing fits or nothing was begun."""
    if not text or text[-1].isspace():
        return None
    for found in complete(text, len(text)):
        whole = text[: found.start] + found.text
        if whole.startswith(text) and whole != text:
            return whole
    return None


def fault(text: str, where: ZoneInfo) -> str:
    """What is wrong with a filter, in words; '' = nothing."""
    try:
        parse_filter(text, zone=where)
    except InvalidInput as error:
        return error.message.removeprefix("where: ")
    return ""


def hints(text: str) -> str:
    """What could be typed next; after the beginning of a field also what that field finds."""
    found = complete(text, len(text))
    if not found:
        return ""
    words = "  ".join(one.text for one in found[:MAX_HINTS])
    if len(found) > MAX_HINTS:
        words += " …"
    meanings = {one.meaning for one in found}
    return f"{words}   {meanings.pop()}" if len(meanings) == 1 else words


class FilterHistory:
    """Filters used before, newest first; `older` and `newer` walk through them."""

    def __init__(self) -> None:
        self._kept: list[str] = []
        self._place = -1
        self._typed = ""

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
