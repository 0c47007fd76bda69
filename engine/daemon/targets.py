"""Lockout targets as config.yaml names them."""

from pathlib import Path

from config.settings import FileTarget, Settings
from engine.lockout.target import BarredFile, Target


def build_targets(settings: Settings, home: Path) -> list[Target]:
    """One target per entry."""
    targets: list[Target] = []
    for entry in settings.lockout:
        if isinstance(entry, FileTarget):
            targets.append(BarredFile(home / entry.path, shown=entry.path))
    return targets
