"""A store in this process for many small histories, one after the other."""

import shutil
from pathlib import Path

from tests.reliability.desk import Desk
from tests.reliability.history import Expected
from tests.reliability.lines import FIRST_START, SECONDS

HISTORIES_OF_A_SITE = 50
"""A site keeps the calls of past histories; comparing them takes ever longer."""


class Indoors:
    """The store in which histories take place one after the other, with the clock that they share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._desks = self._histories = 0
        self.desk: Desk | None = None
        self.now = 0.0
        """Seconds since the beginning, by a clock that never jumps."""
        self.skew = 0.0
        """What the host's clock is wrong by."""
        self.deaths = 0

    def begin(self) -> tuple[Desk, Expected]:
        """A store with an engine that is off."""
        if self.desk is None or self._histories % HISTORIES_OF_A_SITE == 0:
            self.close()
            self.desk = Desk(self._folder / f"{self._desks}", clock=lambda: self.now, wall=self.wall)
            self.expected = Expected(self._desks)
            self._desks += 1
        self._histories += 1
        return self.desk, self.expected

    def wall(self) -> float:
        """Seconds since 1970: after all calls."""
        return FIRST_START + SECONDS + self.now + self.skew

    def forsake(self) -> None:
        """The next history gets another store."""
        if self.desk is not None:
            self.desk.close()
            self.desk = None

    def close(self) -> None:
        """Checks the books of the store and deletes it."""
        if self.desk is not None:
            findings = self.desk.findings()
            self.desk.close()
            shutil.rmtree(self._folder / f"{self._desks - 1}")
            self.desk = None
            assert not findings
