"""Amounts: read strictly, written exactly."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.errors import InvalidInput
from engine.domain.money import MAX_AMOUNT_MICROS, format_amount, parse_amount

amounts = st.integers(-MAX_AMOUNT_MICROS, MAX_AMOUNT_MICROS)


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("0", 0),
        ("5", 5_000_000),
        ("1234.5", 1_234_500_000),
        ("1234.50", 1_234_500_000),
        ("1,234.50", 1_234_500_000),
        ("1,234,567", 1_234_567_000_000),
        ("12,345,678.9", 12_345_678_900_000),
        ("0.000001", 1),
        ("0.0000010000", 1),
        ("007", 7_000_000),
        ("+3", 3_000_000),
        (" 3.10 ", 3_100_000),
        ("1000000000000", MAX_AMOUNT_MICROS),
        ("-0", 0),
        (".5", 500_000),
        ("5.", 5_000_000),
        ("+.000001", 1),
    ],
)
def test_a_plain_or_grouped_decimal_is_read_exactly(text: str, micros: int) -> None:
    assert parse_amount(text) == micros


@pytest.mark.parametrize(
    "text",
    [
        "", " ", ".", "-", "-.", "..5", "1..2", "1.2.3", "abc", "1e9999", "1e3", "1E3", "NaN", "nan", "inf",
        "Infinity", "0x10", "1_000", "1 000", "1 000.50", "12,5", "1,234", "1.234,50", "12,34.5", "1,2345.6",
        "1234,567.8", "0,123.4", ",123", "1,,234.5", "1,234,56", "١٢", "５", "1\u00a0000", "--5", "+-5", "$5",
        "5 €", "5%", "1/2", "5\n6", "5\x00",
    ],
)  # fmt: skip
def test_what_is_ambiguous_or_no_amount_is_refused_with_its_field(text: str) -> None:
    with pytest.raises(InvalidInput, match="is not an amount") as caught:
        parse_amount(text, field="credit_limit", signed=True)
    assert caught.value.field == "credit_limit"
    assert str(caught.value).startswith("credit_limit: ")


def test_a_decimal_comma_is_answered_with_how_to_write_it() -> None:
    with pytest.raises(InvalidInput, match="decimal sign as a point"):
        parse_amount("12,5")
    with pytest.raises(InvalidInput, match=r"Write 1234 or 1\.234: the comma may mean either"):
        parse_amount("1,234")


def test_more_than_6_decimals_are_refused() -> None:
    with pytest.raises(InvalidInput, match="more than 6 decimals"):
        parse_amount("0.0000001")


@pytest.mark.parametrize("text", ["1000000000000.000001", "1000000000001", "9" * 400, "0" * 50 + "9" * 14])
def test_what_is_out_of_range_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="out of range"):
        parse_amount(text)


def test_a_negative_amount_needs_a_signed_field() -> None:
    assert parse_amount("-1.5", signed=True) == -1_500_000
    with pytest.raises(InvalidInput, match="must not be negative"):
        parse_amount("-1.5")


def test_a_refusal_never_repeats_a_long_text_whole() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_amount("x" * 10_000)
    assert len(str(caught.value)) < 200


@given(st.text(max_size=30))
def test_any_text_is_an_amount_or_refused(text: str) -> None:
    try:
        micros = parse_amount(text, signed=True)
    except InvalidInput:
        return
    assert abs(micros) <= MAX_AMOUNT_MICROS
    assert re.fullmatch(r"\s*[+-]?[0-9,]+(\.[0-9]+)?\s*", text)


@pytest.mark.parametrize(
    ("micros", "digits", "text"),
    [
        (0, 2, "0.00"),
        (12_500, 2, "0.0125"),
        (500_000, 2, "0.50"),
        (-500_000, 2, "-0.50"),
        (-1, 2, "-0.000001"),
        (1_234_567_890_000, 2, "1234567.89"),
        (5_000_000, 0, "5"),
        (5_100_000, 0, "5.1"),
        (5_000_000, 3, "5.000"),
        (2**63 - 1, 2, "9223372036854.775807"),
    ],
)
def test_an_amount_is_written_exactly_with_the_digits_it_has(micros: int, digits: int, text: str) -> None:
    assert format_amount(micros, digits=digits) == text


@given(amounts, st.integers(0, 6))
def test_what_is_written_reads_back_the_same(micros: int, digits: int) -> None:
    assert parse_amount(format_amount(micros, digits=digits), signed=True) == micros
