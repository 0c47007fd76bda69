"""The one writer: a thread that takes every change in turn, each in a transaction of its own."""

import logging
import queue
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import NamedTuple, TypeVar

from engine.domain.errors import PbxmeterError, StorageError
from engine.domain.message import Message, of_system, phrases
from engine.domain.threads import Start, start_thread
from engine.domain.zones import utc_now
from engine.store.chain import Chain, Link, changed_outside
from engine.store.database import Database
from engine.store.high_water import Mark, MarkFile, check_reached, mark_path, read_mark, write_mark
from engine.store.session import Session

log = logging.getLogger(__name__)

MAX_WAITING = 64
"""Changes that may wait; a further caller blocks until one is done."""

CHECKPOINT_IDLE_SECONDS = 20.0
CHECKPOINT_SECONDS = 300.0
"""Where it is never idle: so often, when nothing waits. It takes 20 to 70 ms at 10 million calls."""
CHECKPOINT_LOG_BYTES = 256 << 20
"""Where something always waits: what the log holds is also held in memory, and read again after a crash."""

T = TypeVar("T")
Change = Callable[[Session], T]


class Remark(NamedTuple):
    """Something about a store as it was found, for the audit."""

    action: str
    text: Message

    @property
    def detail(self) -> dict[str, object]:
        """For the audit: in English, and as template and fields."""
        return {"remark": str(self.text), "message": self.text}


class _Answer(NamedTuple):
    """What a caller waits for: that the mark holds the link of its change."""

    link: Link | None
    give: Callable[[], None]


class Writer:
    """Runs changes one after another on one session.

    A change is a function of the session; what it raises rolls its transaction back and reaches the
    caller. `after` gets the session and the result in the writer thread once the
    commit is durable, before the next change. The caller is told when the high-water mark holds it, too.
    """

    def __init__(self, database: Database, *, start: Start = start_thread, accept_loss: bool = False) -> None:
        """Compares the store with its high-water mark, and begins to work.

        Raises `StorageError`, code `behind_mark`, where it has lost something, unless that is accepted.
        """
        self.remarks: list[Remark] = []
        """What the audit should hold of the store as it was found."""
        self._database = database
        self._session = database.session()
        self._chain = Chain(utc_now)
        try:
            self._mark = self._reached(accept_loss=accept_loss)
        except BaseException:
            self._session.close()
            raise
        self._answers: queue.Queue[_Answer | None] = queue.Queue(MAX_WAITING)
        self._queue: queue.Queue[Callable[[], None] | None] = queue.Queue(MAX_WAITING)
        self._dirty = False
        self._longest_log = self._usual_log = min(CHECKPOINT_LOG_BYTES, database.memory_bytes // 2)
        self._last_checkpoint = time.monotonic()
        self._closed = False
        self._ended = self._marked = False
        self._thread = start("writer", self._serve, until=lambda: self._ended)
        self._marker = start("marker", self._acknowledge, until=lambda: self._marked)

    def submit(
        self, change: "Change[T]", *, after: "Callable[[Session, T], None] | None" = None
    ) -> "Future[T]":
        """Queues a change; the future gives its result after the commit, or raises what it raised."""
        if self._closed:
            raise StorageError("The engine is stopping.")
        done: Future[T] = Future()

        def job() -> None:
            if not done.set_running_or_notify_cancel():
                return
            self._session.turn += 1
            try:
                self._chain.begin(self._session)
                self._session.written.clear()
                try:
                    with self._session.transaction():
                        result = change(self._session)
                        link = self._chain.extend(self._session)
                        self._database.check()
                finally:
                    self._database.note_log()
                self._chain.committed(link)
                self._dirty = True
            except BaseException as error:
                self._chain.forget()
                if not isinstance(error, PbxmeterError):
                    log.exception("A change failed")
                done.set_exception(error)
                return
            try:
                if after is not None:
                    after(self._session, result)
            except Exception:
                # It is committed: whoever asked must not be told that it failed, and ask again.
                log.exception("A change was stored, but what follows from it was not done")
            self._answers.put(_Answer(link, lambda: done.set_result(result)))

        self._queue.put(job)
        return done

    def run(self, change: "Change[T]", *, after: "Callable[[Session, T], None] | None" = None) -> T:
        """Queues a change and waits for its result."""
        return self.submit(change, after=after).result()

    def close(self) -> None:
        """Finishes what is queued and ends the thread."""
        self._closed = True
        self._queue.put(None)
        self._thread.join()
        self._answers.put(None)
        self._marker.join()
        self._mark.close()
        self._session.close()

    def _reached(self, *, accept_loss: bool) -> MarkFile:
        path, link = mark_path(self._database.path), self._chain.begin(self._session)
        mark = read_mark(path)
        try:
            if mark is not None:
                held = self._session.rows("chain.link", number=mark.link)
                digest = bytes(held[0][0]).hex() if held else ""  # pyright: ignore[reportArgumentType] - a BLOB
                check_reached(self._database.path, mark, link, digest=digest)
        except StorageError as error:
            if not accept_loss:
                raise
            self.remarks.append(Remark("AcceptedLoss", error.message))
        else:
            if mark is None and link.number:
                text = Message("There was no high-water mark {name}; one was made.", name=path.name)
                self.remarks.append(Remark("MarkMade", text))
        if outside := changed_outside(self._session):
            text = Message(
                "Changed by something other than the engine: {outside}.",
                outside=phrases(map(Message, outside)),
            )
            self.remarks.append(Remark("AcceptedLoss" if accept_loss else "ChangedOutside", text))
        for remark in self.remarks:
            log.warning("%s", remark.text)
        try:
            write_mark(path, Mark.of(link))
            return MarkFile(path)
        except OSError as error:
            raise StorageError(
                "{path} cannot be written: {reason}.", path=path, reason=of_system(error)
            ) from error

    def _acknowledge(self) -> None:
        """Answers callers, whole groups of them after one mark that holds all their changes."""
        while True:
            group = [self._answers.get()]
            while not self._answers.empty():
                group.append(self._answers.get())
            links = [answer.link for answer in group if answer is not None and answer.link is not None]
            if links:
                self._mark.write(Mark.of(links[-1]))
            for answer in group:
                if answer is None:
                    self._marked = True
                    return
                answer.give()
            # Until the next group comes, their results would stay in memory.
            group = answer = None

    def _serve(self) -> None:
        while True:
            try:
                job = self._queue.get(timeout=CHECKPOINT_IDLE_SECONDS)
            except queue.Empty:
                self._checkpoint()
                continue
            if job is None:
                self._ended = True
                return
            job()
            # Until the next one comes, what was stored would stay in memory.
            job = None
            if self._queue.empty() and time.monotonic() - self._last_checkpoint >= CHECKPOINT_SECONDS:
                self._checkpoint()
            if (size := self._database.log_bytes()) > self._longest_log:
                self._checkpoint()
                # Put off, it is not tried again after every change.
                self._longest_log = self._usual_log + (size if self._dirty else 0)

    def _checkpoint(self) -> None:
        if not self._dirty:
            return
        self._dirty = False
        self._last_checkpoint = time.monotonic()
        try:
            self._database.checkpoint()
        except PbxmeterError as error:
            # Readers may hold old versions; the next idle moment tries again.
            self._dirty = True
            log.info("Checkpoint put off: %s", error)
