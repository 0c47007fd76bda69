"""Keys are handled strictly in the order they were typed.

Textual hands a printable key to the focused widget's queue, and a bound key travels up the tree to the
application before its binding is looked up: keys that arrive in one read overtake one another. The fence
takes key, paste and mouse events before Textual does and lets the next through only when everything the one
before has set in motion has come to rest: its handlers and bindings, a change of focus, a screen on top, and
the rows of another list: a focused widget whose `keys_wait` is true is waited for, up to `DIALOG_SECONDS`.
What is typed before the screen it is meant for stands is kept as long as the application says (`must_wait`).
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from time import monotonic
from typing import cast

from textual import events
from textual.app import App, ReturnType, ScreenStackError
from textual.dom import DOMNode
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.worker import Worker

DIALOG_GROUP = "dialog"
"""Workers of this group are waited for, up to `DIALOG_SECONDS`, until they end or put a screen on top."""

LEAVE_KEY = "ctrl+q"
"""Overtakes what waits for a screen that is still to come."""

WAITING_EVENTS = 4096
"""Input events kept while one is being handled; what is typed beyond that is dropped with a bell."""

SETTLE_SECONDS = 2.0
"""How long a handler may hold back the next key."""

WORKER_SECONDS = 0.3
"""How long an ordinary async worker started by a key may hold back the next one."""

DIALOG_SECONDS = 5.0
"""How long a worker of `DIALOG_GROUP`, or `keys_held`, may hold back the next key."""

_POLL_SECONDS = 0.005


class OrderedKeys(App[ReturnType]):
    """Mixed into the application, before `App` in the order of its bases."""

    _waiting_input: deque[events.Event] | None = None
    _released_input: events.Event | None = None
    _input_gate: asyncio.Task[None] | None = None
    _key_holds = 0

    @contextmanager
    def keys_held(self) -> Iterator[None]:
        """Keys typed inside this block are handled after it, or `DIALOG_SECONDS` after the key before them.

        For what leads to a dialog but takes time outside of handlers, such as asking the engine first.
        """
        self._key_holds += 1
        try:
            yield
        finally:
            self._key_holds -= 1

    def must_wait(self, event: events.Event) -> bool:
        """Whether input is meant for a screen that is still to come; what is typed after it waits with it."""
        del event
        return False

    def forget_input(self) -> None:
        """Drops, with a bell, what was typed for a screen that does not come."""
        if self._waiting_input:
            self._waiting_input.clear()
            self.bell()

    async def on_event(self, event: events.Event) -> None:
        """Queues input that comes from the terminal; everything else goes its usual way."""
        if not isinstance(event, (events.InputEvent, events.Paste)) or event.is_forwarded:
            await super().on_event(event)
        elif event is self._released_input:
            self._released_input = None
            await super().on_event(event)
        elif self._input_gate is None and isinstance(event, events.MouseMove):
            await super().on_event(event)
        else:
            self._queue_input(event)

    def _queue_input(self, event: events.Event) -> None:
        if self._waiting_input is None:
            self._waiting_input = deque()
        waiting = self._waiting_input
        if _leaves(event) and waiting and self.must_wait(waiting[0]):
            waiting.clear()
        if waiting and isinstance(event, events.MouseMove) and isinstance(waiting[-1], events.MouseMove):
            waiting[-1] = event
        elif isinstance(event, events.Key) and event.key == "ctrl+j":
            # Until the terminal is told otherwise it turns an Enter that is typed ahead into a line feed.
            waiting.append(events.Key("enter", "\r"))
        elif isinstance(event, events.Key) and event.key.startswith("alt+") and event.character:
            # Textual says of Alt and a letter that it prints one: a text being typed would take it.
            waiting.append(events.Key(event.key, None))
        elif len(waiting) < WAITING_EVENTS:
            waiting.append(event)
        else:
            self.bell()
        if self._input_gate is None:
            self._input_gate = asyncio.create_task(self._release_input(waiting), name="input fence")

    async def _release_input(self, waiting: deque[events.Event]) -> None:
        try:
            settling = self._settling
            while waiting:
                if not _leaves(waiting[0]) and self.must_wait(waiting[0]):
                    settling.begin()
                    await asyncio.sleep(_POLL_SECONDS)
                    # The screen that was waited for is there before its focus is.
                    await settling.finish()
                    continue
                self._released_input = waiting.popleft()
                settling.begin()
                if self.post_message(self._released_input):
                    await settling.finish()
        except Exception as error:
            self.call_later(_raise, error)
            raise
        finally:
            self._input_gate = None

    @cached_property
    def _settling(self) -> "_Settling":
        return _Settling(self, lambda: self._key_holds > 0)


def _leaves(event: events.Event) -> bool:
    return isinstance(event, events.Key) and event.key == LEAVE_KEY


def _raise(error: Exception) -> None:
    raise error


class _Settling:
    """Waits until what one input event has set in motion has come to rest."""

    def __init__(self, app: App[ReturnType], held: Callable[[], bool]) -> None:
        self._app: App[object] = cast("App[object]", app)
        self._held = held
        self._known: set[Worker[object]] = set()
        self._watched: dict[Worker[object], frozenset[Screen[object]]] = {}
        self._stack: frozenset[Screen[object]] = frozenset()
        self._began = 0.0

    def begin(self) -> None:
        self._known = set(self._app.workers)
        self._stack = frozenset(self._app.screen_stack)
        self._began = monotonic()

    async def finish(self) -> None:
        """Returns when all is at rest or out of time; at once while there is no screen, as when leaving."""
        with suppress(ScreenStackError):
            await self._finish()

    async def _finish(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(SETTLE_SECONDS):
                    while not await self._round_was_quiet():
                        pass
            waited = monotonic() - self._began
            held = self._held() or bool(getattr(self._app.focused, "keys_wait", False))
            if not self._workers_hold(waited) and not (held and waited < DIALOG_SECONDS):
                return
            await asyncio.sleep(_POLL_SECONDS)

    async def _round_was_quiet(self) -> bool:
        """Lets the queues on the way from the focused widget up to the application run dry, in that order.

        Quiet means that afterwards no queue of the screen held anything, and screen and focus are the same.
        """
        app = self._app
        screen, focused = app.screen, app.focused
        for node in (focused or screen).ancestors_with_self:
            await _queue_handled(node)
        for widget in self._busy_widgets():
            await _queue_handled(widget)
        await asyncio.sleep(0)
        return (
            app.screen is screen
            and app.focused is focused
            and app.message_queue_size == 0
            and not any(True for _ in self._busy_widgets())
        )

    def _busy_widgets(self) -> list[DOMNode]:
        return [node for node in self._app.screen.walk_children(with_self=True) if node.message_queue_size]

    def _workers_hold(self, waited: float) -> bool:
        """Whether a worker that a key started may still put a screen on top of those it started with."""
        for worker in self._app.workers:
            if worker not in self._known and worker not in self._watched and _may_open_dialog(worker):
                self._watched[worker] = self._stack
        top = self._app.screen
        for worker, stack in list(self._watched.items()):
            patience = DIALOG_SECONDS if worker.group == DIALOG_GROUP else WORKER_SECONDS
            if worker.is_finished:
                del self._watched[worker]
            elif top not in stack:
                continue
            elif waited < patience:
                return True
            elif worker.group != DIALOG_GROUP:
                self._known.add(worker)
                del self._watched[worker]
        return False


def _may_open_dialog(worker: Worker[object]) -> bool:
    """Threads cannot put screens on top; only those that say so lead to one."""
    return worker.group == DIALOG_GROUP or not getattr(worker, "_thread_worker", False)


async def _queue_handled(pump: MessagePump) -> None:
    handled = asyncio.Event()
    if pump.call_later(handled.set):
        await handled.wait()
