"""Rate sheets of any length: valid lines, the same for the same seed."""

from collections import Counter
from pathlib import Path

import pytest

from sample_cdr import rate_sheet
from tests.reference.sample_files import read_rules


@pytest.mark.parametrize("count", [1, 10, 1000])
def test_a_sheet_has_so_many_valid_rules_with_names_of_their_own(tmp_path: Path, count: int) -> None:
    path = tmp_path / "rates.csv"
    rate_sheet.write(path, count)
    made = read_rules(path)
    assert len({rule.name for rule in made}) == len(made) == count
    for rule in made:
        assert rule.number_length == 0 or rule.number_length >= len(rule.prefix)
        assert 1 <= len(rule.name) <= 64
        assert rule.cycle_seconds >= 1
        assert rule.valid_from is None or rule.valid_to is None or rule.valid_from < rule.valid_to


def test_a_long_sheet_has_every_kind_of_condition(tmp_path: Path) -> None:
    path = tmp_path / "rates.csv"
    rate_sheet.write(path, 3000)
    seen: Counter[str] = Counter()
    for rule in read_rules(path):
        seen["window"] += rule.start_time > rule.end_time
        seen["weekdays"] += len(rule.weekdays) < 7
        seen["length"] += rule.number_length > 0
        seen["dates"] += rule.valid_to is not None
        seen["extensions"] += rule.extensions is not None
        seen["off"] += not rule.enabled
        seen["price_seconds"] += rule.price_seconds is not None
        seen["first block"] += rule.initial_seconds > 0
    assert min(seen[kind] for kind in seen) > 5
    assert len(seen) == 8


def test_the_same_seed_gives_the_same_sheet() -> None:
    assert list(rate_sheet.rules(500, seed=3)) == list(rate_sheet.rules(500, seed=3))
    assert list(rate_sheet.rules(500, seed=3)) != list(rate_sheet.rules(500, seed=4))


def test_no_rules_at_all_are_refused(tmp_path: Path) -> None:
    assert rate_sheet.main([str(tmp_path / "rates.csv"), "--rules", "0"]) == 1
