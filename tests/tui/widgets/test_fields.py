"""What fields read, and what they refuse."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App

from engine.domain.errors import InvalidInput
from tui.screens.extensions.field import ExtensionsField, read_extensions, written_extensions
from tui.widgets.fields import MoneyField, NumberField
from tui.widgets.time_fields import DateField, DurationField, TimeField


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("1:30", 90), ("90s", 90), ("1h30m", 5400), ("1h 5s", 3605), ("2:00:01", 7201), ("0", 0)],
)
def test_durations_are_read_as_people_write_them(text: str, seconds: int):
    assert DurationField("seconds", "Seconds").read(text) == seconds


@pytest.mark.parametrize("text", ["", "1:60", "1:2:3", "-5", "5 apples", "١٢", "1e3"])
def test_what_is_no_duration_is_refused(text: str):
    with pytest.raises(InvalidInput):
        DurationField("seconds", "Seconds").read(text)


def test_an_empty_duration_is_none_where_it_may_be_left_out():
    assert DurationField("seconds", "Seconds", optional=True).read("") is None


@pytest.mark.parametrize("text", ["2026-02-30", "26-01-01", "2026-1-1", "today"])
def test_what_is_no_date_is_refused(text: str):
    with pytest.raises(InvalidInput):
        DateField("day", "Day", today=date(2026, 1, 31)).read(text)


async def test_dates_and_times_of_day_are_read():
    async with App[None]().run_test():
        assert DateField("day", "Day", today=date(2026, 1, 31)).read("2028-02-29") == date(2028, 2, 29)
        assert TimeField("at", "At").read("08:30") == 30600
        with pytest.raises(InvalidInput):
            TimeField("at", "At").read("24:00")


def test_money_must_be_more_than_nothing_where_it_is_a_recharge():
    field = MoneyField("amount", "Amount", least=1)
    assert field.read("1,234.50") == 1_234_500_000
    for text in ("0", "-1", "", "1e9999", "12,5"):
        with pytest.raises(InvalidInput) as refused:
            field.read(text)
        assert refused.value.field == "amount"


def test_whole_numbers_stay_within_their_limits():
    field = NumberField("length", "Length", most=64, empty=0)
    assert (field.read(""), field.read("64")) == (0, 64)
    for text in ("65", "-1", "1.5", "x"):
        with pytest.raises(InvalidInput):
            field.read(text)


def test_ranges_of_extensions_keep_their_leading_zeros():
    assert read_extensions("0098-0101, 7", key="e") == ("0098", "0099", "0100", "0101", "7")


def test_a_range_means_the_extensions_there_are_where_they_are_known():
    known = frozenset({"1001", "1005", "10010"})
    assert read_extensions("1001-1050", key="e", known=known) == ("1001", "1005")


@pytest.mark.parametrize("text", ["1050-1001", "1-100000", "10;rm -rf $HOME", "1001\x1b[2J", "99-100"])
def test_what_names_no_extensions_is_refused(text: str):
    with pytest.raises(InvalidInput):
        read_extensions(text, key="e")


@given(st.sets(st.integers(0, 9999).map(lambda number: f"{number:04d}"), max_size=60))
def test_extensions_are_written_as_they_are_read(numbers: set[str]):
    assert set(read_extensions(written_extensions(sorted(numbers)), key="e")) == numbers


def test_all_extensions_is_a_value_of_its_own():
    assert ExtensionsField("extensions", "Extensions").read("all") is None
    with pytest.raises(InvalidInput):
        ExtensionsField("extensions", "Extensions", all_allowed=False).read("")
