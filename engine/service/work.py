"""Long work: how much of it may run at once, and how it is broken off."""

import contextlib
import threading
from collections import Counter
from collections.abc import Generator

from engine.domain.errors import Refused
from engine.store import Session

MAX_AT_ONCE = 16
MAX_OF_ONE = 6
"""Imports, checks, copies and exports of one operator at the same time."""


class WorkPlaces:
    """Counts the long work that runs; who asks for more is refused."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: Counter[str] = Counter()

    def take(self, operator: str) -> None:
        """Begins; `free` ends it. Raises `Refused`."""
        with self._lock:
            if self._running[operator] >= MAX_OF_ONE:
                raise Refused(
                    "{operator} has {max_of_one} imports, checks, copies or exports running already; "
                    "wait until one ends.",
                    operator=operator,
                    max_of_one=MAX_OF_ONE,
                    code="busy",
                )
            if self._running.total() >= MAX_AT_ONCE:
                raise Refused(
                    "{max_at_once} imports, checks, copies or exports are running already; wait until "
                    "one ends.",
                    max_at_once=MAX_AT_ONCE,
                    code="busy",
                )
            self._running[operator] += 1

    def free(self, operator: str) -> None:
        """Ended."""
        with self._lock:
            self._running[operator] -= 1
            if not self._running[operator]:
                del self._running[operator]


class Cancellation(threading.Event):
    """Set once long work is no longer wanted; that breaks off the statement in hand as well."""

    def __init__(self) -> None:
        super().__init__()
        self._guard = threading.Lock()
        self._sessions: list[Session] = []

    def set(self) -> None:
        """Cancels."""
        super().set()
        with self._guard:
            for session in self._sessions:
                session.interrupt()

    def check(self) -> None:
        """Raises `Refused` once cancelled."""
        if self.is_set():
            raise Refused("The work was cancelled.", code="cancelled")

    @contextlib.contextmanager
    def interrupting(self, session: Session) -> Generator[None]:
        """While the block lasts, cancelling interrupts what the session does."""
        with self._guard:
            self._sessions.append(session)
        try:
            self.check()
            yield
        finally:
            with self._guard:
                self._sessions.remove(session)
