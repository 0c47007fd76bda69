"""From the number dialled to the one that is rated: as a set, step by step, and as a plain model has it."""

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.domain.numbers import MAX_NUMBER, Origin, Rewrite
from engine.rating.rewriting import rewrite_steps, rewritten, with_rated_numbers
from tests.rating.site import HYPOTHESIS
from tests.reference import numbers as reference

PATTERNS = st.sampled_from(
    [
        "^9",
        "^00",
        "^9?00",
        "^0",
        "(0)(1)?",
        "^(.)(.*)$",
        "[0-4]+",
        "1$",
        "",
        "^",
        r"^\+",
        "5|55",
        "(1|12)(3?)",
        "x*",
    ]
)
TEXTS = st.sampled_from(["", "+", "0", "+86", r"\0", r"\0\0\0\0\0\0\0\0", "9" * MAX_NUMBER, "00"])
ENTRIES = st.builds(reference.Entry, PATTERNS, TEXTS, st.sampled_from(["both", "both", "dialled", "trunk"]))
NUMBERS = st.text("0123459+*#x中", max_size=MAX_NUMBER + 6)


def product(entries: list[reference.Entry]) -> list[Rewrite]:
    return [Rewrite(match=match, to=to, of=of) for match, to, of in entries]  # type: ignore[arg-type]


def one(number: str, *entries: tuple[str, str], origin: Origin = "dialled") -> str:
    rewrites = [Rewrite(match=match, to=to) for match, to in entries]
    found = rewritten(pa.array([number]), rewrites, origin=origin).to_pylist()[0]
    steps = rewrite_steps(number, rewrites, origin=origin)
    assert (steps[-1].after if steps else number) == found
    return found


@settings(**HYPOTHESIS)
@given(
    entries=st.lists(ENTRIES, max_size=6),
    numbers=st.lists(NUMBERS, min_size=1, max_size=8),
    trunk=st.booleans(),
)
@example(entries=[reference.Entry("^9?00", "+")], numbers=["900441", "00441", "9441"], trunk=False)
def test_set_steps_and_model_agree(entries: list[reference.Entry], numbers: list[str], trunk: bool) -> None:
    origin: Origin = "trunk" if trunk else "dialled"
    wanted = [reference.rated(number, entries, of_trunk=trunk) for number in numbers]
    assert rewritten(pa.array(numbers), product(entries), origin=origin).to_pylist() == wanted
    for number, rated in zip(numbers, wanted, strict=True):
        steps = rewrite_steps(number, product(entries), origin=origin)
        assert (steps[-1].after if steps else number) == rated
        assert [step.before for step in steps] == [number, *(step.after for step in steps)][: len(steps)]


def test_every_entry_that_fits_rewrites_in_turn_what_the_one_before_made() -> None:
    assert one("9004412345", ("^9", ""), ("^00", "+"), ("^0", "+49")) == "+4412345"
    assert one("9030123456", ("^9", ""), ("^00", "+"), ("^0", "+49")) == "+4930123456"


def test_only_the_first_place_that_fits_is_replaced() -> None:
    assert one("101010", ("1", "2")) == "201010"


def test_entries_that_would_loop_end() -> None:
    assert one("1", ("1", "11"), ("1", "11")) == "111"
    assert one("12", ("1", "2"), ("2", "1")) == "12"


def test_an_entry_that_would_leave_nothing_is_passed_over_and_says_so() -> None:
    assert one("9", ("^9", ""), ("9", "8")) == "8"
    steps = rewrite_steps("9", [Rewrite(match=".*", to="")], origin="dialled")
    assert [(step.after, str(step.remark)) for step in steps] == [
        ("9", "passed over: it would leave nothing")
    ]


def test_an_entry_that_would_make_more_than_64_characters_is_passed_over_and_says_so() -> None:
    doubling = [("^.*$", r"\0\0")] * 100
    assert one("12", *doubling) == "12" * 32
    assert one("1" * 80, ("^1", "2")) == "1" * 80
    assert one("1" * 80, ("^1{60}", "")) == "1" * 20
    steps = rewrite_steps("1" * 64, [Rewrite(match="^", to="+")], origin="dialled")
    assert str(steps[0].remark) == "passed over: it would leave 65 characters, more than 64"


@pytest.mark.parametrize(
    ("of", "outcome"), [("dialled", ["1", "91"]), ("trunk", ["91", "1"]), ("both", ["1", "1"])]
)
def test_an_entry_is_for_the_numbers_that_it_names(of: str, outcome: list[str]) -> None:
    rewrites = [Rewrite(match="^9", to="", of=of)]  # type: ignore[arg-type]
    calls = pa.table(
        {
            "dialled": ["91", "91"],
            "written": pa.array([None, "s"], pa.string()),
            "direction": ["outbound", "outbound"],
            "rated_number": pa.array([None, None], pa.string()),
        }
    )
    found = with_rated_numbers(calls, rewrites)
    rated = [own or other for own, other in zip(found["rated_number"].to_pylist(), ["91", "91"], strict=True)]
    assert rated == outcome


def test_inbound_calls_unknown_numbers_and_parts_of_other_legs_keep_theirs() -> None:
    calls = pa.table(
        {
            "dialled": ["91", "91", "91", "91"],
            "written": pa.array([None] * 4, pa.string()),
            "direction": ["inbound", "outbound", "outbound", "outbound"],
            "rated_number": pa.array([None, "", None, None], pa.string()),
            "settled": pa.array([None, None, "part of another", None], pa.string()),
        }
    )
    found = with_rated_numbers(calls, [Rewrite(match="^9", to="")])
    assert found["rated_number"].to_pylist() == [None, "", None, "1"]
