"""From the number that was dialled to the one that prefixes and lengths of rules are held against.

The entries of `numbering.rewrite` are applied in their order, each of them once, to what the one before it
has made; so nothing can loop. An entry replaces the first place that it fits. It is passed over where it
would leave nothing, or more than `MAX_NUMBER` characters.
"""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from engine.api.rates import RewriteStep
from engine.domain.message import NOTHING, Message
from engine.domain.names import Direction
from engine.domain.numbers import MAX_NUMBER, Origin, Rewrite

_OUTBOUND = pa.scalar(Direction.OUTBOUND.value, pa.string())
_EMPTY = pa.scalar("", pa.string())
_NONE = pa.scalar(None, pa.string())
_FALSE = pa.scalar(False, pa.bool_())
_LEAST, _MOST = pa.scalar(1, pa.int32()), pa.scalar(MAX_NUMBER, pa.int32())


def with_rated_numbers(calls: pa.Table, rewrites: Sequence[Rewrite]) -> pa.Table:
    """Calls with the column rated_number filled in: null = the number dialled, '' = unknown and left so.

    In: dialled, written (the destination where another number was dialled on the trunk), direction, and
    rated_number; `settled` as in `rate_calls`. Only outbound calls that rules are asked about get another
    number.
    """
    if not rewrites or not calls.num_rows:
        return calls
    dialled, known = calls["dialled"].combine_chunks(), calls["rated_number"].combine_chunks()
    unknown = pc.fill_null(pc.equal(known, _EMPTY), _FALSE)
    asked = pc.and_not(pc.equal(calls["direction"].combine_chunks(), _OUTBOUND), unknown)
    if "settled" in calls.column_names:
        asked = pc.and_(asked, pc.is_null(calls["settled"].combine_chunks()))
    of_trunk = pc.fill_null(pc.not_equal(calls["written"].combine_chunks(), dialled), _FALSE)
    fresh = pc.if_else(unknown, known, _NONE)
    origins: tuple[tuple[Origin, pa.Array], ...] = (
        ("dialled", pc.and_not(asked, of_trunk)),
        ("trunk", pc.and_(asked, of_trunk)),
    )
    for origin, members in origins:
        numbers = rewritten(dialled.filter(members), rewrites, origin=origin)
        fresh = pc.replace_with_mask(fresh, members, numbers)
    fresh = pc.if_else(pc.fill_null(pc.equal(fresh, dialled), _FALSE), _NONE, fresh)
    return calls.set_column(calls.column_names.index("rated_number"), "rated_number", fresh)


def rewritten(numbers: pa.Array, rewrites: Sequence[Rewrite], *, origin: Origin) -> pa.Array:
    """The numbers that are rated; each distinct one is worked on once."""
    entries = [entry for entry in rewrites if entry.concerns(origin)]
    if not entries or not len(numbers):
        return numbers
    encoded = numbers.dictionary_encode()
    distinct = encoded.dictionary
    for entry in entries:
        made = _made(distinct, entry)
        distinct = pc.if_else(_usable(made), made, distinct)
    return distinct.take(encoded.indices)


def rewrite_steps(number: str, rewrites: Sequence[Rewrite], *, origin: Origin) -> list[RewriteStep]:
    """What each entry that fits the number makes of it, in their order; as `rewritten` does it."""
    steps: list[RewriteStep] = []
    for place, entry in enumerate(rewrites, 1):
        if not entry.concerns(origin):
            continue
        before = pa.array([number], pa.string())
        if not pc.match_substring_regex(before, entry.match)[0].as_py():
            continue
        made = _made(before, entry)
        text = str(made[0].as_py())
        remark = NOTHING
        if not _usable(made)[0].as_py():
            remark = (
                Message(
                    "passed over: it would leave {count} characters, more than {most}",
                    count=len(text),
                    most=MAX_NUMBER,
                )
                if text
                else Message("passed over: it would leave nothing")
            )
        after = number if remark else text
        steps.append(
            RewriteStep(
                place=place, match=entry.match, to=entry.to, before=number, after=after, remark=remark
            )
        )
        number = after
    return steps


def _made(numbers: pa.Array, entry: Rewrite) -> pa.Array:
    return pc.replace_substring_regex(numbers, pattern=entry.match, replacement=entry.to, max_replacements=1)


def _usable(numbers: pa.Array) -> pa.Array:
    lengths = pc.utf8_length(numbers)
    return pc.and_(pc.greater_equal(lengths, _LEAST), pc.less_equal(lengths, _MOST))
