"""Looks for what is probably not meant in a rate list: rules that never win, pairs that only their order
decides, hours without a rule, extensions without a rule.

Rules compete where prefix and length are the same, so that is where shadows and pairs are sought. A rule
that longer prefixes leave no number to is not found out. Rules that are switched off count for nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from engine.api.rates import CheckRates, RateRemark, RateRemarks
from engine.domain.message import Message
from engine.rating.versions import Listed, listed_rates
from engine.rating.week import WEEK, Stretches, covers, described, gaps, meet, union, window
from engine.store import Session

MAX_REMARKS = 100_000
MAX_RIVALS = 64
"""Rules of the same prefix and length that a rule is compared with: the nearest before it."""

_Extensions = frozenset[str] | None
_Dates = tuple[date, date]
_WHOLE_WEEK: Stretches = ((0, WEEK),)


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule of the list, its conditions as sets."""

    listed: Listed
    extensions: _Extensions
    dates: _Dates
    week: Stretches

    @property
    def unconditional(self) -> bool:
        return self.extensions is None and self.dates == (date.min, date.max) and self.week == _WHOLE_WEEK

    def admits(self, other: "_Rule") -> bool:
        """Whether it is for every extension and date that the other is for."""
        if self.extensions is not None and (
            other.extensions is None or not other.extensions <= self.extensions
        ):
            return False
        return self.dates[0] <= other.dates[0] and other.dates[1] <= self.dates[1]

    def meets(self, other: "_Rule") -> bool:
        """Whether some moment and extension fit both."""
        if self.dates[0] >= other.dates[1] or other.dates[0] >= self.dates[1]:
            return False
        if self.extensions is None or other.extensions is None:
            return meet(self.week, other.week)
        return not self.extensions.isdisjoint(other.extensions) and meet(self.week, other.week)


@dataclass
class _Group:
    """The rules of one prefix and length, in order."""

    rules: list[_Rule] = field(default_factory=list["_Rule"])

    def rivals(self) -> Iterator[tuple[_Rule, list[_Rule], _Rule | None]]:
        """Each rule with the nearest before it that concern the same extensions, and the one that settles
        everything behind it."""
        general: list[_Rule] = []
        by_extension: defaultdict[str, list[_Rule]] = defaultdict(list)
        settled: _Rule | None = None
        for place, rule in enumerate(self.rules):
            if rule.extensions is None:
                near = self.rules[max(0, place - MAX_RIVALS) : place]
                general.append(rule)
            else:
                found = {one.listed.position: one for one in general[-MAX_RIVALS:]}
                for extension in rule.extensions:
                    same = by_extension[extension]
                    found |= {one.listed.position: one for one in same[-MAX_RIVALS:]}
                    same.append(rule)
                near = [found[position] for position in sorted(found)[-MAX_RIVALS:]]
            yield rule, near, settled
            if settled is None and rule.unconditional:
                settled = rule


def check_rates(session: Session, request: CheckRates) -> RateRemarks:
    """All findings about the list: extensions without a rule first, then by position."""
    rules = listed_rates(session)
    uncovered = _uncovered(session, [_rule(listed) for listed in rules if listed.rate.enabled])
    found = [*uncovered, *list_remarks(rules)]
    limit = max(0, min(request.limit, MAX_REMARKS))
    return RateRemarks(rows=found[:limit], total=len(found))


def list_remarks(listed_rules: Iterable[Listed]) -> list[RateRemark]:
    """What is odd about the rules of a list among themselves, by position."""
    rules = [_rule(listed) for listed in listed_rules if listed.rate.enabled]
    groups: defaultdict[tuple[str, int], _Group] = defaultdict(_Group)
    for rule in rules:
        groups[rule.listed.rate.prefix, rule.listed.rate.number_length].rules.append(rule)
    found: list[RateRemark] = []
    for group in groups.values():
        if len(group.rules) > 1:
            found += _contests(group)
    found += _gaps(groups)
    return sorted(found, key=lambda remark: remark.position or 0)


def remarks_by_rate(remarks: RateRemarks) -> dict[int, list[Message]]:
    """The texts of the findings, by the rule they are about."""
    noted: defaultdict[int, list[Message]] = defaultdict(list)
    for remark in remarks.rows:
        if remark.rate_id is not None:
            noted[remark.rate_id].append(remark.text)
    return dict(noted)


