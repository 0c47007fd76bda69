"""Files that clients opened under their own rights and handed over, kept until an operation uses them."""

import os
import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.api.site import FILES_AT_ONCE
from engine.domain.errors import NotFound, Refused

MAX_OF_ONE = 4 * FILES_AT_ONCE
"""Files that wait for one operator."""
MAX_FILES = 256
"""Files that wait for anybody."""
KEEP_SECONDS = 30.0


@dataclass(frozen=True)
class _Waiting:
    owner: str
    descriptor: int
    since: float = field(default_factory=time.monotonic)


class GivenFiles:
    """Open descriptors by ticket; nobody but their owner can use them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, _Waiting] = {}

    def keep(self, descriptors: Sequence[int], *, owner: str) -> list[str]:
        """A ticket for each. Raises `Refused` when too many wait; the descriptors stay the caller's then."""
        self.drop_old()
        with self._lock:
            own = sum(waiting.owner == owner for waiting in self._waiting.values())
            if own + len(descriptors) > MAX_OF_ONE or len(self._waiting) + len(descriptors) > MAX_FILES:
                raise Refused("Too many files wait to be read at once; try again in a minute.", code="busy")
            tickets = [secrets.token_urlsafe(16) for _ in descriptors]
            for ticket, descriptor in zip(tickets, descriptors, strict=True):
                self._waiting[ticket] = _Waiting(owner, descriptor)
            return tickets

    def take(self, ticket: str, *, owner: str) -> int:
        """The descriptor, now the caller's to close. Raises `NotFound`."""
        with self._lock:
            waiting = self._waiting.get(ticket)
            if waiting is None or waiting.owner != owner:
                raise NotFound("The file was not handed over, or not used in time; try again.")
            del self._waiting[ticket]
            return waiting.descriptor

    def drop_old(self, *, keep_seconds: float = KEEP_SECONDS) -> None:
        """Closes what nobody used in time."""
        now = time.monotonic()
        with self._lock:
            for ticket, waiting in list(self._waiting.items()):
                if now - waiting.since >= keep_seconds:
                    os.close(waiting.descriptor)
                    del self._waiting[ticket]

    def close(self) -> None:
        """Closes all that wait."""
        self.drop_old(keep_seconds=0.0)
