"""Money, durations and times as they are written on screens."""

from datetime import datetime

import pytest
from babel.numbers import list_currencies
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.money import MAX_AMOUNT_MICROS, parse_amount
from tui.text.currencies import cldr_conventions, cldr_digits, conventions, digits
from tui.text.format import duration, local_time, money_style, short_stamp, size_of
from tui.text.i18n import LANGUAGES


@pytest.mark.parametrize(
    ("currency", "language", "micros", "text"),
    [
        ("CNY", "zh_CN", -1_234_500_000, "-¥1,234.50"),
        ("USD", "en", 12_500, "$0.0125"),
        ("JPY", "en", 1_500_000_000, "¥1,500"),
        ("JPY", "en", 500_000, "¥0.5"),
        ("KWD", "en", 1_000_000, "KWD\N{NO-BREAK SPACE}1.000"),
        ("EUR", "de", 1_234_500_000, "1.234,50\N{NO-BREAK SPACE}€"),
    ],
)
def test_money_has_the_currencys_symbol_and_at_least_its_digits(
    currency: str, language: str, micros: int, text: str
):
    assert money_style(currency, language).money(micros) == text


def test_the_table_of_currencies_is_what_cldr_says():
    assert {language: conventions(language) for language in LANGUAGES} == {
        language: cldr_conventions(language) for language in LANGUAGES
    }
    assert {currency: digits(currency) for currency in list_currencies()} == {
        currency: cldr_digits().get(currency, 2) for currency in list_currencies()
    }


@given(st.integers(-MAX_AMOUNT_MICROS, MAX_AMOUNT_MICROS))
def test_no_amount_is_ever_rounded(micros: int):
    written = money_style("CNY", "en").number(micros)
    assert parse_amount(written.replace(",", ""), signed=True) == micros


def test_durations_grow_from_seconds_to_hours():
    assert [duration(seconds) for seconds in (0, 59, 60, 3599, 3600, 360_000)] == [
        "0:00",
        "0:59",
        "1:00",
        "59:59",
        "1:00:00",
        "100:00:00",
    ]


def test_moments_of_today_show_their_time_and_others_their_day():
    today = datetime(2026, 3, 1, 12)
    assert short_stamp(datetime(2026, 3, 1, 8, 5, 9), today) == "08:05:09"
    assert short_stamp(datetime(2026, 2, 28, 8, 5), today) == "02-28"
    assert short_stamp(datetime(2025, 12, 31), today) == "2025-12"


def test_times_are_the_sites_own():
    assert local_time(datetime(2026, 1, 1, 20), "Asia/Shanghai") == datetime(2026, 1, 2, 4)


def test_sizes_are_written_with_their_unit():
    assert [size_of(count) for count in (0, 999, 3_400_000, 5_000_000_000_000)] == [
        "0 B",
        "999 B",
        "3.4 MB",
        "5000.0 GB",
    ]
