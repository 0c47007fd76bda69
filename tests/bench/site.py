"""A site for the bench: a store with extensions and rates, and the parts of the engine that work on it."""

import shutil
import threading
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from config.settings import Numbering
from engine.access.settings import set_setting
from engine.api.operation import ImportResult
from engine.api.rates import Rerate, RerateResult
from engine.api.site import IngestResult, SetSetting
from engine.ledger.extension_sheet import import_extensions
from engine.pipeline.imports import Import
from engine.pipeline.live_site import LiveSite
from engine.pipeline.rerating import Rerating
from engine.pipeline.source_parser import SourceParser
from engine.pipeline.zone_change import follow_zone
from engine.rating.sheet import import_rates
from engine.store import Database, Session, Writer, mark_path
from engine.tail.file_reader import Content
from tests.bench.files import TRUNKS, ZONE

NOW: Final = datetime(2027, 1, 1)
NUMBERING: Final = Numbering(extensions=r"[1-8]\d{2,4}", trunks=TRUNKS)


class BenchSite:
    """The store of one file, opened as the engine opens it."""

    def __init__(self, path: Path) -> None:
        self.database = Database(path)
        self.writer = Writer(self.database)
        self.state = LiveSite(self.database, zone=ZoneInfo(ZONE), numbering=NUMBERING)

    @classmethod
    def prepared(cls, path: Path, *, extensions: Path, rates: Path) -> None:
        """Makes a store without calls."""
        remove(path)
        site = cls(path)
        site.writer.run(lambda session: site._set_up(session, extensions.read_bytes()))
        site.change_rates(rates)
        site.close()

    def _set_up(self, session: Session, extensions: bytes) -> None:
        set_setting(session, SetSetting(name="billing", value="on"))
        _applied(import_extensions(session, extensions, apply=True, operator="bench", now=NOW))
        follow_zone(session, ZoneInfo(ZONE))

    def change_rates(self, rates: Path) -> None:
        """Puts a sheet in place of the rate list."""
        content = rates.read_bytes()
        self.writer.run(
            lambda session: _applied(import_rates(session, content, apply=True, operator="bench", now=NOW))
        )
        with self.database.reading() as session:
            self.state.renew_site(session)
            self.state.renew_book(session)

    def parser(self) -> SourceParser:
        """Of Asterisk's files, with times in UTC."""
        return SourceParser(
            "asterisk-csv",
            home=Path.cwd(),
            numbering=NUMBERING,
            source_zone=ZoneInfo("UTC"),
            site_zone=ZoneInfo(ZONE),
        )

    def ingest(self, calls: Path) -> IngestResult:
        """The whole backlog of a file."""
        job = Import(
            writer=self.writer,
            state=self.state,
            stored=_ignored,
            now=lambda: NOW,
            progress=_ignored,
            cancelled=threading.Event(),
        )
        with closing(Content(str(calls))) as content:
            return job.run([(content, self.parser())])

    def rerate(self) -> RerateResult:
        """Every stored call."""
        job = Rerating(
            database=self.database,
            writer=self.writer,
            state=self.state,
            progress=_ignored,
            moved=lambda: None,
            cancelled=threading.Event(),
            now=lambda: NOW,
        )
        return job.run(Rerate(since="2000-01-01", until="2100-01-01", apply=True), operator="bench")

    def close(self) -> None:
        """Checkpoint included."""
        self.writer.close()
        self.database.close()


def _ignored(*_: object) -> None:
    """Nobody listens in a bench."""


def _applied(result: ImportResult) -> None:
    if not result.applied:
        raise ValueError(f"a sheet of the bench was refused: {result.faults[:3]}")


def copied(store: Path, path: Path) -> None:
    """Puts a copy of a closed store in the place of another one, whose log and mark go with it."""
    remove(path)
    shutil.copyfile(store, path)


def remove(path: Path) -> None:
    """Removes a store with its log and mark."""
    for name in (path, path.with_name(path.name + ".wal"), mark_path(path)):
        name.unlink(missing_ok=True)
