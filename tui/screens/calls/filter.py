"""The filter language over the list of calls: completion, and errors as they are typed."""

import re
from zoneinfo import ZoneInfo

from textual.suggester import Suggester

from engine.domain.errors import InvalidInput
from engine.domain.filter_fields import BY_NAME
from engine.domain.filters import complete, parse_filter
from tui.text.i18n import _, said

MAX_HINTS = 8

_FIELD_BEGUN = re.compile(r"(?:^|\s)-?([A-Za-z_]+)(?:!=|>=|<=|[:=<>])$")


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
        return said(error.message).removeprefix("where: ")
    return ""


def hints(text: str) -> str:
    """What could be typed next; at a field also what it finds, and an example where any value may follow."""
    found = complete(text, len(text))
    if not found:
        begun = _FIELD_BEGUN.search(text)
        field = BY_NAME.get(begun[1].lower()) if begun is not None else None
        return f"{field.example}   {_(field.meaning)}" if field is not None else ""
    words = "  ".join(one.text for one in found[:MAX_HINTS])
    if len(found) > MAX_HINTS:
        words += " …"
    meanings = {one.meaning for one in found}
    return f"{words}   {_(meanings.pop())}" if len(meanings) == 1 else words
