"""Texts to times and seconds, local times to instants: whole columns at once."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from config.time_formats import MONTHS, NAMED_FORMATS, time_format
from engine.domain.zones import offsets
from engine.parse.schema import EMPTY, FALSE

_SECONDS = pa.timestamp("s")
_MICROS = pa.timestamp("us")
_EARLIEST = datetime(1990, 1, 1)
_LATEST = datetime(2100, 1, 1)
MAX_CALL_SECONDS = 2**31 - 1

_DIRECT = "YYYY-MM-DD HH:MM:SS"
_DIRECT_LENGTH = pa.scalar(len(_DIRECT), pa.int32())
_AHEAD = timedelta(days=1)
"""A time without a year may lie so far behind the file's own: clocks differ."""

_EPOCHS = {"epoch": 1, "epoch milliseconds": 1_000, "epoch microseconds": 1_000_000}
_EPOCH = re.compile(r"(\d{1,17})(?:\.\d+)?")


def read_time(
    text: str, formats: tuple[str, ...], written_at: datetime | None = None
) -> tuple[datetime, bool] | None:
    """The time of one text and whether it is UTC whatever the zone; None = it fits no format.

    Times without a year are the last ones before `written_at`, a local time; None = they fit no format.
    """
    text = text.strip()
    for name in formats:
        try:
            found = _read(text, name, written_at)
        except (ValueError, OverflowError):
            continue
        if found is not None and _EARLIEST <= found[0] < _LATEST:
            return found
    return None


def _read(text: str, name: str, written_at: datetime | None) -> tuple[datetime, bool] | None:
    if name in _EPOCHS:
        match = _EPOCH.fullmatch(text)
        if match is None:
            return None
        return datetime(1970, 1, 1) + timedelta(seconds=int(match[1]) // _EPOCHS[name]), True
    if name == "ISO 8601":
        moment = datetime.fromisoformat(text).replace(microsecond=0)
        if moment.tzinfo is None:
            return moment, False
        return moment.astimezone(UTC).replace(tzinfo=None), True
    match = _compiled(name).fullmatch(text)
    if match is None:
        return None
    parts = match.groupdict()
    hour = int(parts["H"])
    if "h" in parts:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if parts["h"].upper() == "P" else 0)
    month = int(parts["m"]) if "m" in parts else MONTHS.index(parts["b"].lower()) + 1
    rest = month, int(parts["d"]), hour, int(parts["M"]), int(parts.get("S") or 0)
    if "y" in parts:
        return datetime(int(parts["y"]) + (2000 if len(parts["y"]) == 2 else 0), *rest), False
    return None if written_at is None else (_last(rest, written_at + _AHEAD), False)


def _last(rest: tuple[int, int, int, int, int], latest: datetime) -> datetime:
    """The last such time of a year that is not after another; a leap day may lie years before."""
    for year in range(latest.year, latest.year - 9, -1):
        try:
            found = datetime(year, *rest)
        except ValueError:
            continue
        if found <= latest:
            return found
    raise ValueError


@lru_cache(maxsize=256)
def _compiled(name: str) -> re.Pattern[str]:
    return re.compile(time_format(name).pattern)


_LONG_SECONDS = re.compile(
    r"(?:(\d{1,4}) ?h(?:ours?)? ?)?(?:(\d{1,4}) ?m(?:in)? ?)?(?:(\d{1,9}) ?s(?:ec)?)?(?: *\(.*\))?", re.I
)


def read_seconds(text: str) -> int | None:
    """Whole seconds of `75`, `75.9`, `00:01:15`, `00:01'15"`, `75s`, `1m 15s`; '' = 0; None = none."""
    text = text.strip()
    if not text:
        return 0
    if re.fullmatch(r"\d{1,10}(\.\d+)?", text):
        seconds = int(text.partition(".")[0])
        return seconds if seconds <= MAX_CALL_SECONDS else None
    match = re.fullmatch(r"(?:(\d{1,4}):)?(\d{1,4})[:'](\d\d)(?:\.\d+)?[\"']{0,2}", text)
    if match is not None:
        if int(match[3]) > 59 or (match[1] and int(match[2]) > 59):
            return None
        return int(match[1] or 0) * 3600 + int(match[2]) * 60 + int(match[3])
    match = _LONG_SECONDS.fullmatch(text)
    if match is None or not any(match.groups()):
        return None
    seconds = int(match[1] or 0) * 3600 + int(match[2] or 0) * 60 + int(match[3] or 0)
    return seconds if seconds <= MAX_CALL_SECONDS else None


