"""Calls just stored, as open screens are told of them."""

from datetime import timedelta

import pyarrow as pa

from engine.reports.calls import calls_by_id
from engine.reports.newest import newest_rows
from tests.reports.building import NOON, Books


def stored(books: Books) -> pa.Table:
    """All calls, in the order of storing."""
    connection = books.session._connection  # pyright: ignore[reportPrivateUsage]
    return connection.sql("SELECT * FROM call ORDER BY call_id").to_arrow_table()


def test_rows_of_new_calls_are_those_that_a_list_shows(books: Books) -> None:
    books.extension("1001", name="Ann")
    books.rate(7, name="Mobile")
    books.call(extension="1001", started_at=NOON + timedelta(microseconds=1), rate_version=7)
    books.call(extension="1001", answered_at=None, billsec=0, cost_micros=0, unrated="not answered")
    books.call(extension="", direction="inbound", ended_at=None, cost_micros=0, unrated="not outbound")
    rows = newest_rows(books.session, stored(books))
    assert rows == sorted(calls_by_id(books.session, [1, 2, 3]), key=lambda row: row.call_id)
    assert (rows[0].name, rows[0].rate) == ("Ann", "Mobile")


def test_no_calls_are_no_rows(books: Books) -> None:
    assert newest_rows(books.session, stored(books)) == []
