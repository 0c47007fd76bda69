"""Edits the rate list, inside the writer's transaction, and reads pages of it.

Positions are 1 to n without holes. What a rule says is a version: an edit adds one, past calls keep theirs.
Load the `RateBook` anew after the commit of any edit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import cast

from engine.api.extensions import Changed
from engine.api.rates import (
    ListRates,
    MoveRate,
    RateRow,
    Rates,
    RemoveRates,
    SavedRate,
    SaveRate,
    SwitchRates,
)
from engine.domain.errors import InvalidInput, NotFound, Refused
from engine.domain.message import Message, lines
from engine.domain.rates import Rate, rate_faults
from engine.rating.versions import (
    MAX_RULES,
    Listed,
    add_list,
    add_versions,
    count_of,
    last_numbers,
    listed_rate,
    rate_of,
)
from engine.store import Condition, Session

MAX_PAGE_ROWS = 10_000


def save_rate(session: Session, request: SaveRate, *, operator: str, now: datetime) -> SavedRate:
    """Adds a rule at the end, or gives one a new version where what it says has changed.

    Raises `InvalidInput` with every law the rule breaks, `NotFound`, `Refused` for a full list.
    """
    rate = sound(request.rate)
    last_version, last_rate, count = last_numbers(session)
    if request.rate_id is None:
        if count >= MAX_RULES:
            raise Refused("The list is full: it holds {max_rules:,} rules.", max_rules=MAX_RULES)
        rate_id, version_id = last_rate + 1, last_version + 1
        add_versions(session, [(version_id, rate_id, rate)], operator=operator, now=now)
        add_list(session, [(rate_id, version_id, rate.enabled)], first_position=count + 1)
        return SavedRate(rate_id=rate_id)
    stored = _listed(session, request.rate_id).rate
    if replace(stored, enabled=rate.enabled) != rate:
        version_id = last_version + 1
        add_versions(session, [(version_id, request.rate_id, rate)], operator=operator, now=now)
        session.run("rates.set_version", rate_id=request.rate_id, version_id=version_id)
    if stored.enabled != rate.enabled:
        session.run("rates.switch", rate_ids=[request.rate_id], enabled=rate.enabled)
    return SavedRate(rate_id=request.rate_id)


def remove_rates(session: Session, request: RemoveRates) -> Changed:
    """Takes rules out of the list; numbers that are not in it any more are passed over."""
    removed = count_of(session.row("rates.remove", rate_ids=request.rate_ids))
    if removed:
        session.run("rates.close_holes")
    return Changed(changed=removed)


def switch_rates(session: Session, request: SwitchRates) -> Changed:
    """Switches rules on or off, and counts those that were not so. Raises `NotFound`."""
    unknown = session.rows("rates.unknown", rate_ids=request.rate_ids)
    if unknown:
        raise _gone(unknown[0][0])
    switched = session.row("rates.switch", rate_ids=request.rate_ids, enabled=request.enabled)
    return Changed(changed=count_of(switched))


def move_rate(session: Session, request: MoveRate) -> Changed:
    """Puts a rule at a position; one beyond the end is the end. Raises `NotFound`, `InvalidInput`."""
    if request.position < 1:
        raise InvalidInput.in_field("position", "the first rule has position 1.")
    source = _listed(session, request.rate_id).position
    count = last_numbers(session)[2]
    target = min(request.position, count)
    if source == target:
        return Changed(changed=0)
    session.run("rates.move", source=source, target=target)
    return Changed(changed=1)


def list_rates(
    session: Session, request: ListRates, *, remarks: Mapping[int, Sequence[Message]] | None = None
) -> Rates:
    """A page of the list; `remarks` by rule, from `engine.rating.check.remarks_by_rate`."""
    where = [Condition("text", {"text": request.text.strip()})] if request.text.strip() else []
    limit, offset = max(0, min(request.limit, MAX_PAGE_ROWS)), max(0, request.offset)
    found = session.rows("rates.listed", where=where, limit=limit, offset=offset)
    total = count_of(session.row("rates.count_listed", where=where))
    noted = remarks or {}
    rows = [
        RateRow(rate_id=rate_id, position=position, rate=rate, remarks=list(noted.get(rate_id, ())))
        for rate_id, _, position, rate in map(listed_rate, found)
    ]
    return Rates(rows=rows, total=total)


def rate_version(session: Session, version_id: int) -> tuple[int, Rate]:
    """The rule that a version belongs to, and what the version says. Raises `NotFound`."""
    row = session.row("rates.version", version_id=version_id)
    if row is None:
        raise NotFound("There is no version {version_id} of any rate rule.", version_id=version_id)
    return cast(int, row[0]), rate_of(row[1:], enabled=True)


def sound(rate: Rate) -> Rate:
    """The rule as it is stored: name stripped, extensions sorted. Raises `InvalidInput` with all faults."""
    chosen = None if rate.extensions is None else tuple(sorted(set(rate.extensions)))
    rate = replace(rate, name=rate.name.strip(), extensions=chosen)
    faults = rate_faults(rate)
    if faults:
        raise InvalidInput(lines(fault.message for fault in faults), field=faults[0].field)
    return rate


def _listed(session: Session, rate_id: int) -> Listed:
    row = session.row("rates.listed", where=[Condition("rate", {"rate_id": rate_id})], limit=1, offset=0)
    if row is None:
        raise _gone(rate_id)
    return listed_rate(row)


def _gone(rate_id: object) -> NotFound:
    return NotFound("Rate rule {rate_id} is not in the list any more. Refresh the list.", rate_id=rate_id)