def _rule(listed: Listed) -> _Rule:
    rate = listed.rate
    return _Rule(
        listed,
        None if rate.extensions is None else frozenset(rate.extensions),
        (rate.valid_from or date.min, rate.valid_to or date.max),
        window(rate),
    )


def _contests(group: _Group) -> Iterator[RateRemark]:
    for rule, near, settled in group.rivals():
        if settled is not None:
            yield _shadowed(rule, settled)
            continue
        above = [one for one in near if one.admits(rule)]
        alone = next((one for one in above if covers(one.week, rule.week)), None)
        if alone is not None:
            yield _shadowed(rule, alone)
        elif above and covers(union(one.week for one in above), rule.week):
            text = Message(
                "never wins: rules before it with the same prefix and length cover all its hours together."
            )
            yield _remark("shadowed", rule, above[0], text)
        else:
            rival = next((one for one in reversed(near) if one.meets(rule)), None)
            if rival is not None:
                text = Message(
                    "only the order decides against {named}, which comes first.", named=_named(rival)
                )
                yield _remark("order", rule, rival, text)


def _shadowed(rule: _Rule, other: _Rule) -> RateRemark:
    text = Message(
        "never wins: {named} has the same prefix and length, comes first and always fits too.",
        named=_named(other),
    )
    return _remark("shadowed", rule, other, text)


def _gaps(groups: dict[tuple[str, int], _Group]) -> Iterator[RateRemark]:
    """Hours that neither a prefix nor a shorter one covers, for each group of extensions and dates.

    A rule of any length is not missed where rules of exact lengths stand behind it: they say which lengths
    there are.
    """
    lengths: defaultdict[str, list[int]] = defaultdict(list)
    for prefix, length in groups:
        lengths[prefix].append(length)
    settled = {key for key, group in groups.items() if any(rule.unconditional for rule in group.rules)}
    for (prefix, length), group in groups.items():
        if all(rule.week == _WHOLE_WEEK for rule in group.rules):
            continue
        starts = [prefix[:end] for end in range(len(prefix) + 1)]
        keys = [
            (start, other)
            for start in starts
            for other in lengths.get(start, ())
            if not length or other in (0, length)
        ]
        if not settled.isdisjoint(keys):
            continue
        reaching = [rule for key in keys for rule in groups[key].rules]
        told: set[tuple[_Extensions, _Dates]] = set()
        for rule in group.rules:
            audience = (rule.extensions, rule.dates)
            if rule.week == _WHOLE_WEEK or audience in told or len(told) >= MAX_RIVALS:
                continue
            told.add(audience)
            left = gaps(union({one.week for one in reaching if one.admits(rule)}))
            if left:
                text = Message(
                    "no rule for {numbers}: {hours}.", numbers=_numbers(prefix, length), hours=described(left)
                )
                yield _remark("gap", rule, None, text)


def _uncovered(session: Session, rules: Sequence[_Rule]) -> Iterable[RateRemark]:
    if any(rule.extensions is None for rule in rules):
        return
    covered = frozenset[str]().union(*(rule.extensions for rule in rules if rule.extensions is not None))
    for (number,) in session.rows("rates.billed_extensions"):
        if number not in covered:
            yield RateRemark(
                kind="uncovered",
                rate_id=None,
                position=None,
                other_id=None,
                text=Message("extension {number} is billed, and no rule is for it.", number=number),
            )


def _numbers(prefix: str, length: int) -> Message:
    if prefix and length:
        return Message(
            "numbers of {length} characters that start with {prefix}", length=length, prefix=prefix
        )
    if prefix:
        return Message("numbers that start with {prefix}", prefix=prefix)
    return Message("numbers of {length} characters", length=length) if length else Message("numbers")


def _named(rule: _Rule) -> Message:
    return Message("rule {position} ({name})", position=rule.listed.position, name=rule.listed.rate.name)


def _remark(
    kind: Literal["shadowed", "order", "gap"], rule: _Rule, other: _Rule | None, text: Message
) -> RateRemark:
    return RateRemark(
        kind=kind,
        rate_id=rule.listed.rate_id,
        position=rule.listed.position,
        other_id=other.listed.rate_id if other else None,
        text=text,
    )
