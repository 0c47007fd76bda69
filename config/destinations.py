"""The prefixes that ship: calling codes, and the countries that share them (docs/numbers.md)."""

import csv
import functools
from importlib.resources import files


@functools.cache
def shipped_destinations() -> dict[str, tuple[str, str]]:
    """Name and country (two letters, '' = none) by prefix; numbers are international, with a plus."""
    text = files("config").joinpath("destinations.csv").read_text("utf-8")
    return {row["prefix"]: (row["name"], row["country"]) for row in csv.DictReader(text.splitlines())}
