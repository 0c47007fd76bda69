"""The ingest thread without notice from the kernel: rotation under it in each mood, and what came of it.

python -m tests.tail.polled FOLDER setting|itself; with "itself" the kernel must refuse to watch.
"""

import sys
import time
from pathlib import Path

from tests.reliability.desk import Desk
from tests.reliability.history import Expected
from tests.reliability.site import wait_until
from tests.tail.disk import Disk
from tests.tail.pbx import MOODS, Mood, Pbx


def play(desk: Desk, expected: Expected, mood: Mood, *, polling: bool) -> None:
    """Written, rotated and written again."""
    disk = Disk()
    pbx = Pbx(disk, expected)
    pbx.write()
    desk.start(pbx.file("Master.csv"), polling=polling, by_itself=True)
    wait_until("the first calls are stored", lambda: _all_stored(desk, expected))
    assert desk.watching == "polling"
    if mood == "engine down meanwhile":
        desk.stop()
    if mood == "in the middle of a line":
        pbx.tear()
        time.sleep(1.5)
    pbx.rotate()
    pbx.write("Master.csv.1")
    pbx.write()
    if mood == "engine down meanwhile":
        desk.start(pbx.file("Master.csv"), polling=polling, by_itself=True)
    wait_until("all calls are stored", lambda: _all_stored(desk, expected))
    desk.stop()
    expected.compare(desk.stored())
    assert desk.findings() == []
    disk.close()


def _all_stored(desk: Desk, expected: Expected) -> bool:
    return expected.certain <= {start for start, _ in desk.stored()}


def main() -> None:
    """Every mood in turn."""
    desk = Desk(Path(sys.argv[1]) / "desk", clock=time.monotonic, wall=time.time)
    expected = Expected(1)
    for mood in MOODS:
        play(desk, expected, mood, polling=sys.argv[2] == "setting")
    desk.close()


if __name__ == "__main__":
    main()
