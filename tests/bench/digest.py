"""The digest by which ways of rating are held against each other."""

import hashlib
import sys
from array import array
from collections.abc import Iterable
from pathlib import Path

import duckdb

NOT_CHARGED = -1
"""Stands for a call that no rule covers or that is not charged; a call may be charged 0."""


def digest_of(costs: Iterable[int]) -> str:
    """Of every line's cost in the order of the file, in micro-units; with count and sum for people."""
    numbers = array("q", costs)
    charged = [cost for cost in numbers if cost != NOT_CHARGED]
    if sys.byteorder == "big":
        numbers.byteswap()
    short = hashlib.sha256(numbers.tobytes()).hexdigest()[:16]
    return f"{len(numbers):,} calls, {len(charged):,} charged, {sum(charged):,} micros, {short}"


def stored_digest(store: Path) -> str:
    """Of the calls in a closed store; those of one file are numbered in the order of its lines."""
    with duckdb.connect(str(store), read_only=True) as connection:
        reader = connection.sql(_STORED, params={"not_charged": NOT_CHARGED}).to_arrow_reader(1_000_000)
        return digest_of(cost for batch in reader for cost in batch.column(0).to_pylist())


_STORED = """
SELECT CASE WHEN unrated IS NULL THEN cost_micros ELSE $not_charged END AS cost FROM call ORDER BY call_id
"""
