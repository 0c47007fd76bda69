"""Keeps one target in agreement with who is barred: at once on change, in full on a timer, with back-off."""

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Literal

from engine.api.site import TargetRow
from engine.domain.errors import PbxmeterError, message_of
from engine.domain.message import NOTHING, Message, sentences
from engine.domain.threads import Start, start_thread
from engine.lockout.target import Outcome, Target, Wanted, named, speakable

log = logging.getLogger(__name__)

FULL_SYNC_SECONDS = 60.0
FIRST_RETRY_SECONDS = 1.0
LAST_RETRY_SECONDS = 60.0
LOOK_SECONDS = 5.0
"""So often a connection is looked at: a PBX that was killed may have lost what it took last."""
CLOSE_SECONDS = 5.0

Reasons = Mapping[str, str]
"""The reason of each bar by extension."""


class Reconciler:
    """A thread for one target, so that a target that is down never holds up another."""

    def __init__(
        self,
        target: Target,
        *,
        wanted: Callable[[], Reasons],
        note: Callable[[str, Reasons], None],
        changed: Callable[[], None],
        now: Callable[[], datetime],
        known: Callable[[str], Reasons] = lambda _name: {},
        everybody: Callable[[], frozenset[str]] = frozenset,
        start: Start = start_thread,
    ) -> None:
        """`wanted` reads who is barred, `note` remembers what the target holds, `changed` tells of news.

        `known` reads what was noted last, `everybody` the extensions of the site.
        """
        self._target = target
        self._wanted = wanted
        self._note = note
        self._changed = changed
        self._now = now
        self._known = known
        self._everybody = everybody
        self._stop = threading.Event()
        self._news = threading.Condition()
        self._woken = True
        self._asked = 0
        self._taken = 0
        self._done = 0
        self._compared_at = -FULL_SYNC_SECONDS
        self._held: Reasons | None = None
        self._pending = 0
        self._down = False
        self._message = NOTHING
        self._plan = NOTHING
        self._last_sync: datetime | None = None
        self._thread = start(f"lockout {target.name}", self._serve, until=self._stop.is_set)

    def wake(self) -> None:
        """Somebody may have been barred or freed."""
        with self._news:
            self._woken = True
            self._news.notify_all()

    def sync(self, timeout: float) -> None:
        """Compares in full and waits until that is done, or has failed."""
        with self._news:
            self._asked += 1
            ticket = self._asked
            self._news.notify_all()
            self._news.wait_for(lambda: self._done >= ticket or self._stop.is_set(), timeout)

    def status(self) -> TargetRow:
        """How the target stands; without its thread nobody looks after it, whatever it held before."""
        if not self._thread.is_alive() and not self._down:
            self._down = True
            self._message = Message("Nobody looks after this target any more; engine.log says why.")
        state: Literal["agrees", "behind", "down"] = (
            "down"
            if self._down
            else "behind"
            if self._pending or self._message or self._held is None
            else "agrees"
        )
        return TargetRow(
            target=self._target.name,
            state=state,
            message=sentences([self._message, self._plan]),
            pending=self._pending,
            last_sync_at=self._last_sync,
            dry_run=self._target.dry_run,
            fault=bool(self._message),
        )

    def close(self) -> None:
        """Ends the thread after the exchange in hand; one that waits for a PBX is broken off."""
        self._stop.set()
        with self._news:
            self._news.notify_all()
        self._thread.join(timeout=CLOSE_SECONDS)
        self._target.close()
        self._thread.join(timeout=CLOSE_SECONDS)

    def _serve(self) -> None:
        retry = FIRST_RETRY_SECONDS
        while not self._stop.is_set():
            self._wait(retry)
            if self._stop.is_set():
                return
            down = self._down
            with self._news:
                self._woken, self._taken = False, self._asked
            ok = self._reconcile()
            retry = min(retry * 2, LAST_RETRY_SECONDS) if down and not ok else FIRST_RETRY_SECONDS
            with self._news:
                self._done = self._taken
                self._news.notify_all()

    def _wait(self, retry: float) -> None:
        """Until there is something to do: news, a connection that has ended, the timer, the next try."""
        if self._down:
            # Engines that lost the same PBX do not come back in step.
            due = time.monotonic() + retry * random.uniform(0.75, 1.25)  # noqa: S311 - no secret
        else:
            due = self._compared_at + FULL_SYNC_SECONDS
        while not self._stop.is_set() and (left := due - time.monotonic()) > 0:
            with self._news:
                if self._news.wait_for(self._has_news, min(left, LOOK_SECONDS)):
                    return
            if not self._down and self._target.lost():
                return

    def _has_news(self) -> bool:
        """A change alone does not bring back a PBX that is out of reach."""
        patient = self._down and self._target.remote
        return self._stop.is_set() or self._asked > self._taken or (self._woken and not patient)

    def _reconcile(self) -> bool:
        before = (self._held, self._down, self._message, self._plan)
        try:
            outcome = self._compare()
            self._down, self._message, self._plan = outcome.failed, outcome.message, outcome.plan
            if not outcome.failed:
                self._last_sync = self._now()
        except (PbxmeterError, OSError) as error:
            self._fail(message_of(error))
            log.warning("Lockout target %s: %s", self._target.name, error)
        except Exception as error:
            # An error of our own: barring must not stand still without a word.
            self._fail(Message("{error}; engine.log has the details.", error=repr(error)))
            log.exception("Lockout target %s failed", self._target.name)
        if (self._held, self._down, self._message, self._plan) != before:
            self._tell()
        return not self._down

    def _compare(self) -> Outcome:
        everybody = self._wanted()
        barred = {key: reason for key, reason in everybody.items() if speakable(key)}
        unspeakable = frozenset(everybody.keys() - barred.keys())
        known = self._known(self._target.name) if self._held is None else self._held
        self._pending = _differences(barred, self._held or {}) + len(unspeakable)
        full = self._asked > self._done or time.monotonic() >= self._compared_at + FULL_SYNC_SECONDS
        outcome = self._target.reconcile(
            Wanted(
                barred=barred,
                known=known,
                full=full or self._down,
                anew=self._asked > self._done,
                everybody=self._everybody,
            )
        )
        if full:
            self._compared_at = time.monotonic()
        if outcome.held != self._held:
            self._note(self._target.name, outcome.held)
        self._held = outcome.held
        self._pending = _differences(barred, outcome.held) + len(unspeakable)
        if not unspeakable:
            return outcome
        said = Message(
            "No PBX can be told of {numbers}: an extension is made of digits, *, #, + and the letters "
            "A to D, at most 32.",
            numbers=named(unspeakable),
        )
        return replace(outcome, message=sentences([outcome.message, said]))

    def _fail(self, message: Message) -> None:
        self._down, self._message, self._plan = True, message, NOTHING

    def _tell(self) -> None:
        try:
            self._changed()
        except Exception:
            log.exception("What became of lockout target %s could not be told", self._target.name)


def _differences(barred: Reasons, held: Reasons) -> int:
    """Extensions that are barred here and not there, or for another reason, and the other way round."""
    return sum(barred.get(key) != held.get(key) for key in barred.keys() | held.keys())
