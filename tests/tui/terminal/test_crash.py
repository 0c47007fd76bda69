"""An error of our own leaves the terminal usable and says where the details are."""

import sys
from pathlib import Path

from tests.tui.pty import Terminal

ROOT = Path(__file__).parents[3]


def test_an_error_of_our_own_goes_to_a_file_and_a_sentence_to_the_terminal(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "tests.tui.apps.broken", str(tmp_path)]
    with Terminal(argv, cwd=ROOT, cols=100) as terminal:
        terminal.wait_quiet()
        terminal.send(b"x")
        text = terminal.wait_for("error of its own")
        assert "Traceback" not in text
    report = tmp_path / "application-errors.log"
    assert "ZeroDivisionError" in report.read_text()
    assert report.stat().st_mode & 0o777 == 0o600
