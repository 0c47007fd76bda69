"""The two ways of a batch held against one another and the reference: cuts of a file of calls, both ways."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.reports.verify import verify
from tests.pipeline.test_storing import OFFICE, Site

LINES = (OFFICE / "Master.csv").read_bytes().splitlines(keepends=True)
TABLES = (
    "SELECT * EXCLUDE (file_id, line_offset) FROM call ORDER BY call_id",
    "SELECT * FROM ledger_entry ORDER BY entry_id",
    "SELECT * EXCLUDE (created_at) FROM extension ORDER BY number",
)


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[tuple[Site, Site]]:
    """Two offices without calls."""
    (tmp_path / "small").mkdir()
    (tmp_path / "bulk").mkdir()
    both = Site(tmp_path / "small"), Site(tmp_path / "bulk")
    yield both
    for site in both:
        site.close()


cuts = st.lists(
    st.tuples(st.integers(0, len(LINES)), st.integers(0, 400)).map(lambda cut: (cut[0], sum(cut))),
    min_size=1,
    max_size=3,
)
"""Parts of the file, which may overlap: what was stored before is stored no more."""


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=cuts)
def test_small_and_bulk_store_charge_and_book_the_same(
    sites: tuple[Site, Site], tmp_path: Path, parts: list[tuple[int, int]]
) -> None:
    small, bulk = sites
    with pytest.MonkeyPatch.context() as patch:
        for number, (start, end) in enumerate(parts):
            piece = tmp_path / f"{number}.csv"
            piece.write_bytes(b"".join(LINES[start:end]))
            for site, limit in ((small, 10**9), (bulk, 0)):
                patch.setattr("engine.pipeline.calls.SMALL_BATCH", limit)
                site.ingest(piece)
    assert _tables(small) == _tables(bulk)


@pytest.mark.parametrize("limit", [0, 10**9])
def test_either_way_comes_to_what_the_reference_says(
    sites: tuple[Site, Site], monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr("engine.pipeline.calls.SMALL_BATCH", limit)
    site, _ = sites
    assert (
        site.ingest(OFFICE / "Master.csv").cost_micros
        == json.loads((OFFICE / "expected.json").read_text())["cost_micros"]
    )
    with site.reading() as session:
        assert verify(session).findings == []


def _tables(site: Site) -> list[list[tuple[object, ...]]]:
    with site.reading() as session:
        connection = session._connection  # pyright: ignore[reportPrivateUsage]
        return [connection.execute(text).fetchall() for text in TABLES]
