"""Secrets of targets: read from a file that only its owner may read, and never shown."""

import os
import stat
from pathlib import Path

from engine.domain.errors import ConfigError
from engine.domain.message import of_system

MOST_BYTES = 1024


def read_secret(path: Path) -> str:
    """The first and only line of a file of mode 0600. Raises `ConfigError`, in which nothing of it stands."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            content = file.read(MOST_BYTES + 1) if stat.S_ISREG(status.st_mode) else b""
    except OSError as error:
        raise ConfigError(
            "{path}: the secret cannot be read: {reason}.", path=path, reason=of_system(error)
        ) from error
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        raise ConfigError(
            "{path}: others may read the secret (mode {mode:04o}). Close it with chmod 600 {path}",
            path=path,
            mode=mode,
        )
    try:
        secret = content.decode("ascii").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        secret = ""
    if not secret or len(content) > MOST_BYTES or not secret.isprintable():
        raise ConfigError(
            "{path}: a secret is one line of printable ASCII characters, at most {most} bytes.",
            path=path,
            most=MOST_BYTES,
        )
    return secret
