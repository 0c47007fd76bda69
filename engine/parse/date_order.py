"""Dates that could be read two ways, day or month first: the file decides, or nothing does."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from config.format_model import Format
from config.time_formats import ambiguous_pairs, time_format
from engine.domain.errors import InvalidInput
from engine.parse.timestamps import read_time

MAX_LINES = 200_000
"""So many lines of a piece are looked at."""

HEAD_BYTES = 16_384
"""A file shows which dates it has in so many bytes."""

FAR = timedelta(hours=15)
"""No zone is further from UTC."""

_EPOCH = re.compile(rb"(?<![\d.])(1\d{9})\.\d+")
_EPOCH_START = datetime(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class _Sighting:
    """A date as both formats read it; None = one cannot."""

    text: str
    first: datetime | None
    second: datetime | None
    epoch: datetime | None
    """Of a unique id on the line."""


def has_two_orders(form: Format) -> bool:
    """Whether the format knows times that differ in the order of day and month alone."""
    return bool(ambiguous_pairs(form.times.formats))


def with_one_order(form: Format, content: bytes) -> Format:
    """The format with the order of day and month that the content of a file shows.

    Raises `InvalidInput` with both readings where nothing in it decides.
    """
    formats = form.times.formats
    head = content[:HEAD_BYTES]
    for first, second in ambiguous_pairs(formats):
        # A file that begins with other dates goes on with them.
        seen = list(_sightings(content, first, second)) if any(_sightings(head, first, second)) else []
        unfit = _unfit(form.name, seen, first, second)
        formats = tuple(name for name in formats if name not in unfit)
    return (
        form if formats == form.times.formats else replace(form, times=replace(form.times, formats=formats))
    )


def _sightings(content: bytes, first: str, second: str) -> Iterator[_Sighting]:
    pattern = re.compile(rb"(?<!\d)" + time_format(first).pattern.encode() + rb"(?!\d)")
    place = 0
    for _ in range(MAX_LINES):
        if place >= len(content):
            return
        end = content.find(b"\n", place)
        end = len(content) if end < 0 else end
        match = pattern.search(content, place, end)
        if match is not None:
            text = match[0].decode("ascii", "replace")
            readings = (read_time(text, (name,)) for name in (first, second))
            one, two = (None if found is None else found[0] for found in readings)
            epoch = _EPOCH.search(content, place, end)
            moment = None if epoch is None else _EPOCH_START + timedelta(seconds=int(epoch[1]))
            yield _Sighting(text, one, two, moment)
        place = end + 1


def _unfit(name: str, seen: list[_Sighting], first: str, second: str) -> tuple[str, ...]:
    """The formats of a pair that the file is not written in."""
    if not seen:
        # What turns up later has nothing to decide it.
        return first, second
    only_first = [one for one in seen if one.second is None and one.first is not None]
    only_second = [one for one in seen if one.first is None and one.second is not None]
    if only_first and only_second:
        raise InvalidInput(
            "{name}: the file writes dates in two ways: {text} is {first}, and {text2} is {second}. Split "
            "it, "
            "or import it with a format file that names one.",
            name=name,
            text=only_first[0].text,
            first=first,
            text2=only_second[0].text,
            second=second,
            field="format",
        )
    if only_first or only_second:
        return (second,) if only_first else (first,)
    both = [one for one in seen if one.first != one.second]
    if not both:
        return (second,)
    by_epoch = [
        sum(_near(reading, one.epoch) for one, reading in zip(both, readings, strict=True))
        for readings in ([one.first for one in both], [one.second for one in both])
    ]
    if by_epoch[0] != by_epoch[1]:
        return (second,) if by_epoch[0] > by_epoch[1] else (first,)
    in_order = [
        _is_ordered(reading for reading in readings if reading is not None)
        for readings in ([one.first for one in seen], [one.second for one in seen])
    ]
    if in_order[0] != in_order[1]:
        return (second,) if in_order[0] else (first,)
    one = both[0]
    raise InvalidInput(
        "{name}: the dates can be read two ways, and nothing in the file tells which: {text} is {one} as "
        "{first}, or {other} as {second}. Import it with a format file that names one of them.",
        name=name,
        text=one.text,
        one=f"{one.first:%Y-%m-%d}",
        first=first,
        other=f"{one.second:%Y-%m-%d}",
        second=second,
        field="format",
    )


def _near(reading: datetime | None, epoch: datetime | None) -> bool:
    return reading is not None and epoch is not None and abs(reading - epoch) <= FAR


def _is_ordered(readings: Iterable[datetime]) -> bool:
    """Whether the rows are in the order of their times, oldest or newest first."""
    moments = list(readings)
    return moments in (sorted(moments), sorted(moments, reverse=True))
