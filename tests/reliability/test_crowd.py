"""A crowd of processes works on one site whose engine is killed again and again: no drift, nothing lost."""

import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from tests.reliability.crowd import END, FOLDER
from tests.reliability.lines import Lines, Written
from tests.reliability.site import Site

SECONDS = float(os.environ.get("PBXMETER_CROWD_SECONDS", "600"))
"""How long the campaign runs."""
LIVE_SECONDS = 0.2
"""So often some lines are written to the followed file."""


def work(site: Site, *, members: int, seconds: float, kill_every: float, least_kills: int = 1) -> str:
    """Lets the crowd work, compares everything with the model, and says what was done."""
    folder = site.home / FOLDER
    folder.mkdir()
    random = Random(members)  # noqa: S311 - a history to repeat
    lines, written = Lines(random), list[Written]()
    site.start()
    with site.client():
        pass
    crowd = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.reliability.crowd", str(site.home), str(seed)],
            cwd=Path(__file__).parents[2],
        )
        for seed in range(members)
    ]
    kills, began = 0, time.monotonic()
    next_kill = began + kill_every
    try:
        while time.monotonic() - began < seconds or kills < least_kills:
            calls = lines.some(random.randint(1, 20))
            site.append(calls, pieces=random.choice((1, 2, 7)))
            written += calls
            time.sleep(LIVE_SECONDS)
            # Of a crowd that has not begun nothing can be lost.
            if time.monotonic() >= next_kill and any(path.stat().st_size for path in folder.iterdir()):
                site.kill()
                site.start()
                kills, next_kill = kills + 1, time.monotonic() + kill_every
            assert all(member.poll() is None for member in crowd), "one of the crowd has failed"
        (folder / END).touch()
        assert [member.wait() for member in crowd] == [0] * members
    finally:
        for member in crowd:
            member.kill()
            member.wait()
    acknowledged = Counter[str]()
    count = 0
    for notes in folder.iterdir():
        for note in notes.read_text().splitlines():
            number, amount = note.split()
            acknowledged[number] += int(amount)
            count += 1
    with site.client() as client:
        site.check(client, written, acknowledged)
    site.stop()
    return f"{members} processes, {kills} kills, {count} recharges acknowledged, {len(written)} calls"


def test_four_processes_and_a_kill_leave_what_was_acknowledged(site: Site) -> None:
    work(site, members=4, seconds=3, kill_every=2)


@pytest.mark.long
def test_thirty_two_processes_and_kills_for_ten_minutes_leave_what_was_acknowledged(site: Site) -> None:
    print(work(site, members=32, seconds=SECONDS, kill_every=20))
