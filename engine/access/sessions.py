"""Sessions: bearer tokens in memory, gone when the engine ends."""

import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from engine.domain.errors import NotSignedIn, Refused
from engine.domain.names import Role

MAX_SESSIONS = 1000
MAX_OF_ONE = 100
"""Sessions of one operator, so that nobody pushes the others out."""
IDLE_SECONDS = 12 * 3600.0
MAX_FAILURES = 10
"""Wrong passwords for one name before it has to wait."""
FAILURE_SECONDS = 60.0


@dataclass(frozen=True)
class Caller:
    """Who asks."""

    operator: str
    role: Role
    account: bool
    """Whether an account signed in; False = the operating-system user of a site without accounts."""


class Sessions:
    """Tokens and whose they are. The least recently used go first when there are too many."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._callers: OrderedDict[str, tuple[Caller, float]] = OrderedDict()
        self._failures: OrderedDict[str, list[float]] = OrderedDict()

    def open(self, caller: Caller) -> str:
        """A new token."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            own = [key for key, (other, _) in self._callers.items() if other.operator == caller.operator]
            for oldest in own[: len(own) - MAX_OF_ONE + 1] if len(own) >= MAX_OF_ONE else []:
                del self._callers[oldest]
            self._callers[token] = (caller, time.monotonic())
            while len(self._callers) > MAX_SESSIONS:
                self._callers.popitem(last=False)
        return token

    def caller(self, token: str, *, accounts_exist: bool) -> Caller:
        """Whose token it is. Raises `NotSignedIn` for an unknown or idle one.

        From the first account on, sessions that began without one end.
        """
        with self._lock:
            found = self._callers.get(token)
            if (
                found is None
                or time.monotonic() - found[1] > IDLE_SECONDS
                or (accounts_exist and not found[0].account)
            ):
                self._callers.pop(token, None)
                raise NotSignedIn("Sign in first.")
            self._callers[token] = (found[0], time.monotonic())
            self._callers.move_to_end(token)
            return found[0]

    def close(self, token: str) -> None:
        """Ends a session."""
        with self._lock:
            self._callers.pop(token, None)

    def close_account(self, operator: str) -> None:
        """Ends every session of an account that was changed or removed."""
        with self._lock:
            for token in [
                token for token, (caller, _) in self._callers.items() if caller.operator == operator
            ]:
                del self._callers[token]

    def check_failures(self, name: str) -> None:
        """Raises `Refused` while a name has had too many wrong passwords."""
        with self._lock:
            recent = self._recent(name)
            if len(recent) >= MAX_FAILURES:
                wait = int(FAILURE_SECONDS - (time.monotonic() - recent[0])) + 1
                raise Refused(f"Too many wrong passwords. Try again in {wait} s.", code="wrong_password")

    def note_failure(self, name: str) -> None:
        """Counts a wrong password."""
        with self._lock:
            self._failures[name] = [*self._recent(name), time.monotonic()]
            while len(self._failures) > MAX_SESSIONS:
                self._failures.popitem(last=False)

    def _recent(self, name: str) -> list[float]:
        now = time.monotonic()
        return [moment for moment in self._failures.get(name, []) if now - moment < FAILURE_SECONDS]
