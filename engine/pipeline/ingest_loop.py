"""The ingest thread: follows the sources, and stores what the PBX appends."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from config.settings import Settings, Source
from engine.domain.errors import OUT_OF_RANGE, PbxmeterError, StorageError
from engine.domain.memory import free_memory
from engine.domain.message import NOTHING, Message
from engine.domain.threads import Running, Start, start_thread
from engine.parse.schema import Parsed
from engine.pipeline.backlog import Backlog
from engine.pipeline.backoff import Backoff
from engine.pipeline.batch import ReadPiece, StoredBatch
from engine.pipeline.batch_writer import BatchWriter
from engine.pipeline.budget import backlog_bytes, database_room
from engine.pipeline.checkpoints import load_checkpoints
from engine.pipeline.followed_sources import FollowedSources
from engine.pipeline.live_site import LiveSite
from engine.pipeline.source_parser import SourceParser
from engine.store import Database, Session, Writer
from engine.tail.checkpoint import Checkpoint
from engine.tail.follower import Follower
from engine.tail.health import CATCHING_UP_BYTES, SourceHealth
from engine.tail.piece import FileWork, Piece
from engine.tail.watcher import Mode

log = logging.getLogger(__name__)

SWEEP_SECONDS = 1.0
TURN_SECONDS = 1.0
"""So long many files are read before another look: what was written meanwhile may go first."""
GROUP_FILES = 64
GROUP_BYTES = 256 << 10
"""So much of different files is stored in one transaction, where it was found in one look."""
RETRY_SECONDS = 2.0
RATE_WINDOW_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class _Read:
    """A piece that was read and is to be stored."""

    work: FileWork
    piece: ReadPiece
    size: int


class IngestLoop:
    """One thread, and one that reads backlogs for it; pieces become transactions with their files' new
    checkpoints."""

    def __init__(
        self,
        *,
        home: Path,
        database: Database,
        writer: Writer,
        state: LiveSite,
        settings: Settings,
        stored: Callable[[Session, StoredBatch], None],
        alarmed: Callable[[], None],
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
        backlog_bytes: int = CATCHING_UP_BYTES,
        start: Start = start_thread,
    ) -> None:
        """`stored` runs in the writer thread after each commit; `alarmed` when `fault` or health changes.

        `now` is naive UTC, `clock` monotonic seconds. A file so many bytes behind is read beside the thread.
        """
        self._home = home
        self._database = database
        self._batch_writer = BatchWriter(writer=writer, state=state, stored=stored, now=now)
        self._alarmed = alarmed
        self._now = now
        self._clock = clock
        self._backlog_bytes = backlog_bytes
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._pending: Settings | None = settings
        self._settings = settings
        self._backlog = Backlog(read=self._wake)
        self._backoff = Backoff(clock=clock, changed=alarmed)
        self._following: FollowedSources | None = None
        self._health: list[SourceHealth] = []
        self._offsets: dict[int, int] = {}
        """Read offset by file, as committed."""
        self._in_doubt = False
        self._zone_doubts: dict[str, Message] = {}
        self._recent: dict[str, deque[tuple[float, int]]] = {}
        self.fault = ""
        """Why nothing can be stored at present; '' = all is well."""
        self._start_thread = start
        self._thread: Running | None = None

    def start(self) -> None:
        """Begins to follow."""
        self._thread = self._start_thread("ingest", self._serve, until=self._stop.is_set)

    def configure(self, settings: Settings) -> None:
        """Takes over changed sources at the next turn."""
        with self._lock:
            self._pending = settings
        self._wake()

    def close(self) -> None:
        """Ends after the piece in hand."""
        self._stop.set()
        self._wake()
        if self._thread is not None:
            self._thread.join()
        self._backlog.close()
        self._drop()

    def turn(self) -> bool:
        """Sweeps once, and stores one piece of each file that has something; the thread does this over and
        over. True = go on at once."""
        self._take_over()
        self._resolve_doubt()
        return self._turn()

    @property
    def reading(self) -> bool:
        """Whether a piece of a backlog is being read, or read and waiting for a turn to store it."""
        return self._backlog.underway is not None

    @property
    def settings(self) -> Settings:
        """The configuration in force."""
        return self._settings

    @property
    def health(self) -> list[SourceHealth]:
        """The health of every source at the last sweep."""
        return self._health

    def path_of(self, source: Source) -> str:
        """The source's path or glob, absolute: what healths and files name it by."""
        return str(self._home / source.path)

    @property
    def watching(self) -> tuple[Mode, Message]:
        """Whether the kernel tells of what is written, and why not."""
        following = self._following
        return (
            ("polling", NOTHING) if following is None else (following.watcher.mode, following.watcher.message)
        )

    @property
    def bytes_behind(self) -> int:
        """Bytes of the sources that are not read yet."""
        return sum(source.bytes_behind for source in self._health)

    def parser_fault(self, source: str) -> Message:
        """Why a source's lines cannot be read; '' = they can."""
        following = self._following
        fault = following.faults.get(source) if following is not None else None
        return fault or self._backoff.fault_of(source)

    def zone_doubt(self, source: str) -> Message:
        """Why the zone of a source's times cannot be right; '' = nothing contradicts it."""
        return self._zone_doubts.get(source, NOTHING)

    def lines_per_second(self, source: str) -> float:
        """Lines stored lately."""
        recent = self._recent.get(source)
        if not recent:
            return 0.0
        since = self._clock() - RATE_WINDOW_SECONDS
        return sum(lines for moment, lines in list(recent) if moment >= since) / RATE_WINDOW_SECONDS

    def _wake(self) -> None:
        with self._lock:
            following = self._following
        if following is not None:
            following.watcher.wake()

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                if self.turn():
                    continue
                self._note_fault(NOTHING)
            except PbxmeterError as error:
                self._pause(error.message)
            except OSError as error:
                self._pause(Message("Reading failed: {error}", error=error))
            except Exception as error:
                # An error of our own: ingest must not stand still without a word.
                log.exception("Ingest failed")
                self._pause(Message("{error}; engine.log has the details.", error=repr(error)))
            following = self._following
            if following is not None and not self._stop.is_set():
                following.watcher.wait(SWEEP_SECONDS)

    def _pause(self, fault: Message) -> None:
        self._note_fault(fault)
        self._stop.wait(RETRY_SECONDS)

    def _resolve_doubt(self) -> None:
        """Starts over from the stored checkpoints when a change that failed was committed all the same."""
        if not self._in_doubt:
            return
        with self._database.reading() as session:
            stored = _offsets(load_checkpoints(session))
        if stored != self._offsets:
            log.warning("Ingest: a commit that failed was made all the same; goes on from there")
            with self._lock:
                self._pending = self._pending or self._settings
            self._take_over()
        self._in_doubt = False

    def _take_over(self) -> None:
        with self._lock:
            settings, self._pending = self._pending, None
        if settings is None:
            return
        try:
            self._follow(settings)
        except BaseException:
            with self._lock:
                self._pending = self._pending or settings
            raise

    def _follow(self, settings: Settings) -> None:
        self._drop()
        with self._database.reading() as session:
            known = load_checkpoints(session)
        following = FollowedSources(
            settings,
            known,
            home=self._home,
            piece_bytes=backlog_bytes(free_memory(), database_bytes=database_room(self._database)),
            now=self._now,
            clock=self._clock,
            start=self._start_thread,
        )
        self._offsets = _offsets(known)
        with self._lock:
            self._settings, self._following = settings, following
        self._backoff.clear()
        self._zone_doubts.clear()

    def _drop(self) -> None:
        self._backlog.drop()
        with self._lock:
            following, self._following = self._following, None
        if following is not None:
            following.close()

    def _turn(self) -> bool:
        following = self._following
        if following is None:
            return False
        follower = following.follower
        went_on = self._store(follower, self._read_backlog(follower))
        busy = self._backoff.waiting()
        if self._backlog.underway is not None:
            busy.add(self._backlog.underway.work.token)
        works = follower.sweep(without=busy)
        self._backoff.keep(follower.follows)
        health = follower.health()
        if [(source.state, source.message) for source in health] != [
            (source.state, source.message) for source in self._health
        ]:
            self._health = health
            self._alarmed()
        self._health = health
        began = self._clock()
        group: list[_Read] = []
        for work in works:
            late = self._clock() - began > TURN_SECONDS
            if late or self._stop.is_set() or self._pending is not None:
                self._store(follower, group)
                return True
            if work.behind >= self._backlog_bytes and not work.opening:
                self._begin_backlog(following, work)
                continue
            group += self._read(following, work)
            if len(group) >= GROUP_FILES or sum(read.size for read in group) >= GROUP_BYTES:
                went_on = self._store(follower, group) or went_on
                group = []
        return self._store(follower, group) or went_on

    def _begin_backlog(self, following: FollowedSources, work: FileWork) -> None:
        parser = following.bulk_parsers.get(work.source)
        if parser is None or self._backlog.underway is not None:
            return
        piece = following.follower.read(work)
        if piece is not None:
            self._backlog.begin(work, piece, parser)

    def _read_backlog(self, follower: Follower) -> list[_Read]:
        """The piece of a backlog that was read meanwhile, if it can be stored."""
        read = self._backlog.take()
        if read is None:
            return []
        return self._parsed(follower, read.work, read.piece, read.parser, read.parsed.result)

    def _read(self, following: FollowedSources, work: FileWork) -> list[_Read]:
        """The file's next piece, if there is one that can be stored."""
        parser = following.parsers.get(work.source)
        piece = following.follower.read(work) if parser is not None else None
        if parser is None or piece is None:
            return []
        return self._parsed(following.follower, work, piece, parser, lambda: parser.parse(piece))

    def _parsed(
        self,
        follower: Follower,
        work: FileWork,
        piece: Piece,
        parser: SourceParser,
        parse: Callable[[], Parsed],
    ) -> list[_Read]:
        try:
            parsed = parse()
        except PbxmeterError as error:
            self._backoff.refuse(work, error.message)
            return []
        except Exception as error:
            # An error of our own in one source must not hold up the others.
            if self._backoff.refuse(work, Message("{error}; engine.log has the details.", error=repr(error))):
                log.exception("Reading %s failed", work.path)
            return []
        self._backoff.allow(work.token)
        if parser.zone_doubt != self.zone_doubt(work.source):
            self._zone_doubts[work.source] = parser.zone_doubt
            self._alarmed()
        after = piece.after(consumed=parsed.consumed, lines=parsed.lines)
        if not parsed.consumed and piece.data and not work.opening:
            follower.commit(work, after)
            return []
        read = ReadPiece(parsed=parsed, after=after, format_name=parser.format_name, timezone=parser.timezone)
        return [_Read(work=work, piece=read, size=len(piece.data))]

    def _store(self, follower: Follower, group: Sequence[_Read]) -> bool:
        """Stores what was read, all of it in one transaction; whether that was anything."""
        if not group:
            return False
        self._in_doubt = True
        try:
            batch = self._batch_writer.submit([read.piece for read in group]).result()
        except StorageError as error:
            if error.code != OUT_OF_RANGE:
                raise
            # Charges that cannot be made hold up no file but their own.
            if len(group) == 1:
                self._backoff.refuse(group[0].work, error.message)
                return False
            return sum(self._store(follower, [read]) for read in group) > 0
        self._in_doubt = False
        for read, (position, _) in zip(group, batch.files, strict=True):
            self._offsets[position.file_id] = position.read_offset
            follower.commit(read.work, position)
            if read.piece.parsed.lines:
                recent = self._recent.setdefault(read.work.source, deque(maxlen=4096))
                recent.append((self._clock(), read.piece.parsed.lines))
        return True

    def _note_fault(self, fault: Message) -> None:
        if fault != self.fault:
            self.fault = fault
            (log.error if fault else log.info)("Ingest: %s", fault or "goes on")
            self._alarmed()


def _offsets(checkpoints: list[Checkpoint]) -> dict[int, int]:
    return {one.file_id: one.read_offset for one in checkpoints}
