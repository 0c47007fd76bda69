"""The store: migrations, named statements, the writer."""

import re
import stat
from importlib.resources import files
from pathlib import Path

import pytest

from engine.domain.errors import StorageError
from engine.store import Condition, Database, Session, Writer
from engine.store.statements import migrations, narrowed, statement
from tests.stores import NOW, opened


def test_a_new_file_is_private_and_has_every_migration(tmp_path: Path) -> None:
    with opened(tmp_path) as session:
        assert session.row("store.schema_version") == (migrations()[-1][0],)
    assert stat.S_IMODE((tmp_path / "test.duckdb").stat().st_mode) == 0o600


def test_a_file_of_a_newer_version_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with opened(tmp_path) as session:
        session.run("store.record_migration", number=9999, now=NOW)
    with pytest.raises(StorageError, match="newer pbxmeter"):
        Database(tmp_path / "test.duckdb")


def test_migrations_are_numbered_without_holes() -> None:
    assert [number for number, _ in migrations()] == list(range(1, len(migrations()) + 1))


def test_every_statement_has_a_line_that_describes_it_and_none_lists_all_columns_blindly() -> None:
    for area in files("engine").joinpath("sql").iterdir():
        if not area.name.endswith(".sql"):
            continue
        text = area.read_text(encoding="utf-8")
        for block in re.split(r"^-- (?:name|condition): ", text, flags=re.MULTILINE)[1:]:
            name, second = block.split("\n")[:2]
            assert second.startswith("-- "), f"{area.name}: {name} says nothing about itself"


def test_conditions_are_joined_and_their_values_bound() -> None:
    text, values = narrowed(
        "ledger.extension_page",
        [Condition("text", {"text": "'; DROP TABLE call; --"}), Condition("locked")],
    )
    assert "DROP" not in text
    assert values == {"c0_text": "'; DROP TABLE call; --"}
    assert "/*where*/" not in text


def test_an_unknown_statement_is_named() -> None:
    with pytest.raises(KeyError, match=r"store\.sql has no statement nonsense"):
        statement("store.nonsense")


def test_a_change_that_raises_leaves_nothing_behind(tmp_path: Path) -> None:
    database = Database(tmp_path / "test.duckdb", threads=1)
    writer = Writer(database)

    def broken(session: Session) -> None:
        session.run("access.set_setting", name="currency", value="EUR")
        raise StorageError("no")

    with pytest.raises(StorageError):
        writer.run(broken)
    assert writer.run(lambda session: session.rows("access.settings")) == []
    writer.close()
    database.close()


def test_a_backup_of_an_open_store_is_whole(tmp_path: Path) -> None:
    database = Database(tmp_path / "test.duckdb", threads=1)
    writer = Writer(database)
    writer.run(lambda session: session.run("access.set_setting", name="currency", value="EUR"))
    database.backup(tmp_path / "it's a copy.duckdb")
    writer.close()
    database.close()
    copy = Database(tmp_path / "it's a copy.duckdb")
    with copy.reading() as session:
        assert session.rows("access.settings") == [("currency", "EUR")]
    copy.close()
    assert stat.S_IMODE((tmp_path / "it's a copy.duckdb").stat().st_mode) == 0o600
