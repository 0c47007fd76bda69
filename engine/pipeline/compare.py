"""The same calls from CDRs and from CEL, held against each other: seconds and money, leg by leg."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

import tempfile
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from config.settings import Settings
from engine.api.site import ComparedLeg, SourcesCompared
from engine.cel.calls import channel_records, members
from engine.domain.channel_events import EVENT_KINDS
from engine.domain.errors import InvalidInput
from engine.domain.message import sentences
from engine.domain.names import Direction
from engine.domain.site import Site
from engine.parse.detect import detect
from engine.parse.fitting import HEAD_BYTES
from engine.parse.schema import Parsed
from engine.pipeline.calls import of_file
from engine.pipeline.duplicates import fresh_in_store
from engine.pipeline.event_calls import calls_of
from engine.pipeline.events import of_source
from engine.pipeline.legs import settle_batch
from engine.pipeline.settling import rating_question
from engine.pipeline.source_parser import SourceParser
from engine.rating.book import RateBook
from engine.rating.calls import rate_calls
from engine.store import Database, Session
from engine.tail.file_reader import Content

MAX_BYTES = 128 << 20
"""Of each of the files."""
MAX_ROWS = 100_000
APART = timedelta(seconds=2)
"""Two legs of one channel name are the same when their times touch so closely."""

_KINDS = pa.array(EVENT_KINDS, pa.string())


@dataclass(frozen=True, kw_only=True)
class _Leg:
    channel: str
    started_at: datetime
    ended_at: datetime
    extension: str
    number: str
    seconds: int
    cost_micros: int


def compare_sources(
    session: Session,
    *,
    cdr: Content,
    cel: Content,
    settings: Settings,
    home: Path,
    book: RateBook,
    site: Site,
) -> SourcesCompared:
    """Each paid leg that either file tells of, as both tell it, rated as if every extension were billed.

    Raises `InvalidInput` for files that are no CDRs and no CEL, in this order, or too large.
    """
    records = _parsed(cdr, settings, home, events=False).calls
    events = _parsed(cel, settings, home, events=True).events
    with tempfile.TemporaryDirectory(prefix="pbxmeter-compare-") as folder:
        # An empty store, so that what is stored already plays no part.
        database = Database(Path(folder) / "compare.duckdb", threads=1)
        try:
            with database.reading() as empty:
                from_cdr = _cdr_calls(empty, records, site)
                from_cel = _cel_calls(empty, events, site)
        finally:
            database.close()
    one, other = (_legs(session, calls, book=book, site=site) for calls in (from_cdr, from_cel))
    return _compared(one, other)


def _parsed(content: Content, settings: Settings, home: Path, *, events: bool) -> Parsed:
    name = Path(content.path).name
    data = content.read_at(0, MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise InvalidInput(
            "{name} is larger than {value} MB; compare the files of a day.",
            name=name,
            value=MAX_BYTES >> 20,
            field="file",
        )
    zone = settings.site.timezone
    found = detect(data[:HEAD_BYTES], name=name, site_zone=zone, numbering=settings.numbering)
    kind = "CEL" if events else "CDRs"
    if not found.format:
        raise InvalidInput(
            "{name} cannot be read as {kind}: {reasons}",
            name=name,
            kind=kind,
            reasons=sentences(found.reasons),
            field="file",
        )
    parser = SourceParser(
        found.format, home=home, numbering=settings.numbering, source_zone=zone, site_zone=zone
    )
    if (parser.form.event is not None) != events:
        raise InvalidInput(
            "{name} is {title}, no {kind}. Name the CDRs first, then CEL.",
            name=name,
            title=parser.form.title,
            kind=kind,
            field="file",
        )
    return parser.parse_whole(data)


def _cdr_calls(session: Session, parsed: pa.Table, site: Site) -> pa.Table:
    calls = fresh_in_store(session, of_file(parsed, 0)) if parsed.num_rows else of_file(parsed, 0)
    return settle_batch(session, calls, site=site, recent=None).calls


def _cel_calls(session: Session, parsed: pa.Table, site: Site) -> pa.Table:
    events = of_source(parsed, 0, "")
    kinds = pc.index_in(events["type"], value_set=_KINDS)
    belonging = members(zip(events["unique_id"].to_pylist(), events["link_id"].to_pylist(), strict=True))
    places = pc.index_in(events["unique_id"], value_set=belonging["unique_id"].combine_chunks())
    for name in ("member", "call_no"):
        events = events.append_column(name, belonging[name].take(places.combine_chunks()))
    events = events.append_column("kind", kinds).filter(pc.is_valid(kinds))
    latest = pc.max(events["happened_at"]).as_py() or datetime(1970, 1, 2)
    records = channel_records(session, events, site=site, latest=latest)
    return calls_of(records, site)


def _legs(session: Session, calls: pa.Table, *, book: RateBook, site: Site) -> list[_Leg]:
    verdicts = rate_calls(
        session, book, rating_question(calls, pa.arange(0, calls.num_rows)), site=site, assume_billed=True
    )
    calls = calls.append_column("cost_micros", verdicts["cost_micros"])
    paid = pc.and_(
        pc.equal(calls["direction"], pa.scalar(Direction.OUTBOUND.value, pa.string())),
        pc.greater(calls["charged_seconds"], pa.scalar(0, pa.int32())),
    )
    rows: list[dict[str, Any]] = calls.filter(paid).sort_by("started_at").to_pylist()
    return [
        _Leg(
            channel=row["channel"],
            started_at=row["started_at"],
            ended_at=row["ended_at"],
            extension=row["extension"],
            number=row["dialled"] if row["rated_number"] is None else row["rated_number"],
            seconds=row["charged_seconds"],
            cost_micros=row["cost_micros"],
        )
        for row in rows
    ]


def _compared(cdr: list[_Leg], cel: list[_Leg]) -> SourcesCompared:
    """Legs of one channel name whose times touch are one."""
    waiting: defaultdict[str, list[_Leg]] = defaultdict(list)
    for leg in cel:
        waiting[leg.channel].append(leg)
    pairs: list[tuple[_Leg | None, _Leg | None]] = []
    for leg in cdr:
        fits = [
            one
            for one in waiting[leg.channel]
            if one.started_at <= leg.ended_at + APART and leg.started_at <= one.ended_at + APART
        ]
        if fits:
            waiting[leg.channel].remove(fits[0])
        pairs.append((leg, fits[0] if fits else None))
    pairs += [(None, leg) for legs in waiting.values() for leg in legs]
    rows = [_row(one, other) for one, other in pairs]
    rows.sort(key=lambda row: (row.started_at, row.channel))
    return SourcesCompared(
        rows=rows[:MAX_ROWS],
        legs=len(rows),
        different=sum(row.seconds_cdr != row.seconds_cel or row.cost_difference_micros != 0 for row in rows),
        seconds_cdr=sum(row.seconds_cdr or 0 for row in rows),
        seconds_cel=sum(row.seconds_cel or 0 for row in rows),
        cost_cdr_micros=sum(row.cost_cdr_micros for row in rows),
        cost_cel_micros=sum(row.cost_cel_micros for row in rows),
    )


def _row(cdr: _Leg | None, cel: _Leg | None) -> ComparedLeg:
    told = cel or cdr
    assert told is not None
    cost_cdr, cost_cel = (leg.cost_micros if leg else 0 for leg in (cdr, cel))
    return ComparedLeg(
        started_at=told.started_at,
        channel=told.channel,
        number=told.number or (cdr.number if cdr else ""),
        payer_cdr=cdr.extension if cdr else "",
        payer_cel=cel.extension if cel else "",
        seconds_cdr=cdr.seconds if cdr else None,
        seconds_cel=cel.seconds if cel else None,
        cost_cdr_micros=cost_cdr,
        cost_cel_micros=cost_cel,
        cost_difference_micros=cost_cel - cost_cdr,
    )
