"""Batches of read pieces: calls, charges, balances, bad lines and checkpoints are stored, all or nothing."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from engine.domain.errors import InvalidInput
from engine.domain.names import MONEY_MAY_BE_MISSING
from engine.domain.site import Site
from engine.parse.schema import Parsed
from engine.pipeline.account_cache import AccountCache
from engine.pipeline.calls import SMALL_BATCH, Lines, StoredCalls, of_file, store_calls
from engine.pipeline.checkpoints import FileAccounts, FileDescription, add_files, advance_file, describe_file
from engine.pipeline.events import of_source, store_events
from engine.rating.book import RateBook
from engine.store import Session
from engine.tail.checkpoint import Checkpoint

NEWEST = 50
MAX_TOUCHED = 1000
_MISSING_MONEY = pa.array([reason.value for reason in MONEY_MAY_BE_MISSING], pa.string())


@dataclass(frozen=True, kw_only=True)
class ReadPiece:
    """A piece of a file as it is to be stored."""

    parsed: Parsed
    """From the parser, or from `with_keys`."""
    after: Checkpoint
    """Where the file stands behind the piece; its `file_id` 0 = a file not stored before."""
    format_name: str
    timezone: str
    """The IANA zone that times without an offset were read in."""


@dataclass(frozen=True, kw_only=True)
class StoredBatch:
    """The result of storing some pieces."""

    files: tuple[tuple[Checkpoint, FileDescription], ...]
    """Where the file of each piece stands, and what it is known by."""
    lines: int
    stored: int
    duplicates: int
    quarantined: int
    ignored: int
    charged: int
    cost_micros: int
    newest: pa.Table
    """The last calls stored, at most `NEWEST`, columns of table `call` and no more."""
    touched: tuple[str, ...]
    """Extensions charged; at most `MAX_TOUCHED`, beyond that empty = many."""
    arrived: int
    """Extensions seen for the first time."""
    resettled: int
    """Extensions of stored calls that cost something else now."""
    unrated: int
    """Calls that nobody is charged for, and that may have cost money."""
    events: int
    """Events of channels."""
    made: int
    """Calls made from them, which are not among `stored`: no line is theirs alone."""
    outcome: StoredCalls

    def committed(self, session: Session, account_cache: AccountCache) -> None:
        """Brings the account cache up to date, after the commit and in the writer thread."""
        account_cache.take_over(
            session,
            files={position.file_id: named for position, named in self.files},
            calls=self.outcome.numbers_used,
            entries=self.charged,
            balances=self.outcome.balances,
            identities=self.outcome.identities,
            names=self.outcome.names,
        )


def store_pieces(
    session: Session,
    pieces: Sequence[ReadPiece],
    *,
    book: RateBook,
    site: Site,
    account_cache: AccountCache,
    now: datetime,
) -> StoredBatch:
    """Stores pieces (at least one) of different files, in the writer's transaction, and moves their files on.

    A file not stored before gets its number here; the result's checkpoints carry it.
    """
    positions = _numbered(session, [piece.after for piece in pieces])
    outcome, fresh, told = _store_records(
        session, pieces, positions, book=book, site=site, account_cache=account_cache, now=now
    )
    added: list[tuple[Checkpoint, FileDescription, FileAccounts]] = []
    files: list[tuple[Checkpoint, FileDescription]] = []
    for piece, position in zip(pieces, positions, strict=True):
        parsed = piece.parsed
        if parsed.rejects.num_rows:
            _keep_rejects(session, piece, position, now)
        nothing = Lines(0, 0)
        accounts = _accounts(
            parsed, fresh.get(position.file_id, nothing), told.get(position.file_id, nothing)
        )
        named = FileDescription.of(position, piece.format_name, piece.timezone)
        files.append((position, named))
        if not piece.after.file_id:
            added.append((position, named, accounts))
            continue
        advance_file(session, position, accounts)
        if account_cache.files.get(position.file_id) != named:
            describe_file(session, position.file_id, named)
    if added:
        add_files(session, added)
    stored, charged = outcome.calls, outcome.charged
    events = sum(lines.lines for lines in told.values())
    touched = set(charged["extension"].unique().to_pylist() if charged.num_rows else ()) | set(outcome.moved)
    return StoredBatch(
        files=tuple(files),
        lines=sum(piece.parsed.lines for piece in pieces),
        stored=0 if told else stored.num_rows,
        duplicates=sum(piece.parsed.records for piece in pieces) - (events if told else stored.num_rows),
        quarantined=sum(piece.parsed.rejects.num_rows for piece in pieces),
        ignored=sum(piece.parsed.ignored for piece in pieces),
        charged=charged.num_rows,
        cost_micros=_total(charged["cost_micros"]) if charged.num_rows else 0,
        newest=_newest(stored),
        touched=tuple(sorted(touched)) if len(touched) <= MAX_TOUCHED else (),
        resettled=len(outcome.moved),
        arrived=outcome.arrived,
        unrated=_unrated(stored) if stored.num_rows else 0,
        events=events,
        made=stored.num_rows if told else 0,
        outcome=outcome.without_rows(),
    )


def _store_records(
    session: Session,
    pieces: Sequence[ReadPiece],
    positions: Sequence[Checkpoint],
    *,
    book: RateBook,
    site: Site,
    account_cache: AccountCache,
    now: datetime,
) -> tuple[StoredCalls, Mapping[int, Lines], Mapping[int, Lines]]:
    """(the calls that are new, the lines of theirs by file, the lines of new events by file)."""
    read = list(zip((piece.parsed for piece in pieces), positions, strict=True))
    if any(parsed.events.num_rows for parsed, _ in read):
        if any(parsed.calls.num_rows for parsed, _ in read):
            raise InvalidInput("Calls and events of channels cannot be stored in one step.", field="format")
        parts = [of_source(parsed.events, at.file_id, at.source) for parsed, at in read]
        outcome, told = store_events(
            session, _joined(parts), book=book, site=site, account_cache=account_cache, now=now
        )
        return outcome, {}, told
    parts = [of_file(parsed.calls, at.file_id) for parsed, at in read]
    outcome = store_calls(session, _joined(parts), book=book, site=site, account_cache=account_cache, now=now)
    return outcome, outcome.by_file(), {}


def _joined(parts: Sequence[pa.Table]) -> pa.Table:
    return parts[0] if len(parts) == 1 else pa.concat_tables(parts).combine_chunks()


def _newest(stored: pa.Table) -> pa.Table:
    """The last calls; a copy of few among many, for a slice would keep all of them in memory."""
    newest = stored.slice(max(0, stored.num_rows - NEWEST))
    return newest.take(pa.arange(0, NEWEST)) if stored.num_rows > SMALL_BATCH else newest


def _numbered(session: Session, positions: Sequence[Checkpoint]) -> Sequence[Checkpoint]:
    """With a number for each file that has none."""
    if all(position.file_id for position in positions):
        return positions
    numbers = itertools.count(session.integer("pipeline.next_file"))
    return [
        position if position.file_id else replace(position, file_id=next(numbers)) for position in positions
    ]


def _keep_rejects(session: Session, piece: ReadPiece, position: Checkpoint, now: datetime) -> None:
    with session.bound(rejects=piece.parsed.rejects):
        session.run(
            "pipeline.keep_rejects",
            first_id=session.integer("pipeline.next_quarantine"),
            first_line=position.lines - piece.parsed.lines + 1,
            file_id=position.file_id,
            timezone=piece.timezone,
            now=now,
        )


def _accounts(parsed: Parsed, fresh: Lines, told: Lines) -> FileAccounts:
    """The accounts of a piece, of whose calls and events so many were new."""
    size = sum(_total(table["line_length"]) for table in (parsed.calls, parsed.events) if table.num_rows)
    times = parsed.events["happened_at"] if parsed.events.num_rows else parsed.calls["started_at"]
    return FileAccounts(
        lines=parsed.lines,
        stored=fresh.lines,
        duplicates=parsed.records - fresh.lines - told.lines,
        quarantined=parsed.rejects.num_rows,
        ignored=parsed.ignored,
        events=told.lines,
        stored_bytes=fresh.bytes,
        duplicate_bytes=size - fresh.bytes - told.bytes,
        quarantined_bytes=_total(parsed.rejects["line_length"]) if parsed.rejects.num_rows else 0,
        ignored_bytes=parsed.ignored_bytes,
        event_bytes=told.bytes,
        last_call_at=pc.max(times).as_py(),
    )


def _unrated(calls: pa.Table) -> int:
    return int(pc.sum(pc.is_in(calls["unrated"], _MISSING_MONEY)).as_py() or 0)


def _total(column: pa.ChunkedArray) -> int:
    return int(pc.sum(column).as_py() or 0)
