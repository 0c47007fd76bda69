"""The threads of the engine: started here, started again when they fail, and told of when they do."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from engine.api.site import ThreadRow
from engine.domain.message import NOTHING, Message, as_it_is
from engine.domain.threads import Running

log = logging.getLogger(__name__)

FIRST_WAIT_SECONDS = 0.5
LAST_WAIT_SECONDS = 30.0
STEADY_SECONDS = 60.0
"""A thread that has worked for so long since it failed is well again: its alarm ends."""
LOOK_SECONDS = 0.1


class Threads:
    """Starts threads, and starts them again after a failure, or ends the engine with the reason."""

    def __init__(
        self,
        *,
        fatal: Callable[[Message], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`fatal` is called with the reason when the engine has to end."""
        self._fatal = fatal
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: list[_Kept] = []

    def start(self, name: str, work: Callable[[], object], *, until: Callable[[], bool]) -> Running:
        """Runs `work`; unless `until` says that its end was asked for, it is run again."""
        return self._start(_Kept(name=name, work=work, until=until, vital=False))

    def start_vital(self, name: str, work: Callable[[], object], *, until: Callable[[], bool]) -> Running:
        """Runs `work` that cannot be run again: its failure ends the engine."""
        return self._start(_Kept(name=name, work=work, until=until, vital=True))

    def rows(self) -> list[ThreadRow]:
        """Every thread that ought to run, by name."""
        with self._lock:
            kept = [one for one in self._kept if not one.done]
        return sorted((one.row(self._clock()) for one in kept), key=lambda row: row.name)

    def faults(self) -> list[ThreadRow]:
        """Threads that failed lately."""
        return [row for row in self.rows() if row.state != "running"]

    def _start(self, kept: "_Kept") -> Running:
        thread = threading.Thread(target=self._keep, args=(kept,), name=kept.name, daemon=True)
        thread.start()
        kept.thread = thread
        with self._lock:
            self._kept = [*(one for one in self._kept if not one.done), kept]
        return thread

    def _keep(self, kept: "_Kept") -> None:
        try:
            while not kept.until():
                reason = self._failure(kept)
                if kept.until():
                    return
                self._failed(kept, reason)
                if kept.vital:
                    return
                self._wait(kept)
        finally:
            kept.done = kept.until()

    @staticmethod
    def _failure(kept: "_Kept") -> Message:
        """Runs the work; why it ended."""
        try:
            kept.work()
        except BaseException as error:
            log.critical("The thread %s failed", kept.name, exc_info=error)
            return as_it_is(repr(error)[:300])
        return Message("It ended without being asked to.")

    def _failed(self, kept: "_Kept", reason: Message) -> None:
        now = self._clock()
        steady = kept.failed_at is None or now - kept.failed_at > STEADY_SECONDS
        kept.wait = FIRST_WAIT_SECONDS if steady else min(kept.wait * 2, LAST_WAIT_SECONDS)
        kept.failed_at, kept.error, kept.waiting = now, reason, True
        if kept.vital:
            self._fatal(Message("The thread {name} failed: {reason}", name=kept.name, reason=reason))
        else:
            kept.restarts += 1

    def _wait(self, kept: "_Kept") -> None:
        deadline = time.monotonic() + kept.wait
        while time.monotonic() < deadline and not kept.until():
            time.sleep(LOOK_SECONDS)
        kept.waiting = False


@dataclass(kw_only=True, eq=False)
class _Kept:
    """A thread, and how it has fared."""

    name: str
    work: Callable[[], object]
    until: Callable[[], bool]
    vital: bool
    thread: threading.Thread | None = None
    restarts: int = 0
    error: Message = NOTHING
    failed_at: float | None = None
    """By the clock; None = it never failed."""
    wait: float = FIRST_WAIT_SECONDS
    waiting: bool = False
    """It does not run at present."""
    done: bool = False
    """It ended as it was asked to."""

    def row(self, now: float) -> ThreadRow:
        dead = self.waiting or self.thread is None or not self.thread.is_alive()
        lately = self.failed_at is not None and now - self.failed_at < STEADY_SECONDS
        return ThreadRow(
            name=self.name,
            state="failed" if dead else "restarted" if lately else "running",
            restarts=self.restarts,
            error=self.error,
        )
