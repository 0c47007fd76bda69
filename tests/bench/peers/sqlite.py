"""SQLite: the file in a table, rated by sets, the costs in a table beside it; committed to disk."""

import csv
import sqlite3
from pathlib import Path

from tests.bench.digest import NOT_CHARGED, digest_of
from tests.bench.files import COLUMNS
from tests.bench.measure import Measured
from tests.bench.peers.sheet import billed_extensions, chosen_extensions, lengths, rules_of

_NUMBERS = ("duration", "billsec", "sequence")
_RULES = """
CREATE TABLE rule (rank INTEGER PRIMARY KEY, prefix TEXT, number_length INTEGER, initial_fee_micros INTEGER,
    initial_seconds INTEGER, price_micros INTEGER, price_seconds INTEGER, cycle_seconds INTEGER,
    start_second INTEGER, end_second INTEGER, weekdays INTEGER, valid_from TEXT, valid_to TEXT,
    chosen INTEGER, conditional INTEGER);
CREATE INDEX rule_prefix ON rule (prefix);
CREATE TABLE rule_extension (rank INTEGER, extension TEXT, PRIMARY KEY (rank, extension)) WITHOUT ROWID;
CREATE TABLE prefix_length (length INTEGER);
CREATE TABLE billed (number TEXT PRIMARY KEY);
"""


def run(*, calls: str, columns: int, extensions: str, rates: str, folder: str) -> Measured:
    """From the file to a closed database with the costs."""
    path = Path(folder) / "peer.sqlite"
    path.unlink(missing_ok=True)
    found = Measured()
    with found.timed():
        connection = sqlite3.connect(path)
        connection.executescript("PRAGMA journal_mode = wal; PRAGMA cache_size = -500000;" + _RULES)
        with connection:
            _load_rules(connection, Path(extensions), Path(rates))
            _load_calls(connection, Path(calls), columns)
        connection.executescript("BEGIN;" + Path(__file__).with_suffix(".sql").read_text() + "COMMIT;")
        connection.close()
    connection = sqlite3.connect(path)
    costs = connection.execute(
        "SELECT coalesce(cost_micros, ?) FROM call LEFT JOIN cost USING (row) ORDER BY call.row",
        [NOT_CHARGED],
    )
    found.digest = digest_of(cost for (cost,) in costs)
    connection.close()
    path.unlink()
    return found


def _load_rules(connection: sqlite3.Connection, extensions: Path, rates: Path) -> None:
    rules = rules_of(rates)
    places = ", ".join("?" * 15)
    connection.executemany(
        f"INSERT INTO rule VALUES ({places})",  # noqa: S608  # only question marks
        (
            (
                *(rule.rank, rule.prefix, rule.number_length, rule.initial_fee_micros, rule.initial_seconds),
                *(rule.price_micros, rule.price_seconds, rule.cycle_seconds),
                *(rule.start_second, rule.end_second, rule.weekdays, rule.valid_from, rule.valid_to),
                *(rule.chosen, rule.conditional),
            )
            for rule in rules
        ),
    )
    connection.executemany("INSERT INTO rule_extension VALUES (?, ?)", chosen_extensions(rules))
    connection.executemany("INSERT INTO prefix_length VALUES (?)", ((length,) for length in lengths(rules)))
    connection.executemany(
        "INSERT INTO billed VALUES (?)", ((number,) for number in billed_extensions(extensions))
    )


def _load_calls(connection: sqlite3.Connection, calls: Path, columns: int) -> None:
    names = COLUMNS[:columns]
    fields = ", ".join(f'"{name}" {"INTEGER" if name in _NUMBERS else "TEXT"}' for name in names)
    connection.execute(f"CREATE TABLE call (row INTEGER PRIMARY KEY, {fields})")
    places = ", ".join("?" * columns)
    with calls.open(encoding="utf-8", newline="") as file:
        connection.executemany(
            f"INSERT INTO call VALUES (NULL, {places})",  # noqa: S608  # only question marks
            csv.reader(file),
        )
