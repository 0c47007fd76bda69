"""The demo, as a whole program."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from engine.api.client import connect
from engine.api.site import ListSources
from tests.tui.pty import Terminal


def run_demo(temporary: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tui.main", "demo", *arguments],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
    )


def test_without_a_terminal_it_prints_the_summary_and_leaves_nothing(tmp_path: Path) -> None:
    done = run_demo(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    words = done.stdout.split()
    assert [word for word in words if word in ("calls", "charged", "unrated", "cost", "barred")] == [
        *("calls", "charged", "unrated", "cost", "barred"),
    ]
    assert words[words.index("cost") + 2] == "CNY"
    assert list(tmp_path.iterdir()) == []


def test_a_kept_site_holds_what_the_summary_says(tmp_path: Path) -> None:
    home = tmp_path / "kept"
    done = run_demo(tmp_path, "--keep", str(home), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    summary = json.loads(done.stdout)
    assert summary["lines"] == summary["calls"] == (home / "Master.csv").read_bytes().count(b"\n")
    assert summary["charged"] > 300
    assert len(summary["top"]) == 5
    assert "8017" in summary["barred"]
    assert home.stat().st_mode & 0o777 == 0o700
    assert run_demo(tmp_path, "--keep", str(home)).returncode == 1


def test_on_a_terminal_the_application_opens_calls_arrive_and_nothing_stays(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "tui.main", "demo"]
    with Terminal(argv, cols=100, rows=30, env={"TMPDIR": str(tmp_path)}) as terminal:
        terminal.wait_for("Overview", timeout=60)
        (home,) = tmp_path.iterdir()
        assert home.stat().st_mode & 0o777 == 0o700
        shown = (home / "Master.csv").read_bytes().count(b"\n")
        deadline = time.monotonic() + 30
        while stored_lines(home) <= shown and time.monotonic() < deadline:
            time.sleep(0.2)
        assert stored_lines(home) > shown
        terminal.process.send_signal(signal.SIGTERM)
        terminal.wait_exit(30)
        assert list(tmp_path.iterdir()) == []


def stored_lines(home: Path) -> int:
    with connect(home, start=False) as client:
        return sum(row.lines for row in client.call(ListSources()).rows)
