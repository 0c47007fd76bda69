"""Names that log rotation gives, taken apart and put in order."""

import pytest

from engine.tail.rotation_names import newest_first, rotated, rotated_from


@pytest.mark.parametrize(
    ("name", "number", "date"),
    [
        ("Master.csv.1", 1, ""),
        ("Master.csv.12.gz", 12, ""),
        ("Master.csv-20260101", None, "20260101"),
        ("Master-20260101.csv", None, "20260101"),
        ("Master.csv.2026-01-01-13.xz", None, "2026010113"),
        ("Master.csv.1790000000", None, "1790000000"),
    ],
)
def test_a_rotated_name_is_taken_apart_with_and_without_its_base_known(
    name: str, number: int | None, date: str
) -> None:
    for found in (rotated(name, "Master.csv"), rotated_from(name)):
        assert found is not None
        assert (found.base, found.number, found.date) == ("Master.csv", number, date)


@pytest.mark.parametrize("name", ["Master.csv", "Master.csv.gz", "Master.csv.old", "Other.csv.1"])
def test_other_names_are_not_rotated_ones(name: str) -> None:
    assert rotated(name, "Master.csv") is None


@pytest.mark.parametrize(
    ("names", "order"),
    [
        (["x.2", "x.1", "x.10"], ["x.1", "x.2", "x.10"]),
        (["x-20260101", "x-20260301", "x-20260201"], ["x-20260301", "x-20260201", "x-20260101"]),
        (["x.2", "x-20260101", "x.1"], ["x.1", "x-20260101", "x.2"]),
    ],
)
def test_names_decide_the_order_of_rotation_and_times_where_kinds_are_mixed(
    names: list[str], order: list[str]
) -> None:
    files = [found for name in names if (found := rotated(name, "x")) is not None]
    placed = newest_first([(found, mtime) for mtime, found in enumerate(files)])
    assert [names[place] for place in placed] == order
