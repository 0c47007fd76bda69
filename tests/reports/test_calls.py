"""Lists of calls by key, counts, one call explained."""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest

from engine.api.calls import CallCursor, CallFilter, CallSort, CountCalls, GetCall, ListCalls
from engine.domain.errors import InvalidInput, NotFound
from engine.reports.calls import count_calls, get_call, list_calls, summary
from engine.store import Session
from tests.reports.building import NOON, SHANGHAI, Books, open_database

MANY = 200_000
SOME = 20_000


def listed(books: Books, **asked: Any) -> list[int]:
    filter_ = CallFilter(
        **{name: asked.pop(name) for name in list(asked) if name in CallFilter.__struct_fields__}
    )
    return [
        row.call_id for row in list_calls(books.session, books.site, ListCalls(filter=filter_, **asked)).rows
    ]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """200,000 calls, see `fill`."""
    yield from filled(tmp_path_factory.mktemp("many"), MANY)


@pytest.fixture(scope="module")
def some(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """20,000 calls, see `fill`."""
    yield from filled(tmp_path_factory.mktemp("some"), SOME)


def filled(folder: Path, count: int) -> Iterator[Session]:
    """Calls over three months with many ties in every sort, stored out of the order of their times."""
    database = open_database(folder)
    with database.reading() as session:
        session.plain(f"""
            INSERT INTO call BY NAME
            SELECT i + 1 AS call_id, hash(i) AS call_key, start AS started_at,
                   start + INTERVAL 8 HOUR AS started_local, (1000 + hash(i) % 50)::VARCHAR AS extension,
                   'outbound' AS direction, '0' || hash(i + 1) % 900 AS dialled,
                   'trunk ' || hash(i + 2) % 4 AS trunk, 'BUSY' AS disposition, 0 AS duration,
                   (hash(i + 3) % 700)::INTEGER AS billsec, (hash(i + 4) % 90)::BIGINT * 10000 AS cost_micros,
                   0 AS cycles, 0 AS first_block_micros, 1 AS file_id, 0 AS line_offset, 0 AS line_length
            FROM (
                SELECT i, TIMESTAMP '2026-01-01' + to_seconds((hash(i + 5) % {count // 2})::BIGINT
                    * (7776000 // {count // 2})) AS start
                FROM range({count}) AS t(i)
            )
        """)  # noqa: S608 - a count
        yield session
    database.close()


def walk(
    session: Session, sort: CallSort, *, descending: bool, backwards: bool, limit: int
) -> list[tuple[object, int]]:
    """Every call, page by page, as (sort value, call), in the order of the list."""
    field = {"time": "started_at", "cost": "cost_micros"}.get(sort, sort)
    pages: list[list[tuple[object, int]]] = []
    after = before = None
    while True:
        request = ListCalls(
            sort=sort, descending=descending, limit=limit, after=after, before=before, from_end=backwards
        )
        page = list_calls(session, SHANGHAI, request)
        pages.append([(getattr(row, field), row.call_id) for row in page.rows])
        if backwards:
            before = page.first
        else:
            after = page.last
        if (before if backwards else after) is None:
            break
    if backwards:
        pages.reverse()
    return [row for page in pages for row in page]


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("sort", get_args(CallSort))
def test_a_walk_sees_each_call_once_in_order_from_either_end(
    some: Session, sort: CallSort, descending: bool
) -> None:
    seen = walk(some, sort, descending=descending, backwards=False, limit=999)
    assert len(seen) == len({call_id for _, call_id in seen}) == SOME
    assert len({value for value, _ in seen}) <= SOME // 2
    assert seen == sorted(seen, reverse=descending)
    assert walk(some, sort, descending=descending, backwards=True, limit=999) == seen


def test_a_long_walk_sees_each_of_200_000_calls_once(many: Session) -> None:
    seen = walk(many, "time", descending=True, backwards=False, limit=10_000)
    assert len(seen) == len({call_id for _, call_id in seen}) == MANY
    assert seen == sorted(seen, reverse=True)


def test_a_filtered_walk_by_time_sees_what_lies_beyond_each_window(many: Session) -> None:
    asked = CallFilter(where="ext:1007 cost<0.20")
    total = count_calls(many, SHANGHAI, CountCalls(filter=asked)).calls
    for descending in (True, False):
        seen: list[int] = []
        after = None
        while True:
            page = list_calls(
                many, SHANGHAI, ListCalls(filter=asked, descending=descending, after=after, limit=97)
            )
            seen += [row.call_id for row in page.rows]
            after = page.last
            if after is None:
                break
        assert len(seen) == len(set(seen)) == total > 500


def test_an_offset_skips_rows_from_either_end_and_from_a_cursor(many: Session) -> None:
    top = list_calls(many, SHANGHAI, ListCalls(limit=50)).rows
    skipped = list_calls(many, SHANGHAI, ListCalls(limit=10, offset=20))
    assert skipped.rows == top[20:30]
    assert skipped.first is not None
    further = list_calls(many, SHANGHAI, ListCalls(limit=10, offset=5, after=skipped.last))
    assert further.rows == top[35:45]
    bottom = list_calls(many, SHANGHAI, ListCalls(limit=50, from_end=True)).rows
    assert list_calls(many, SHANGHAI, ListCalls(limit=10, offset=20, from_end=True)).rows == bottom[20:30]


def test_a_made_up_cursor_jumps_to_a_date(many: Session) -> None:
    jump = CallCursor(value="2026-01-10T00:00:00", call_id=0)
    page = list_calls(many, SHANGHAI, ListCalls(after=jump, limit=5))
    assert all(row.started_at < datetime(2026, 1, 10) for row in page.rows)
    assert page.rows[0].started_at > datetime(2026, 1, 9, 23)
    page = list_calls(many, SHANGHAI, ListCalls(before=jump, limit=5))
    assert all(row.started_at >= datetime(2026, 1, 10) for row in page.rows)


def test_the_ends_of_a_list_have_no_cursor(books: Books) -> None:
    for minute in range(5):
        books.call(started_at=NOON + timedelta(minutes=minute))
    whole = list_calls(books.session, SHANGHAI, ListCalls(limit=5))
    assert (whole.first, whole.last) == (None, None)
    top = list_calls(books.session, SHANGHAI, ListCalls(limit=3))
    assert top.first is None and top.last is not None
    rest = list_calls(books.session, SHANGHAI, ListCalls(limit=3, after=top.last))
    assert [row.call_id for row in rest.rows] == [2, 1]
    assert rest.first is not None and rest.last is None
    back = list_calls(books.session, SHANGHAI, ListCalls(limit=3, before=rest.first))
    assert back == top
    bottom = list_calls(books.session, SHANGHAI, ListCalls(limit=2, from_end=True))
    assert [row.call_id for row in bottom.rows] == [2, 1]
    assert bottom.last is None and bottom.first is not None
    assert list_calls(books.session, SHANGHAI, ListCalls(after=rest.first, offset=9)).rows == []


def test_rows_carry_the_names_of_extension_and_rule_and_raw_text(books: Books) -> None:
    books.extension("1001", name="王小明")
    books.rate(7, name="Mobile day")
    books.call(rate_version=7, disposition="\x1b[31mANSWERED")
    books.call(extension="9999", unrated="no rule", cost_micros=0)
    newer, older = list_calls(books.session, SHANGHAI, ListCalls()).rows
    assert (older.name, older.rate, older.disposition) == ("王小明", "Mobile day", "\x1b[31mANSWERED")
    assert older.started_local == datetime(2026, 1, 15, 12)
    assert (newer.name, newer.rate, newer.unrated) == ("", "", "no rule")


def test_each_field_of_a_filter_narrows(books: Books) -> None:
    books.extension("1001", name="Reception")
    books.extension("1002", name="王小明")
    books.call()
    books.call(extension="1002", direction="inbound", unrated="not outbound", cost_micros=0, trunk="DAHDI/1")
    books.call(extension="1003", answered_at=None, unrated="not answered", cost_micros=0, dialled="0044")
    books.call(extension="1003", unrated="no rule", cost_micros=0, started_at=datetime(2026, 2, 1, 4))
    assert listed(books, since="2026-02") == [4]
    assert listed(books, until="2026-01") == [3, 2, 1]
    assert listed(books, text="RECEP") == [1]
    assert listed(books, text="王") == [2]
    assert listed(books, text="004") == [3]
    assert listed(books, extensions=["1001", "1002", "nobody"]) == [2, 1]
    assert listed(books, extensions=[]) == [4, 3, 2, 1]
    assert listed(books, direction="inbound") == [2]
    assert listed(books, status="answered") == [4, 2, 1]
    assert listed(books, status="unanswered") == [3]
    assert listed(books, status="charged") == [1]
    assert listed(books, status="uncharged") == [4, 3, 2]
    assert listed(books, status="unrated") == [4]
    assert listed(books, trunk="dahdi") == [2]
    assert listed(books, where="ext:1003 -unrated") == [3]
    assert listed(books, where="ext:1003", since="2026-02") == [4]
    assert listed(books, text="%") == []


def test_counts_and_summary_agree_with_the_rows(books: Books) -> None:
    books.call(billsec=10, cost_micros=3)
    books.call(billsec=20, cost_micros=4)
    books.call(answered_at=None, billsec=0, cost_micros=0, unrated="not answered")
    books.call(unrated="no rule", billsec=5, cost_micros=0, direction="internal")
    counted = count_calls(books.session, SHANGHAI, CountCalls())
    assert (counted.calls, counted.billsec, counted.cost_micros) == (4, 35, 7)
    told = summary(books.session, SHANGHAI, CallFilter())
    assert (told.calls, told.outbound, told.answered, told.charged, told.unrated) == (4, 3, 3, 2, 1)
    empty = count_calls(books.session, SHANGHAI, CountCalls(filter=CallFilter(where="ext:7")))
    assert (empty.calls, empty.billsec, empty.cost_micros) == (0, 0, 0)


def test_sums_beyond_64_bits_of_intermediate_are_not_floats(books: Books) -> None:
    books.call(cost_micros=2**62)
    books.call(cost_micros=2**62 - 1)
    assert count_calls(books.session, SHANGHAI, CountCalls()).cost_micros == 2**63 - 1


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 10_001}, "limit"),
        ({"offset": -1}, "offset"),
        ({"after": CallCursor(value="x", call_id=1)}, "after"),
        ({"sort": "cost", "after": CallCursor(value="1.5", call_id=1)}, "after"),
        ({"sort": "cost", "after": CallCursor(value="9" * 30, call_id=1)}, "after"),
        ({"after": CallCursor(value="2026-01-01T00:00:00+99:00", call_id=1)}, "after"),
        (
            {
                "after": CallCursor(value="2026-01-01", call_id=1),
                "before": CallCursor(value="2026-01-01", call_id=1),
            },
            "before",
        ),
        ({"filter": CallFilter(where="cost>x")}, "where"),
        ({"filter": CallFilter(since="soon")}, "from"),
        ({"filter": CallFilter(until="2026-13")}, "to"),
    ],
)
def test_a_bad_request_names_its_field(books: Books, asked: dict[str, Any], field: str) -> None:
    books.call()
    with pytest.raises(InvalidInput) as caught:
        list_calls(books.session, SHANGHAI, ListCalls(**asked))
    assert caught.value.field == field


