"""Lockout targets as config.yaml names them."""

from pathlib import Path

from config.settings import FileTarget, Settings
from engine.domain.errors import ConfigError
from engine.lockout.target import BarredFile, Target


def build_targets(settings: Settings, home: Path) -> list[Target]:
    """One target per entry. Raises `ConfigError` for a kind that this version cannot serve."""
    targets: list[Target] = []
    for number, entry in enumerate(settings.lockout):
        if not isinstance(entry, FileTarget):
            raise ConfigError(
                f"config.yaml: lockout[{number}].kind: this version serves the kind file only. "
                "Take the entry out; the dialplan can read the barred list (see docs/operating.md)."
            )
        targets.append(BarredFile(home / entry.path, shown=entry.path))
    return targets
