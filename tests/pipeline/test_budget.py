"""Pieces by what memory there is."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from engine.domain.errors import Refused
from engine.domain.memory import MB, Memory
from engine.domain.message import Message
from engine.pipeline.budget import (
    FULL,
    RESERVE_BYTES,
    PieceBudget,
    backlog_bytes,
    database_room,
    import_budget,
)
from engine.store import ROW_GROUP_ROWS
from tests.pipeline.test_storing import OFFICE, Site, site

__all__ = ["site"]


def _memory(free: int) -> Memory:
    return Memory(limit=free, free=free, where=Message("the control group {path}", path="/pbx"))


def _budget(room_mb: int) -> PieceBudget:
    return import_budget(_memory(room_mb * MB + RESERVE_BYTES + 100 * MB), database_bytes=100 * MB)


def test_with_plenty_of_memory_nothing_is_saved() -> None:
    assert _budget(10_000) == FULL
    assert backlog_bytes(_memory(10_000 * MB), database_bytes=0) == 32 << 20


def test_no_budget_needs_more_than_there_is_and_more_memory_never_makes_it_smaller() -> None:
    budgets = [_budget(room) for room in range(25, 400)]
    assert all(budget.needed <= room * MB for room, budget in enumerate(budgets, 25))
    assert all(less.needed <= more.needed and less.calls <= more.calls for less, more in pairwise(budgets))
    assert all(ROW_GROUP_ROWS % budget.calls == 0 for budget in budgets)


def test_pieces_are_read_ahead_only_where_whole_row_groups_fit() -> None:
    assert [
        (budget.ahead, budget.calls == ROW_GROUP_ROWS) for budget in map(_budget, (310, 215, 170, 90))
    ] == [
        (2, True),
        (1, True),
        (0, True),
        (0, False),
    ]


def test_a_refusal_says_what_is_needed_what_is_free_and_what_to_do() -> None:
    with pytest.raises(Refused) as caught:
        import_budget(_memory(120 * MB), database_bytes=100 * MB)
    assert caught.value.code == "memory"
    assert str(caught.value) == (
        "An import needs 161 MB of free memory, and the control group /pbx has 120 MB. Nothing was read. End "
        "other programs there, give it more memory, or lower engine.memory_mb in config.yaml and start the "
        "engine anew."
    )


def test_a_backlog_is_never_refused() -> None:
    assert backlog_bytes(_memory(0), database_bytes=0) == 4 << 20


def test_what_the_database_holds_already_is_not_set_aside_again(site: Site) -> None:
    before = database_room(site.database)
    assert 0 < before <= site.database.memory_bytes
    site.ingest(OFFICE / "Master.csv")
    assert database_room(site.database) < before


@pytest.mark.parametrize("ahead", [0, 1, 2])
def test_a_small_budget_stores_every_call_once(site: Site, tmp_path: Path, ahead: int) -> None:
    site.budget = replace(FULL, calls=150, bytes=30_000, ahead=ahead)
    whole = OFFICE / "Master.csv"
    found = site.ingest(whole, whole)
    assert (found.stored, found.duplicates) == (2125, 2125)
    assert len(site.batches) > 20
    with site.reading() as session:
        assert session.integer("store.call_count") == 2125


def test_what_was_stored_is_not_kept_until_the_next_piece(site: Site) -> None:
    site.ingest(OFFICE / "Master.csv")
    (batch,) = site.batches
    assert (batch.stored, batch.outcome.calls.num_rows, batch.newest.num_rows) == (2125, 0, 50)
