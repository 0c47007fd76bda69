"""The line a call was read from, fetched again from its file, wherever rotation has put it."""

import gzip
import hashlib
import os
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

MAX_LINE_BYTES = 65_536
MAX_NEIGHBOURS = 64
"""Files beside the last known path that are looked into."""

MAX_ENTRIES = 10_000
"""Names in the folder that are looked at."""

MAX_UNPACKED_BYTES = 256 * 1024 * 1024
"""How far into a compressed file a line is sought: unpacking starts at its beginning."""

_BLOCK = 1 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadFile:
    """A CDR file as the engine knows it: where it was last, and what its beginning hashes to."""

    path: str
    head_length: int
    head_sha256: str


def read_raw(file: ReadFile, offset: int, length: int) -> bytes | None:
    """The `length` bytes at `offset`, at most `MAX_LINE_BYTES`; None when no file has that beginning.

    Looks at the path itself, then at rotated names beside it (`Master.csv.1`, `Master.csv-20260131`,
    `Master.csv.2.gz`). The bytes must be a line: after a newline or at the start, up to a newline or the end.
    """
    for candidate in _candidates(Path(file.path)):
        line = _line_of(candidate, file, offset, length)
        if line is not None:
            return line
    return None


def _candidates(path: Path) -> Iterator[Path]:
    yield path
    stem = path.name.removesuffix(".gz").removesuffix(path.suffix)
    names: list[str] = []
    try:
        with os.scandir(path.parent) as entries:
            for seen, entry in enumerate(entries):
                if seen >= MAX_ENTRIES:
                    break
                if stem and entry.name.startswith(stem) and entry.name != path.name:
                    names.append(entry.name)
    except OSError:
        return
    # A rotated name begins with the whole name; other relatives come after.
    names.sort(key=lambda name: (not name.startswith(path.name), name))
    for name in names[:MAX_NEIGHBOURS]:
        yield path.parent / name


def _line_of(path: Path, file: ReadFile, offset: int, length: int) -> bytes | None:
    try:
        # A pipe under that name must not hold the engine up.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        with os.fdopen(descriptor, "rb") as plain:
            if not stat.S_ISREG(os.fstat(plain.fileno()).st_mode):
                return None
            packed = plain.read(2) == b"\x1f\x8b"
            plain.seek(0)
            if not packed:
                return _read(plain, file, offset, length)
            if offset + length > MAX_UNPACKED_BYTES:
                return None
            with gzip.open(plain) as unpacked:
                return _read(unpacked, file, offset, length)
    except (OSError, EOFError, ValueError, zlib.error):
        return None


def _read(content: BinaryIO | gzip.GzipFile, file: ReadFile, offset: int, length: int) -> bytes | None:
    digest = hashlib.sha256()
    left = file.head_length
    while left:
        block = content.read(min(left, _BLOCK))
        if not block:
            return None
        digest.update(block)
        left -= len(block)
    if file.head_length and digest.hexdigest() != file.head_sha256:
        return None
    content.seek(max(0, offset - 1))
    if offset and content.read(1) != b"\n":
        return None
    line = content.read(min(length, MAX_LINE_BYTES))
    if len(line) < min(length, MAX_LINE_BYTES):
        return None
    complete = length > MAX_LINE_BYTES or line.endswith(b"\n") or not content.read(1)
    return line if complete else None
