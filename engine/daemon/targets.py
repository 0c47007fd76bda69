"""Lockout targets as config.yaml names them."""

import grp
from pathlib import Path

from config.settings import Settings
from engine.lockout.barred_file import BarredFile
from engine.lockout.target import Target


def build_targets(settings: Settings, home: Path) -> list[Target]:
    """One target per entry."""
    clerks = _members(settings.engine.socket_group)
    return [BarredFile(home / entry.path, shown=entry.path, own_groups=clerks) for entry in settings.lockout]


def _members(group: str | None) -> frozenset[int]:
    """The group of those who use the engine: that they can read the list does not help the PBX."""
    try:
        return frozenset() if group is None else frozenset({grp.getgrnam(group).gr_gid})
    except KeyError:
        return frozenset()
