"""Bad lines read again: as the lines around them were read, and never charged a second time."""

from collections.abc import Generator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from config.settings import Settings, SiteSettings, Source
from engine.api.site import IngestResult
from engine.pipeline.ingest_loop import IngestLoop
from engine.pipeline.quarantine import open_lines
from engine.pipeline.retry import BadLine, retry_lines, retry_parser
from engine.pipeline.source_parser import SourceParser
from engine.reports.calls import calls_by_id
from engine.reports.verify import verify
from engine.tail.file_reader import Content
from tests.pipeline.test_storing import NUMBERING, SHANGHAI, Site
from tests.stores import NOW

FORMATS = Path(__file__).parents[2] / "config" / "formats"
TOKYO = ZoneInfo("Asia/Tokyo")
GOOD = b"%b,8001,outbound,902162345678,PJSIP/trunk_main,60,60\n"
HEADER = b"started_at,extension,direction,dialled,trunk,duration,billsec\n"


class Retrying(Site):
    """An office that reads a format of its own, from `ours.yaml`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder = folder
        self.settings = Settings(site=SiteSettings(timezone=SHANGHAI), numbering=NUMBERING, sources=())
        self.write_format("YYYY-MM-DD HH:MM:SS")

    def write_format(self, times: str, zone: str = "source") -> None:
        """The format of this site, with times written like that."""
        text = (FORMATS / "generic-csv.yaml").read_text()
        text = text.replace("format: ISO 8601", f"format: {times}").replace("zone: source", f"zone: {zone}")
        (self.folder / "ours.yaml").write_text(text)

    def read(self, path: Path, zone: ZoneInfo) -> IngestResult:
        """Imports a file whose times are of that zone."""
        parser = SourceParser(
            "ours.yaml", home=self.folder, numbering=NUMBERING, source_zone=zone, site_zone=SHANGHAI
        )
        content = Content(str(path))
        try:
            return self.job().run([(content, parser)])
        finally:
            content.close()

    def retry(self) -> tuple[int, int]:
        """(stored, duplicates) of all bad lines."""
        with self.reading() as session:
            waiting = open_lines(session, None)
        bad: list[BadLine] = []
        for line in waiting:
            parser = retry_parser(line, self.settings, self.folder)
            if parser is not None:
                parsed = parser.parse_line(line.raw, base_offset=line.line_offset)
                bad.append(BadLine(quarantine_id=line.quarantine_id, file_id=line.file_id, parsed=parsed))
        return self.writer.run(lambda session: retry_lines(session, bad, state=self.state, now=NOW))

    def starts(self) -> list[datetime]:
        """The instants at which calls began, UTC, by their order in the store."""
        with self.reading() as session:
            rows = calls_by_id(session, list(range(1, 100)))
            assert verify(session).findings == []
        return [row.started_at for row in rows]


@pytest.fixture
def site(tmp_path: Path) -> Generator[Retrying]:
    """An office without calls."""
    site = Retrying(tmp_path)
    yield site
    site.close()


def _tokyo_file(folder: Path) -> Path:
    path = folder / "calls.csv"
    lines = (b"2026-11-03 10:00:00", b"03.11.2026 11:00:00", b"2026-11-03 12:00:00")
    path.write_bytes(HEADER + b"".join(GOOD % line for line in lines))
    return path


@pytest.mark.parametrize("named", ["source", "Europe/Berlin"])
def test_a_retried_line_is_read_in_the_zone_of_its_import_and_importing_again_doubles_nothing(
    site: Retrying, tmp_path: Path, named: str
) -> None:
    path = _tokyo_file(tmp_path)
    assert site.read(path, TOKYO).quarantined == 1
    # Mended for one thing, the format may name a zone now: the lines around this one were read in Tokyo's.
    site.write_format("[YYYY-MM-DD HH:MM:SS, DD.MM.YYYY HH:MM:SS]", zone=named)
    assert site.retry() == (1, 0)
    assert site.starts() == [datetime(2026, 11, 3, hour) for hour in (1, 3, 2)]
    site.write_format("[YYYY-MM-DD HH:MM:SS, DD.MM.YYYY HH:MM:SS]")
    again = site.read(path, TOKYO)
    assert (again.stored, again.duplicates, again.quarantined) == (0, 3, 0)


def test_a_line_of_a_file_with_a_header_is_retried_by_its_own_header_wherever_the_file_went(
    site: Retrying, tmp_path: Path
) -> None:
    path = _tokyo_file(tmp_path)
    site.read(path, TOKYO)
    path.rename(tmp_path / "calls.csv.1")
    # Another file by that name, whose columns have another order.
    swapped = HEADER.replace(b"dialled,trunk", b"trunk,dialled")
    path.write_bytes(swapped + GOOD % b"2026-11-04 10:00:00")
    site.write_format("[YYYY-MM-DD HH:MM:SS, DD.MM.YYYY HH:MM:SS]")
    assert site.retry() == (1, 0)
    with site.reading() as session:
        assert [row.dialled for row in calls_by_id(session, [3])] == ["902162345678"]


def test_bad_lines_of_a_followed_file_keep_the_zone_that_its_source_had_then(
    site: Retrying, tmp_path: Path
) -> None:
    path = tmp_path / "live.csv"
    path.write_bytes(b"")

    def settings(zone: str) -> Settings:
        source = Source(path="live.csv", format="ours.yaml", timezone=ZoneInfo(zone))
        return replace(site.settings, sources=(source,))

    ingest_loop = IngestLoop(
        home=tmp_path,
        database=site.database,
        writer=site.writer,
        state=site.state,
        settings=settings("Asia/Tokyo"),
        stored=lambda _, batch: site.batches.append(batch),
        alarmed=lambda: None,
        now=lambda: NOW,
    )

    def written(content: bytes) -> None:
        with path.open("ab") as file:
            file.write(content)
        while ingest_loop.turn():
            pass

    written(HEADER + GOOD % b"2026-11-03 10:00:00" + GOOD % b"03.11.2026 11:00:00")
    ingest_loop.configure(settings("UTC"))
    written(GOOD % b"2026-11-03 12:00:00" + GOOD % b"03.11.2026 13:00:00")
    ingest_loop.close()
    site.write_format("[YYYY-MM-DD HH:MM:SS, DD.MM.YYYY HH:MM:SS]")
    assert site.retry() == (2, 0)
    assert site.starts() == [datetime(2026, 11, 3, hour) for hour in (1, 12, 2, 13)]
