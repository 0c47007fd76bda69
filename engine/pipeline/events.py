"""Storing channel events: the new ones are appended, and their calls are made, or made anew."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Mapping
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from engine.cel.calls import OVERDUE, channel_records, members
from engine.domain.channel_events import EVENT_KINDS
from engine.domain.site import Site
from engine.parse.schema import EVENTS
from engine.pipeline.account_cache import AccountCache
from engine.pipeline.calls import SMALL_BATCH, Lines, StoredCalls, lines_by_file, no_calls, store_settled
from engine.pipeline.event_calls import calls_of, changed_calls
from engine.pipeline.settling import NewlySettled
from engine.rating.book import RateBook
from engine.store import Session, in_order

MARGIN = timedelta(hours=2)
"""Events are looked for so long before the first channel of a call began: clocks are set back."""

MAX_STEPS = 100
"""From link to link, so many times, when the channels of a call are looked for."""

STORED_EVENTS = pa.schema([*EVENTS, ("file_id", pa.int64()), ("scope", pa.string())])

_EPOCH = r"(?:^|-)(?P<s>\d{9,10})\.\d+$"
_NAME = r"^(?P<name>.*)-\d{9,10}\.\d+$"
_EMPTY = pa.scalar("", pa.string())
_BAR = pa.scalar("|", pa.string())
_STARTS = pa.array(["CHAN_START"], pa.string())
_ENDS = pa.array(["HANGUP", "CHAN_END", "LINKEDID_END"], pa.string())
_KINDS = pa.array(EVENT_KINDS, pa.string())


def of_source(events: pa.Table, file_id: int, source: str) -> pa.Table:
    """The events with their file and the PBX that wrote them, as `store_events` takes them."""
    names = pc.struct_field(pc.extract_regex(events["unique_id"], _NAME), "name")
    scope = pc.binary_join_element_wise(
        pa.scalar(source or "by hand", pa.string()), pc.coalesce(names, _EMPTY), _BAR
    )
    files = pa.repeat(pa.scalar(file_id, pa.int64()), events.num_rows)
    return events.append_column("file_id", files).append_column("scope", scope).cast(STORED_EVENTS)


def store_events(
    session: Session,
    parsed: pa.Table,
    *,
    book: RateBook,
    site: Site,
    account_cache: AccountCache,
    now: datetime,
) -> tuple[StoredCalls, Mapping[int, Lines]]:
    """Stores the events (see `of_source`) that are not stored yet, and the calls that have ended by them.

    Returns the calls that are new, and the lines of the new events by file.
    """
    account_cache.renew(session)
    fresh = _fresh(session, parsed)
    if not fresh.num_rows:
        return no_calls(), {}
    with session.bound(new_events=fresh):
        session.run("cel.append")
    lines = lines_by_file(fresh)
    latest = pc.max(fresh["happened_at"]).as_py()
    awake = _restarted(session, fresh, latest)
    names = fresh.filter(pc.is_in(fresh["type"], _KINDS))
    if not names.num_rows and not awake:
        return no_calls(), lines
    belonging, first = _members(session, names, awake)
    with session.bound(members=belonging):
        ends = (
            pc.any(pc.is_in(fresh["type"], _ENDS)).as_py() or session.rows("cel.any_end", first=first)[0][0]
        )
        if not ends and not awake:
            _note_open(session, names)
            return no_calls(), lines
        events = session.table("cel.events", first=first, kinds=list(EVENT_KINDS))
    records = channel_records(session, events, site=site, latest=latest)
    with session.bound(derived=records):
        session.run("cel.close_channels")
        session.run("cel.open_channels")
    settled = _settled(session, records, site)
    if settled.stored is not None:
        numbers = pc.min_max(settled.stored["call_id"]).as_py()
        with session.bound(changed=settled.stored):
            session.run("cel.update_calls", first=numbers["min"], last=numbers["max"])
    outcome = store_settled(
        session,
        settled,
        small=records.num_rows <= SMALL_BATCH,
        book=book,
        site=site,
        account_cache=account_cache,
        now=now,
    )
    return outcome, lines


def _fresh(session: Session, parsed: pa.Table) -> pa.Table:
    rows = parsed.append_column("row", pa.arange(0, parsed.num_rows))
    bounds = pc.min_max(parsed["happened_at"]).as_py()
    with session.bound(parsed=rows.select(["row", "happened_at", "unique_id", "type", "channel", "extra"])):
        fresh = session.table("cel.fresh", first=bounds["min"], last=bounds["max"])
    return parsed if fresh.num_rows == parsed.num_rows else parsed.take(in_order(fresh, "row")["row"])


def _restarted(session: Session, fresh: pa.Table, latest: datetime) -> list[str]:
    """Channels without an end whose PBX was started again, or of which nothing was heard for too long."""
    starts = fresh.filter(pc.is_in(fresh["type"], _STARTS)).select(["scope", "happened_at", "unique_id"])
    with session.bound(starts=starts):
        restarts = session.table("cel.restarts")
        if starts.num_rows:
            session.run("cel.keep_starts")
    with session.bound(restarts=restarts):
        if restarts.num_rows:
            session.run("cel.keep_restarts")
        return [name for (name,) in session.records(tuple[str], "cel.overdue", over_before=latest - OVERDUE)]


def _members(session: Session, events: pa.Table, awake: list[str]) -> tuple[pa.Table, datetime]:
    """(the channels of the calls that the events belong to, the moment when the first of them began)."""
    distinct = events.group_by(["unique_id", "link_id"]).aggregate([])
    pairs = list(zip(distinct["unique_id"].to_pylist(), distinct["link_id"].to_pylist(), strict=True))
    known = {name for pair in pairs for name in pair}
    asked = known | set(awake)
    moments = [pc.min(events["happened_at"]).as_py()] if events.num_rows else []
    first = min([*moments, *_began(asked)], default=datetime(1970, 1, 1)) - MARGIN
    for _ in range(MAX_STEPS):
        wanted = pa.table({"name": pa.array(asked, pa.string())})
        own = pa.table(
            [pa.array([pair[place] for pair in pairs], pa.string()) for place in (0, 1)],
            names=["unique_id", "link_id"],
        )
        with session.bound(wanted=wanted, known=own):
            fresh = session.records(tuple[str, str], "cel.names", first=first)
        pairs += fresh
        asked = {name for pair in fresh for name in pair} - known
        known |= asked
        if not asked:
            break
        first = min([first, *(moment - MARGIN for moment in _began(asked))])
    return members(pairs), first


def _began(names: set[str]) -> list[datetime]:
    """The moment when the first of these channels began, as their unique ids tell; none = they do not."""
    told = pc.struct_field(pc.extract_regex(pa.array(list(names), pa.string()), _EPOCH), "s")
    first = pc.min(pc.cast(told, pa.int64())).as_py()
    return [] if first is None else [datetime(1970, 1, 1) + timedelta(seconds=first)]


def _note_open(session: Session, events: pa.Table) -> None:
    with session.bound(new_events=events):
        derived = session.table("cel.newly_open")
    with session.bound(derived=derived):
        session.run("cel.close_channels")
        session.run("cel.open_channels")


def _settled(session: Session, records: pa.Table, site: Site) -> NewlySettled:
    """The new calls among what channels make, and the stored calls that are something else now."""
    calls = calls_of(records, site)
    bounds = pc.min_max(records["started_at"]).as_py()
    last = pc.max(records["last_at"]).as_py()
    with session.bound(derived=calls.select(["call_key"])):
        stored = session.table("cel.stored", first=bounds["min"], last=last)
    places = pc.index_in(calls["call_key"], value_set=stored["call_key"].combine_chunks())
    new = calls.filter(pc.and_(pc.is_null(places), calls["is_call"]))
    return NewlySettled(calls=new, stored=changed_calls(calls, stored, places))
