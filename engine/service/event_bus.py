"""Hands events to every open stream without ever waiting for a slow one."""

import contextlib
import queue
import threading

from engine.api.events import MAX_WAITING_EVENTS, Event, Missed
from engine.domain.errors import Refused

MAX_STREAMS = 200
"""So many may listen at once; each takes a thread of the engine."""


class EventBus:
    """Streams that listen; each has a bounded queue of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queues: list[queue.Queue[Event | None]] = []

    @property
    def listeners(self) -> int:
        """How many streams are open."""
        return len(self._queues)

    def subscribe(self) -> "queue.Queue[Event | None]":
        """A queue that gets every event from now on; None = the engine is stopping.

        Raises `Refused` when too many listen already.
        """
        waiting: queue.Queue[Event | None] = queue.Queue(MAX_WAITING_EVENTS)
        with self._lock:
            if len(self._queues) >= MAX_STREAMS:
                raise Refused(
                    "No more than {max_streams} programs can follow events at once; close one of them.",
                    max_streams=MAX_STREAMS,
                )
            self._queues.append(waiting)
        return waiting

    def unsubscribe(self, waiting: "queue.Queue[Event | None]") -> None:
        """The stream ended."""
        with self._lock:
            self._queues = [other for other in self._queues if other is not waiting]

    def publish(self, event: Event) -> None:
        """Tells every stream; one that is full loses what waits and learns that it missed something."""
        with self._lock:
            for waiting in self._queues:
                _put(waiting, event)

    def close(self) -> None:
        """Ends every stream."""
        with self._lock:
            for waiting in self._queues:
                _put(waiting, None)


def _put(waiting: "queue.Queue[Event | None]", event: Event | None) -> None:
    try:
        waiting.put_nowait(event)
    except queue.Full:
        # The reader may take the last one at the same moment.
        with contextlib.suppress(queue.Empty):
            while True:
                waiting.get_nowait()
        waiting.put_nowait(event if event is None else Missed())
