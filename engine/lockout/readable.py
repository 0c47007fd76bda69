"""Whether the PBX, which runs as another user, can read a file: computed from the modes on the way."""

import grp
import os
import pwd
import stat
from pathlib import Path


def closed_to_others(path: Path, *, own_groups: frozenset[int]) -> Path | None:
    """The first folder on the way to a file, or the file, that keeps other users out; None = it can be read.

    Everybody may read it, or the members of one group do that is neither among `own_groups` nor the
    private group of the engine's user. Raises `OSError`.
    """
    named, real = path.absolute(), path.resolve(strict=True)
    parts = list(dict.fromkeys([*reversed(named.parents), *reversed(real.parents), real]))
    statuses = [part.stat() for part in parts]
    groups = {status.st_gid for status in statuses} - own_groups - {_private_group()}
    if any(all(_lets_in(status, group) for status in statuses) for group in (None, *groups)):
        return None
    return next(part for part, status in zip(parts, statuses, strict=True) if not _lets_in(status, None))


def _lets_in(status: os.stat_result, group: int | None) -> bool:
    """Whether a member of the group, or with None anybody, may pass the folder or read the file."""
    needed = stat.S_IXOTH if stat.S_ISDIR(status.st_mode) else stat.S_IROTH
    return bool(status.st_mode & (needed << 3 if status.st_gid == group else needed))


def _private_group() -> int | None:
    """The group that the engine's user has for himself, if his first group is one."""
    try:
        user = pwd.getpwuid(os.geteuid())
        return user.pw_gid if grp.getgrgid(user.pw_gid).gr_name == user.pw_name else None
    except KeyError:
        return None
