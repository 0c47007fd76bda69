"""Editing the list: versions, positions, and what is refused."""

from dataclasses import replace

import pytest

from engine.api.rates import ListRates, MoveRate, RemoveRates, SaveRate, SwitchRates
from engine.domain.errors import InvalidInput, NotFound
from engine.domain.message import Message
from engine.domain.rates import Rate
from engine.rating.rules import list_rates, move_rate, rate_version, remove_rates, save_rate, switch_rates
from engine.rating.versions import listed_rates
from engine.store import Session
from tests.rating.site import NOW, put_rates

A, B, C, D = (
    Rate(name=name, prefix=prefix) for name, prefix in zip("ABCD", ("9", "90", "", "+4"), strict=True)
)


@pytest.fixture
def four(rating_store: Session) -> Session:
    """The rules A to D, numbered 1 to 4."""
    put_rates(rating_store, [A, B, C, D])
    return rating_store


def names(session: Session) -> str:
    listed = listed_rates(session)
    assert [row.position for row in listed] == list(range(1, len(listed) + 1))
    return "".join(row.rate.name for row in listed)


def save(session: Session, rate: Rate, rate_id: int | None = None) -> int:
    return save_rate(session, SaveRate(rate_id=rate_id, rate=rate), operator="ann", now=NOW).rate_id


def test_a_new_rule_goes_to_the_end_in_its_stored_form(four: Session) -> None:
    number = save(four, Rate(name=" E ", extensions=("12", "11", "12")))
    assert number == 5
    assert listed_rates(four)[-1] == (5, 5, 5, Rate(name="E", extensions=("11", "12")))


def test_an_edit_adds_a_version_and_the_old_one_stays(four: Session) -> None:
    save(four, replace(B, price_micros=300_000), 2)
    assert listed_rates(four)[1] == (2, 5, 2, replace(B, price_micros=300_000))
    assert rate_version(four, 2) == (2, B)
    assert rate_version(four, 5) == (2, replace(B, price_micros=300_000))


def test_saving_the_same_or_switching_adds_no_version(four: Session) -> None:
    save(four, B, 2)
    save(four, replace(C, enabled=False), 3)
    assert [(row.version_id, row.rate.enabled) for row in listed_rates(four)] == [
        (1, True),
        (2, True),
        (3, False),
        (4, True),
    ]


def test_every_broken_law_is_told_at_once(four: Session) -> None:
    with pytest.raises(InvalidInput) as refused:
        save(four, Rate(name="", prefix="12a", cycle_seconds=0))
    assert refused.value.field == "name"
    assert [line.partition(":")[0] for line in str(refused.value).splitlines()] == [
        "name",
        "prefix",
        "cycle_seconds",
    ]
    assert names(four) == "ABCD"


@pytest.mark.parametrize(
    ("rate", "field"),
    [
        (Rate(name="two\nlines"), "name"),
        (Rate(name="bell\x07"), "name"),
        (Rate(name="x", extensions=("10 11",)), "extensions"),
        (Rate(name="x", extensions=("All",)), "extensions"),
        (Rate(name="x", extensions=("", "10")), "extensions"),
        (Rate(name="x", extensions=()), "extensions"),
    ],
)
def test_what_no_sheet_could_bring_back_is_refused(four: Session, rate: Rate, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        save(four, rate)
    assert refused.value.field == field


def test_what_is_not_in_the_list_is_not_found(four: Session) -> None:
    with pytest.raises(NotFound, match="9"):
        save(four, A, 9)
    with pytest.raises(NotFound):
        move_rate(four, MoveRate(rate_id=9, position=1))
    with pytest.raises(NotFound):
        switch_rates(four, SwitchRates(rate_ids=[1, 9], enabled=False))
    with pytest.raises(NotFound):
        rate_version(four, 99)


def test_removing_closes_the_holes_and_numbers_are_not_given_again(four: Session) -> None:
    assert remove_rates(four, RemoveRates(rate_ids=[2, 4, 77])).changed == 2
    assert names(four) == "AC"
    assert save(four, B) == 5
    assert remove_rates(four, RemoveRates(rate_ids=[2])).changed == 0


def test_switching_counts_only_what_changes(four: Session) -> None:
    assert switch_rates(four, SwitchRates(rate_ids=[1, 2], enabled=False)).changed == 2
    assert switch_rates(four, SwitchRates(rate_ids=[1, 2, 3], enabled=False)).changed == 1
    assert [row.rate.enabled for row in listed_rates(four)] == [False, False, False, True]


@pytest.mark.parametrize(
    ("rate_id", "position", "order"),
    [
        (1, 3, "BCAD"),
        (4, 1, "DABC"),
        (3, 2, "ACBD"),
        (2, 2, "ABCD"),
        (1, 99, "BCDA"),
    ],
)
def test_a_moved_rule_leaves_the_others_in_order(
    four: Session, rate_id: int, position: int, order: str
) -> None:
    moved = move_rate(four, MoveRate(rate_id=rate_id, position=position))
    assert names(four) == order
    assert moved.changed == (order != "ABCD")


def test_there_is_no_position_0(four: Session) -> None:
    with pytest.raises(InvalidInput) as refused:
        move_rate(four, MoveRate(rate_id=1, position=0))
    assert refused.value.field == "position"


@pytest.mark.parametrize(
    ("text", "found"), [("", "ABCD"), ("a", "A"), ("9", "AB"), ("90", "B"), ("+4", "D"), ("%", "")]
)
def test_text_finds_parts_of_names_and_starts_of_prefixes(four: Session, text: str, found: str) -> None:
    page = list_rates(four, ListRates(text=text))
    assert "".join(row.rate.name for row in page.rows) == found
    assert page.total == len(found)


def test_pages_follow_each_other(four: Session) -> None:
    page = list_rates(four, ListRates(offset=1, limit=2), remarks={3: [Message("never wins")]})
    assert [(row.rate.name, row.position, [str(remark) for remark in row.remarks]) for row in page.rows] == [
        ("B", 2, []),
        ("C", 3, ["never wins"]),
    ]
    assert page.total == 4
