"""Many cases rated at once, as parts of one site that never meet: statements are planned once for all.

Each case gets a code in front of its prefixes and numbers, and extensions of its own. It is then the same
case among the rules of the others, none of which may win.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pyarrow as pa

from tests.rating.site import call_table
from tests.reference.rating import Call, Rule
from tests.reference.strategies import Case

CODES = (
    *("0", "1", "2", "41", "42", "+1", "*1", "#1", "5001", "5002", "5011", "++1", "**1", "##1", "61", "62"),
    *("70000001", "70000002", "7#", "7*", "7+", "81", "9090", "9091", "99"),
)
"""None is the beginning of another; of several lengths, so that a prefix is longer than another's."""


def side_by_side(cases: Sequence[Case]) -> list[Case]:
    """The cases, at most one for each code, changed so that no rule of one fits a call of another."""
    first = 1
    apart: list[Case] = []
    for code, case in zip(CODES, cases, strict=False):
        apart.append(_coded(case, code, first=first))
        first += len(case.rules)
    return apart


def calls_together(cases: Sequence[Case]) -> pa.Table:
    """The calls of all cases, one case after the other, rows from 0."""
    table = pa.concat_tables([call_table(case.calls, case.zone) for case in cases])
    return table.set_column(0, "row", pa.array(range(table.num_rows), pa.int64()))


def smallest(case: Case, fails: Callable[[Case], bool]) -> Case:
    """The failing case without the rules and calls that it fails without, too."""
    smaller = next((one for one in _with_one_less(case) if fails(one)), None)
    return case if smaller is None else smallest(smaller, fails)


def _with_one_less(case: Case) -> Iterator[Case]:
    for place in range(len(case.calls)):
        yield replace(case, calls=case.calls[:place] + case.calls[place + 1 :])
    for place in range(len(case.rules)):
        yield replace(case, rules=case.rules[:place] + case.rules[place + 1 :])


def _coded(case: Case, code: str, *, first: int) -> Case:
    def rule(one: Rule) -> Rule:
        return replace(
            one,
            position=one.position - 1 + first,
            prefix=code + one.prefix,
            number_length=one.number_length + len(code) if one.number_length else 0,
            extensions=None if one.extensions is None else frozenset(map(extension, one.extensions)),
        )

    def call(one: Call) -> Call:
        return replace(one, dialled=code + one.dialled, extension=extension(one.extension))

    def extension(number: str) -> str:
        return f"{code}-{number}"

    return replace(
        case,
        billed=frozenset(map(extension, case.billed)),
        rules=tuple(map(rule, case.rules)),
        calls=tuple(map(call, case.calls)),
    )
