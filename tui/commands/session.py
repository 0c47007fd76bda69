"""One run of a command: where the site is, who asks, and how the answer is printed."""

import os
import sys
import threading
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar
from zoneinfo import ZoneInfo

import click

from engine.api.home import home_folder
from engine.api.operation import Operation, Progress
from engine.api.session import NO_ACCOUNT_YET, Greet, Greeting
from engine.domain.errors import InvalidInput, NotSignedIn, PbxmeterError
from engine.domain.money import format_amount
from engine.domain.zones import zone
from tui.commands.progress import Bar
from tui.text import i18n
from tui.text.i18n import _

if TYPE_CHECKING:
    from engine.api.client import Client, Credentials

R = TypeVar("R")

_CANCEL_SECONDS = 3.0


class FullScreen(Protocol):
    """Runs the full-screen application; its exit code, or `DEMO_WANTED`."""

    def __call__(
        self, home: Path, *, credentials: "Credentials | None" = None, slow_link: bool, mouse: bool
    ) -> int: ...


class Session:
    """The shared options, and the connection once a command asks for it."""

    def __init__(self, full_screen: FullScreen | None = None) -> None:
        """`full_screen` None: in this program commands only print."""
        self.full_screen = full_screen
        self.home: str | None = None
        self.user: str | None = None
        self.password_file: str | None = None
        self.as_json = False
        self.slow_link = False
        self.mouse = True
        self._client: Client | None = None

    @cached_property
    def folder(self) -> Path:
        """The home folder."""
        return home_folder(self.home)

    @cached_property
    def credentials(self) -> "Credentials | None":
        """Name and password; None = the operating-system user. Raises `InvalidInput` without a password."""
        if self.user is None:
            if self.password_file is not None:
                raise InvalidInput("--password-file goes with --user NAME.", field="user")
            return None
        from engine.api.client import Credentials

        return Credentials(name=self.user, password=self._password(self.user))

    def _password(self, name: str) -> str:
        if self.password_file is not None:
            return first_line(Path(self.password_file))
        from_environment = os.environ.get("PBXMETER_PASSWORD")
        if from_environment is not None:
            return from_environment
        if sys.stdin.isatty():
            return str(click.prompt(_("Password of {name}").format(name=name), hide_input=True, err=True))
        raise InvalidInput(
            "A password is needed: set PBXMETER_PASSWORD, give --password-file, or ask from a terminal.",
            field="password",
        )

    def connect(self, *, start: bool = True) -> "Client":
        """The client, the same at each call; starts an engine where none runs unless told otherwise."""
        if self._client is None:
            from engine.api.client import connect

            credentials = self.credentials
            client = interruptible(lambda: connect(self.folder, start=start, credentials=credentials))
            self._client = client
            self.greeting = interruptible(lambda: client.call(Greet()))
            if not i18n.chosen():
                i18n.install(i18n.of_site(self.greeting.language))
        return self._client

    def ask(self, operation: Operation[R], *, doing: str = "") -> R:
        """The operation's result; with `doing`, long work shows a bar. Ctrl-C cancels the work."""
        return self.work(lambda client, progress: client.call(operation, progress=progress), doing=doing)

    def work(self, do: "Callable[[Client, Callable[[Progress], None]], R]", *, doing: str = "") -> R:
        """The same for whatever asks the client."""
        client = self.connect()
        cancelled = threading.Event()
        with Bar(doing) as bar:

            def progress(report: Progress) -> None:
                if cancelled.is_set():
                    raise PbxmeterError("The work was cancelled.", code="cancelled")
                bar.show(report)

            try:
                return interruptible(lambda: do(client, progress), cancelled)
            except NotSignedIn as error:
                if self.user is not None:
                    raise
                if self.greeting.accounts_exist:
                    raise NotSignedIn("Accounts exist here: name yours with --user NAME.") from error
                raise NotSignedIn(NO_ACCOUNT_YET) from error

    @cached_property
    def greeting(self) -> Greeting:
        """The engine's greeting: the site's zone, currency, language."""
        return self.ask(Greet())

    @cached_property
    def zone(self) -> ZoneInfo:
        """The site's zone."""
        return zone(self.greeting.timezone)

    @cached_property
    def _digits(self) -> int:
        from babel.numbers import get_currency_precision

        return get_currency_precision(self.greeting.currency)

    def money(self, micros: int) -> str:
        """An amount with the currency's digits, more where the value has them, and no symbol."""
        return format_amount(micros, digits=self._digits)

    def money_named(self, micros: int) -> str:
        """An amount and the currency's code."""
        return f"{self.money(micros)} {self.greeting.currency}"

    def close(self) -> None:
        """Ends the connection, if there is one."""
        if self._client is not None:
            self._client.close()


def interruptible(work: Callable[[], R], cancelled: threading.Event | None = None) -> R:
    """What `work` returns or raises, done in a thread so that Ctrl-C is heard while the engine is silent.

    On Ctrl-C `cancelled` is set, the work gets a moment to end, and KeyboardInterrupt goes on.
    """
    results: list[R] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            errors.append(error)

    thread = threading.Thread(target=run, name="call", daemon=True)
    thread.start()
    try:
        thread.join()
    except KeyboardInterrupt:
        if cancelled is not None:
            cancelled.set()
            thread.join(_CANCEL_SECONDS)
        raise
    if errors:
        raise errors[0]
    return results[0]


def first_line(path: Path) -> str:
    """The first line of a small text file, without its end. Raises `InvalidInput`."""
    try:
        with path.open(encoding="utf-8") as file:
            return file.readline(10_000).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else _("it is not UTF-8 text")
        raise InvalidInput(
            "{path}: the file cannot be read: {reason}.", path=path, reason=reason, field="password_file"
        ) from error
