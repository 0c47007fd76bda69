"""Wrong passwords: so many are looked at within an hour, and no guess by others renews the wait."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from engine.access.guesses import (
    MAX_GUESSES,
    MAX_GUESSES_IN_ALL,
    WINDOW_SECONDS,
    Guesses,
    name_key,
    past_guesses,
    record_guess,
)
from engine.domain.errors import Refused
from tests.stores import NOW, opened


class _Clock:
    """Moves when it is told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def _wrong(guesses: Guesses, name: str, *, familiar: bool = False) -> bool:
    """Whether a wrong password was looked at."""
    try:
        guess = guesses.begin(name, familiar=familiar)
    except Refused as error:
        assert error.code == "too_many_guesses"
        return False
    guesses.wrong(guess)
    return True


def test_at_most_twenty_of_one_account_are_looked_at_in_any_hour() -> None:
    clock = _Clock()
    guesses = Guesses([], now=NOW, clock=clock)
    looked_at: list[float] = []
    for _step in range(3 * 3600):
        clock.now += 1
        for familiar in (True, False):
            if _wrong(guesses, "ann", familiar=familiar):
                looked_at.append(clock.now)
    for moment in looked_at:
        assert sum(moment <= other < moment + WINDOW_SECONDS for other in looked_at) <= 2 * MAX_GUESSES == 20


def test_a_refused_guess_does_not_renew_the_wait() -> None:
    clock = _Clock()
    guesses = Guesses([], now=NOW, clock=clock)
    assert sum(_wrong(guesses, "ann") for _ in range(MAX_GUESSES)) == MAX_GUESSES
    with pytest.raises(Refused, match="in 60 min"):
        guesses.begin("ann", familiar=False)
    clock.now += WINDOW_SECONDS / 2
    with pytest.raises(Refused, match="in 30 min"):
        guesses.begin("ann", familiar=False)
    clock.now += WINDOW_SECONDS / 2
    guesses.right(guesses.begin("ann", familiar=False))


def test_strangers_who_guess_do_not_keep_the_accounts_own_people_out() -> None:
    guesses = Guesses([], now=NOW, clock=_Clock())
    assert sum(_wrong(guesses, f"name {n % 50}") for n in range(10_000)) == MAX_GUESSES_IN_ALL
    guesses.right(guesses.begin("ann", familiar=True))


def test_names_nobody_has_are_bounded_in_all_and_long_ones_cost_nothing() -> None:
    guesses = Guesses([], now=NOW, clock=_Clock())
    looked_at = sum(_wrong(guesses, f"{'x' * 100_000}{n}") for n in range(100))
    assert looked_at == MAX_GUESSES, "only the beginning of a name counts"
    assert sum(_wrong(guesses, f"{n}") for n in range(1000)) == MAX_GUESSES_IN_ALL - looked_at
    assert len(name_key("x" * 10**6)) == 8


def test_what_turns_out_right_counts_for_nothing() -> None:
    guesses = Guesses([], now=NOW, clock=_Clock())
    for _ in range(10 * MAX_GUESSES):
        guesses.right(guesses.begin("ann", familiar=False))


def test_many_threads_get_no_more_looked_at_than_one() -> None:
    guesses = Guesses([], now=NOW)
    looked_at: list[bool] = []
    start = threading.Barrier(32)

    def guess() -> None:
        start.wait(30)
        looked_at.extend(_wrong(guesses, "ann") for _ in range(10))

    threads = [threading.Thread(target=guess) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (len(looked_at), sum(looked_at)) == (320, MAX_GUESSES)


def test_who_signs_in_many_times_at_once_waits_instead_of_being_refused() -> None:
    guesses = Guesses([], now=NOW)
    begun = [guesses.begin("ann", familiar=True) for _ in range(MAX_GUESSES)]
    answers: list[object] = []
    thread = threading.Thread(target=lambda: answers.append(guesses.begin("ann", familiar=True)))
    thread.start()
    for guess in begun:
        guesses.right(guess)
    thread.join(30)
    assert len(answers) == 1


def test_guesses_count_beyond_a_restart_and_a_clock_set_back(tmp_path: Path) -> None:
    with opened(tmp_path) as session:
        guesses = Guesses([], now=NOW)
        for minute in range(MAX_GUESSES):
            guess = guesses.begin("ann", familiar=False)
            guesses.wrong(guess)
            record_guess(session, guess, now=NOW + timedelta(minutes=minute))
        clock = _Clock()
        later = NOW + timedelta(minutes=30)
        again = Guesses(past_guesses(session, now=later), now=later, clock=clock)
        assert not _wrong(again, "ann")
        assert _wrong(again, "bob")
        clock.now += 30 * 60
        assert _wrong(again, "ann"), "the first one is an hour ago"
        earlier = NOW - timedelta(days=1)
        clock = _Clock()
        back = Guesses(past_guesses(session, now=earlier), now=earlier, clock=clock)
        assert not _wrong(back, "ann")
        clock.now += WINDOW_SECONDS
        assert _wrong(back, "ann")
        record_guess(session, guesses.begin("bob", familiar=False), now=NOW + timedelta(days=1))
        assert len(past_guesses(session, now=NOW)) == 1, "old ones are dropped"


def test_an_account_that_got_a_new_password_from_the_owner_is_forgiven() -> None:
    guesses = Guesses([], now=NOW, clock=_Clock())
    while _wrong(guesses, "ann"):
        pass
    guesses.forgive("ann")
    assert _wrong(guesses, "ann")
