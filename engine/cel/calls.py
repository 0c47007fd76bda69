"""Calls: the channels that belong together, and what each of them makes."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Iterable
from datetime import datetime, timedelta

import pyarrow as pa

from engine.domain.site import Site
from engine.store import Session

OVERDUE = timedelta(hours=24)
"""So long nothing is heard of a call before its channels count as ended."""

MEMBERS = pa.schema([("unique_id", pa.string()), ("member", pa.int64()), ("call_no", pa.int64())])
"""`member` numbers channels in the order of their unique ids."""


def members(names: Iterable[tuple[str, str]]) -> pa.Table:
    """The call (schema `MEMBERS`) of each channel, out of pairs of channel and link: those that share a link
    are of one call, and so on from channel to channel."""
    numbers: dict[tuple[str, str], int] = {}
    parent: list[int] = []

    def number(kind: str, name: str) -> int:
        found = numbers.setdefault((kind, name), len(parent))
        if found == len(parent):
            parent.append(found)
        return found

    def root(place: int) -> int:
        while (above := parent[place]) != place:
            parent[place] = place = parent[above]
        return place

    for unique_id, link_id in names:
        one, other = root(number("channel", unique_id)), root(number("link", link_id))
        parent[max(one, other)] = min(one, other)
    channels = sorted((name, root(place)) for (kind, name), place in numbers.items() if kind == "channel")
    return pa.table(
        [
            pa.array([name for name, _ in channels], pa.string()),
            pa.arange(0, len(channels)),
            pa.array([call for _, call in channels], pa.int64()),
        ],
        schema=MEMBERS,
    )


def channel_records(session: Session, events: pa.Table, *, site: Site, latest: datetime) -> pa.Table:
    """What each channel makes, a row for each, as `cel.calls` gives them.

    `events` hold whole calls, in any order; `latest` is the time of the newest event there is.
    """
    with session.bound(events=events):
        return session.table(
            "cel.calls", payer=site.payer, unclaimed=site.unclaimed, over_before=latest - OVERDUE
        )
