"""Rewriting of numbers and their destinations, by the specification; shares no code with the product."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

LONGEST = 64


class Entry(NamedTuple):
    """One entry of the list."""

    match: str
    to: str
    r"""With \1 to \9 for groups and \0 for all that matched."""
    of: str = "both"


def rated(number: str, entries: Sequence[Entry], *, of_trunk: bool) -> str:
    """The number that is rated."""
    for entry in entries:
        if entry.of == "both" or (entry.of == "trunk") == of_trunk:
            to = re.sub(r"\\(\d)", r"\\g<\1>", entry.to)
            made = re.sub(entry.match, to, number, count=1)
            if 1 <= len(made) <= LONGEST:
                number = made
    return number


def destination(number: str, table: Mapping[str, tuple[str, str]]) -> tuple[str, str]:
    """Name and country of the longest prefix that a number begins with; empty where there is none."""
    for length in range(len(number), -1, -1):
        if number[:length] in table:
            return table[number[:length]]
    return "", ""
