"""Lockout targets as config.yaml names them."""

import grp
from collections.abc import Callable
from pathlib import Path

from config.settings import Settings
from engine.lockout.barred_file import BarredFile
from engine.lockout.target import Target


def build_targets(
    settings: Settings, home: Path, *, check: Callable[[], None] = lambda: None
) -> list[Target]:
    """One target per entry. `check` raises where the home is another engine's now."""
    clerks = _members(settings.engine.socket_group)
    return [
        BarredFile(home / entry.path, shown=entry.path, own_groups=clerks, home=home, check=check)
        for entry in settings.lockout
    ]


def _members(group: str | None) -> frozenset[int]:
    """The group of those who use the engine: that they can read the list does not help the PBX."""
    try:
        return frozenset() if group is None else frozenset({grp.getgrnam(group).gr_gid})
    except KeyError:
        return frozenset()
