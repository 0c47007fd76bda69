"""What is wrong at present: collected on demand, each with the moment it was first seen."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from engine.api.calls import Alarm, AlarmKind
from engine.api.site import TargetRow, ThreadRow
from engine.domain.message import NOTHING, Message
from engine.pipeline.ingest_loop import IngestLoop
from engine.store import Database

UNRATED_DAYS = 30
LOST_AFTER = timedelta(hours=24)
"""So long a call may go on without an event before its end counts as lost."""
CLOCKS_DIFFER = timedelta(days=1)
"""Calls that seem to lie so far ahead belong to the present all the same."""
MAX_KNOWN = 1000

Found = tuple[AlarmKind, str, Message]
"""Kind, what it is known by, and what it says."""


class Alarms:
    """Remembers when each alarm was first seen."""

    def __init__(
        self,
        database: Database,
        *,
        ingest_loop: Callable[[], IngestLoop],
        targets: Callable[[], list[TargetRow]],
        config_error: Callable[[], Message],
        threads: Callable[[], list[ThreadRow]] = list,
        backup_fault: Callable[[], Message],
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._ingest_loop = ingest_loop
        self._targets = targets
        self._config_error = config_error
        self._threads = threads
        self._backup_fault = backup_fault
        self._now = now
        self._lock = threading.Lock()
        self._since: dict[str, datetime] = {}

    def current(self) -> list[Alarm]:
        """Every alarm there is, the gravest kind first."""
        found: list[Found] = []
        ingest_loop = self._ingest_loop()
        if ingest_loop.fault:
            found.append(
                ("disk", "ingest", Message("Calls cannot be stored: {fault}", fault=ingest_loop.fault))
            )
        for thread in self._threads():
            if thread.state != "running":
                found.append(("thread", f"thread {thread.name}", _failed(thread)))
        if fault := self._backup_fault():
            found.append(("backup", "backup", Message("The last backup failed: {fault}", fault=fault)))
        if error := self._config_error():
            found.append(("config", "config", error))
        found += self._outside(ingest_loop)
        now = self._now()
        found += self._in_store(now)
        with self._lock:
            self._since = {key: self._since.get(key, now) for _, key, _ in found[:MAX_KNOWN]}
            return [
                Alarm(id=key, kind=kind, text=text, since=self._since[key])
                for kind, key, text in found[:MAX_KNOWN]
            ]

    def _outside(self, ingest_loop: IngestLoop) -> list[Found]:
        """Of sources and targets."""
        found: list[Found] = []
        for health in ingest_loop.health:
            fault = ingest_loop.parser_fault(health.source) or (
                health.message if health.state == "error" else NOTHING
            )
            if fault:
                found.append(
                    (
                        "source",
                        f"source {health.source}",
                        Message("{source}: {fault}", source=health.source, fault=fault),
                    )
                )
            if doubt := ingest_loop.zone_doubt(health.source):
                found.append(
                    (
                        "source",
                        f"zone {health.source}",
                        Message("{source}: {fault}", source=health.source, fault=doubt),
                    )
                )
        for target in self._targets():
            if target.fault:
                found.append(
                    (
                        "target",
                        f"target {target.target}",
                        Message("{source}: {fault}", source=target.target, fault=target.message),
                    )
                )
        return found

    def _in_store(self, now: datetime) -> list[Found]:
        """Of calls and lines."""
        found: list[Found] = []
        with self._database.reading() as session:
            unrated = session.integer(
                "alarms.unrated", since=now - timedelta(days=UNRATED_DAYS), until=now + CLOCKS_DIFFER
            )
            bad = session.integer("quarantine.open_count")
            lost = session.integer(
                "cel.lost_ends", since=now - LOST_AFTER, first=now - timedelta(days=UNRATED_DAYS)
            )
        if unrated:
            one = Message(
                "1 call of the last {unrated_days} days matches no rate rule.", unrated_days=UNRATED_DAYS
            )
            many = Message(
                "{unrated:,} calls of the last {unrated_days} days match no rate rule.",
                unrated=unrated,
                unrated_days=UNRATED_DAYS,
            )
            found.append(("unrated", "unrated", one if unrated == 1 else many))
        if bad:
            one, many = (
                Message("1 line could not be read as a call."),
                Message("{bad:,} lines could not be read as calls.", bad=bad),
            )
            found.append(("quarantine", "quarantine", one if bad == 1 else many))
        if lost:
            one, many = (
                Message(
                    "The end of 1 channel of the last {days} days was never written to CEL.",
                    days=UNRATED_DAYS,
                ),
                Message(
                    "The ends of {lost:,} channels of the last {days} days were never written to CEL.",
                    lost=lost,
                    days=UNRATED_DAYS,
                ),
            )
            found.append(("lost end", "lost end", one if lost == 1 else many))
        return found


def _failed(thread: ThreadRow) -> Message:
    name, error = thread.name, thread.error
    if thread.state == "failed":
        return Message(
            "The engine's thread {name} does not run: {error} engine.log has the details.",
            name=name,
            error=error,
        )
    return Message(
        "The engine's thread {name} failed and runs again: {error} engine.log has the details.",
        name=name,
        error=error,
    )
