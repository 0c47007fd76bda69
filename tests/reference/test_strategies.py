"""What holds for the reference on any case the strategies make, and that they reach the cases that matter."""

from collections.abc import Callable

from hypothesis import Phase, find, given, settings

from tests.reference.rating import Rule, objections, rate
from tests.reference.strategies import Case, cases


def rated(case: Case) -> list[tuple[int, str | None, Rule | None]]:
    verdicts = [
        rate(
            call,
            case.rules,
            site_billing=case.site_billing,
            extension_billed=call.extension in case.billed,
            zone=case.zone,
        )
        for call in case.calls
    ]
    return [(verdict.cost_micros, verdict.unrated_reason, verdict.rule) for verdict in verdicts]


def reached(condition: Callable[[Case], bool]) -> Case:
    """A case that meets the condition, as found and not made smaller; raises where 5,000 do not."""
    as_found = settings(phases=[Phase.generate], max_examples=5000, database=None)
    return find(cases(), condition, settings=as_found)


@given(cases())
def test_every_call_has_either_a_rule_or_a_reason(case: Case) -> None:
    for cost_micros, reason, rule in rated(case):
        assert (rule is None) == (reason is not None)
        assert rule is not None or cost_micros == 0


@given(cases())
def test_the_order_in_which_rules_are_read_does_not_matter(case: Case) -> None:
    turned = Case(**{**vars(case), "rules": case.rules[::-1]})
    assert rated(turned) == rated(case)


@given(cases())
def test_every_winner_fits_and_no_longer_prefix_does(case: Case) -> None:
    for call, (_, _, winner) in zip(case.calls, rated(case), strict=True):
        if winner is not None:
            assert not objections(winner, call, case.zone)
            longer = [rule for rule in case.rules if len(rule.prefix) > len(winner.prefix)]
            assert all(objections(rule, call, case.zone) for rule in longer)


def test_the_strategies_reach_a_longer_prefix_that_loses_by_its_window_alone() -> None:
    def reaches(case: Case) -> bool:
        for call, (_, _, winner) in zip(case.calls, rated(case), strict=True):
            if winner is not None and any(
                objections(rule, call, case.zone) == ("window",) and len(rule.prefix) > len(winner.prefix)
                for rule in case.rules
            ):
                return True
        return False

    assert reached(reaches)


def test_the_strategies_reach_calls_without_a_rule() -> None:
    assert reached(lambda case: any(reason == "no rule" for _, reason, _ in rated(case)))
