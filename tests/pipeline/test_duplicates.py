"""Duplicates found in memory: with any size of it, and whoever else stores calls in between."""

from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from engine.pipeline.budget import FULL
from engine.pipeline.retry import BadLine, retry_lines
from tests.pipeline.test_storing import OFFICE, Site
from tests.stores import NOW

FEW = "engine.pipeline.calls.SMALL_BATCH"


@pytest.fixture
def site(tmp_path: Path) -> Generator[Site]:
    """An office without calls."""
    site = Site(tmp_path)
    yield site
    site.close()


@pytest.mark.parametrize("most", [2, 300, 100_000])
@pytest.mark.parametrize("look_back", [timedelta(0), timedelta(hours=12)])
def test_small_pieces_that_overlap_store_every_call_once(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, look_back: timedelta
) -> None:
    site.budget = replace(FULL, bytes=16_384)
    monkeypatch.setattr("engine.pipeline.duplicates.MAX_KEYS", most)
    monkeypatch.setattr("engine.pipeline.duplicates.LOOK_BACK", look_back)
    monkeypatch.setattr("engine.pipeline.duplicates.RETRY_LOOKUPS", 3)
    lines = (OFFICE / "Master.csv").read_bytes().splitlines(keepends=True)[:600]
    later, earlier = tmp_path / "later.csv", tmp_path / "earlier.csv"
    later.write_bytes(b"".join(lines[250:]))
    earlier.write_bytes(b"".join(lines[:400]))
    found = site.ingest(later, earlier, later)
    assert (found.lines, found.stored, found.duplicates) == (1100, 600, 500)


def test_calls_stored_in_bulk_in_between_are_known(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (OFFICE / "Master.csv").read_bytes().splitlines(keepends=True)
    few, bulk = tmp_path / "few.csv", tmp_path / "bulk.csv"
    few.write_bytes(b"".join(lines[:50]))
    bulk.write_bytes(b"".join(lines[:300]))
    again = tmp_path / "again.csv"
    again.write_bytes(b"".join(lines[100:301]))
    stored: list[int] = []
    for path, limit in ((few, 10_000), (bulk, 0), (again, 10_000)):
        monkeypatch.setattr(FEW, limit)
        stored.append(site.ingest(path).stored)
    assert stored == [50, 250, 1]


def test_one_call_in_the_bad_lines_of_two_files_is_stored_once_and_charged_once(site: Site) -> None:
    lines = (OFFICE / "Master.csv").read_bytes().splitlines(keepends=True)[:3]
    parser = site.parser()
    bad = [
        BadLine(quarantine_id=number, file_id=file_id, parsed=parser.parse_line(raw, base_offset=0))
        for number, (file_id, raw) in enumerate((file_id, raw) for file_id in (1, 2) for raw in lines)
    ]
    done = site.writer.run(lambda session: retry_lines(session, bad, state=site.state, now=NOW))
    assert done == (3, 3)
    with site.reading() as session:
        row = session.row("pipeline.next_numbers")
    assert row is not None and row[0] == 4
