"""The keys of the calls that were stored last, in memory: duplicates of a few new calls are found there."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta

from engine.domain.zones import moment
from engine.store import Session

Identity = tuple[int, int]
"""Key and start of a call, in microseconds since 1970."""

MAX_KEYS = 100_000
"""Beyond these the memory is given up and begun anew; 10 to 20 MB."""

RETRY_LOOKUPS = 200
"""How many look-ups go to the store before it is tried again to learn more calls than fit."""

_MICROSECOND = timedelta(microseconds=1)
LOOK_BACK = timedelta(hours=12)
"""How far before the calls at hand the memory begins: calls are written when they end."""


@dataclass(slots=True)
class RecentKeys:
    """All stored calls that started at `since` or later. Used in the writer thread only."""

    since: int | None = None
    """In microseconds since 1970; None = nothing is known."""
    keys: set[Identity] = field(default_factory=set[Identity])
    waiting: int = 0
    """Look-ups before the next attempt to learn."""

    def stored(self, session: Session, wanted: Collection[Identity]) -> set[Identity]:
        """Which of these (at least one) are stored; from the store where the memory does not reach."""
        first = min(start for _, start in wanted)
        if self.since is None and self.waiting:
            self.waiting -= 1
        elif self.since is None:
            self._learn(session, first - LOOK_BACK // _MICROSECOND)
        if self.since is not None and first >= self.since:
            return self.keys.intersection(wanted)
        last = max(start for _, start in wanted)
        keys = [key for key, _ in wanted]
        stored = session.records(
            Identity, "pipeline.stored_keys", first=moment(first), last=moment(last), keys=keys
        )
        return set(stored).intersection(wanted)

    def add(self, identities: Collection[Identity]) -> None:
        """Calls that were stored since, once they are committed."""
        if self.since is None:
            return
        if len(self.keys) + len(identities) > MAX_KEYS:
            self.forget()
        else:
            self.keys.update(identity for identity in identities if identity[1] >= self.since)

    def forget(self) -> None:
        """Somebody else stored calls."""
        self.since = None
        self.keys = set()

    def _learn(self, session: Session, since: int) -> None:
        most = MAX_KEYS // 2
        found = session.records(Identity, "pipeline.recent_keys", since=moment(since), limit=most + 1)
        if len(found) <= most:
            self.since, self.keys = since, set(found)
        else:
            self.waiting = RETRY_LOOKUPS
