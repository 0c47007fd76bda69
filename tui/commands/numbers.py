"""Extension numbers as typed: single ones and ranges such as 1001-1050."""

import re
from collections.abc import Iterable

import click

from engine.domain.errors import InvalidInput

MAX_NUMBERS = 100_000

_RANGE = re.compile(r"(\d+)-(\d+)")


def expanded(words: Iterable[str]) -> list[str]:
    """The numbers, each once, in the order typed; ranges keep leading zeros (0099-0101).

    Words may hold several separated by commas. Raises `InvalidInput` for a range that runs backwards, cannot
    tell its zeros or is too long, and a usage error for what looks like an option.
    """
    numbers: dict[str, None] = {}
    for word in (part.strip() for item in words for part in item.split(",")):
        if not word:
            continue
        if word.startswith("-"):
            raise click.NoSuchOption(word)
        match = _RANGE.fullmatch(word)
        for number in _range(match[1], match[2]) if match else (word,):
            numbers[number] = None
        if len(numbers) > MAX_NUMBERS:
            raise InvalidInput.in_field(
                "number", "more than {max_numbers:,} extensions were named.", max_numbers=MAX_NUMBERS
            )
    return list(numbers)


def _range(first: str, last: str) -> Iterable[str]:
    low, high = int(first), int(last)
    if low > high:
        raise InvalidInput.in_field(
            "number", "the range {first}-{last} runs backwards.", first=first, last=last
        )
    if high - low >= MAX_NUMBERS:
        raise InvalidInput.in_field(
            "number",
            "the range {first}-{last} holds more than {max_numbers:,} extensions.",
            first=first,
            last=last,
            max_numbers=MAX_NUMBERS,
        )
    padded = first.startswith("0") and len(first) > 1
    if len(first) != len(last) and padded:
        raise InvalidInput.in_field(
            "number",
            "write both ends of {first}-{last} with the same number of digits.",
            first=first,
            last=last,
        )
    return (str(number).zfill(len(first)) for number in range(low, high + 1))
