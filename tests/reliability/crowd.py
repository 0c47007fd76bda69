"""One of a crowd of clients: a process that recharges, edits, exports and rates anew until it is told to end.

`python -m tests.reliability.crowd HOME SEED`. It notes every recharge that the engine has acknowledged in
`HOME/crowd/SEED`, one line each, synced, and ends when `HOME/crowd/end` exists, with nothing left open.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import TypeVar

from engine.api.client import Client
from engine.api.extensions import ExportExtensions, ExportRecharges, Recharge, Recharged, SetExtensions
from engine.api.rates import Rerate
from engine.domain.errors import EngineDown, NotSignedIn, Refused

FOLDER = "crowd"
END = "end"

T = TypeVar("T")


class Member:
    """Asks the engine, again and again through its deaths."""

    def __init__(self, home: Path, seed: int) -> None:
        self._home = home
        self._seed = seed
        self._random = Random(seed)  # noqa: S311 - a history to repeat
        self._client: Client | None = None
        self._done: list[Recharge] = []
        self._keys = 0

    def run(self) -> None:
        """Works until it is told to end."""
        notes = os.open(self._home / FOLDER / str(self._seed), os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        actions: tuple[Callable[[], None], ...] = (self._edit, self._export, self._rerate, self._repeat)
        while not (self._home / FOLDER / END).exists():
            if self._random.random() < 0.7:
                for note in self._recharge():
                    os.write(notes, note.encode())
                os.fsync(notes)
            else:
                self._random.choice(actions)()

    def _recharge(self) -> list[str]:
        """What was acknowledged: extension and amount."""
        self._keys += 1
        numbers = self._random.sample(
            [f"80{number:02d}" for number in range(1, 31)], self._random.choice((1, 1, 3))
        )
        amount = self._random.randint(1, 5_000_000)
        request = Recharge(numbers=numbers, amount_micros=amount, key=f"{self._seed}-{self._keys}")
        done = self._ask(lambda client: client.call(request))
        assert [row.extension for row in done.rows] == numbers
        self._done.append(request)
        return [f"{number} {amount}\n" for number in numbers]

    def _repeat(self) -> None:
        """An old key moves nothing."""
        if self._done:
            request = self._random.choice(self._done)
            answer: Recharged = self._ask(lambda client: client.call(request))
            assert answer.repeated

    def _edit(self) -> None:
        number, limit = f"80{self._random.randint(1, 30):02d}", self._random.randint(0, 500) * 1_000_000
        self._ask(lambda client: client.call(SetExtensions(numbers=[number], credit_limit_micros=limit)))

    def _export(self) -> None:
        request = self._random.choice((ExportExtensions(), ExportRecharges()))
        self._ask(lambda client: client.call(request))

    def _rerate(self) -> None:
        """With the rules as they are nothing changes; a fifth of the times it is applied."""
        apply = self._random.random() < 0.2
        day = self._random.randint(2, 28)
        span = f"2026-11-{day:02d}"
        self._ask(lambda client: client.call(Rerate(since=span, until=span, apply=apply)))

    def _ask(self, question: Callable[[Client], T]) -> T:
        while True:
            try:
                if self._client is None:
                    self._client = Client(self._home)
                return question(self._client)
            except Refused as refused:
                if refused.code != "busy":
                    raise
                time.sleep(0.5 * self._random.random())
            except (EngineDown, NotSignedIn):
                if self._client is not None:
                    self._client.close()
                self._client = None
                time.sleep(0.05 + 0.1 * self._random.random())


if __name__ == "__main__":
    Member(Path(sys.argv[1]), int(sys.argv[2])).run()
