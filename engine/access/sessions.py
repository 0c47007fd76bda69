"""Sessions: bearer tokens in memory, gone when the engine ends."""

import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

from engine.domain.errors import NotSignedIn
from engine.domain.names import Role

MAX_SESSIONS_OF_ONE = 100
"""Of one operator; the least recently used go first. So nobody's sessions push out another's."""
MAX_SESSIONS = 20_000
IDLE_SECONDS = 12 * 3600.0


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who asks."""

    operator: str
    role: Role
    account: bool
    """Whether an account signed in; False = the owner of the home, on a site without accounts."""
    generation: int = 0
    """Of the account when the session began; see `accounts.Account`."""
    os_user: str = ""
    """The operating-system user it came from; '' = not known."""


class Sessions:
    """Tokens and whose they are.

    `current` says whether a caller is still what it was when its session began. It is asked when a session
    opens, under the lock, and at every call: a change of the account ends its sessions however it fell.
    """

    def __init__(self, current: Callable[[Caller], bool]) -> None:
        self._current = current
        self._lock = threading.Lock()
        self._callers: OrderedDict[str, tuple[Caller, float]] = OrderedDict()
        self._secret = secrets.token_bytes(32)

    def open(self, caller: Caller) -> str:
        """A new token. Raises `NotSignedIn` when the account has changed meanwhile."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            if not self._current(caller):
                raise NotSignedIn("The account was changed a moment ago. Sign in again.")
            own = [held for held, (who, _) in self._callers.items() if who.operator == caller.operator]
            for surplus in own[: max(0, len(own) + 1 - MAX_SESSIONS_OF_ONE)]:
                del self._callers[surplus]
            if len(self._callers) >= MAX_SESSIONS:
                self._callers.popitem(last=False)
            self._callers[token] = (caller, time.monotonic())
        return token

    def caller(self, token: str) -> Caller:
        """Whose token it is. Raises `NotSignedIn` for an unknown, idle or outdated one.

        From the first account on, sessions that began without one end.
        """
        with self._lock:
            found = self._callers.get(token)
        if found is None or time.monotonic() - found[1] > IDLE_SECONDS or not self._current(found[0]):
            self.close(token)
            raise NotSignedIn("Sign in first.")
        with self._lock:
            if token in self._callers:
                self._callers[token] = (self._callers[token][0], time.monotonic())
                self._callers.move_to_end(token)
        return found[0]

    def renew(self, token: str, *, generation: int) -> None:
        """Keeps the session in which its own account was changed."""
        with self._lock:
            found = self._callers.get(token)
            if found is not None:
                self._callers[token] = (replace(found[0], generation=generation), found[1])

    def close(self, token: str) -> None:
        """Ends a session."""
        with self._lock:
            self._callers.pop(token, None)

    def proof(self, os_user: str) -> str:
        """Tells this engine, when it comes back, from which operating-system user it comes."""
        return f"{self._signature(os_user)}:{os_user}"

    def os_user(self, proof: str) -> str:
        """The operating-system user a proof was made for; '' = it proves nothing."""
        _signature, _colon, os_user = proof.partition(":")
        return os_user if hmac.compare_digest(_bytes(proof), _bytes(self.proof(os_user))) else ""

    def _signature(self, os_user: str) -> str:
        return hmac.new(self._secret, _bytes(os_user), hashlib.sha256).hexdigest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
