"""Engines of these tests are real processes, as those of the reliability tests are."""

from tests.reliability.conftest import nursery, site

__all__ = ["nursery", "site"]