def times(
    values: pa.Array, formats: tuple[str, ...], written_at: datetime | None = None
) -> tuple[pa.Array, pa.Array | None, pa.Array | None]:
    """(timestamp[s] or null, is UTC, is bad; None = none is) of texts.

    Empty, or an epoch of 0, is null, not bad. Times without a year are the last ones before `written_at`.
    """
    empty = pc.equal(values, EMPTY)
    given = pc.if_else(empty, pa.scalar(None, pa.string()), values) if pc.any(empty).as_py() else values
    if formats[0] == _DIRECT:
        try:
            # Exactly 19 characters: the cast would also take a date alone, or a zone behind it.
            if pc.all(pc.equal(pc.binary_length(given), _DIRECT_LENGTH)).as_py() is not False:
                found = pc.cast(given, _SECONDS)
                if _in_range(found):
                    return found, None, None
        except pa.ArrowInvalid:
            pass
    coded = given.dictionary_encode()
    if len(coded.dictionary) > MANY and (found := _by_pattern(coded.dictionary, formats[0])) is not None:
        return found.take(coded.indices), None, None
    moments: list[datetime | None] = []
    fixed: list[bool] = []
    bad: list[bool] = []
    for text in coded.dictionary.to_pylist():
        nothing = not text.strip() or (text.strip("0.") == "" and any(name in _EPOCHS for name in formats))
        found_time = None if nothing else read_time(text, formats, written_at)
        moments.append(found_time[0] if found_time else None)
        fixed.append(bool(found_time and found_time[1]))
        bad.append(not nothing and found_time is None)
    taken = coded.indices
    return (
        pa.array(moments, _SECONDS).take(taken),
        pa.array(fixed, pa.bool_()).take(taken),
        pa.array(bad, pa.bool_()).take(taken),
    )


MANY = 1000
"""From so many on, texts are rearranged as columns; of fewer, each is read by itself."""


def _by_pattern(values: pa.Array, name: str) -> pa.Array | None:
    """All times at once where every text is of one format with a year and of 24 hours; None = it is not."""
    if name in NAMED_FORMATS:
        return None
    form = time_format(name)
    if not {"month", "day"} <= set(form.parts) or not form.has_year or form.has_half:
        return None
    groups = pc.extract_regex(pc.utf8_trim_whitespace(values), f"^(?:{form.pattern})$")
    if groups.null_count != values.null_count:
        return None

    def part(key: str) -> pa.Array:
        return pc.struct_field(groups, key)

    def two(key: str) -> pa.Array:
        return pc.utf8_lpad(part(key), 2, "0")

    year = part("y")
    if "short year" in form.parts:
        year = pc.binary_join_element_wise(pa.scalar("20"), year, EMPTY)
    day = pc.binary_join_element_wise(year, two("m"), two("d"), pa.scalar("-"))
    second = two("S") if "second" in form.parts else pa.scalar("00")
    if "second" in form.parts:
        second = pc.if_else(pc.equal(part("S"), EMPTY), pa.scalar("00"), second)
    clock = pc.binary_join_element_wise(two("H"), part("M"), second, pa.scalar(":"))
    try:
        found = pc.cast(pc.binary_join_element_wise(day, clock, pa.scalar(" ")), _SECONDS)
    except pa.ArrowInvalid:
        return None
    return found if _in_range(found) else None


def _in_range(found: pa.Array) -> bool:
    bounds = _bounds(found)
    return bounds is None or (bounds[0] >= _EARLIEST and bounds[1] < _LATEST)


