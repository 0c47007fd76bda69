"""From the lines of the sample office to calls, charges and balances, in one piece and in many."""

import gzip
import json
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from config.settings import Numbering
from engine.access.settings import set_setting
from engine.api.calls import GetStatistics
from engine.api.extensions import ListExtensions
from engine.api.site import IngestResult, SetSetting
from engine.domain.errors import InvalidInput
from engine.ledger.extension_sheet import import_extensions
from engine.ledger.extensions import list_extensions
from engine.pipeline import imports
from engine.pipeline.batch import StoredBatch
from engine.pipeline.budget import FULL
from engine.pipeline.imports import Import
from engine.pipeline.live_site import LiveSite
from engine.pipeline.source_parser import SourceParser
from engine.pipeline.zone_change import follow_zone
from engine.rating.sheet import import_rates
from engine.reports.statistics import get_statistics
from engine.reports.verify import verify
from engine.store import Session, Writer
from engine.tail.file_reader import Content
from tests.stores import NOW, new_store

OFFICE = Path(__file__).parents[2] / "sample_cdr" / "office"
NUMBERING = Numbering(extensions=r"8\d{3}", trunks=("PJSIP/trunk_*",))
SHANGHAI = ZoneInfo("Asia/Shanghai")


class Site:
    """The sample office's store, without an engine around it."""

    def __init__(self, folder: Path) -> None:
        self.database = new_store(folder / "office.duckdb")
        self.writer = Writer(self.database)
        self.writer.run(self._set_up)
        self.state = LiveSite(self.database, zone=SHANGHAI, numbering=NUMBERING)
        self.batches: list[StoredBatch] = []
        self.budget = FULL

    def _set_up(self, session: Session) -> None:
        set_setting(session, SetSetting(name="billing", value="on"))
        for importer, sheet in ((import_extensions, "extensions.csv"), (import_rates, "rates.csv")):
            result = importer(session, (OFFICE / sheet).read_bytes(), apply=True, operator="t", now=NOW)
            assert result.applied, result.faults
        follow_zone(session, SHANGHAI)

    def ingest(self, *paths: Path) -> IngestResult:
        """Imports files by hand."""
        contents = [Content(str(path)) for path in paths]
        try:
            return self.job().run([(content, self.parser()) for content in contents])
        finally:
            for content in contents:
                content.close()

    def job(self) -> Import:
        """An import to run."""
        return Import(
            writer=self.writer,
            state=self.state,
            stored=lambda _, batch: self.batches.append(batch),
            now=lambda: NOW,
            progress=lambda _: None,
            cancelled=threading.Event(),
            budget=self.budget,
        )

    def parser(self) -> SourceParser:
        """The office's parser."""
        return SourceParser(
            "asterisk-csv",
            home=OFFICE,
            numbering=NUMBERING,
            source_zone=ZoneInfo("UTC"),
            site_zone=SHANGHAI,
        )

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session to look with."""
        with self.database.reading() as session:
            yield session

    def close(self) -> None:
        """Frees the store."""
        self.writer.close()
        self.database.close()


@pytest.fixture
def site(tmp_path: Path) -> Generator[Site]:
    """An office without calls."""
    site = Site(tmp_path)
    yield site
    site.close()


def _costs(site: Site) -> dict[str, int]:
    with site.reading() as session:
        rows = list_extensions(session, site.state.site, ListExtensions(limit=1000)).rows
    return {row.number: -row.balance_micros for row in rows}


def _expected() -> dict[str, object]:
    return json.loads((OFFICE / "expected.json").read_text())


def _agrees_with_the_model(site: Site) -> None:
    expected = _expected()
    costs = expected["cost_micros_by_extension"]
    assert isinstance(costs, dict)
    assert {number: cost for number, cost in _costs(site).items() if number in costs} == costs
    with site.reading() as session:
        assert verify(session).findings == []


def test_the_office_costs_what_the_plain_model_says(site: Site) -> None:
    result = site.ingest(OFFICE / "Master.csv")
    assert (result.lines, result.stored, result.quarantined) == (2125, 2125, 0)
    assert result.cost_micros == _expected()["cost_micros"]
    _agrees_with_the_model(site)


def test_small_pieces_cost_the_same_as_one(site: Site, tmp_path: Path) -> None:
    lines = (OFFICE / "Master.csv").read_bytes().splitlines(keepends=True)
    for start, stop in [(0, 1), (1, 3), (3, 700), (700, 701), (701, 2125)]:
        piece = tmp_path / f"{start}.csv"
        piece.write_bytes(b"".join(lines[start:stop]))
        assert site.ingest(piece).stored == stop - start
    _agrees_with_the_model(site)


def test_a_set_costs_the_same_as_a_few(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.pipeline.calls.SMALL_BATCH", 0)
    site.ingest(OFFICE / "Master.csv")
    _agrees_with_the_model(site)


@pytest.mark.parametrize("few", [0, 10_000])
def test_a_copy_under_another_name_changes_nothing(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr("engine.pipeline.calls.SMALL_BATCH", few)
    site.ingest(OFFICE / "Master.csv")
    copy = tmp_path / "copy.csv"
    copy.write_bytes((OFFICE / "Master.csv").read_bytes())
    result = site.ingest(copy, OFFICE / "Master.csv")
    assert (result.lines, result.stored, result.duplicates, result.cost_micros) == (4250, 0, 4250, 0)
    _agrees_with_the_model(site)


@pytest.mark.parametrize("few", [0, 10_000])
def test_a_line_that_stands_twice_in_a_piece_is_one_call(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr("engine.pipeline.calls.SMALL_BATCH", few)
    line = (OFFICE / "Master.csv").read_bytes().splitlines(keepends=True)[0]
    twice = tmp_path / "twice.csv"
    twice.write_bytes(line * 3)
    result = site.ingest(twice)
    assert (result.lines, result.stored, result.duplicates) == (3, 1, 2)


def test_pieces_smaller_than_a_record_grow_until_it_fits(site: Site, tmp_path: Path) -> None:
    site.budget = replace(FULL, bytes=200)
    lines = (OFFICE / "Master.csv").read_bytes().splitlines(keepends=True)[:60]
    head = tmp_path / "head.csv"
    head.write_bytes(b"".join(lines))
    assert site.ingest(head).stored == 60
    assert len(site.batches) > 30
    site.budget = FULL
    assert site.ingest(OFFICE / "Master.csv").stored == 2125 - 60
    _agrees_with_the_model(site)


def test_pieces_end_where_the_store_has_a_group_of_calls_full(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.budget = replace(FULL, calls=100)
    monkeypatch.setattr(imports, "MARGIN_SHARE", 5)
    lines = (OFFICE / "Master.csv").read_bytes().splitlines(keepends=True)
    lines[150:150] = [b"rubbish\n", b"\n"] * 3
    spoiled = tmp_path / "spoiled.csv"
    spoiled.write_bytes(b"".join(lines))
    result = site.ingest(spoiled)
    assert (result.lines, result.stored, result.quarantined, result.ignored) == (2131, 2125, 3, 3)
    assert {batch.stored for batch in site.batches[:-1]} == {100}
    _agrees_with_the_model(site)


@pytest.mark.parametrize("most", [100, 100_000])
def test_a_compressed_file_costs_the_same_as_a_plain_one(site: Site, tmp_path: Path, most: int) -> None:
    site.budget = replace(FULL, calls=most)
    packed = tmp_path / "Master.csv.gz"
    packed.write_bytes(gzip.compress((OFFICE / "Master.csv").read_bytes()))
    assert site.ingest(packed).stored == 2125
    _agrees_with_the_model(site)


def test_bad_lines_are_accounted_for_beside_the_good_ones(site: Site, tmp_path: Path) -> None:
    lines = (OFFICE / "Master.csv").read_bytes().splitlines(keepends=True)
    spoiled = tmp_path / "spoiled.csv"
    spoiled.write_bytes(lines[0] + b"rubbish\n" + b"\n" + lines[1] + b"1,2,3\n" + lines[2].rstrip(b"\n"))
    result = site.ingest(spoiled)
    assert (result.lines, result.stored, result.quarantined, result.ignored) == (6, 3, 2, 1)
    with site.reading() as session:
        assert verify(session).findings == []
        assert [
            row[3]
            for row in session.rows("quarantine.page", text="", include_retried=False, limit=10, offset=0)
        ] == [5, 2]


def test_a_file_of_another_format_is_refused_instead_of_filling_the_quarantine(
    site: Site, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_bytes(b"no,cdr,at,all\n" * 5000)
    with pytest.raises(InvalidInput, match="5,000 of the latest 5,000 lines"):
        site.ingest(wrong)
    assert site.batches == []


def test_a_few_bad_lines_beside_many_good_ones_stop_nothing(site: Site, tmp_path: Path) -> None:
    mixed = tmp_path / "mixed.csv"
    mixed.write_bytes((OFFICE / "Master.csv").read_bytes() + b"no,cdr,at,all\n" * 1500)
    assert site.ingest(mixed).quarantined == 1500


def test_a_change_between_batches_is_seen_by_the_next_one(site: Site, tmp_path: Path) -> None:
    lines = (OFFICE / "Master.csv").read_bytes().splitlines(keepends=True)
    first, second = tmp_path / "1.csv", tmp_path / "2.csv"
    first.write_bytes(b"".join(lines[:1000]))
    second.write_bytes(b"".join(lines[1000:]))
    site.ingest(first)
    sheet = (OFFICE / "extensions.csv").read_text().replace(",on,", ",off,").replace(",true,", ",false,")

    def off(session: Session) -> None:
        import_extensions(session, sheet.encode(), apply=True, operator="t", now=NOW)

    before = _costs(site)
    site.writer.run(off)
    assert site.ingest(second).charged == 0
    assert _costs(site) == before


def test_a_new_zone_moves_the_days_of_stored_calls_and_no_money(site: Site) -> None:
    site.ingest(OFFICE / "Master.csv")
    before = _costs(site)
    with site.reading() as session:
        days = get_statistics(session, site.state.site, GetStatistics(by="hour")).rows
    site.writer.run(lambda session: follow_zone(session, ZoneInfo("UTC")))
    with site.reading() as session:
        moved = get_statistics(session, site.state.site, GetStatistics(by="hour")).rows
    assert {(int(row.period) - 8) % 24: row.calls for row in days} == {
        int(row.period): row.calls for row in moved
    }
    assert _costs(site) == before
