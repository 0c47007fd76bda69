"""Link ids and channel names of the records stored last, in memory: most calls share none with any other."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pyarrow as pa

from engine.store import Session

MAX_NAMES = 300_000
"""Beyond these the memory is given up and begun anew; about 20 MB."""

RETRY_LOOKUPS = 200
"""How many look-ups go to the store before it is tried again to learn more names than fit."""

LOOK_BACK = timedelta(hours=12)
"""How far before the records at hand the memory begins: so it need not be learned for each batch."""


@dataclass(slots=True)
class RecentNames:
    """The names of all stored records that ended at `since` or later. Used in the writer thread only."""

    since: datetime | None = None
    """None = nothing is known."""
    names: set[int] = field(default_factory=set[int])
    """Their hashes: one too many costs a closer look, and none is missed."""
    waiting: int = 0
    """Look-ups before the next attempt to learn."""

    def shared(self, session: Session, names: Counter[int], *, since: datetime) -> bool:
        """Whether a name is in use twice: by records of a batch, or by one that ended at `since` or later.

        `names`: of the batch, each counted once for a record. True where the memory does not reach.
        """
        if names.total() > len(names):
            return True
        if self.since is None and self.waiting:
            self.waiting -= 1
        elif self.since is None or since < self.since:
            self._learn(session, since - LOOK_BACK)
        return self.since is None or since < self.since or not self.names.isdisjoint(names)

    def add(self, names: Iterable[int]) -> None:
        """Names of records that were stored since, once they are committed."""
        if self.since is None:
            return
        self.names.update(names)
        if len(self.names) > MAX_NAMES:
            self.forget()

    def forget(self) -> None:
        """Somebody else stored records."""
        self.since = None
        self.names = set()

    def _learn(self, session: Session, since: datetime) -> None:
        most = MAX_NAMES // 6
        found = session.table("legs.recent_names", since=since, limit=most + 1)
        if found.num_rows <= most:
            self.since, self.names = since, set(hashes(found))
        else:
            self.forget()
            self.waiting = RETRY_LOOKUPS


def hashes(records: pa.Table) -> Counter[int]:
    """The hashes of link ids and channel names, each counted once for a record. Both halves of a Local
    channel have one name."""
    found = Counter[int]()
    columns = (records[name].to_pylist() for name in ("link_id", "near_channel", "far_channel"))
    for link, near, far in zip(*columns, strict=True):
        found.update({hash(name) for name in (link, _channel(near), _channel(far)) if name})
    return found


def _channel(name: str) -> str:
    return name[:-2] if name.startswith("Local/") and name[-2:-1] == ";" else name
