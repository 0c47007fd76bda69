"""What an imagined call would cost, which rule wins, and why the others lose."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, cast

import pyarrow as pa

from engine.api.rates import Candidate, RatedParts, RateTest, TestRate
from engine.domain.errors import InvalidInput, NotFound
from engine.domain.message import NOTHING, Message, as_it_is, clauses, phrases
from engine.domain.names import Unrated
from engine.domain.rates import ALL_WEEKDAYS, MAX_RATE_SECONDS, Rate, format_time_of_day, format_weekdays
from engine.domain.site import Site
from engine.domain.zones import parse_moment, to_local
from engine.rating.book import Draft, RateBook, draft_table, reached
from engine.rating.calls import rate_calls
from engine.rating.destinations import destination_of
from engine.rating.rewriting import rewrite_steps
from engine.rating.rules import sound
from engine.rating.versions import Listed, last_numbers, listed_rate
from engine.store import Condition, Session

MAX_CANDIDATES = 50

_COLUMNS = 18
"""Of a listed rule, before what says whether it fits."""


class _Contender(NamedTuple):
    listed: Listed
    objections: list[Message]
    """What does not fit the call; empty = it could win."""


def test_rate(session: Session, request: TestRate, *, site: Site, now: datetime) -> RateTest:
    """Rates one imagined call through the same statement as stored ones; `now` is naive UTC.

    A draft that is new in the list has rate 0 among the candidates. Raises `InvalidInput`, `NotFound`.
    """
    if not 0 <= request.billsec <= MAX_RATE_SECONDS:
        raise InvalidInput.in_field(
            "billsec", "must lie between 0 and {max_rate_seconds} seconds.", max_rate_seconds=MAX_RATE_SECONDS
        )
    dialled = request.dialled.strip()
    instant = parse_moment(request.at, site.zone, field="at") if request.at.strip() else now
    answered_local = to_local(instant, site.zone).replace(microsecond=0)
    draft = _draft(session, request)
    steps = rewrite_steps(dialled, site.rewrite, origin=request.origin)
    number = steps[-1].after if steps else dialled
    parts, winner = _rated(session, request, number, answered_local, draft, site)
    contenders = _contenders(session, request.extension, number, answered_local, draft, winner)
    destination, country = destination_of(session, number)
    won = contenders[0].listed if winner is not None else None
    return RateTest(
        extension=request.extension,
        dialled=dialled,
        rated_number=number,
        steps=steps,
        destination=destination,
        country=country,
        billsec=request.billsec,
        answered_local=answered_local,
        rate=won.rate if won else None,
        rate_id=won.rate_id or None if won else None,
        parts=parts,
        candidates=_candidates(contenders, won, parts.unrated),
    )


def _draft(session: Session, request: TestRate) -> Draft | None:
    if request.draft is None:
        return None
    rate = sound(request.draft)
    if request.draft_id is None:
        return Draft(0, last_numbers(session)[2] + 1, rate)
    where = [Condition("rate", {"rate_id": request.draft_id})]
    row = session.row("rates.listed", where=where, limit=1, offset=0)
    if row is None:
        raise NotFound(
            "Rate rule {draft_id} is not in the list any more. Refresh the list.", draft_id=request.draft_id
        )
    return Draft(request.draft_id, listed_rate(row).position, rate)


def _rated(
    session: Session,
    request: TestRate,
    dialled: str,
    answered_local: datetime,
    draft: Draft | None,
    site: Site,
) -> tuple[RatedParts, int | None]:
    """The parts of the cost, and the version that won."""
    call = pa.table(
        {
            "row": pa.array([0], pa.int64()),
            "extension": pa.array([request.extension], pa.string()),
            "dialled": pa.array([dialled], pa.string()),
            "direction": pa.array(["outbound"], pa.string()),
            "answered": pa.array([True], pa.bool_()),
            "billsec": pa.array([request.billsec], pa.int32()),
            "answered_local": pa.array([answered_local], pa.timestamp("us")),
        }
    )
    book = RateBook.for_number(session, dialled, draft)
    verdict = rate_calls(session, book, call, site=site, assume_billed=request.assume_billed).to_pylist()[0]
    parts = RatedParts(
        cost_micros=verdict["cost_micros"],
        first_block_micros=verdict["first_block_micros"],
        cycles=verdict["cycles"],
        cycles_micros=verdict["cost_micros"] - verdict["first_block_micros"],
        unrated=Unrated(verdict["unrated"]) if verdict["unrated"] else None,
    )
    return parts, verdict["rate_version"]


def _contenders(
    session: Session,
    extension: str,
    dialled: str,
    answered_local: datetime,
    draft: Draft | None,
    winner: int | None,
) -> list[_Contender]:
    """The rules that the number reaches, the winner first; at most `MAX_CANDIDATES`."""
    with session.bound(rating_drafts=draft_table(draft)):
        rows = session.rows(
            "rating.candidates",
            where=[reached(dialled, draft)],
            dialled=dialled,
            extension=extension,
            answered_local=answered_local,
            winner=winner,
            limit=MAX_CANDIDATES,
        )
    contenders: list[_Contender] = []
    for row in rows:
        listed = listed_rate(row[:_COLUMNS])
        fits = cast("Sequence[bool]", row[_COLUMNS:])
        contenders.append(_Contender(listed, _objections(listed.rate, fits, extension, dialled)))
    return contenders


def _objections(rate: Rate, fits: Sequence[bool], extension: str, dialled: str) -> list[Message]:
    length_fits, extension_fits, dates_fit, window_fits = fits
    found: list[Message] = []
    if not rate.enabled:
        found.append(Message("switched off"))
    if not length_fits:
        found.append(
            Message(
                "for numbers of {number_length} characters, this one has {count}",
                number_length=rate.number_length,
                count=len(dialled),
            )
        )
    if not extension_fits:
        found.append(Message("not for extension {extension}", extension=extension or Message("(none)")))
    if not dates_fit:
        first, last = rate.valid_from or Message("the beginning"), rate.valid_to or Message("further notice")
        found.append(Message("valid from {first} until before {last}", first=first, last=last))
    if not window_fits:
        found.append(Message("applies {window}", window=_window(rate)))
    return found


def _window(rate: Rate) -> Message:
    every = rate.weekdays == ALL_WEEKDAYS
    days = Message("on any day") if every else Message("on {days}", days=format_weekdays(rate.weekdays))
    if rate.start_second == rate.end_second:
        return days
    hours = f"{format_time_of_day(rate.start_second)}–{format_time_of_day(rate.end_second)}"
    night = Message("through midnight") if rate.start_second > rate.end_second else NOTHING
    return phrases([as_it_is(hours), night, days])


def _candidates(
    contenders: Sequence[_Contender], won: Listed | None, unrated: Unrated | None
) -> list[Candidate]:
    rival = next((one.listed for one in contenders if one.listed is not won and not one.objections), None)
    candidates: list[Candidate] = []
    for listed, objections in contenders:
        if listed is won:
            reason = _victory(listed, rival)
        elif objections:
            reason = clauses(objections)
        elif won is None:
            reason = Message("fits, but the call is not charged: {unrated}", unrated=unrated)
        else:
            reason = _defeat(listed, won)
        candidates.append(
            Candidate(
                rate_id=listed.rate_id,
                position=listed.position,
                name=listed.rate.name,
                prefix=listed.rate.prefix,
                won=listed is won,
                reason=reason,
            )
        )
    return candidates


def _victory(won: Listed, rival: Listed | None) -> Message:
    if rival is None:
        return Message("the only rule that fits")
    if len(rival.rate.prefix) < len(won.rate.prefix):
        return Message("longest prefix that fits")
    if won.rate.number_length and not rival.rate.number_length:
        return Message("longest prefix that fits, and an exact length comes before any length")
    return Message("longest prefix and length that fit, and first in the list among those")


def _defeat(lost: Listed, won: Listed) -> Message:
    if len(lost.rate.prefix) < len(won.rate.prefix):
        return Message("shorter prefix than {prefix}", prefix=won.rate.prefix)
    if not lost.rate.number_length and won.rate.number_length:
        return Message(
            "any length comes after the exact length {number_length}", number_length=won.rate.number_length
        )
    return Message("same prefix and length, but after position {position}", position=won.position)
