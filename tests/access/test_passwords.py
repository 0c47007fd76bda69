"""What may be a password, and how many are hashed at once."""

import threading

import pytest

from engine.access.passwords import HASHES_AT_ONCE, MAX_PASSWORD, HashLine, hash_new_password, password_fits
from engine.domain.errors import InvalidInput, Refused


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short", "at least 8 characters"),
        ("", "at least 8 characters"),
        ("x" * (MAX_PASSWORD + 1), "at most 1024 characters"),
        ("x" * 100_000, "at most 1024 characters"),
        (" " * 8, "besides blanks"),
        ("\t \u3000 \u00a0 \n ", "besides blanks"),
    ],
)
def test_what_is_wrong_with_a_password_is_said_truly(password: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as caught:
        hash_new_password(password)
    assert caught.value.field == "password"


def test_only_the_right_password_fits_and_nobodys_never_does() -> None:
    stored = hash_new_password("long enough")
    assert password_fits("long enough", stored)
    assert not password_fits("wrong", stored)
    assert not password_fits("nobody", "")
    assert not password_fits("long enough", "no hash at all")
    longest = "x" * MAX_PASSWORD
    stored = hash_new_password(longest)
    assert password_fits(longest, stored)
    assert not password_fits(longest + "y", stored)
    assert not password_fits(longest * 1000, stored)


def test_two_are_hashed_at_a_time_a_few_wait_and_the_rest_is_told_to_come_back() -> None:
    line = HashLine(at_once=HASHES_AT_ONCE, waiting=3)
    at_work, most, lock = 0, 0, threading.Lock()
    go, begun = threading.Event(), threading.Semaphore(0)
    placed = threading.Barrier(HASHES_AT_ONCE + 3 + 1)

    def work() -> None:
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        begun.release()
        go.wait(30)
        with lock:
            at_work -= 1

    def come() -> None:
        with line.place():
            placed.wait(30)
            line.run(work)

    threads = [threading.Thread(target=come) for _ in range(HASHES_AT_ONCE + 3)]
    for thread in threads:
        thread.start()
    placed.wait(30)
    assert all(begun.acquire(timeout=30) for _ in range(HASHES_AT_ONCE))
    with pytest.raises(Refused, match="Try again") as caught, line.place():
        pass
    assert caught.value.code == "busy"
    go.set()
    for thread in threads:
        thread.join(30)
    assert most == HASHES_AT_ONCE
    with line.place():
        assert line.run(lambda: 5) == 5
