"""The application over the home folder given; run by the pty tests."""

import sys
from pathlib import Path

from tui.app.start import run

if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]), slow_link="--slow-link" in sys.argv, language="en"))
