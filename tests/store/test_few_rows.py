"""Changes of a few rows: statements that are planned once and kept, and such as run unplanned."""

from pathlib import Path

import pyarrow as pa
import pytest

from engine.domain.errors import StorageError
from engine.ledger.entries import ENTRIES
from engine.store import Session
from tests.stores import NOW, bill, opened


def charges(*entry_ids: int, schema: pa.Schema = ENTRIES) -> pa.Table:
    """One micro-unit each, of calls with the same numbers."""
    rows = [
        {
            "entry_id": number,
            "extension": "1001",
            "kind": "charge",
            "posted_at": NOW,
            "amount_micros": -1,
            "balance_after_micros": -number,
            "call_id": number,
            "operator": "",
            "note": "",
        }
        for number in entry_ids
    ]
    return pa.Table.from_pylist(rows, schema)


def next_entry(session: Session) -> object:
    """One after the last that is stored."""
    row = session.row("pipeline.next_numbers")
    return row and row[1]


def test_a_fed_statement_reads_the_rows_of_each_time(tmp_path: Path) -> None:
    with opened(tmp_path) as session:
        for entry_ids in ((1,), (2, 3), (), (4,)):
            with session.transaction():
                session.feed("ledger.append_entries", new_entries=charges(*entry_ids))
        stored = [row[0] for row in session.rows("calls.entries", call_id=3, limit=9)]
        assert (next_entry(session), stored) == (5, ["charge"])


def test_a_fed_statement_that_was_rolled_back_works_the_next_time(tmp_path: Path) -> None:
    with opened(tmp_path) as session:
        with pytest.raises(ZeroDivisionError), session.transaction():
            session.feed("ledger.append_entries", new_entries=charges(1, 2))
            raise ZeroDivisionError
        assert next_entry(session) == 1
        with session.transaction():
            session.feed("ledger.append_entries", new_entries=charges(1))
        assert next_entry(session) == 2


def test_rows_of_other_types_are_taken_as_well(tmp_path: Path) -> None:
    narrow = pa.schema([(one.name, pa.int32() if one.type == pa.int64() else one.type) for one in ENTRIES])
    with opened(tmp_path) as session:
        session.feed("ledger.append_entries", new_entries=charges(1))
        session.feed("ledger.append_entries", new_entries=charges(2, schema=narrow))
        session.feed("ledger.append_entries", new_entries=charges(3))
        assert next_entry(session) == 4


def test_a_fed_statement_goes_on_after_other_tables_were_bound(tmp_path: Path) -> None:
    with opened(tmp_path) as session:
        session.feed("ledger.append_entries", new_entries=charges(1))
        with session.bound(other=charges(7)):
            session.feed("ledger.append_entries", new_entries=charges(2))
        session.feed("ledger.append_entries", new_entries=charges(3))
        assert next_entry(session) == 4


def test_a_fed_table_of_other_columns_is_refused_and_the_next_one_taken(tmp_path: Path) -> None:
    with opened(tmp_path) as session:
        with pytest.raises(StorageError, match="entry_id"):
            session.feed("ledger.append_entries", new_entries=charges(1).drop_columns(["entry_id"]))
        session.feed("ledger.append_entries", new_entries=charges(1))
        assert next_entry(session) == 2


def test_balances_are_set_for_those_named_and_no_others(tmp_path: Path) -> None:
    with opened(tmp_path) as session:
        bill(session, "1001", "1002", "1003")
        session.brief("ledger.set_balances", numbers=["1003", "1001", "none"], balances=[-7, 5, 9])
        found = {number: balance for number, _, balance in session.rows("pipeline.accounts_in_use")}
        assert found == {"1001": 5, "1002": 0, "1003": -7}


@pytest.mark.parametrize("fails", [False, True])
def test_what_follows_a_brief_change_is_planned_with_care_again(tmp_path: Path, fails: bool) -> None:
    with opened(tmp_path) as session:
        bill(session, "1001")
        with pytest.raises(ZeroDivisionError), session.transaction():
            session.brief("ledger.set_balances", numbers=["1001"], balances=[1])
            if fails:
                with pytest.raises(StorageError):
                    session.brief("ledger.set_balances", numbers=["1001"], balances=["none"])
            raise ZeroDivisionError
        session.rows("pipeline.accounts_in_use")
        connection = session._connection  # pyright: ignore[reportPrivateUsage]
        assert connection.execute("SELECT current_setting('enable_optimizer')").fetchall() == [(True,)]
