"""Forty edits of the closed database with another program: `verify` finds each of them."""

# ruff: noqa: S608 - the statements are those of this module

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from engine.access import audit
from engine.access.accounts import save_account
from engine.api.extensions import Adjust, Recharge
from engine.api.session import SaveAccount
from engine.domain.names import Role
from engine.ledger.operations import adjust, recharge
from engine.reports.verify import verify
from engine.store import Database, Session, Writer, mark_path, read_mark
from tests.pipeline.test_rerating import change_prices, flat, rerate
from tests.pipeline.test_storing import OFFICE, Site
from tests.stores import NOW

CHARGED = "(SELECT call_id, extension, cost_micros FROM call WHERE cost_micros > 0 ORDER BY call_id LIMIT 1)"
"""One call that costs something."""

RAISED = """
CREATE TEMP TABLE one AS SELECT * FROM ledger_entry WHERE operation_key = 'first';
UPDATE ledger_entry SET amount_micros = amount_micros + 1000000
    WHERE entry_id IN (SELECT entry_id FROM one);
UPDATE ledger_entry SET balance_after_micros = balance_after_micros + 1000000
    WHERE extension IN (SELECT extension FROM one) AND entry_id >= (SELECT entry_id FROM one);
UPDATE extension SET balance_micros = balance_micros + 1000000,
    total_recharged_micros = total_recharged_micros + 1000000
    WHERE number IN (SELECT extension FROM one);
"""
"""A recharge raised with all that follows from it."""

OPERATION_TOO = """
UPDATE operation SET result = replace(result, '"amount_micros":5000000', '"amount_micros":6000000')
    WHERE operation_key = 'first';
"""

LOWERED = f"""
CREATE TEMP TABLE one AS SELECT * FROM {CHARGED};
CREATE TEMP TABLE entry AS SELECT * FROM ledger_entry WHERE call_id = (SELECT call_id FROM one)
    ORDER BY entry_id DESC LIMIT 1;
UPDATE call SET cost_micros = 1 WHERE call_id = (SELECT call_id FROM one);
UPDATE ledger_entry SET amount_micros = -1 WHERE entry_id = (SELECT entry_id FROM entry);
UPDATE ledger_entry SET balance_after_micros = balance_after_micros + (SELECT cost_micros - 1 FROM one)
    WHERE extension = (SELECT extension FROM one) AND entry_id >= (SELECT entry_id FROM entry);
UPDATE extension SET balance_micros = balance_micros + (SELECT cost_micros - 1 FROM one)
    WHERE number = (SELECT extension FROM one);
"""
"""A call made cheaper with all that follows from it."""

COUNTED_AS_DUPLICATE = """
CREATE TEMP TABLE one AS SELECT * FROM call WHERE cost_micros = 0 ORDER BY call_id LIMIT 1;
DELETE FROM call WHERE call_id = (SELECT call_id FROM one);
UPDATE source_file SET stored = stored - 1, duplicates = duplicates + 1,
    stored_bytes = stored_bytes - (SELECT line_length FROM one),
    duplicate_bytes = duplicate_bytes + (SELECT line_length FROM one)
    WHERE file_id = (SELECT file_id FROM one);
"""

