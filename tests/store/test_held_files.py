"""A database whose files are replaced by name takes no more changes, and touches nothing of the new ones."""

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.access.settings import set_setting
from engine.api.site import SetSetting
from engine.domain.errors import StorageError
from engine.store import Database, Writer
from engine.store.held_files import HOME_LOST


def set_currency(writer: Writer, value: str) -> None:
    writer.run(lambda session: set_setting(session, SetSetting(name="currency", value=value)))


def replace_database(path: Path, log: Path) -> None:
    path.unlink()
    path.write_bytes(b"another database")
    log.write_bytes(b"and its log")


def replace_log(path: Path, log: Path) -> None:
    log.unlink()
    log.write_bytes(b"another log")


def remove_log(path: Path, log: Path) -> None:
    log.unlink()


def remove_all(path: Path, log: Path) -> None:
    path.unlink()
    log.unlink()


@pytest.mark.parametrize("happens", [replace_database, replace_log, remove_log, remove_all])
@pytest.mark.parametrize("folded", [False, True])
def test_nothing_is_written_by_a_name_that_leads_elsewhere(
    tmp_path: Path, happens: Callable[[Path, Path], None], folded: bool
) -> None:
    path = tmp_path / "test.duckdb"
    log = tmp_path / "test.duckdb.wal"
    database = Database(path, threads=1)
    writer = Writer(database)
    set_currency(writer, "EUR")
    if folded:
        database.checkpoint()
        assert not log.exists()
        log.write_bytes(b"the log of another")
    happens(path, log)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir() if file.is_file()}
    if not (folded and happens is remove_log):
        with pytest.raises(StorageError) as refused:
            set_currency(writer, "USD")
        assert refused.value.code == HOME_LOST
        with pytest.raises(StorageError):
            database.checkpoint()
        writer.close()
        database.close()
        after = {file.name: file.read_bytes() for file in tmp_path.iterdir() if file.is_file()}
        assert after == before
    else:
        # There was no log, and there is none: all is as it was.
        set_currency(writer, "USD")
        writer.close()
        database.close()


def test_commits_checkpoints_and_failed_changes_are_no_replacement(tmp_path: Path) -> None:
    database = Database(tmp_path / "test.duckdb", threads=1)
    writer = Writer(database)
    for value in ("EUR", "USD", "CNY"):
        set_currency(writer, value)
        with pytest.raises(KeyError):
            writer.run(lambda session: session.run("store.nonsense"))
        database.checkpoint()
    writer.close()
    database.close()
    assert {file.name for file in tmp_path.iterdir()} == {"test.duckdb", "test.duckdb.mark"}
