"""Keeps one target in agreement with who is barred: at once on change, in full on a timer, with back-off."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Literal

from engine.api.site import TargetRow
from engine.domain.errors import PbxmeterError, message_of
from engine.domain.message import NOTHING, Message
from engine.domain.threads import Start, start_thread
from engine.lockout.target import Target, speakable

log = logging.getLogger(__name__)

FULL_SYNC_SECONDS = 60.0
FIRST_RETRY_SECONDS = 1.0
LAST_RETRY_SECONDS = 60.0


class Reconciler:
    """A thread for one target, so that a target that is down never holds up another."""

    def __init__(
        self,
        target: Target,
        *,
        wanted: Callable[[], frozenset[str]],
        note: Callable[[str, frozenset[str]], None],
        changed: Callable[[], None],
        now: Callable[[], datetime],
        start: Start = start_thread,
    ) -> None:
        """`wanted` reads who is barred, `note` remembers what the target holds, `changed` tells of news."""
        self._target = target
        self._wanted = wanted
        self._note = note
        self._changed = changed
        self._now = now
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._idle = threading.Condition()
        self._asked = 0
        self._done = 0
        self._held: frozenset[str] | None = None
        self._pending = 0
        self._message = NOTHING
        self._last_sync: datetime | None = None
        self._thread = start(f"lockout {target.name}", self._serve, until=self._stop.is_set)

    def wake(self) -> None:
        """Somebody may have been barred or freed."""
        with self._idle:
            self._asked += 1
        self._wake.set()

    def sync(self, timeout: float) -> None:
        """Compares in full and waits until that is done, or has failed."""
        with self._idle:
            self._asked += 1
            ticket = self._asked
            self._wake.set()
            self._idle.wait_for(lambda: self._done >= ticket or self._stop.is_set(), timeout)

    def status(self) -> TargetRow:
        """How the target stands; without its thread nobody looks after it, whatever it held before."""
        if not self._thread.is_alive() and not self._message:
            self._message = Message("Nobody looks after this target any more; engine.log says why.")
        state: Literal["agrees", "behind", "down"] = (
            "down" if self._message else "behind" if self._pending or self._held is None else "agrees"
        )
        return TargetRow(
            target=self._target.name,
            state=state,
            message=self._message,
            pending=self._pending,
            last_sync_at=self._last_sync,
        )

    def close(self) -> None:
        """Ends the thread after the exchange in hand."""
        self._stop.set()
        self._wake.set()
        self._thread.join(timeout=10)
        self._target.close()

    def _serve(self) -> None:
        retry = FIRST_RETRY_SECONDS
        self._wake.set()
        while not self._stop.is_set():
            self._wake.wait(retry if self._message else FULL_SYNC_SECONDS)
            if self._stop.is_set():
                return
            self._wake.clear()
            with self._idle:
                ticket = self._asked
            down = bool(self._message)
            ok = self._reconcile()
            retry = (
                FIRST_RETRY_SECONDS
                if ok
                else min(retry * 2, LAST_RETRY_SECONDS)
                if down
                else FIRST_RETRY_SECONDS
            )
            with self._idle:
                self._done = max(self._done, ticket)
                self._idle.notify_all()

    def _reconcile(self) -> bool:
        before = (self._held, self._message)
        try:
            self._compare()
            self._message = NOTHING
            self._last_sync = self._now()
        except (PbxmeterError, OSError) as error:
            self._message = message_of(error)
            log.warning("Lockout target %s: %s", self._target.name, error)
        except Exception as error:
            # An error of our own: barring must not stand still without a word.
            self._message = Message("{error}; engine.log has the details.", error=repr(error))
            log.exception("Lockout target %s failed", self._target.name)
        if (self._held, self._message) != before:
            self._tell()
        return not self._message

    def _compare(self) -> None:
        everybody = self._wanted()
        wanted = frozenset(extension for extension in everybody if speakable(extension))
        self._pending = len(wanted ^ (self._held or frozenset()))
        held = self._target.reconcile(wanted)
        if held != self._held:
            self._note(self._target.name, held)
        self._held = held
        self._pending = len(everybody ^ held)

    def _tell(self) -> None:
        try:
            self._changed()
        except Exception:
            log.exception("What became of lockout target %s could not be told", self._target.name)
