"""The one writer: what a caller is told of a change, and of what follows from it."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.access.settings import load_site, set_setting
from engine.api.site import SetSetting
from engine.domain.errors import StorageError
from engine.store import Database, Session, Writer
from engine.store import writer as module
from tests.stores import UTC


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "test.duckdb", threads=1)
    yield database
    database.close()


def billing_on(session: Session) -> str:
    set_setting(session, SetSetting(name="billing", value="on"))
    return "done"


def test_a_change_that_was_committed_is_not_reported_as_failed(database: Database) -> None:
    writer = Writer(database)

    def after(_session: Session, _result: str) -> None:
        raise StorageError("the event could not be told")

    assert writer.run(billing_on, after=after) == "done"
    with database.reading() as session:
        assert load_site(session, UTC).billing
    writer.close()


def test_what_follows_from_a_change_is_not_done_when_it_fails(database: Database) -> None:
    writer = Writer(database)
    told: list[str] = []

    def change(session: Session) -> str:
        billing_on(session)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        writer.run(change, after=lambda _, result: told.append(result))
    with database.reading() as session:
        assert not load_site(session, UTC).billing
    assert told == []
    writer.close()


def test_a_closed_writer_takes_no_more_changes(database: Database) -> None:
    writer = Writer(database)
    writer.close()
    with pytest.raises(StorageError):
        writer.run(billing_on)


def test_a_log_that_grows_while_there_is_always_work_is_folded_into_the_file(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHECKPOINT_LOG_BYTES", 20_000)
    writer = Writer(database)
    sizes: list[int] = []
    for number in range(300):
        change = SetSetting(name="low_balance", value=str(number))
        writer.run(lambda session, change=change: set_setting(session, change))
        sizes.append(database.log_bytes())
    assert max(sizes) < 40_000
    assert any(after < before for before, after in itertools.pairwise(sizes))
    writer.close()


def test_at_a_steady_pace_the_log_is_folded_into_the_file_from_time_to_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHECKPOINT_SECONDS", 0.0)
    writer = Writer(database)
    for _ in range(3):
        writer.run(billing_on)
    writer.close()
    assert database.log_bytes() == 0
