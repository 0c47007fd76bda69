"""Passwords: what may be one, and hashing that takes a bounded part of the host."""

import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import argon2

from engine.domain.errors import InvalidInput, Refused

MIN_PASSWORD = 8
MAX_PASSWORD = 1024
HASHES_AT_ONCE = 2
MAX_WAITING = 30
"""Callers who may wait for a hash; further ones are told to come back."""

T = TypeVar("T")

# 12 MiB and three passes are one of OWASP's equally strong settings of argon2id. With two hashes at a time
# whoever knocks takes 24 MiB, not 128 as with the library's own setting.
_hasher = argon2.PasswordHasher(time_cost=3, memory_cost=12 * 1024, parallelism=1)
# Signing in as nobody costs as much as signing in with a wrong password, so names cannot be probed.
_NOBODY = _hasher.hash("nobody")


class HashLine:
    """A few threads that hash, and a short line before them."""

    def __init__(self, *, at_once: int, waiting: int) -> None:
        self._places = threading.BoundedSemaphore(at_once + waiting)
        # Threads of their own also bound what freed memory the process keeps.
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="password")

    @contextmanager
    def place(self) -> Generator[None]:
        """A place in the line for the length of the block. Raises `Refused` when the line is full."""
        if not self._places.acquire(blocking=False):
            raise Refused("Too many people are signing in at once. Try again in a moment.", code="busy")
        try:
            yield
        finally:
            self._places.release()

    def run(self, work: Callable[[], T]) -> T:
        """The result of work done in turn; the caller has a place."""
        return self._pool.submit(work).result()


LINE = HashLine(at_once=HASHES_AT_ONCE, waiting=MAX_WAITING)


def hash_new_password(password: str) -> str:
    """The hash to store of a password that was chosen. Raises `InvalidInput`, or `Refused` when busy."""
    if len(password) < MIN_PASSWORD:
        raise InvalidInput.in_field(
            "password", "at least {min_password} characters.", min_password=MIN_PASSWORD
        )
    if len(password) > MAX_PASSWORD:
        raise InvalidInput.in_field(
            "password", "at most {max_password} characters.", max_password=MAX_PASSWORD
        )
    if not password.strip():
        raise InvalidInput.in_field("password", "it needs something besides blanks.")
    with LINE.place():
        return LINE.run(lambda: _hasher.hash(password))


def password_fits(password: str, stored: str) -> bool:
    """Whether a password belongs to a stored hash; '' = nobody's, which takes as long. Hold a place."""

    def verify() -> bool:
        try:
            _hasher.verify(stored or _NOBODY, password[: MAX_PASSWORD + 1])
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False
        return bool(stored)

    return LINE.run(verify)
