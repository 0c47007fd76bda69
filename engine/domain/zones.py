"""Site time: the offsets of an IANA zone, and periods typed as dates."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from engine.domain.errors import InvalidInput

_EPOCH = datetime(1970, 1, 1)


def zone(name: str, *, field: str = "timezone") -> ZoneInfo:
    """The IANA zone of that name; raises `InvalidInput` naming `field`."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise InvalidInput.in_field(
            field, "{name!r} is not a time zone. Use an IANA name such as Asia/Shanghai or UTC.", name=name
        ) from error


def offsets(where: ZoneInfo, first: datetime, last: datetime) -> list[tuple[datetime, datetime, int]]:
    """The stretches of constant offset between two naive UTC instants: (from, until, seconds east of UTC).

    The stretches follow each other without gaps, the first starts at `first`, the last ends after `last`.
    Zones change at most a few times a year, so the search walks weeks and halves the one that changed.
    """

    def at(moment: datetime) -> int:
        shift = moment.replace(tzinfo=UTC).astimezone(where).utcoffset()
        return int(shift.total_seconds()) if shift is not None else 0

    end = last + timedelta(seconds=1)
    stretches: list[tuple[datetime, datetime, int]] = []
    # Zones change at whole seconds; a search from a fraction would end up to a second late.
    start, here = first, first.replace(microsecond=0)
    while here < end:
        # Weeks are short enough: the closest changes on record (a Ramadan pause) lie four weeks apart.
        step = min(here + timedelta(days=7), end)
        if at(step) == at(here):
            here = step
            continue
        low, high = here, step
        while high - low > timedelta(seconds=1):
            middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
            low, high = (middle, high) if at(middle) == at(here) else (low, middle)
        stretches.append((start, high, at(here)))
        start = here = high
    stretches.append((start, end, at(start)))
    return stretches


def moment(microseconds: int) -> datetime:
    """The naive time so many microseconds after 1970; Arrow takes ten times as long to make one."""
    return _EPOCH + timedelta(microseconds=microseconds)


def to_utc(local: datetime, where: ZoneInfo) -> datetime:
    """The naive UTC instant of a naive local time; the first of a repeated hour, the shifted one of a gap."""
    return local.replace(tzinfo=where, fold=0).astimezone(UTC).replace(tzinfo=None)


def to_local(instant: datetime, where: ZoneInfo) -> datetime:
    """The naive local time of a naive UTC instant."""
    return instant.replace(tzinfo=UTC).astimezone(where).replace(tzinfo=None)


_STAMP = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d{2})(?:-(?P<day>\d{2})"
    r"(?:[T ](?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?)?)?)?(?P<zone>Z|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)


def parse_moment(text: str, where: ZoneInfo, *, field: str = "time", end: bool = False) -> datetime:
    """The naive UTC instant of a typed year, month, day or time, in the site's zone unless it says one.

    With `end`, the end of what was typed: `2026-01` is 2026-02-01 00:00, so that `until` includes the whole
    month or day named. Raises `InvalidInput` naming `field`.
    """
    match = _STAMP.fullmatch(text.strip())
    try:
        if match is None:
            raise ValueError
        year, month, day = (int(match[name] or 1) for name in ("year", "month", "day"))
        if match["zone"] and not match["hour"]:
            raise ValueError
        hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
        moment = datetime(year, month, day, hour, minute, second)
        if end and not match["hour"]:
            moment = _after(date(year, month, day), months=0 if match["day"] else 1 if match["month"] else 12)
        if match["zone"]:
            stamped = datetime.fromisoformat(f"{moment.isoformat()}{match['zone']}")
            return stamped.astimezone(UTC).replace(tzinfo=None)
        return to_utc(moment, where)
    except (ValueError, OverflowError) as error:
        raise InvalidInput.in_field(
            field,
            "{text!r} is not a date or time. Write 2026-01-31, 2026-01, or 2026-01-31 18:30.",
            text=text,
        ) from error


def _after(day: date, *, months: int) -> datetime:
    if not months:
        return datetime(day.year, day.month, day.day) + timedelta(days=1)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return datetime(year, month + 1, 1)


def utc_now() -> datetime:
    """The present instant, naive UTC, whole microseconds."""
    return datetime.now(UTC).replace(tzinfo=None)


def isoformat(instant: datetime | None, where: ZoneInfo) -> str:
    """ISO 8601 with the zone's offset, of a naive UTC instant; empty for None."""
    return "" if instant is None else instant.replace(tzinfo=UTC).astimezone(where).isoformat()
