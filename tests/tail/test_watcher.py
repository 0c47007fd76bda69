"""The watcher: a hint within milliseconds, never a condition for finding anything."""

import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from engine.tail.watcher import Watcher

LONG = 20.0
ROOT = Path(__file__).parents[2]


def hinted(watcher: Watcher, change: threading.Timer) -> bool:
    while watcher.wait(0.3):
        pass
    change.start()
    return watcher.wait(LONG)


def test_a_line_written_wakes_the_reader(tmp_path: Path) -> None:
    watcher = Watcher(lambda: [str(tmp_path)])
    try:
        assert watcher.mode == "notified"
        assert hinted(watcher, threading.Timer(0.05, (tmp_path / "Master.csv").write_text, ["a\n"]))
        assert hinted(
            watcher, threading.Timer(0.05, (tmp_path / "Master.csv").rename, [tmp_path / "Master.csv.1"])
        )
    finally:
        watcher.close()


def test_a_folder_that_appears_later_is_watched_from_then_on(tmp_path: Path) -> None:
    folder = tmp_path / "cdr-csv"
    watcher = Watcher(lambda: [str(folder)])
    try:
        assert (watcher.mode, str(watcher.message)) == (
            "polling",
            "No folder of a source is there to be watched.",
        )
        assert hinted(watcher, threading.Timer(0.05, folder.mkdir))
        assert hinted(watcher, threading.Timer(0.05, (folder / "Master.csv").write_text, ["a\n"]))
    finally:
        watcher.close()


def test_a_folder_replaced_by_another_is_watched_again(tmp_path: Path) -> None:
    folder = tmp_path / "cdr-csv"
    folder.mkdir()
    watcher = Watcher(lambda: [str(folder)])
    try:
        folder.rename(tmp_path / "old")
        folder.mkdir()
        watcher.wait(LONG)
        watcher.wait(2.5)
        assert hinted(watcher, threading.Timer(0.05, (folder / "Master.csv").write_text, ["a\n"]))
    finally:
        watcher.close()


def test_polling_by_setting_asks_the_kernel_for_nothing(tmp_path: Path) -> None:
    watcher = Watcher(lambda: [str(tmp_path)], polling=True)
    (tmp_path / "Master.csv").write_text("a\n")
    assert not watcher.wait(0.1)
    assert (watcher.mode, str(watcher.message)) == ("polling", "config.yaml says so.")
    watcher.wake()
    assert watcher.wait(LONG)
    watcher.close()


def test_closing_wakes_whoever_waits(tmp_path: Path) -> None:
    watcher = Watcher(lambda: [str(tmp_path)])
    watcher.wait(0.2)
    threading.Timer(0.05, watcher.close).start()
    assert watcher.wait(LONG)


NO_HANDLES_LEFT = """
import os, resource, sys
from engine.tail.watcher import Watcher
free = os.dup(0)
os.close(free)
resource.setrlimit(resource.RLIMIT_NOFILE, (free, free))
watcher = Watcher(lambda: [sys.argv[1]])
assert watcher.mode == "polling" and "gives no notice" in str(watcher.message), str(watcher.message)
assert not watcher.wait(0.01)
watcher.close()
"""


def test_without_a_watch_to_be_had_it_polls_and_says_so(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", NO_HANDLES_LEFT, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


NO_WATCHES = "echo 0 > /proc/sys/user/max_inotify_watches || exit 77; exec "


@pytest.mark.parametrize("why", ["setting", "itself"])
def test_polling_reads_what_is_written_and_rotated_in_every_mood(tmp_path: Path, why: str) -> None:
    """By setting; and by itself, in a user namespace in which the kernel has no watches left."""
    command = [sys.executable, "-m", "tests.tail.polled", str(tmp_path), why]
    if why == "itself":
        if shutil.which("unshare") is None:
            pytest.skip("unshare is missing")
        command = ["unshare", "--map-root-user", "sh", "-c", NO_WATCHES + '"$@"', "sh", *command]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if why == "itself" and (done.returncode == 77 or "unshare:" in done.stderr):
        pytest.skip("no user namespaces here")
    assert done.returncode == 0, done.stderr
