"""Files that an operator exports, written under the operator's own rights into `~/pbxmeter-exports`."""

import os
from datetime import datetime
from pathlib import Path

FOLDER_NAME = "pbxmeter-exports"
MAX_SAME_NAME = 1000


def exports_folder() -> Path:
    """`~/pbxmeter-exports`, or `$PBXMETER_EXPORTS`; not made yet."""
    chosen = os.environ.get("PBXMETER_EXPORTS")
    return Path(chosen).expanduser() if chosen else Path.home() / FOLDER_NAME


def free_path(name: str, ending: str) -> Path:
    """A path in the exports folder that names no file yet, such as `recharges-2026-01-31-1830.csv`."""
    stem = f"{name}-{datetime.now():%Y-%m-%d-%H%M}"
    names = (f"{stem}{'' if number == 1 else f'-{number}'}.{ending}" for number in range(1, MAX_SAME_NAME))
    paths = [exports_folder() / name for name in names]
    return next((path for path in paths if not os.path.lexists(path)), paths[0])


def shown(path: Path) -> str:
    """The path with the home folder as `~`."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)
