"""Files opened for reading that can neither block nor go on for ever."""

import os
import stat

from engine.domain.errors import StorageError
from engine.domain.message import Message


def open_regular(path: str) -> int:
    """A descriptor of a regular file. Raises OSError, or `StorageError` for what is no regular file."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        check_regular(path, descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def check_regular(path: str, descriptor: int) -> None:
    """Raises `StorageError` for a descriptor of a pipe, a folder, a device or a socket."""
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        raise StorageError(
            "{path} is {kind}, not a regular file; name the CDR file itself.", path=path, kind=_kind(mode)
        )


def _kind(mode: int) -> Message:
    for test, name in (
        (stat.S_ISDIR, Message("a folder")),
        (stat.S_ISFIFO, Message("a FIFO")),
        (stat.S_ISSOCK, Message("a socket")),
        (stat.S_ISCHR, Message("a device")),
        (stat.S_ISBLK, Message("a device")),
    ):
        if test(mode):
            return name
    return Message("special")
