"""A site without an engine process: the real store and ingest, driven turn by turn and killed at will."""

import contextlib
import shutil
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from config.settings import EngineSettings, Numbering, Settings, SiteSettings, Source
from engine.access.settings import set_setting
from engine.api.extensions import ListExtensions
from engine.api.site import SetSetting
from engine.ledger.extension_sheet import import_extensions
from engine.ledger.extensions import list_extensions
from engine.pipeline.account_cache import AccountCache
from engine.pipeline.ingest_loop import IngestLoop
from engine.pipeline.live_site import LiveSite
from engine.pipeline.zone_change import follow_zone
from engine.rating.sheet import import_rates
from engine.reports.verify import verify
from engine.store import Database, Session, Writer
from engine.tail.health import CATCHING_UP_BYTES
from tests.reliability.lines import OFFICE, ZONE

NUMBERING = Numbering(extensions=r"8\d{3}", trunks=("PJSIP/trunk_*",))
MAX_TURNS = 10_000

Moment = Literal["before the commit", "after the commit", "at once"]
"""When to die: in a change before it is committed, once it is but nobody knows, or where it stands."""


class Killed(BaseException):
    """The process is no more."""


class FatedWriter(Writer):
    """Dies in one of the next changes, if so told."""

    moment: Moment = "at once"
    changes_left = 0
    """0 = lives on."""

    def submit(
        self, change: Callable[[Session], Any], *, after: Callable[[Session, Any], None] | None = None
    ) -> Future[Any]:
        self.changes_left -= 1
        if self.changes_left != 0:
            return super().submit(change, after=after)

        def last(session: Session) -> None:
            change(session)
            if self.moment == "before the commit":
                raise Killed

        super().submit(last).result()
        raise Killed


class Desk:
    """One store, and an ingest loop that follows one file with it while it is up."""

    def __init__(self, folder: Path, clock: Callable[[], float], wall: Callable[[], float]) -> None:
        self._folder = folder
        self._clock = clock
        self._wall = wall
        self._deaths = 0
        self._ingest_loop: IngestLoop | None = None
        folder.mkdir(parents=True)
        template = folder.with_name("office.duckdb")
        if not template.exists():
            self._make(template)
        self._open(Path(shutil.copyfile(template, folder / "0.duckdb")))

    def start(
        self,
        path: Path,
        *,
        format_name: str = "asterisk-csv",
        polling: bool = True,
        by_itself: bool = False,
        backlog_bytes: int = CATCHING_UP_BYTES,
    ) -> None:
        """An engine begins to follow the file, or glob. Nothing but the store is known to it.

        `by_itself` = with the thread that an engine has for it, and without turns from here. A file
        `backlog_bytes` behind is read beside the turns.
        """
        self.state.account_cache = AccountCache()
        self.writer.changes_left = 0
        self._ingest_loop = IngestLoop(
            home=path.parent,
            database=self.database,
            writer=self.writer,
            state=self.state,
            settings=Settings(
                site=SiteSettings(timezone=ZONE),
                numbering=NUMBERING,
                sources=(Source(path=path.name, format=format_name, timezone=ZoneInfo("UTC")),),
                engine=EngineSettings(polling=polling),
            ),
            stored=lambda _session, _batch: None,
            alarmed=lambda: None,
            now=self._now,
            clock=self._clock,
            backlog_bytes=backlog_bytes,
        )
        if by_itself:
            self._ingest_loop.start()

    def turn(self) -> bool:
        """One turn of the ingest thread; True = there is more."""
        assert self._ingest_loop is not None
        return self._ingest_loop.turn()

    def catch_up(self) -> None:
        """Turns until there is nothing to do."""
        assert self._ingest_loop is not None
        for _ in range(MAX_TURNS):
            if not self.turn():
                if not self._ingest_loop.reading:
                    return
                time.sleep(0.001)
        raise AssertionError("ingest finds work without end")

    def stop(self) -> None:
        """The engine ends in order; the store stays open, as nothing of the engine is left in it."""
        assert self._ingest_loop is not None
        self._ingest_loop.close()
        self._ingest_loop = None

    def kill(self, moment: Moment, changes: int) -> None:
        """kill -9 in the nth change from now, or where it stands when there are no more.

        What the files hold at that moment is what is left: it is copied, and opened under another name.
        """
        assert self._ingest_loop is not None
        self.writer.moment, self.writer.changes_left = moment, changes
        if moment != "at once":
            with contextlib.suppress(Killed):
                self.catch_up()
        self.writer.changes_left = 0
        self.stop()

    def reopen(self) -> None:
        """The store as a process killed now leaves it: its files as they are, opened under another name."""
        assert self._ingest_loop is None
        old = self.database.path
        self._deaths += 1
        new = self._folder / f"{self._deaths}.duckdb"
        for suffix in ("", ".wal"):
            source = old.with_name(old.name + suffix)
            if source.exists():
                shutil.copyfile(source, new.with_name(new.name + suffix))
        self.close()
        old.unlink()
        self._open(new)

    def close(self) -> None:
        """Ends whatever is open."""
        if self._ingest_loop is not None:
            self.stop()
        self.writer.close()
        self.database.close()

    @property
    def watching(self) -> str:
        """How the ingest thread hears of changes."""
        assert self._ingest_loop is not None
        return self._ingest_loop.watching[0]

    def refused(self) -> str:
        """Why a file of the source cannot be read; '' = all can."""
        assert self._ingest_loop is not None
        path = self._ingest_loop.path_of(self._ingest_loop.settings.sources[0])
        return str(self._ingest_loop.parser_fault(path))

    def stored(self) -> Counter[tuple[int, int]]:
        """Start (epoch seconds) and cost (micro-units) of every stored call."""
        with self.database.reading() as session:
            connection = session._connection  # pyright: ignore[reportPrivateUsage]
            rows = connection.execute("SELECT CAST(epoch(started_at) AS BIGINT), cost_micros FROM call")
            return Counter(rows.fetchall())

    def balances(self) -> dict[str, int]:
        """Balances by extension, in micro-units."""
        with self.database.reading() as session:
            rows = list_extensions(session, self.state.site, ListExtensions(limit=1000)).rows
        return {row.number: row.balance_micros for row in rows}

    def findings(self) -> list[str]:
        """What `verify` finds."""
        with self.database.reading() as session, session.snapshot():
            return [str(finding) for finding in verify(session).findings]

    def _make(self, template: Path) -> None:
        database = Database(template, threads=1)
        writer = Writer(database)
        writer.run(self._set_up)
        writer.close()
        database.close()

    def _open(self, path: Path) -> None:
        self.database = Database(path, threads=1)
        self.writer = FatedWriter(self.database)
        self.state = LiveSite(self.database, zone=ZONE, numbering=NUMBERING)

    def _set_up(self, session: Session) -> None:
        set_setting(session, SetSetting(name="billing", value="on"))
        for importer, sheet in ((import_extensions, "extensions.csv"), (import_rates, "rates.csv")):
            done = importer(session, (OFFICE / sheet).read_bytes(), apply=True, operator="t", now=self._now())
            assert done.applied, done.faults
        follow_zone(session, ZONE)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._wall(), UTC).replace(tzinfo=None)
