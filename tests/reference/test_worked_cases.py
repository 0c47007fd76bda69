"""The reference against the cases that vendors of such systems published, and against the domain page."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from tests.reference.rating import Call, Rule, Verdict, objections, rate

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")

BLOCK_OF_120_SECONDS = Rule(
    initial_fee_micros=200_000, initial_seconds=120, price_micros=300_000, cycle_seconds=60
)
FEE_OF_1 = Rule(initial_fee_micros=1_000_000, price_micros=2_000_000, cycle_seconds=60)
BLOCK_OF_60_SECONDS = Rule(
    initial_fee_micros=150_000, initial_seconds=60, price_micros=100_000, cycle_seconds=55
)
NO_FIRST_BLOCK = Rule(price_micros=50_000, cycle_seconds=6)
FREE_SECONDS = Rule(initial_seconds=10, price_micros=60_000_000, cycle_seconds=60)
COUNTED_EVERY_SECOND = Rule(
    initial_fee_micros=150_000, price_micros=50_000, price_seconds=60, cycle_seconds=1
)

WORKED_CASES = [
    (BLOCK_OF_120_SECONDS, 68, 200_000),
    (BLOCK_OF_120_SECONDS, 125, 500_000),
    (BLOCK_OF_120_SECONDS, 180, 500_000),
    (BLOCK_OF_120_SECONDS, 190, 800_000),
    (BLOCK_OF_120_SECONDS, 380, 1_700_000),
    (FEE_OF_1, 20, 3_000_000),
    (FEE_OF_1, 84, 5_000_000),
    (FEE_OF_1, 185, 9_000_000),
    (BLOCK_OF_60_SECONDS, 1, 150_000),
    (BLOCK_OF_60_SECONDS, 60, 150_000),
    (BLOCK_OF_60_SECONDS, 61, 250_000),
    (BLOCK_OF_60_SECONDS, 115, 250_000),
    (BLOCK_OF_60_SECONDS, 116, 350_000),
    (NO_FIRST_BLOCK, 0, 0),
    (NO_FIRST_BLOCK, 1, 50_000),
    (NO_FIRST_BLOCK, 6, 50_000),
    (NO_FIRST_BLOCK, 7, 100_000),
    (FREE_SECONDS, 5, 0),
    (FREE_SECONDS, 61, 60_000_000),
    (FREE_SECONDS, 70, 60_000_000),
    (FREE_SECONDS, 71, 120_000_000),
    (COUNTED_EVERY_SECOND, 24, 170_000),
    (COUNTED_EVERY_SECOND, 60, 200_000),
    (COUNTED_EVERY_SECOND, 1020, 1_000_000),
]


def call(dialled: str = "913800000000", *, at: datetime | None = None, billsec: int = 60) -> Call:
    return Call(dialled=dialled, answered_at=at or datetime(2026, 11, 4, 3, 0, tzinfo=UTC), billsec=billsec)


def verdict(a_call: Call, *rules: Rule, zone: ZoneInfo = SHANGHAI) -> Verdict:
    return rate(a_call, rules, site_billing=True, extension_billed=True, zone=zone)


def local(zone: ZoneInfo, *parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=zone, fold=fold).astimezone(UTC)


@pytest.mark.parametrize(("rule", "billsec", "cost_micros"), WORKED_CASES)
def test_a_published_case_costs_what_the_vendor_says(rule: Rule, billsec: int, cost_micros: int) -> None:
    assert verdict(call(billsec=billsec), rule).cost_micros == cost_micros


def test_116_seconds_after_a_60_second_block_are_two_cycles() -> None:
    result = verdict(call(billsec=116), BLOCK_OF_60_SECONDS)
    assert (result.cycles, result.first_block_micros, result.cycles_micros) == (2, 150_000, 200_000)


def test_a_call_of_0_seconds_takes_no_initial_fee() -> None:
    result = verdict(call(billsec=0), FEE_OF_1)
    assert (result.cost_micros, result.unrated_reason, result.rule) == (0, "not answered", None)


def test_an_unanswered_call_with_talk_time_is_not_charged() -> None:
    unanswered = replace(call(billsec=30), answered=False)
    assert verdict(unanswered, FEE_OF_1).unrated_reason == "not answered"


@pytest.mark.parametrize(("price_micros", "cost_micros"), [(1, 1), (3, 2), (2, 1)])
def test_half_a_micro_is_rounded_up(price_micros: int, cost_micros: int) -> None:
    rule = Rule(price_micros=price_micros, price_seconds=2, cycle_seconds=1)
    assert verdict(call(billsec=1), rule).cost_micros == cost_micros


def test_a_third_of_a_micro_is_rounded_down_once_for_the_whole_call() -> None:
    rule = Rule(price_micros=1, price_seconds=3, cycle_seconds=1)
    assert [verdict(call(billsec=n), rule).cost_micros for n in (1, 2, 3, 4, 5)] == [0, 1, 1, 1, 2]


def test_reasons_come_in_the_documented_order() -> None:
    internal = replace(call(billsec=0), outbound=False, answered=False)

    def reason(a_call: Call, *, site_billing: bool, extension_billed: bool, rules: list[Rule]) -> str | None:
        return rate(
            a_call, rules, site_billing=site_billing, extension_billed=extension_billed, zone=SHANGHAI
        ).unrated_reason

    assert reason(internal, site_billing=False, extension_billed=False, rules=[]) == "not outbound"
    unanswered = replace(internal, outbound=True)
    assert reason(unanswered, site_billing=False, extension_billed=False, rules=[]) == "not answered"
    assert reason(call(), site_billing=False, extension_billed=False, rules=[]) == "billing off"
    assert reason(call(), site_billing=True, extension_billed=False, rules=[]) == "extension not billed"
    assert reason(call(), site_billing=True, extension_billed=True, rules=[]) == "no rule"
    assert reason(call(), site_billing=True, extension_billed=True, rules=[Rule()]) is None


def test_the_longest_prefix_wins_over_exact_length_and_position() -> None:
    short = Rule(name="short", position=1, prefix="91", number_length=12)
    long = Rule(name="long", position=2, prefix="9138")
    assert verdict(call(), short, long).rule == long


def test_with_equal_prefixes_an_exact_length_wins_over_any() -> None:
    any_length = Rule(name="any", position=1, prefix="9")
    exact = Rule(name="exact", position=2, prefix="9", number_length=12)
    assert verdict(call(), any_length, exact).rule == exact


def test_with_equal_prefixes_and_lengths_the_upper_rule_wins() -> None:
    upper = Rule(name="upper", position=3, prefix="9")
    lower = Rule(name="lower", position=7, prefix="9")
    assert verdict(call(), lower, upper).rule == upper


@pytest.mark.parametrize(
    "unfit",
    [
        Rule(prefix="9138", enabled=False),
        Rule(prefix="9138", number_length=11),
        Rule(prefix="9138", extensions=frozenset({"1002"})),
        Rule(prefix="9138", extensions=frozenset()),
        Rule(prefix="9138", start_time=time(12), end_time=time(13)),
        Rule(prefix="9138", weekdays=frozenset({5, 6})),
        Rule(prefix="9138", valid_from=date(2026, 11, 5)),
        Rule(prefix="9138", valid_to=date(2026, 11, 4)),
    ],
)
def test_a_longer_prefix_that_does_not_fit_does_not_block_a_shorter_one(unfit: Rule) -> None:
    fallback = Rule(name="fallback", prefix="9")
    assert verdict(call(), unfit, fallback).rule == fallback
    assert len(objections(unfit, call(), SHANGHAI)) == 1


def test_with_outside_line_9_lengths_9_and_12_tell_local_from_mobile() -> None:
    local_numbers = Rule(name="local", prefix="9", number_length=9)
    mobiles = Rule(name="mobile", prefix="9", number_length=12)
    assert verdict(call("962345678"), local_numbers, mobiles).rule == local_numbers
    assert verdict(call("913800000000"), local_numbers, mobiles).rule == mobiles
    assert verdict(call("9110"), local_numbers, mobiles).unrated_reason == "no rule"


def test_an_empty_prefix_matches_every_number() -> None:
    for dialled in ("", "+4930123", "*98", "#31#9110", "9" * 20):
        assert verdict(call(dialled), Rule()).unrated_reason is None


def test_the_end_of_a_window_is_outside_and_its_start_inside() -> None:
    rule = Rule(start_time=time(8), end_time=time(18))
    inside = [local(SHANGHAI, 2026, 11, 4, 8), local(SHANGHAI, 2026, 11, 4, 17, 59, 59)]
    outside = [local(SHANGHAI, 2026, 11, 4, 7, 59, 59), local(SHANGHAI, 2026, 11, 4, 18)]
    assert [verdict(call(at=at), rule).rule for at in inside] == [rule, rule]
    assert [verdict(call(at=at), rule).rule for at in outside] == [None, None]


def test_22_to_6_on_friday_covers_saturday_05_59_and_not_friday_05_59() -> None:
    rule = Rule(start_time=time(22), end_time=time(6), weekdays=frozenset({4}))
    assert verdict(call(at=local(SHANGHAI, 2026, 11, 6, 22)), rule).rule == rule
    assert verdict(call(at=local(SHANGHAI, 2026, 11, 7, 5, 59, 59)), rule).rule == rule
    assert verdict(call(at=local(SHANGHAI, 2026, 11, 7, 6)), rule).rule is None
    assert verdict(call(at=local(SHANGHAI, 2026, 11, 6, 5, 59)), rule).rule is None
    assert verdict(call(at=local(SHANGHAI, 2026, 11, 7, 22)), rule).rule is None


def test_a_window_that_ends_at_midnight_covers_the_last_second_of_the_day() -> None:
    rule = Rule(start_time=time(18), end_time=time(0), weekdays=frozenset({4}))
    assert verdict(call(at=local(SHANGHAI, 2026, 11, 6, 23, 59, 59)), rule).rule == rule
    assert verdict(call(at=local(SHANGHAI, 2026, 11, 7, 0)), rule).rule is None


def test_equal_times_are_the_whole_calendar_day_whatever_they_name() -> None:
    rule = Rule(start_time=time(8), end_time=time(8), weekdays=frozenset({4}))
    assert verdict(call(at=local(SHANGHAI, 2026, 11, 6, 0)), rule).rule == rule
    assert verdict(call(at=local(SHANGHAI, 2026, 11, 6, 23, 59, 59)), rule).rule == rule
    assert verdict(call(at=local(SHANGHAI, 2026, 11, 7, 0)), rule).rule is None


def test_valid_from_is_inside_and_valid_to_outside_by_the_local_date() -> None:
    rule = Rule(valid_from=date(2026, 11, 4), valid_to=date(2026, 11, 5))
    assert verdict(call(at=datetime(2026, 11, 3, 16, 0, tzinfo=UTC)), rule).rule == rule
    assert verdict(call(at=datetime(2026, 11, 3, 15, 59, 59, tzinfo=UTC)), rule).rule is None
    assert verdict(call(at=datetime(2026, 11, 4, 16, 0, tzinfo=UTC)), rule).rule is None


def test_dates_are_those_of_the_answer_also_in_a_window_through_midnight() -> None:
    rule = Rule(
        start_time=time(22),
        end_time=time(6),
        weekdays=frozenset({4}),
        valid_from=date(2026, 11, 6),
        valid_to=date(2026, 11, 7),
    )
    assert verdict(call(at=local(SHANGHAI, 2026, 11, 6, 23)), rule).rule == rule
    assert verdict(call(at=local(SHANGHAI, 2026, 11, 7, 2)), rule).rule is None


def test_the_hour_that_repeats_is_inside_the_window_both_times() -> None:
    rule = Rule(start_time=time(2), end_time=time(3))
    both = [local(BERLIN, 2026, 10, 25, 2, 30, fold=fold) for fold in (0, 1)]
    assert both[0] != both[1]
    assert [verdict(call(at=at), rule, zone=BERLIN).rule for at in both] == [rule, rule]


def test_the_hour_that_is_missing_is_never_answered_in() -> None:
    rule = Rule(start_time=time(2), end_time=time(3))
    around = [datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)]
    assert [verdict(call(at=at), rule, zone=BERLIN).rule for at in around] == [None, None]


def test_the_highest_price_and_the_longest_call_stay_exact() -> None:
    rule = Rule(price_micros=10**12, price_seconds=7, cycle_seconds=1)
    assert verdict(call(billsec=604_801), rule).cost_micros == (604_801 * 10**12 * 2 + 7) // 14


def test_an_answered_call_without_a_moment_of_answer_is_refused() -> None:
    broken = Call(dialled="9110", answered_at=None, billsec=3)
    with pytest.raises(ValueError, match="moment of answer"):
        verdict(broken, Rule())
