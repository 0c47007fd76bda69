"""The rate list prepared for rating."""

from dataclasses import dataclass

import pyarrow as pa

from engine.store import Session


@dataclass(frozen=True, kw_only=True)
class RateBook:
    """The rules that can win, ranked once; load it anew after every change of the list."""

    rules: pa.Table
    """By rank, 1 = wins against all others that fit; columns of statement `rating.book`."""
    lengths: pa.Table
    """The distinct lengths of prefixes, column `prefix_length`."""

    @classmethod
    def load(cls, session: Session) -> "RateBook":
        """The book of the list as the session sees it."""
        return cls.of(session.table("rating.book"))

    @classmethod
    def of(cls, rules: pa.Table) -> "RateBook":
        """A book of rules that are ranked already."""
        lengths = pa.table({"prefix_length": rules["prefix_length"].unique()})
        return cls(rules=rules, lengths=lengths)
