"""The chain over the books: what each commit adds is in a link, however it came in."""

import itertools
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from engine.access import audit
from engine.api.extensions import Recharge, SetExtensions
from engine.domain.errors import Refused
from engine.ledger.extensions import set_extensions
from engine.ledger.operations import recharge
from engine.reports.verify import verify
from engine.store import Database, Session, Writer, chain, last_link
from engine.store.statements import statement, tables_written
from tests.stores import NOW


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "test.duckdb", threads=1)
    yield database
    database.close()


def add(session: Session) -> None:
    set_extensions(session, SetExtensions(numbers=["1", "2"], create=True), operator="t", now=NOW)


def pay(session: Session, key: str = "a", *numbers: str) -> None:
    request = Recharge(numbers=list(numbers) or ["1", "2"], amount_micros=5, note="é|中", key=key)
    recharge(session, request, operator="t", now=NOW)


def links(database: Database) -> int:
    with database.reading() as session:
        return last_link(session).number


def test_each_change_of_the_books_leaves_a_link_that_verify_makes_again(database: Database) -> None:
    writer = Writer(database)
    writer.run(add)
    writer.run(pay)
    writer.run(lambda session: audit.note(session, "Test", now=NOW, operator="t", detail={"a": "中"}))
    writer.close()
    assert links(database) == 3
    with database.reading() as session:
        assert verify(session).findings == []


def test_what_changes_nothing_of_the_books_leaves_no_link(database: Database) -> None:
    writer = Writer(database)
    writer.run(lambda session: session.run("access.set_preference", operator="t", name="a", value="1"))
    assert writer.run(lambda session: session.integer("store.call_count")) == 0
    writer.close()
    assert links(database) == 0


def test_a_refused_change_leaves_no_link_and_the_next_one_follows(database: Database) -> None:
    writer = Writer(database)
    writer.run(add)

    def refused(session: Session) -> None:
        pay(session)
        raise Refused("no")

    with pytest.raises(Refused):
        writer.run(refused)
    writer.run(pay)
    writer.close()
    assert links(database) == 2
    with database.reading() as session:
        assert verify(session).findings == []


@pytest.mark.parametrize("few", [0, 500])
def test_a_few_rows_are_digested_as_a_set_of_them_is(
    database: Database, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain, "FEW_ROWS", few)
    writer = Writer(database)
    writer.run(add)
    for number in range(3):
        writer.run(lambda session, number=number: pay(session, f"key {number}"))
    writer.close()
    with database.reading() as session:
        assert verify(session).findings == []


def test_a_writer_that_begins_again_goes_on_with_the_chain(database: Database) -> None:
    for number in range(3):
        writer = Writer(database)
        assert writer.remarks == []
        writer.run(add if not number else lambda session, number=number: pay(session, f"{number}"))
        writer.close()
    assert links(database) == 3
    with database.reading() as session:
        assert verify(session).findings == []


def test_what_is_added_outside_stays_outside_for_good(database: Database) -> None:
    writer = Writer(database)
    writer.run(add)
    writer.close()
    with database.reading() as session, session.transaction():
        pay(session)
    writer = Writer(database)
    assert [remark.action for remark in writer.remarks] == ["ChangedOutside"]
    writer.run(lambda session: pay(session, "b"))
    writer.close()
    with database.reading() as session:
        found = [str(finding) for finding in verify(session).findings]
    assert "The ledger entries 1 to 2 hold some that no commit of the engine added." in found
    assert "The operations 1 to 1 hold some that no commit of the engine added." in found


def test_every_statement_that_changes_the_books_is_known_to(database: Database) -> None:
    """A new one that is not recognised would leave the books behind their chain."""
    folder = Path(chain.__file__).parents[1] / "sql"
    names = [
        f"{file.stem}.{line.removeprefix('-- name: ').strip()}"
        for file in folder.glob("*.sql")
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.startswith("-- name: ")
    ]
    for name, table in itertools.product(names, chain.COVERED):
        words = statement(name).replace("\n", " ").split()
        writes = any(
            word == table and before in ("INTO", "UPDATE", "FROM") and ("DELETE" in words or before != "FROM")
            for before, word in itertools.pairwise(words)
        )
        money = ("SET balance_micros", "SET total_recharged_micros")
        if writes and not any(part in " ".join(words) for part in money):
            assert table in tables_written(name), name


def test_the_time_of_a_link_is_told(database: Database) -> None:
    writer = Writer(database)
    writer.run(add)
    writer.close()
    with database.reading() as session:
        assert isinstance(last_link(session).made_at, datetime)
