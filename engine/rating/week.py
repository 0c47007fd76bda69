"""Weekly windows as sets of seconds of the week: what a rule covers, and what is left over."""

from collections.abc import Iterable
from functools import lru_cache

from engine.domain.message import Message, as_it_is, clauses
from engine.domain.names import WEEKDAYS
from engine.domain.rates import Rate, format_time_of_day

DAY = 86_400
WEEK = 7 * DAY

Stretch = tuple[int, int]
"""From, until (excluded), in seconds after Monday 00:00."""

Stretches = tuple[Stretch, ...]
"""Sorted, not touching one another."""


def window(rate: Rate) -> Stretches:
    """When a rule's window and weekdays let it apply."""
    return _window(rate.start_second, rate.end_second, rate.weekdays)


def union(parts: Iterable[Stretches]) -> Stretches:
    """The seconds of any of them."""
    merged: list[Stretch] = []
    for first, last in sorted(stretch for part in parts for stretch in part):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return tuple(merged)


def covers(whole: Stretches, part: Stretches) -> bool:
    """Whether `part` lies inside `whole`."""
    return all(any(first <= start and end <= last for first, last in whole) for start, end in part)


def meet(one: Stretches, other: Stretches) -> bool:
    """Whether they share a second."""
    return any(first < end and start < last for first, last in one for start, end in other)


def gaps(covered: Stretches) -> Stretches:
    """The seconds of the week that are left over."""
    ends = [0, *(last for _, last in covered)]
    starts = [*(first for first, _ in covered), WEEK]
    return tuple((first, last) for first, last in zip(ends, starts, strict=True) if first < last)


def described(stretches: Stretches) -> Message:
    """Days and hours in words: the days that share hours are named together."""
    days: dict[str, list[str]] = {}
    for number, name in enumerate(WEEKDAYS):
        hours = [
            f"{format_time_of_day(max(first - number * DAY, 0))}–{_until(last - number * DAY)}"
            for first, last in stretches
            if first < (number + 1) * DAY and last > number * DAY
        ]
        if hours:
            days.setdefault(", ".join(hours), []).append(name)
    return clauses(_on_days(names, hours) for hours, names in days.items())


def _on_days(names: list[str], hours: str) -> Message:
    when = Message("every day") if len(names) == len(WEEKDAYS) else as_it_is(",".join(names))
    return when if hours == "00:00–24:00" else Message("{when} {hours}", when=when, hours=hours)


def _until(second: int) -> str:
    return "24:00" if second >= DAY else format_time_of_day(second)


@lru_cache(maxsize=4096)
def _window(start: int, end: int, weekdays: int) -> Stretches:
    length = DAY if start == end else (end - start) % DAY
    begin = 0 if start == end else start
    found: list[Stretches] = []
    for day in range(7):
        if weekdays >> day & 1:
            first = day * DAY + begin
            last = first + length
            found.append(((first, min(last, WEEK)),))
            if last > WEEK:
                found.append(((0, last - WEEK),))
    return union(found)