EDITS = {
    "a balance": "UPDATE extension SET balance_micros = balance_micros + 1 WHERE number = '8001'",
    "a total recharged": "UPDATE extension SET total_recharged_micros = 0 WHERE number = '8001'",
    "the amount of an entry": "UPDATE ledger_entry SET amount_micros = amount_micros - 1 WHERE entry_id = 9",
    "an entry deleted": "DELETE FROM ledger_entry WHERE entry_id = 9",
    "an entry inserted": """INSERT INTO ledger_entry
        SELECT (SELECT max(entry_id) + 1 FROM ledger_entry), number, 'recharge', now()::TIMESTAMP, 5,
            balance_micros + 5, NULL, '', '', NULL
        FROM extension WHERE number = '8001'""",
    "a recharge raised": RAISED,
    "a recharge raised, and its operation": RAISED + OPERATION_TOO,
    "the cost of a call": f"UPDATE call SET cost_micros = 1 WHERE call_id = (SELECT call_id FROM {CHARGED})",
    "a charge doubled": """INSERT INTO ledger_entry
        SELECT (SELECT max(entry_id) + 1 FROM ledger_entry), * EXCLUDE entry_id
        FROM ledger_entry WHERE kind = 'charge' ORDER BY entry_id DESC LIMIT 1""",
    "a call moved": f"UPDATE call SET extension = '8099' WHERE call_id = (SELECT call_id FROM {CHARGED})",
    "a call made cheaper": LOWERED,
    "the seconds of a call": f"""UPDATE call SET billsec = billsec + 600 WHERE call_id =
        (SELECT call_id FROM {CHARGED})""",
    "the seconds of a free call": """UPDATE call SET billsec = billsec + 1 WHERE call_id =
        (SELECT max(call_id) FROM call WHERE cost_micros = 0)""",
    "the price of a rule": "UPDATE rate_version SET price_micros = price_micros + 10 WHERE name = 'Flat'",
    "a rule switched off": "UPDATE rate SET enabled = false",
    "a charged call said to be unrated": f"""UPDATE call SET unrated = 'no rule' WHERE call_id =
        (SELECT call_id FROM {CHARGED})""",
    "a free call deleted": """DELETE FROM call WHERE call_id =
        (SELECT max(call_id) FROM call WHERE cost_micros = 0)""",
    "a charged call deleted": f"DELETE FROM call WHERE call_id = (SELECT call_id FROM {CHARGED})",
    "a call doubled": """INSERT INTO call SELECT (SELECT max(call_id) + 1 FROM call), * EXCLUDE call_id
        FROM call WHERE call_id = 5""",
    "a call deleted and counted as a duplicate": COUNTED_AS_DUPLICATE,
    "the counter of duplicates": "UPDATE source_file SET duplicates = duplicates + 1",
    "a bad line deleted": "DELETE FROM quarantine",
    "the amount of a reversal": """UPDATE ledger_entry SET amount_micros = amount_micros + 1 WHERE entry_id =
        (SELECT min(entry_id) FROM ledger_entry WHERE kind = 'reversal')""",
    "a read position forwards": "UPDATE source_file SET read_offset = read_offset + 100",
    "a read position backwards": "UPDATE source_file SET read_offset = read_offset - 100",
    "an operation deleted": "DELETE FROM operation WHERE operation_key = 'first'",
    "an operation's key": "UPDATE operation SET operation_key = 'x' WHERE operation_key = 'first'",
    "an operation's content": "UPDATE operation SET content = 'x' WHERE operation_key = 'first'",
    "who made an entry": "UPDATE ledger_entry SET operator = 'bob' WHERE operation_key = 'first'",
    "when an entry was made": """UPDATE ledger_entry SET posted_at = posted_at - INTERVAL 1 DAY
        WHERE entry_id = 9""",
    "a row of the audit deleted": "DELETE FROM audit WHERE audit_id = 1",
    "the last row of the audit deleted": """DELETE FROM audit WHERE audit_id =
        (SELECT max(audit_id) FROM audit)""",
    "a row of the audit edited": "UPDATE audit SET operator = 'bob' WHERE audit_id = 1",
    "an admin inserted": "INSERT INTO account BY NAME SELECT * REPLACE ('eve' AS name) FROM account",
    "a password changed": "UPDATE account SET password_hash = 'x'",
    "an extension without entries deleted": """DELETE FROM extension WHERE number =
        (SELECT max(number) FROM extension ANTI JOIN ledger_entry ON extension = number)""",
    "a credit limit": "UPDATE extension SET credit_limit_micros = 0 WHERE number = '8001'",
    "a setting": "UPDATE setting SET value = 'off' WHERE name = 'billing'",
    "the chain": "DELETE FROM chain WHERE number = 2",
    "the end of the chain": "DELETE FROM chain WHERE number = (SELECT max(number) FROM chain)",
}


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample office after a while, recharged, adjusted, with a bad line, re-rated; closed, and clean."""
    folder = tmp_path_factory.mktemp("closed")
    site = Site(folder)
    site.ingest(OFFICE / "Master.csv")
    bad = folder / "bad.csv"
    bad.write_bytes(b'"only","three","fields"\n')
    site.ingest(bad)

    def move(session: Session) -> None:
        request = Recharge(numbers=["8001"], amount_micros=5_000_000, key="first")
        recharge(session, request, operator="ann", now=NOW)
        correction = Adjust(number="8012", amount_micros=-1, reason="typing", key="second")
        adjust(session, correction, operator="ann", now=NOW)
        audit.record(session, request, operator="ann", now=NOW)
        audit.record(session, correction, operator="ann", now=NOW)
        account = SaveAccount(name="ann", new=True, account_role=Role.ADMIN, password="a secret")
        save_account(session, account, password_hash="a hash", now=NOW)

    site.writer.run(move)
    change_prices(site, flat("0.5"))
    rerate(site)
    site.close()
    path = folder / "office.duckdb"
    assert found(path) == []
    return path


@pytest.fixture
def copy(closed: Path, tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / closed.name
    shutil.copyfile(closed, path)
    shutil.copyfile(mark_path(closed), mark_path(path))
    yield path


def found(path: Path) -> list[str]:
    """What `verify` finds in a store that nobody works with."""
    database = Database(path, threads=1)
    try:
        with database.reading() as session, session.snapshot():
            findings = verify(session, mark=read_mark(mark_path(path))).findings
            return [str(finding) for finding in findings]
    finally:
        database.close()


def edit(path: Path, text: str) -> None:
    connection = duckdb.connect(str(path))
    before = connection.execute(CONTENT).fetchall()
    connection.execute(text)
    assert connection.execute(CONTENT).fetchall() != before, "the edit changed nothing"
    connection.close()


TABLES = (
    *("extension", "ledger_entry", "operation", "audit", "account", "setting", "call"),
    *("source_file", "quarantine", "rate", "rate_version", "chain"),
)
CONTENT = "SELECT " + ", ".join(f"(SELECT bit_xor(hash({table})) FROM {table})" for table in TABLES)


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_by_hand_is_found(copy: Path, name: str) -> None:
    edit(copy, EDITS[name])
    assert found(copy), name


@pytest.mark.parametrize("name", ["an admin inserted", "the price of a rule", "a recharge raised"])
def test_an_edit_is_found_after_the_engine_has_worked_on(copy: Path, name: str) -> None:
    edit(copy, EDITS[name])
    database = Database(copy, threads=1)
    writer = Writer(database)

    def go_on(session: Session) -> None:
        for remark in writer.remarks:
            audit.note(session, remark.action, now=NOW, detail=remark.detail)
        account = SaveAccount(name="bob", new=True, account_role=Role.VIEWER, password="a secret")
        save_account(session, account, password_hash="a hash", now=NOW)

    writer.run(go_on)
    writer.close()
    database.close()
    assert found(copy)
