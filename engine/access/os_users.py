"""Users of the operating system: their names, and who owns a home folder."""

import contextlib
import os
import pwd
from pathlib import Path


def os_user_name(uid: int) -> str:
    """The name of a user id; `uid-N` where the host knows none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid-{uid}"


def os_user_exists(name: str) -> bool:
    """Whether somebody can come as this user on this host."""
    try:
        pwd.getpwnam(name)
    except (KeyError, ValueError):
        return False
    return True


def owners(home: Path) -> frozenset[str]:
    """Users who hold the home's files in their hands anyway: root, its owner, whoever runs this process."""
    uids = {0, os.geteuid()}
    with contextlib.suppress(OSError):
        uids.add(home.stat().st_uid)
    return frozenset(os_user_name(uid) for uid in uids)
