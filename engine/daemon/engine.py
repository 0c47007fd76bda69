"""The composition root: every part of the engine put together, run, and taken apart."""

import contextlib
import grp
import logging
import os
import threading
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from config.settings import Settings
from engine.access import audit
from engine.access.accounts import is_current
from engine.access.doorkeeper import Doorkeeper
from engine.access.sessions import Caller, Sessions
from engine.api.events import AlarmsChanged, LockoutsChanged
from engine.api.home import CONFIG_FILE, make_home, own_folder, run_folder
from engine.api.identity import Identity
from engine.api.site import ThreadRow
from engine.daemon.configuration import Configuration
from engine.daemon.lock import HomeLock
from engine.daemon.opening import close_to_others, open_database
from engine.daemon.targets import build_targets
from engine.daemon.threads import Threads
from engine.domain.errors import ConfigError, PbxmeterError, StorageError
from engine.domain.message import NOTHING, Message
from engine.domain.zones import utc_now
from engine.lockout.barred import all_extensions, barred_extensions, note_taken, taken_by
from engine.lockout.reconciler import Reconciler
from engine.lockout.target import Target
from engine.pipeline.ingest_loop import IngestLoop
from engine.pipeline.live_site import LiveSite
from engine.pipeline.zone_change import follow_zone
from engine.rating.destinations import follow_destinations
from engine.service.alarms import Alarms
from engine.service.backups import Backups
from engine.service.context import ServiceContext
from engine.service.event_bus import EventBus
from engine.service.identity import IdentityServer
from engine.service.server import Server
from engine.service.sign_in import identify
from engine.store import Remark, Session, Writer

log = logging.getLogger(__name__)

CONFIG_LOOK_SECONDS = 1.0
SHUTDOWN_SECONDS = 5.0


