"""A line cut off where it reads as a shorter record: it is no call until somebody says so."""

import os
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from engine.api.site import ListQuarantine
from engine.pipeline.quarantine import list_quarantine
from tests.reliability.desk import Desk
from tests.reliability.lines import FIRST_START, SECONDS, Lines
from tests.tail.reader import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(tmp_path: Path, clock: Clock) -> Iterator[Desk]:
    """A site that follows Master.csv."""
    desk = Desk(tmp_path / "site", clock=clock, wall=lambda: wall(clock))
    yield desk
    desk.close()


def wall(clock: Clock) -> float:
    """Seconds since 1970."""
    return FIRST_START + SECONDS + clock.now


CUTS = {
    "behind the last quote": lambda line: line.rindex(b'"') + 1,
    "within the sequence": lambda line: len(line) - 2,
    "before the newline": lambda line: len(line) - 1,
}


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("end", ["rotated", "deleted"])
def test_a_line_cut_off_in_a_finished_file_waits_in_quarantine_and_is_charged_once(
    desk: Desk, clock: Clock, tmp_path: Path, cut: str, end: str
) -> None:
    file, rotated = tmp_path / "Master.csv", tmp_path / "Master.csv.1"
    lines = Lines(Random(5))  # noqa: S311 - the same lines each time
    calls = lines.some(100)[97:]
    whole = b"".join(call.line for call in calls)
    torn = whole[: -len(calls[-1].line)] + calls[-1].line[: CUTS[cut](calls[-1].line)]
    file.write_bytes(torn)
    desk.start(file)
    desk.catch_up()
    assert len(desk.stored()) == 2
    if end == "rotated":
        file.rename(rotated)
    else:
        file.unlink()
    file.write_bytes(lines.one().line)
    for _ in range(3):
        desk.catch_up()
        clock.now += 100.0
    assert len(desk.stored()) == 3
    with desk.database.reading() as session:
        (bad,) = list_quarantine(session, ListQuarantine()).rows
    assert "newline" in str(bad.reason)
    assert bad.raw.encode() == torn[-len(bad.raw.encode()) :]
    # The rest comes late, or the file comes back as it should have been.
    rotated.write_bytes(whole)
    os.utime(rotated, (wall(clock), wall(clock)))
    for _ in range(3):
        desk.catch_up()
        clock.now += 100.0
    assert sum(desk.stored().values()) == len(desk.stored()) == 4
    assert desk.findings() == []
