"""Files of the caller: sheets read whole, exports written as one piece or not at all."""

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempprefix
from typing import BinaryIO

import click

from engine.api.operation import MAX_BODY_BYTES
from engine.domain.errors import InvalidInput, StorageError
from engine.domain.message import of_system
from tui.terminal.clean import clean

MAX_SHEET_BYTES = MAX_BODY_BYTES * 3 // 4 - 65_536
"""What fits into an operation: sheets are sent as base64."""

_OPEN_FILES = Path("/proc/self/fd")


def read_sheet(name: str) -> bytes:
    """A file's bytes; `-` = standard input. Raises `StorageError`, `InvalidInput` where it is too large."""
    try:
        if name == "-":
            content = sys.stdin.buffer.read(MAX_SHEET_BYTES + 1)
        else:
            with Path(name).open("rb") as file:
                content = file.read(MAX_SHEET_BYTES + 1)
    except OSError as error:
        raise StorageError(
            "{name}: the file cannot be read: {reason}.", name=name, reason=of_system(error)
        ) from error
    if len(content) > MAX_SHEET_BYTES:
        raise InvalidInput(
            "{name}: the file is larger than {max_sheet_bytes} MB, which no sheet may be. Import "
            "it in parts.",
            name=name,
            max_sheet_bytes=MAX_SHEET_BYTES // 1000000,
            field="file",
        )
    return content


@contextmanager
def written_file(name: str, *, mode: int = 0o666) -> Generator[BinaryIO]:
    """A file to write, with `mode` less the user's umask; it appears whole when the block ends well.

    Who is killed meanwhile leaves nothing, where the file system knows files without a name. Devices and
    pipes are written as they are. Raises `StorageError`.
    """
    target = Path(name)
    try:
        if target.exists() and not target.is_file():
            with target.open("wb") as file:
                yield file
            return
        target = target.resolve()
        part = target.with_name(f".{target.name}.{gettempprefix()}{os.getpid()}")
        descriptor = _nameless(target.parent, mode)
        named = descriptor is None
        if descriptor is None:
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
                if not named:
                    # Only with a descriptor does Python follow the link to the file itself (linkat).
                    os.link(_OPEN_FILES / str(descriptor), part, src_dir_fd=descriptor)
            part.replace(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StorageError(
            "{name}: the file cannot be written: {reason}.", name=name, reason=of_system(error)
        ) from error


def _nameless(folder: Path, mode: int) -> int | None:
    """An open file of that folder that has no name yet; None where that cannot be."""
    try:
        return (
            os.open(folder, os.O_WRONLY | os.O_TMPFILE | os.O_CLOEXEC, mode) if _OPEN_FILES.is_dir() else None
        )
    except OSError:
        return None


@contextmanager
def written(name: str | None) -> Generator[BinaryIO]:
    """The named file, or standard output for None and `-`; a terminal is shown clean text."""
    if name is not None and name != "-":
        with written_file(name) as file:
            yield file
    elif sys.stdout.isatty():
        yield _CleanTerminal()  # pyright: ignore[reportReturnType] - only write() is asked of it
    else:
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()


class _CleanTerminal:
    """Standard output that no exported text can give orders to."""

    closed = False

    def write(self, data: bytes) -> int:
        text = bytes(data).decode("utf-8", "replace")
        click.echo("\n".join(clean(line) for line in text.split("\n")), nl=False)
        return len(data)

    def flush(self) -> None:
        sys.stdout.flush()