def test_one_call_is_explained_with_rule_parts_line_and_entries(books: Books, tmp_path: Path) -> None:
    line = b'"1001","0123"\n'
    cdr = tmp_path / "Master.csv"
    cdr.write_bytes(b"header\n" + line)
    books.file(str(cdr), head_length=7, head_sha256=hashlib.sha256(b"header\n").hexdigest())
    books.extension("1001", name="Reception")
    books.rate(7, name="Mobile", prefix="9", price_micros=300_000, extensions=["1001"], price_seconds=60)
    call_id = books.call(
        rate_version=7, first_block_micros=200_000, line_offset=7, line_length=len(line), call_key=255
    )
    books.entry("1001", "charge", -500_000, 1_500_000, call_id=call_id)
    books.entry("1001", "reversal", 500_000, 2_000_000, call_id=call_id, operator="ann", note="wrong rule")
    found = get_call(books.session, SHANGHAI, GetCall(call_id=call_id))
    assert found.row == list_calls(books.session, SHANGHAI, ListCalls()).rows[0]
    assert found.call_key == "00000000000000ff"
    assert (found.parts.first_block_micros, found.parts.cycles_micros, found.parts.cycles) == (
        200_000,
        300_000,
        1,
    )
    assert found.rate is not None
    assert (found.rate.name, found.rate.extensions, found.rate.price_seconds) == ("Mobile", ("1001",), 60)
    assert (found.raw, str(found.raw_missing), found.source) == ('"1001","0123"', "", str(cdr))
    assert [str(entry) for entry in found.entries] == [
        "2026-01-15 12:00:00 charge -0.50, balance 1.50",
        "2026-01-15 12:00:00 reversal 0.50, balance 2.00 by ann: wrong rule",
    ]


def test_a_line_whose_file_is_gone_is_said_to_be_missing(books: Books) -> None:
    books.file("/nowhere/Master.csv")
    found = get_call(books.session, SHANGHAI, GetCall(call_id=books.call()))
    assert found.raw == ""
    assert "/nowhere/Master.csv" in str(found.raw_missing)


def test_an_unknown_call_is_not_found(books: Books) -> None:
    with pytest.raises(NotFound):
        get_call(books.session, SHANGHAI, GetCall(call_id=5))
