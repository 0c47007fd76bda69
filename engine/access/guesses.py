"""Wrong passwords of the last hour: how many are looked at, of one account and in all.

Two budgets stand side by side. Who asks from a system user that the account signed in from before, or that
owns the home, draws on one; everybody else on the other. So strangers who guess cannot keep the account's
own people out. Names are kept as short digests, known or not: neither memory nor answers tell them apart.
"""

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.domain.errors import Refused
from engine.store import Session

MAX_GUESSES = 10
"""Of one account within an hour, from each of the two sides."""
MAX_GUESSES_IN_ALL = 100
"""Of all names within an hour, from each of the two sides."""
WINDOW_SECONDS = 3600.0
PATIENCE_SECONDS = 10.0
"""How long one waits for others whose passwords are being looked at."""


@dataclass(frozen=True, kw_only=True)
class PastGuess:
    """A wrong password, as the store keeps it."""

    made_at: datetime
    name_key: str
    familiar: bool


@dataclass(eq=False, kw_only=True)
class Guess:
    """A password that is being looked at, or was wrong."""

    name_key: str
    familiar: bool
    made_at: float
    """Monotonic seconds."""
    open: bool = field(default=True)
    """Still being looked at."""


class Guesses:
    """Counts before a password is looked at, and forgets those that were right."""

    def __init__(
        self, past: list[PastGuess], *, now: datetime, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`past` is what the store remembers; a moment that seems to lie ahead counts as this one."""
        self._clock = clock
        self._changed = threading.Condition()
        self._guesses: dict[bool, list[Guess]] = {True: [], False: []}
        for one in past:
            made_at = clock() - max(0.0, (now - one.made_at).total_seconds())
            guess = Guess(name_key=one.name_key, familiar=one.familiar, made_at=made_at, open=False)
            self._guesses[one.familiar].append(guess)

    def begin(self, name: str, *, familiar: bool) -> Guess:
        """A guess that may be looked at; end it with `right` or `wrong`.

        Raises `Refused` when too many were wrong. A refused one counts for nothing, so the wait is
        not renewed by it.
        """
        key = name_key(name)
        until = self._clock() + PATIENCE_SECONDS
        with self._changed:
            while True:
                now = self._clock()
                side = [guess for guess in self._guesses[familiar] if now - guess.made_at < WINDOW_SECONDS]
                self._guesses[familiar] = side
                own = [guess for guess in side if guess.name_key == key]
                full = [
                    group
                    for group, most in ((own, MAX_GUESSES), (side, MAX_GUESSES_IN_ALL))
                    if len(group) >= most
                ]
                if not full:
                    guess = Guess(name_key=key, familiar=familiar, made_at=now)
                    side.append(guess)
                    return guess
                if not any(guess.open for guess in full[0]) or now > until:
                    raise _too_many(WINDOW_SECONDS - (now - full[0][0].made_at))
                # Some of those counted may turn out right: whoever signs in many times at once may go on.
                self._changed.wait(1.0)

    def right(self, guess: Guess) -> None:
        """It was no guess, or was not looked at."""
        with self._changed:
            side = self._guesses[guess.familiar]
            if guess in side:
                side.remove(guess)
            self._changed.notify_all()

    def wrong(self, guess: Guess) -> None:
        """It counts for an hour."""
        with self._changed:
            guess.open = False
            self._changed.notify_all()

    def forgive(self, name: str) -> None:
        """The owner of the home gave the account a new password: earlier guesses count no more."""
        key = name_key(name)
        with self._changed:
            for familiar, side in self._guesses.items():
                self._guesses[familiar] = [guess for guess in side if guess.name_key != key]
            self._changed.notify_all()


def name_key(name: str) -> str:
    """Few characters that stand for a name: what was typed may have been a password."""
    return hashlib.blake2b(name[:64].encode("utf-8", "replace"), digest_size=4).hexdigest()


def past_guesses(session: Session, *, now: datetime) -> list[PastGuess]:
    """The wrong passwords that still count, oldest first."""
    return session.records(PastGuess, "access.guesses", since=now - timedelta(seconds=WINDOW_SECONDS))


def record_guess(session: Session, guess: Guess, *, now: datetime) -> None:
    """Keeps a wrong password beyond a restart, and drops those that count no more."""
    session.run("access.forget_guesses", before=now - timedelta(seconds=WINDOW_SECONDS))
    session.run("access.record_guess", now=now, name_key=guess.name_key, familiar=guess.familiar)


def _too_many(seconds: float) -> Refused:
    minutes = max(1, round(seconds / 60))
    return Refused(
        "Too many wrong passwords. Try again in {minutes} min.", minutes=minutes, code="too_many_guesses"
    )
