"""The table of calls has the columns of the list, in its order and of its types."""

from pathlib import Path

from engine.domain.call_columns import CALL_COLUMNS, CALL_EXPORT
from engine.store import Database

TYPES = {
    "text": "VARCHAR",
    "moment": "TIMESTAMP",
    "bits": "USMALLINT",
    "small": "INTEGER",
    "integer": "BIGINT",
    "key": "UBIGINT",
}


def test_the_table_of_calls_is_what_the_list_of_columns_says(tmp_path: Path) -> None:
    database = Database(tmp_path / "site.duckdb")
    with database.reading() as session:
        connection = session._connection  # pyright: ignore[reportPrivateUsage]
        found = connection.execute("DESCRIBE call").fetchall()
    database.close()
    assert [(name, kind, null == "YES") for name, kind, null, *_ in found] == [
        (column.name, TYPES[column.type], column.optional) for column in CALL_COLUMNS
    ]


def test_the_export_keeps_its_first_columns_in_their_order() -> None:
    first = (
        "started_at,answered_at,ended_at,extension,name,direction,dialled,trunk,disposition,duration,billsec,"
        "cost,rate,unrated,call_key,source"
    )
    assert ",".join(CALL_EXPORT).startswith(first)
