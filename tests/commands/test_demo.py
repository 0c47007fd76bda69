"""The demo, as a whole program."""

import json
import os
import subprocess
import sys
from pathlib import Path


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
