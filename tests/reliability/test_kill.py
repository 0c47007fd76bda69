"""kill -9, again and again, at moments of all kinds: nothing is lost, nothing counted twice."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from engine.api.client import Client
from engine.api.files import import_files
from engine.api.site import GetStatus
from engine.domain.errors import EngineDown, PbxmeterError
from tests.reliability.lines import Lines, Written
from tests.reliability.site import Site, wait_until

AMOUNT_MICROS = 1_234_567


@dataclass
class Rounds:
    """A history of one site: what was written, what was recharged, and what is not known of."""

    site: Site
    random: Random
    written: list[Written] = field(default_factory=list)
    recharges: Counter[str] = field(default_factory=Counter)
    """By extension, of recharges that the engine is to have booked in the end."""
    keys: int = 0
    files: int = 0
    open: list[tuple[str, str]] = field(default_factory=list)
    """Number and key of recharges asked for whose outcome is not known."""

    def __post_init__(self) -> None:
        self.lines = Lines(self.random)

    def live(self, count: int) -> None:
        """Appends lines to the followed file, torn anywhere."""
        calls = self.lines.some(count)
        self.site.append(calls, pieces=self.random.choice((1, 1, 2, 7)))
        self.written += calls

    def bulk(self, count: int) -> Path:
        """A past file to import by hand, part of it as yet unknown."""
        self.files += 1
        path = self.site.home / f"past-{self.files}.csv"
        calls = self.lines.some(count)
        known = self.random.sample(self.written, min(50, len(self.written)))
        path.write_bytes(b"".join(call.line for call in [*known, *calls]))
        self.written += calls
        return path

    def recharge(self, client: Client) -> None:
        """Asks for one recharge; a broken connection leaves it open."""
        self.keys += 1
        number, key = f"80{self.random.randint(1, 30):02d}", f"key-{self.keys}"
        self.recharges[number] += AMOUNT_MICROS
        self.open.append((number, key))
        self.site.recharge(client, number, AMOUNT_MICROS, key)
        # Acknowledged: it must be there, and is not asked for again.
        self.open.remove((number, key))

    def settle(self, client: Client) -> None:
        """Repeats what was left open, with the same keys, and checks everything."""
        for number, key in self.open:
            self.site.recharge(client, number, AMOUNT_MICROS, key)
        self.open.clear()
        self.site.check(client, self.written, self.recharges)


def pause(random: Random) -> None:
    """Mostly short: a commit takes milliseconds."""
    time.sleep(random.choice((0.0, 0.005, 0.02, 0.05, 0.15)) * random.random())


def while_it_starts(rounds: Rounds) -> None:
    rounds.live(rounds.random.randint(1, 300))
    rounds.site.start()
    time.sleep(rounds.random.random() * 0.25)


def while_lines_arrive(rounds: Rounds) -> None:
    rounds.site.start()
    with rounds.site.client():
        for _ in range(rounds.random.randint(1, 5)):
            rounds.live(rounds.random.choice((1, 3, 40, 400)))
            pause(rounds.random)


def as_the_log_grows(rounds: Rounds) -> None:
    """The moment a commit begins to be written."""
    log = rounds.site.home / "pbxmeter.duckdb.wal"
    rounds.site.start()
    with rounds.site.client() as client:
        before = log.stat().st_size if log.exists() else 0
        calls = client.call(GetStatus()).calls
        rounds.live(rounds.random.choice((1, 200)))
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            if (log.stat().st_size if log.exists() else 0) > before:
                return
            if not time.sleep(0) and client.call(GetStatus()).calls > calls:
                return


def as_the_commit_is_told(rounds: Rounds) -> None:
    """After a commit, before the follower has heard of it."""
    rounds.site.start()
    with rounds.site.client() as client:
        events = client.events()
        next(events)
        rounds.live(rounds.random.choice((1, 50)))
        for event in events:
            if type(event).__name__ in ("CallsStored", "BalancesMoved"):
                return


def while_money_moves(rounds: Rounds) -> None:
    rounds.site.start()
    client = rounds.site.client()

    def move() -> None:
        try:
            for _ in range(200):
                rounds.recharge(client)
        except EngineDown:
            pass

    mover = threading.Thread(target=move)
    mover.start()
    rounds.live(rounds.random.randint(1, 20))
    time.sleep(rounds.random.random() * 0.1)
    rounds.site.kill()
    mover.join()
    client.close()


def while_a_file_is_imported(rounds: Rounds) -> None:
    path = rounds.bulk(rounds.random.choice((100, 3000)))
    rounds.site.start()
    client = rounds.site.client()

    def ingest() -> None:
        try:
            import_files(client, [path])
        except PbxmeterError as error:
            assert isinstance(error, EngineDown)

    importer = threading.Thread(target=ingest)
    importer.start()
    rounds.live(rounds.random.randint(1, 20))
    time.sleep(rounds.random.random() * 0.2)
    rounds.site.kill()
    importer.join()
    client.close()


def while_it_ends(rounds: Rounds) -> None:
    """In the checkpoint at the end of an orderly shutdown."""
    rounds.site.start()
    with rounds.site.client():
        rounds.live(rounds.random.choice((1, 300)))
        pause(rounds.random)
        rounds.site.terminate()
        pause(rounds.random)


MOMENTS = (
    while_it_starts,
    while_lines_arrive,
    as_the_log_grows,
    as_the_commit_is_told,
    while_money_moves,
    while_a_file_is_imported,
    while_it_ends,
)
ROUNDS_OF_A_SITE = 100
"""What is compared after each round grows with the site."""


def play(site: Site, random: Random, count: int) -> None:
    rounds = Rounds(site, random)
    for number in range(count):
        MOMENTS[number % len(MOMENTS)](rounds)
        if site.pid:
            site.kill()
        if random.random() < 0.3:
            # Killed once more, while the first death is being recovered from.
            site.start()
            pause(random)
            site.kill()
        if random.random() < 0.3:
            rounds.live(random.randint(1, 20))
        site.start()
        with site.client() as client:
            for file in sorted(site.home.glob("past-*.csv")):
                import_files(client, [file])
                file.unlink()
            rounds.settle(client)
        if number % 3:
            site.kill()
        else:
            site.stop()


def test_thirty_kills_at_all_kinds_of_moments_lose_and_double_nothing(site: Site) -> None:
    play(site, Random(50), 30)  # noqa: S311 - a history to repeat


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
def test_a_thousand_kills_lose_and_double_nothing(site: Site, seed: int) -> None:
    play(site, Random(seed), ROUNDS_OF_A_SITE)  # noqa: S311 - a history to repeat


def test_what_was_acknowledged_is_there_after_a_kill(site: Site) -> None:
    for number in range(5):
        site.start()
        with site.client() as client:
            site.recharge(client, "8003", 1_000_000, f"ack-{number}")
            site.kill()
        site.start()
        with site.client() as client:
            assert site.recharge(client, "8003", 1_000_000, f"ack-{number}").repeated
            site.check(client, [], Counter({"8003": (number + 1) * 1_000_000}))
            site.kill()
    wait_until("the engine is gone", lambda: not site.pid)
