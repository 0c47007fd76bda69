"""The floor: DuckDB alone loads the file into typed columns of a fresh database; no keys, no rating."""

from pathlib import Path

import duckdb

from tests.bench.files import COLUMNS
from tests.bench.measure import Measured

_TYPES = {"start": "TIMESTAMP", "answer": "TIMESTAMP", "end": "TIMESTAMP"} | dict.fromkeys(
    ("duration", "billsec", "sequence"), "INTEGER"
)

_LOAD = """
CREATE TABLE call AS
SELECT * FROM read_csv($path, header = false, auto_detect = false, delim = ',', quote = '"', escape = '"',
    columns = {columns})
"""


def run(*, calls: str, columns: int, folder: str) -> Measured:
    """Opening, loading, the checkpoint and closing."""
    path = Path(folder) / "floor.duckdb"
    path.unlink(missing_ok=True)
    types = {name: _TYPES.get(name, "VARCHAR") for name in COLUMNS[:columns]}
    # A table function's columns cannot be bound; names and types are the bench's own.
    text = _LOAD.replace("{columns}", str(types))
    found = Measured()
    with found.timed():
        connection = duckdb.connect(str(path), config={"preserve_insertion_order": False})
        connection.execute(text, {"path": calls})
        connection.execute("CHECKPOINT")
        connection.close()
    found.facts["file_bytes"] = path.stat().st_size
    path.unlink()
    return found
