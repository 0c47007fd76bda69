"""Lockout targets as config.yaml names them."""

import grp
from collections.abc import Callable
from pathlib import Path

from config.lockout import AmiTarget, CommandTarget, EslTarget, FileTarget, FolderTarget, LockoutTarget
from config.settings import Settings
from engine.lockout.astdb import AstDb
from engine.lockout.barred_file import BarredFile
from engine.lockout.barred_folder import BarredFolder
from engine.lockout.command import BarringCommand
from engine.lockout.keyed import KeyedTarget
from engine.lockout.mod_db import ModDb
from engine.lockout.target import Target


def build_targets(
    settings: Settings, home: Path, *, check: Callable[[], None] = lambda: None
) -> list[Target]:
    """One target per entry. `check` raises where the home is another engine's now."""
    clerks = _members(settings.engine.socket_group)
    return [_target(entry, home, clerks, check) for entry in settings.lockout]


def _target(entry: LockoutTarget, home: Path, clerks: frozenset[int], check: Callable[[], None]) -> Target:
    match entry:
        case FileTarget():
            return BarredFile(
                home / entry.path,
                shown=entry.path,
                own_groups=clerks,
                home=home,
                check=check,
                dry_run=entry.dry_run,
            )
        case FolderTarget():
            folder = BarredFolder(
                home / entry.path, own_groups=clerks, home=home, check=check, dry_run=entry.dry_run
            )
            return KeyedTarget(entry.name, folder, remote=False, dry_run=entry.dry_run)
        case AmiTarget():
            return KeyedTarget(entry.name, AstDb(entry, home=home), remote=True, dry_run=entry.dry_run)
        case EslTarget():
            return KeyedTarget(entry.name, ModDb(entry, home=home), remote=True, dry_run=entry.dry_run)
        case CommandTarget():
            return BarringCommand(entry)


def _members(group: str | None) -> frozenset[int]:
    """The group of those who use the engine: that they can read the list does not help the PBX."""
    try:
        return frozenset() if group is None else frozenset({grp.getgrnam(group).gr_gid})
    except KeyError:
        return frozenset()
