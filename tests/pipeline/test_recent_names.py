"""Names of the records stored last: known without asking the store, and never fewer than there are."""

from collections.abc import Generator
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from engine.pipeline import recent_names
from engine.pipeline.recent_names import RecentNames, hashes
from engine.store import Session
from tests.stores import opened

NOW = datetime(2026, 11, 28, 12)


@pytest.fixture
def session(tmp_path: Path) -> Generator[Session]:
    """A store without calls."""
    with opened(tmp_path) as session:
        yield session


def names(*records: tuple[str, str, str]) -> pa.Table:
    columns = [list(column) for column in zip(*records, strict=True)]
    return pa.table(dict(zip(("link_id", "near_channel", "far_channel"), columns, strict=True)))


def test_halves_of_a_local_channel_have_one_name_and_a_record_counts_once() -> None:
    assert hashes(names(("", "Local/1@a-1;1", "Local/1@a-1;2"))).total() == 1
    both = hashes(names(("", "Local/1@a-1;1", ""), ("", "Local/1@a-1;2", "")))
    assert (both.total(), len(both)) == (2, 1)


def test_only_names_that_are_in_use_are_shared(session: Session) -> None:
    recent = RecentNames()
    first = hashes(names(("1.1", "PJSIP/1-1", "PJSIP/t-1")))
    assert not recent.shared(session, first, since=NOW)
    recent.add(first)
    assert recent.shared(session, hashes(names(("", "PJSIP/t-1", ""))), since=NOW)
    assert not recent.shared(session, hashes(names(("1.2", "PJSIP/1-2", ""))), since=NOW)
    assert recent.shared(session, hashes(names(("9", "a", "b"), ("9", "c", "d"))), since=NOW)


def test_what_is_forgotten_is_learnt_from_the_store_again(session: Session) -> None:
    recent = RecentNames()
    known = hashes(names(("1.1", "PJSIP/1-1", "PJSIP/t-1")))
    assert not recent.shared(session, known, since=NOW)
    recent.add(known)
    recent.forget()
    assert not recent.shared(session, known, since=NOW), "the store holds no such record"
    assert recent.since == NOW - recent_names.LOOK_BACK


def test_where_the_memory_does_not_reach_the_store_is_asked(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recent_names, "MAX_NAMES", 2)
    recent = RecentNames()
    three = hashes(names(("1.1", "PJSIP/1-1", "PJSIP/t-1")))
    assert not recent.shared(session, three, since=NOW)
    recent.add(three)
    assert recent.since is None, "more than it may hold"
    assert not recent.shared(session, three, since=NOW)
    assert not recent.shared(session, three, since=NOW - timedelta(days=9)), "learnt further back"
