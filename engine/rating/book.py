"""The rate list prepared for rating."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import pyarrow as pa

from engine.domain.rates import Rate
from engine.rating.index import RuleIndex
from engine.rating.versions import version_table
from engine.store import Condition, Session

DRAFT_VERSION = -1
"""What a draft has for the number of its version."""


class Draft(NamedTuple):
    """A rule that is not stored, at a place of the list; it stands in for rule `rate_id`, 0 = for none."""

    rate_id: int
    position: int
    rate: Rate


@dataclass(frozen=True, kw_only=True)
class RateBook:
    """The rules that can win, ranked once; load it anew after every change of the list."""

    rules: pa.Table
    """By rank, 1 = wins against all others that fit; columns of statement `rating.book`."""
    lengths: pa.Table
    """The distinct lengths of prefixes, column `prefix_length`."""

    @cached_property
    def index(self) -> RuleIndex:
        """The same rules for rating a few calls; built when first asked for."""
        return RuleIndex(self.rules)

    @classmethod
    def load(cls, session: Session) -> "RateBook":
        """The book of the list as the session sees it."""
        return cls._of(session, (), None)

    @classmethod
    def for_number(cls, session: Session, dialled: str, draft: Draft | None = None) -> "RateBook":
        """The part of the book that one number can meet, with a draft in its place."""
        return cls._of(session, [reached(dialled, draft)], draft)

    @classmethod
    def _of(cls, session: Session, where: Sequence[Condition], draft: Draft | None) -> "RateBook":
        with session.bound(rating_drafts=draft_table(draft)):
            rules = session.table("rating.book", where=where)
        return cls(rules=rules, lengths=pa.table({"prefix_length": rules["prefix_length"].unique()}))


def reached(dialled: str, draft: Draft | None) -> Condition:
    """The condition for the stored rules that a number can meet beside a draft."""
    return Condition("reached", {"dialled": dialled, "except_id": draft.rate_id if draft else 0})


def draft_table(draft: Draft | None) -> pa.Table:
    """The draft as `rating_drafts` of the statements; without one, no rows."""
    drafts = [draft] if draft else []
    table = version_table([(DRAFT_VERSION, rate_id, rate) for rate_id, _, rate in drafts])
    positions = pa.array([position for _, position, _ in drafts], pa.int32())
    enabled = pa.array([rate.enabled for _, _, rate in drafts], pa.bool_())
    return table.append_column("position", positions).append_column("enabled", enabled)
