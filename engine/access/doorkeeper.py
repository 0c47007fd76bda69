"""Signing in, between two callers: wrong passwords, and what is in the audit trail already."""

import threading
import time

from engine.access.guesses import Guesses, past_guesses
from engine.domain.zones import utc_now
from engine.store import Database

RECORD_SECONDS = 3600.0
"""Sign-ins of one account from one system user are one line of the audit trail in this time."""
RECORD_REFUSALS_SECONDS = 60.0
MAX_RECORDED = 1000


class Doorkeeper:
    """What signing in remembers between two callers."""

    def __init__(self, database: Database) -> None:
        now = utc_now()
        with database.reading() as session:
            self.guesses = Guesses(past_guesses(session, now=now), now=now)
        self._lock = threading.Lock()
        self._recorded: dict[tuple[str, str], float] = {}
        self._refused = 0
        self._refusals_recorded = -RECORD_REFUSALS_SECONDS

    def news(self, name: str, os_user: str) -> bool:
        """Whether a sign-in is to be recorded: it is the first for a while."""
        now = time.monotonic()
        with self._lock:
            if now - self._recorded.get((name, os_user), now - RECORD_SECONDS) < RECORD_SECONDS:
                return False
            if len(self._recorded) >= MAX_RECORDED:
                self._recorded.clear()
            self._recorded[(name, os_user)] = now
            return True

    def refusals(self) -> int:
        """How many were turned away unheard since the last time it was recorded; 0 = not yet again."""
        with self._lock:
            self._refused += 1
            now = time.monotonic()
            if now - self._refusals_recorded < RECORD_REFUSALS_SECONDS:
                return 0
            self._refusals_recorded = now
            count, self._refused = self._refused, 0
            return count
