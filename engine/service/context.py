"""What answering needs: the open engine, as operations see it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from config.settings import Settings
from engine.access.accounts import accounts_exist
from engine.access.audit import Refusals
from engine.access.doorkeeper import Doorkeeper
from engine.access.sessions import Caller, Sessions
from engine.api.calls import Alarm
from engine.api.events import AlarmsChanged, BalancesMoved, CallsStored, RatesChanged, SettingsChanged
from engine.api.site import TargetRow, ThreadRow
from engine.domain.message import Message
from engine.lockout.reconciler import Reconciler
from engine.pipeline.batch import StoredBatch
from engine.pipeline.ingest_loop import IngestLoop
from engine.pipeline.live_site import LiveSite
from engine.reports.newest import newest_rows
from engine.service.backups import Backups
from engine.service.event_bus import EventBus
from engine.service.given_files import GivenFiles
from engine.store import Database, Session, Writer

SYNC_SECONDS = 30.0


@dataclass(kw_only=True)
class ServiceContext:
    """The engine's parts, put together by the daemon."""

    home: Path
    version: str
    database: Database
    writer: Writer
    state: LiveSite
    sessions: Sessions
    event_bus: EventBus
    ingest_loop: IngestLoop
    reconcilers: list[Reconciler]
    backups: Backups
    background: bool
    started_at: datetime
    settings: Callable[[], Settings]
    """config.yaml as it is on disk now, taken over first when it has just changed; else the last good one."""
    config_text: Callable[[], str]
    config_error: Callable[[], Message]
    alarms: Callable[[], list[Alarm]]
    threads: Callable[[], list[ThreadRow]]
    stop: Callable[[], None]
    door: Doorkeeper
    refusals: Refusals = field(default_factory=Refusals)
    given_files: GivenFiles = field(default_factory=GivenFiles)
    last_asked: float = field(default_factory=time.monotonic)
    """Monotonic seconds when anybody last asked, or waited for an answer."""

    def asked(self) -> None:
        """Somebody is there: an engine in the background goes on."""
        self.last_asked = time.monotonic()

    def caller(self, token: str) -> Caller:
        """Who asks. Raises `NotSignedIn`, also once the account was changed or removed.

        It costs one look into the store: streams and long work ask it again and again.
        """
        self.asked()
        return self.sessions.caller(token)

    def accounts_exist(self) -> bool:
        """Whether everyone has to sign in."""
        with self.database.reading() as session:
            return accounts_exist(session)

    def balances_moved(self, extensions: list[str]) -> None:
        """After a commit that moved money, limits or locks."""
        self.wake_lockouts()
        self.event_bus.publish(BalancesMoved(extensions=extensions))

    def calls_stored(self, session: Session, batch: StoredBatch) -> None:
        """After a commit that stored calls; runs in the writer thread."""
        if batch.charged or batch.arrived or batch.resettled:
            self.balances_moved(list(batch.touched))
        count = batch.stored + batch.made
        if count and self.event_bus.listeners:
            self.event_bus.publish(CallsStored(count=count, rows=newest_rows(session, batch.newest)))
        if batch.quarantined or batch.unrated:
            self.alarms_changed()

    def alarms_changed(self) -> None:
        """After a commit that may have begun or ended an alarm: lines gone bad, calls rated after all."""
        if self.event_bus.listeners:
            self.event_bus.publish(AlarmsChanged(count=len(self.alarms())))

    def rates_changed(self, session: Session) -> None:
        """After a commit that changed the rate list; runs in the writer thread."""
        self.state.renew_book(session)
        self.event_bus.publish(RatesChanged())

    def settings_changed(self, session: Session) -> None:
        """After a commit that changed a setting; runs in the writer thread."""
        self.state.renew_site(session)
        self.wake_lockouts()
        self.event_bus.publish(SettingsChanged())

    def wake_lockouts(self) -> None:
        """Somebody may have been barred or freed."""
        for reconciler in self.reconcilers:
            reconciler.wake()

    def targets(self) -> list[TargetRow]:
        """How every lockout target stands."""
        return [reconciler.status() for reconciler in self.reconcilers]
