"""The link to the engine: connects in a thread, passes events on as messages, and comes back by itself.

A lost engine is tried again with growing pauses. One that had been started in the background by a client is
started again after `RESTART_SECONDS`; a service is left to whoever runs it.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from textual.message import Message

from engine.domain.errors import (
    EngineDown,
    InvalidInput,
    NotFound,
    NotSignedIn,
    PbxmeterError,
    Refused,
    StorageError,
)
from tui.text.i18n import _, said

if TYPE_CHECKING:
    from textual.message_pump import MessagePump

    from engine.api.client import Client, Credentials
    from engine.api.events import Event
    from engine.api.operation import Operation, Progress
    from engine.api.session import Greeting

FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 5.0
RESTART_SECONDS = 3.0
CALLS_AT_ONCE = 6

NOT_SENT = "engine_down_not_sent"
"""The code of an `EngineDown` raised before anything was asked of the engine."""

R = TypeVar("R")


@dataclass
class Connected(Message):
    """The engine answers and knows who asks. Also after every reconnect."""

    greeting: "Greeting"


@dataclass
class Lost(Message):
    """The engine does not answer; it is tried again in `pause_seconds`."""

    error: PbxmeterError
    pause_seconds: float


@dataclass
class SignInWanted(Message):
    """The engine does not know the caller; answer with `EngineLink.sign_in`. `reason` '' = the first time."""

    reason: str


@dataclass
class Happened(Message):
    """Something came from the event stream."""

    event: "Event"


class EngineLink:
    """One connection at a time, kept by a thread of its own. `call` may be used from any thread."""

    def __init__(
        self,
        home: Path,
        *,
        listener: "MessagePump",
        credentials: "Credentials | None" = None,
        first_questions: "Callable[[], Sequence[Operation[Any]]]" = tuple,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """`first_questions` are asked as soon as there is an engine; `ask` has the answers, once.

        `changed` is called, in whatever thread asked, after each operation that changed something, or may
        have done so.
        """
        self.home = home
        self._listener = listener
        self._credentials = credentials
        self.name = credentials.name if credentials is not None else ""
        """The user name that was signed in with, or tried, last; '' = none."""
        self._client: Client | None = None
        self._background = True
        self._first_questions = first_questions
        self._changed = changed
        self._asked: list[tuple[Operation[Any], Future[object]]] = []
        """What was asked ahead and is not fetched yet."""
        self._events: Iterator[Event] = iter(())
        self._closing = threading.Event()
        self._wake = threading.Event()
        self._answered = threading.Event()
        self._pool = ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix="ask")
        self._thread = threading.Thread(target=self._keep_connected, name="engine link", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def connected(self) -> bool:
        return self._client is not None

    def call(self, operation: "Operation[R]", *, progress: "Callable[[Progress], None] | None" = None) -> R:
        """The operation's result; blocks. Raises `PbxmeterError`, `EngineDown` while there is no engine."""
        client = self.client
        refused = False
        try:
            return client.call(operation, progress=progress)
        except (InvalidInput, NotFound, Refused):
            refused = True
            raise
        except NotSignedIn:
            refused = True
            # The event stream ends with the client; the next connection signs in anew.
            client.close()
            raise
        finally:
            if operation.takes_effect and not refused:
                self._changed()

    @property
    def client(self) -> "Client":
        """The client itself, for streams. Raises `EngineDown` while there is none."""
        client = self._client
        if client is None:
            raise EngineDown(
                _("The engine does not answer; nothing was changed. What you typed is kept."), code=NOT_SENT
            )
        return client

    async def ask(
        self, operation: "Operation[R]", *, progress: "Callable[[Progress], None] | None" = None
    ) -> R:
        """`call` without blocking the application. `progress` runs in another thread."""
        asked = next((asked for asked in self._asked if asked[0] == operation), None)
        if asked is not None:
            self._asked.remove(asked)
            return cast("R", await asyncio.wrap_future(asked[1]))
        return await self.run(lambda: self.call(operation, progress=progress))

    async def run(self, work: Callable[[], R]) -> R:
        """Blocking work with the engine in a thread of the link's pool."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def sign_in(self, credentials: "Credentials") -> None:
        """Answers `SignInWanted`; the outcome is `Connected`, or `SignInWanted` again."""
        self._credentials = credentials
        self.name = credentials.name
        self._answered.set()

    def retry(self) -> None:
        """Tries a lost engine again without waiting for the end of the pause."""
        self._wake.set()

    def close(self) -> None:
        self._closing.set()
        self._wake.set()
        self._answered.set()
        client, self._client = self._client, None
        if client is not None:
            client.close()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _keep_connected(self) -> None:
        pause, lost_at, known = FIRST_PAUSE_SECONDS, 0.0, False
        while not self._closing.is_set():
            try:
                waited = time.monotonic() - lost_at > RESTART_SECONDS
                self._connect(start=not known or (self._background and waited))
                pause, lost_at, known = FIRST_PAUSE_SECONDS, 0.0, True
                self._listen()
            except (NotSignedIn, _SignInRefused) as error:
                self._drop()
                self._wait_for_credentials("" if isinstance(error, NotSignedIn) else said(error.message))
            except (PbxmeterError, OSError) as found:
                self._drop()
                error = found if isinstance(found, PbxmeterError) else StorageError(str(found))
                lost_at = lost_at or time.monotonic()
                self._tell(Lost(error, pause))
                self._wake.clear()
                self._wake.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _connect(self, *, start: bool) -> None:
        # pyarrow comes with the client: imported here, after the first paint.
        from engine.api.client import connect
        from engine.api.session import NO_ACCOUNT_YET, Greet

        client = connect(self.home, start=start)
        try:
            if self._credentials is not None:
                try:
                    client.sign_in(self._credentials)
                except EngineDown:
                    raise
                except PbxmeterError as error:
                    self._credentials = None
                    raise _SignInRefused(error.message) from error
            greeting = client.call(Greet())
            if greeting.role is None:
                if not greeting.accounts_exist:
                    raise _SignInRefused(NO_ACCOUNT_YET)
                raise NotSignedIn("Sign in first.")
            # Listened to before anything is asked, so that no change falls between an answer and its event.
            self._events = client.events()
            self._ask_ahead(client)
        except BaseException:
            client.close()
            raise
        self._client = client
        self._tell(Connected(greeting))

    def _listen(self) -> None:
        from engine.api.site import GetStatus

        self._background = self.call(GetStatus()).background
        for event in self._events:
            self._tell(Happened(event))
        if not self._closing.is_set():
            raise EngineDown("The engine ended the connection.")

    def _ask_ahead(self, client: "Client") -> None:
        """Asks while the first screen is still being put together."""
        questions, self._first_questions = self._first_questions(), tuple
        self._asked = [(question, self._pool.submit(client.call, question)) for question in questions]

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _wait_for_credentials(self, reason: str) -> None:
        self._answered.clear()
        self._tell(SignInWanted(reason))
        self._answered.wait()

    def _tell(self, message: Message) -> None:
        if not self._closing.is_set():
            self._listener.post_message(message)


class _SignInRefused(PbxmeterError):
    """Name and password do not fit, were tried too often, or there is no account to sign in as."""