class Engine:
    """One engine in one home. `run` returns when it was told to stop."""

    def __init__(
        self, home: Path, *, background: bool, new_database: bool = False, accept_loss: bool = False
    ) -> None:
        """Takes the home's lock and opens everything; raises `PbxmeterError` and leaves nothing open.

        With `new_database` an empty database takes the place of one that is gone; with `accept_loss` a
        database that is behind its high-water mark is taken.
        """
        self.home = home
        self.background = background
        self._stop = threading.Event()
        self._config_lock = threading.Lock()
        self._lost = False
        self._fault = NOTHING
        self._threads = Threads(fatal=self._end)
        self._failing: list[ThreadRow] = []
        self._untaken = False
        self._untaken_fault = NOTHING
        with contextlib.ExitStack() as stack:
            make_home(home)
            lock = HomeLock(home)
            stack.callback(lock.release)
            self._files = lock.files
            self._configuration = Configuration(
                home / CONFIG_FILE, check=lambda settings: build_targets(settings, home)
            )
            settings = self._configuration.settings
            close_to_others(home, settings)
            self._database = open_database(
                home, lock, settings, new_database=new_database, lost=self._database_lost
            )
            stack.callback(self._database.close)
            self._writer = Writer(self._database, start=self._threads.start, accept_loss=accept_loss)
            stack.callback(self._writer.close)
            self._note(self._writer.remarks)
            self._writer.run(lambda session: follow_zone(session, settings.site.timezone))
            self._writer.run(follow_destinations)
            self._event_bus = EventBus()
            self._state = LiveSite(self._database, zone=settings.site.timezone, numbering=settings.numbering)
            self._service = self._build_service(settings)
            stack.callback(self._close_reconcilers)
            stack.callback(self._service.ingest_loop.close)
            stack.callback(self._service.backups.close)
            self._serve(stack, settings)
            self._stack = stack.pop_all()

    def stop(self) -> None:
        """Ends `run`; safe in a signal handler."""
        self._stop.set()

    def run(self) -> None:
        """Works until stopped, or, in the background, until no client has been there for a while.

        Raises `StorageError` after a failed write that only opening the database anew gets over, and when
        the files of the home were replaced.
        """
        self._service.ingest_loop.start()
        self._service.backups.start()
        log.info("Engine %s runs in %s", self._service.version, self.home)
        try:
            while not self._stop.wait(CONFIG_LOOK_SECONDS):
                self._look_at_config()
                self._look_at_threads()
                idle = time.monotonic() - self._service.last_asked
                limit = self._configuration.settings.engine.idle_exit_seconds
                if self.background and not self._event_bus.listeners and idle > limit:
                    log.info("No client for %d s: ends", limit)
                    break
        finally:
            self.close()
        if self._fault:
            raise PbxmeterError(
                "{fault} The engine in {home} has ended; start it again.", fault=self._fault, home=self.home
            )
        if self._files.lost:
            self._files.lose()
        if self._lost:
            raise StorageError(
                "The database in {home} cannot be worked with any more after a failed write, so the "
                "engine has ended. What was acknowledged is safe. Look at the disk, then start the "
                "engine again.",
                home=self.home,
            )

    def _end(self, reason: Message) -> None:
        self._fault = reason
        self.stop()

    def _look_at_threads(self) -> None:
        failing = self._threads.faults()
        if failing != self._failing:
            self._failing = failing
            self._alarmed()

    def _note(self, remarks: Sequence[Remark]) -> None:
        """What the store was found with goes into the audit."""
        if remarks:

            def note(session: Session) -> None:
                for remark in remarks:
                    audit.note(session, remark.action, now=utc_now(), detail=remark.detail)

            self._writer.run(note)

    def _database_lost(self) -> None:
        if not self._lost:
            self._lost = True
            log.critical("A write to the disk failed and the database refuses all work: the engine ends")
            self.stop()

    def close(self) -> None:
        """Takes everything apart, the database last but the lock."""
        self._event_bus.close()
        self._stack.close()
        log.info("Engine ended")

    def _build_service(self, settings: Settings) -> ServiceContext:
        configuration = self._configuration
        alarms = Alarms(
            self._database,
            ingest_loop=lambda: self._service.ingest_loop,
            targets=lambda: self._service.targets(),
            config_error=self._config_error,
            threads=self._threads.faults,
            backup_fault=lambda: self._service.backups.fault,
            now=utc_now,
        )

        ingest_loop = IngestLoop(
            home=self.home,
            database=self._database,
            writer=self._writer,
            state=self._state,
            settings=settings,
            stored=lambda session, batch: self._service.calls_stored(session, batch),
            alarmed=self._alarmed,
            now=utc_now,
            start=self._threads.start,
        )
        return ServiceContext(
            home=self.home,
            version=version("pbxmeter"),
            database=self._database,
            writer=self._writer,
            state=self._state,
            sessions=Sessions(self._is_current),
            door=Doorkeeper(self._database),
            event_bus=self._event_bus,
            ingest_loop=ingest_loop,
            reconcilers=[
                self._reconciler(target)
                for target in build_targets(settings, self.home, check=self._files.check)
            ],
            backups=Backups(
                home=self.home,
                database=self._database,
                version=version("pbxmeter"),
                settings=lambda: configuration.settings,
                alarmed=self._alarmed,
                now=utc_now,
                start=self._threads.start,
            ),
            background=self.background,
            started_at=utc_now(),
            settings=self._settings,
            config_text=configuration.text,
            config_error=self._config_error,
            alarms=alarms.current,
            threads=self._threads.rows,
            stop=self.stop,
        )

    def _targets(self, settings: Settings) -> list[Target]:
        return build_targets(settings, self.home, check=self._files.check)

    def _reconciler(self, target: Target) -> Reconciler:
        def wanted() -> dict[str, str]:
            # What a target writes by its name may belong to another engine by now.
            self._files.check()
            with self._database.reading() as session:
                return {who.extension: who.reason for who in barred_extensions(session, self._state.site)}

        def known(name: str) -> dict[str, str]:
            with self._database.reading() as session:
                return taken_by(session, name)

        def everybody() -> frozenset[str]:
            with self._database.reading() as session:
                return all_extensions(session)

        def note(name: str, held: Mapping[str, str]) -> None:
            def change(session: Session) -> None:
                note_taken(session, name, held, now=utc_now())

            self._writer.run(change)

        def changed() -> None:
            try:
                barred = len(wanted())
            except StorageError as error:
                log.error("Barred extensions cannot be counted: %s", error)
            else:
                self._event_bus.publish(LockoutsChanged(barred=barred))
            self._alarmed()

        return Reconciler(
            target,
            wanted=wanted,
            note=note,
            changed=changed,
            now=utc_now,
            known=known,
            everybody=everybody,
            start=self._threads.start,
        )

    def _close_reconcilers(self) -> None:
        for reconciler in self._service.reconcilers:
            reconciler.close()

    def _serve(self, stack: contextlib.ExitStack, settings: Settings) -> None:
        group = _group(settings.engine.socket_group)
        folder = run_folder(self.home)
        own_folder(folder)
        # Nobody else enters until the sockets in it have their modes.
        folder.chmod(0o700)
        mode = 0o600 if group == -1 else 0o660
        server = Server(self._service, folder)
        ending = threading.Event()
        self._server = server
        thread = self._threads.start_vital("flight", server.serve, until=ending.is_set)

        def end() -> None:
            ending.set()
            server.stop_work()
            # A client that leaves its stream unread would hold up the shutdown for ever.
            shutdown = threading.Thread(target=server.shutdown, name="shutdown", daemon=True)
            shutdown.start()
            shutdown.join(timeout=SHUTDOWN_SECONDS)
            if shutdown.is_alive():
                log.warning("A client does not read what it asked for: it is cut off")
            else:
                thread.join(timeout=SHUTDOWN_SECONDS)
            os.close(server.door)
            self._service.given_files.close()

        stack.callback(end)
        # Who can ask who he is can also ask everything else: this socket opens last.
        identity = IdentityServer(
            folder, self._identify, server, mode=mode, group=group, start=self._threads.start
        )
        stack.callback(identity.close)
        if group != -1:
            os.chown(folder, -1, group)
            folder.chmod(0o750)
            _let_pass(self.home, group)

    def _is_current(self, caller: Caller) -> bool:
        with self._database.reading() as session:
            return is_current(session, caller)

    def _identify(self, os_user: str) -> Identity:
        return identify(self._service, os_user)

    def _settings(self) -> Settings:
        self._look_at_config()
        return self._configuration.settings

    def _look_at_config(self) -> None:
        # In another home this would be the configuration of another engine.
        self._files.check()
        with self._config_lock:
            self._take_over_config()

    def _take_over_config(self) -> None:
        changed, error_changed = self._configuration.changed()
        if error_changed:
            self._alarmed()
        self._untaken = self._untaken or changed
        if not self._untaken:
            return
        try:
            self._take_over(self._configuration.settings)
        except PbxmeterError as error:
            # The next look tries again: a full disk passes.
            fault = Message("config.yaml is not in force yet: {error}", error=error)
            if fault != self._untaken_fault:
                log.error("%s", fault)
        else:
            self._untaken, fault = False, NOTHING
        if fault != self._untaken_fault:
            self._untaken_fault = fault
            self._alarmed()

    def _take_over(self, settings: Settings) -> None:
        def take_over(session: Session) -> None:
            follow_zone(session, settings.site.timezone)
            self._state.configure(session, zone=settings.site.timezone, numbering=settings.numbering)

        targets = self._targets(settings)
        self._writer.run(take_over, after=lambda session, _: self._service.settings_changed(session))
        self._service.ingest_loop.configure(settings)
        self._close_reconcilers()
        self._service.reconcilers = [self._reconciler(target) for target in targets]

    def _config_error(self) -> Message:
        return self._configuration.error or self._untaken_fault

    def _alarmed(self) -> None:
        try:
            count = len(self._service.alarms())
        except StorageError as error:
            log.error("Alarms cannot be counted: %s", error)
        else:
            self._event_bus.publish(AlarmsChanged(count=count))


def _let_pass(home: Path, group: int) -> None:
    """Lets a group through the home to its sockets; what else is in it stays closed."""
    mode = home.stat().st_mode & 0o777
    if not mode & 0o001:
        os.chown(home, -1, group)
        home.chmod(mode | 0o010)


def _group(name: str | None) -> int:
    if name is None:
        return -1
    try:
        group = grp.getgrnam(name).gr_gid
    except KeyError:
        raise ConfigError(
            "config.yaml: engine.socket_group: there is no group {name!r} on this host. Create "
            "it with groupadd, or leave the key out.",
            name=name,
        ) from None
    if os.geteuid() != 0 and group not in (os.getegid(), *os.getgroups()):
        raise ConfigError(
            "config.yaml: engine.socket_group: the user who runs the engine is not in the group "
            "{name!r}. Put it in with usermod -aG, and start the engine from a new login.",
            name=name,
        )
    return group
