"""Zones, stretches of constant offset, and moments as people type them."""

import contextlib
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.errors import InvalidInput
from engine.domain.zones import isoformat, offsets, parse_moment, to_local, to_utc, zone

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
NAMES = (
    "Asia/Shanghai",
    "Europe/Berlin",
    "UTC",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
    "America/St_Johns",
)

moments = st.datetimes(datetime(1995, 1, 1), datetime(2040, 1, 1))


def seconds_east(where: ZoneInfo, instant: datetime) -> float:
    shift = instant.replace(tzinfo=UTC).astimezone(where).utcoffset()
    assert shift is not None
    return shift.total_seconds()


@pytest.mark.parametrize(
    "name", ["", "Mars/Phobos", "../../etc/passwd", "Asia", "/etc/localtime", "A\0B", "CET "]
)
def test_what_is_no_zone_is_refused_with_its_field_and_an_example(name: str) -> None:
    with pytest.raises(InvalidInput, match="Asia/Shanghai") as caught:
        zone(name, field="site.timezone")
    assert caught.value.field == "site.timezone"


def test_an_iana_name_is_its_zone() -> None:
    assert zone("Europe/Berlin") == BERLIN


def test_a_zone_without_changes_is_one_stretch() -> None:
    first, last = datetime(2026, 1, 1), datetime(2026, 12, 31)
    assert offsets(SHANGHAI, first, last) == [(first, last + timedelta(seconds=1), 28800)]


def test_stretches_change_at_the_very_second_of_the_clock_change() -> None:
    first, last = datetime(2026, 1, 1), datetime(2026, 12, 31)
    assert offsets(BERLIN, first, last) == [
        (first, datetime(2026, 3, 29, 1), 3600),
        (datetime(2026, 3, 29, 1), datetime(2026, 10, 25, 1), 7200),
        (datetime(2026, 10, 25, 1), last + timedelta(seconds=1), 3600),
    ]


def test_a_first_instant_with_a_fraction_does_not_shift_the_change() -> None:
    first = datetime(2026, 3, 29, 0, 0, 0, 700_000)
    stretches = offsets(BERLIN, first, datetime(2026, 3, 29, 2))
    assert [start for start, _, _ in stretches] == [first, datetime(2026, 3, 29, 1)]


def test_one_instant_is_one_stretch() -> None:
    moment = datetime(2026, 3, 29, 1)
    assert offsets(BERLIN, moment, moment) == [(moment, moment + timedelta(seconds=1), 7200)]


@given(st.sampled_from(NAMES), moments, st.timedeltas(timedelta(0), timedelta(days=500)), st.floats(0, 1))
def test_each_instant_lies_in_one_stretch_with_the_offset_of_its_zone(
    name: str, first: datetime, length: timedelta, part: float
) -> None:
    where = ZoneInfo(name)
    stretches = offsets(where, first, first + length)
    assert stretches[0][0] == first
    assert stretches[-1][1] > first + length
    assert all(one[1] == other[0] and one[2] != other[2] for one, other in pairwise(stretches))
    instant = first + length * part
    (found,) = [seconds for start, end, seconds in stretches if start <= instant < end]
    assert found == seconds_east(where, instant)


@given(st.sampled_from(NAMES), moments)
def test_an_instant_comes_back_from_local_time_unless_the_hour_repeats(name: str, instant: datetime) -> None:
    where = ZoneInfo(name)
    back = to_utc(to_local(instant, where), where)
    assert back == instant or timedelta(0) < instant - back <= timedelta(hours=1)


def test_the_first_of_a_repeated_hour_is_taken() -> None:
    assert to_utc(datetime(2026, 10, 25, 2, 30), BERLIN) == datetime(2026, 10, 25, 0, 30)


def test_a_time_in_the_missing_hour_is_shifted() -> None:
    assert to_utc(datetime(2026, 3, 29, 2, 30), BERLIN) == datetime(2026, 3, 29, 1, 30)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026", "2025-12-31 16:00", "2026-12-31 16:00"),
        ("2026-01", "2025-12-31 16:00", "2026-01-31 16:00"),
        ("2026-12", "2026-11-30 16:00", "2026-12-31 16:00"),
        ("2024-02", "2024-01-31 16:00", "2024-02-29 16:00"),
        ("2026-01-31", "2026-01-30 16:00", "2026-01-31 16:00"),
        ("2026-12-31", "2026-12-30 16:00", "2026-12-31 16:00"),
        ("2026-01-31 18:30", "2026-01-31 10:30", "2026-01-31 10:30"),
        ("2026-01-31T18:30:15", "2026-01-31 10:30:15", "2026-01-31 10:30:15"),
        (" 2026-01-31 18:30 ", "2026-01-31 10:30", "2026-01-31 10:30"),
        ("2026-01-31T18:30Z", "2026-01-31 18:30", "2026-01-31 18:30"),
        ("2026-01-31T18:30+02:00", "2026-01-31 16:30", "2026-01-31 16:30"),
        ("2026-01-31T18:30-0330", "2026-01-31 22:00", "2026-01-31 22:00"),
    ],
)
def test_a_typed_moment_is_an_instant_and_its_end_includes_what_was_named(
    text: str, start: str, end: str
) -> None:
    assert parse_moment(text, SHANGHAI) == datetime.fromisoformat(start)
    assert parse_moment(text, SHANGHAI, end=True) == datetime.fromisoformat(end)


def test_a_day_of_a_clock_change_has_23_or_25_hours() -> None:
    for day, hours in (("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-26", 24)):
        length = parse_moment(day, BERLIN, end=True) - parse_moment(day, BERLIN)
        assert length == timedelta(hours=hours)


@pytest.mark.parametrize(
    "text",
    [
        "", "soon", "26-01-01", "2026-1-1", "2026-13", "2026-00", "2026-02-30", "2025-02-29", "0000",
        "20260101", "2026-01-01 24:00", "2026-01-01 10", "2026-01-01 10:60", "2026-01-01 10:00:60",
        "2026-01Z", "2026-01-01Z",
        "2026-01-01 10:00+99:99", "2026-01-01 10:00 +01:00", "01.02.2026", "2026-01-01\n10:00", "２０２６",
        "2026-01-01 10:00:00.5",
    ],
)  # fmt: skip
def test_what_is_no_moment_is_refused_with_its_field(text: str) -> None:
    with pytest.raises(InvalidInput, match="2026-01-31") as caught:
        parse_moment(text, SHANGHAI, field="since")
    assert caught.value.field == "since"


@pytest.mark.parametrize(
    ("text", "end"), [("0001", False), ("9999", True), ("9999-12-31", True), ("9999-12", True)]
)
def test_the_edges_of_the_calendar_are_refused_and_do_not_break(text: str, end: bool) -> None:
    with pytest.raises(InvalidInput):
        parse_moment(text, SHANGHAI, end=end)


@given(st.text(max_size=25))
def test_any_text_is_a_moment_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidInput):
        parse_moment(text, BERLIN, end=True)


def test_iso_times_carry_the_offset_of_their_moment_and_none_is_empty() -> None:
    assert isoformat(datetime(2026, 1, 31, 12), BERLIN) == "2026-01-31T13:00:00+01:00"
    assert isoformat(datetime(2026, 7, 31, 12), BERLIN) == "2026-07-31T14:00:00+02:00"
    assert isoformat(None, BERLIN) == ""