def seconds(values: pa.Array) -> tuple[pa.Array, pa.Array | None]:
    """(int64 seconds, is bad; None = none is) of texts; bad ones are 0."""
    try:
        found = pc.cast(values, pa.int64())
        bounds = pc.min_max(found).as_py()
        if bounds["min"] is None or (bounds["min"] >= 0 and bounds["max"] <= MAX_CALL_SECONDS):
            return found, None
    except pa.ArrowInvalid:
        pass
    coded = values.dictionary_encode()
    read = [read_seconds(text) for text in coded.dictionary.to_pylist()]
    return (
        pa.array([value or 0 for value in read], pa.int64()).take(coded.indices),
        pa.array([value is None for value in read], pa.bool_()).take(coded.indices),
    )


def _bounds(moments: pa.Array) -> tuple[datetime, datetime] | None:
    found = pc.min_max(moments).as_py()
    return None if found["min"] is None else (found["min"], found["max"])


@lru_cache(maxsize=64)
def _stretches(where: ZoneInfo, first: date, last: date) -> list[tuple[datetime, datetime, int]]:
    """The stretches of constant offset from the start of a day of UTC to the end of another."""
    day = timedelta(days=1)
    return offsets(where, datetime.combine(first, time.min), datetime.combine(last, time.min) + day)


def to_local(instants: pa.Array, where: ZoneInfo) -> pa.Array:
    """Local times of UTC instants, timestamp[s]; nulls stay."""
    bounds = _bounds(instants)
    if bounds is None:
        return instants
    stretches = _stretches(where, bounds[0].date(), bounds[1].date())
    shift: pa.Array | pa.Scalar = _interval(stretches[0][2])
    for begin, _, east in stretches[1:]:
        shift = pc.if_else(pc.less(instants, pa.scalar(begin, _SECONDS)), shift, _interval(east))
    return pc.add(instants, shift)


def to_utc(local: pa.Array, where: ZoneInfo, *, not_before: pa.Array | None = None) -> pa.Array:
    """UTC instants of local times, timestamp[s]; nulls stay.

    A local time that the zone skips is shifted by the gap; one that it repeats is the first occurrence,
    unless that lies more than a second before `not_before`, an instant known not to come later.
    """
    bounds = _bounds(local)
    if bounds is None:
        return local
    day = timedelta(days=2)
    stretches = _stretches(where, (bounds[0] - day).date(), (bounds[1] + day).date())
    if len(stretches) == 1:
        return pc.subtract(local, _interval(stretches[0][2]))
    shift: pa.Array | pa.Scalar = _interval(stretches[0][2])
    for (_, _, before), (change, _, after) in pairwise(stretches):
        # Before this local time the old offset holds: the first of two readings, the shifted one of a gap.
        border = change + timedelta(seconds=max(before, after))
        shift = pc.if_else(pc.less(local, pa.scalar(border, _SECONDS)), shift, _interval(after))
        if before > after and not_before is not None:
            shift = _second_reading(local, shift, not_before, change, before, after)
    return pc.subtract(local, shift)


def _second_reading(
    local: pa.Array, shift: pa.Array, not_before: pa.Array, change: datetime, before: int, after: int
) -> pa.Array:
    repeated = pc.and_(
        pc.greater_equal(local, pa.scalar(change + timedelta(seconds=after), _SECONDS)),
        pc.less(local, pa.scalar(change + timedelta(seconds=before), _SECONDS)),
    )
    first = pc.add(pc.subtract(local, _interval(before)), _interval(1))
    later = pc.fill_null(pc.and_(repeated, pc.less(first, not_before)), FALSE)
    return pc.if_else(later, _interval(after), shift)


def _interval(count: int) -> pa.Scalar:
    return pa.scalar(timedelta(seconds=count), pa.duration("s"))


def micros(moments: pa.Array) -> pa.Array:
    """timestamp[us] as the store keeps them."""
    return pc.cast(moments, _MICROS)
