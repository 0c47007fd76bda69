"""Lines of CDR files read long ago, fetched again, wherever rotation has put the file and however packed."""

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from engine.domain.errors import StorageError
from engine.tail.file_reader import Content
from engine.tail.fingerprint import sha256
from engine.tail.rotation_names import rotated, rotated_from

MAX_RAW_LINE_BYTES = 65_536
"""Longer lines are shown cut off."""
MAX_NEIGHBOURS = 64
"""Files beside the last known path that are looked into."""

MAX_ENTRIES = 10_000
"""Names in the folder that are looked at."""

MAX_UNPACKED_BYTES = 256 * 1024 * 1024
"""How far into a compressed file a line is sought: unpacking starts at its beginning."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadFile:
    """A CDR file as the engine knows it: where it was last, and what its beginning hashes to."""

    path: str
    head_length: int
    head_sha256: str


def read_raw(file: ReadFile, offset: int, length: int) -> bytes | None:
    """The `length` bytes at `offset`, at most `MAX_RAW_LINE_BYTES`; None = no file that begins so has them.

    The bytes must be a line: after a newline or at the start, up to a newline or the end.
    """
    for content in _found_again(file):
        line = _line_of(content, offset, length)
        if line is not None:
            return line
    return None


def read_head(file: ReadFile, length: int) -> bytes:
    """The first bytes of a file; empty = no file has that beginning."""
    for content in _found_again(file):
        try:
            return content.read_at(0, length)
        except StorageError:
            continue
    return b""


def _found_again(file: ReadFile) -> Iterator[Content]:
    """The files with that beginning, open while the caller looks at them."""
    for candidate in _candidates(Path(file.path)):
        try:
            content = Content(str(candidate))
        except (OSError, StorageError):
            continue
        with closing(content):
            if _begins_alike(content, file):
                yield content


def _candidates(path: Path) -> Iterator[Path]:
    """The path itself, then its rotated names, then other names with the same beginning."""
    yield path
    name = rotated_from(path.name)
    base = path.name if name is None else name.base
    stem = base.rpartition(".")[0] or base
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
    names.sort(key=lambda name: (name != base and rotated(name, base) is None, name))
    for neighbour in names[:MAX_NEIGHBOURS]:
        yield path.parent / neighbour


def _begins_alike(content: Content, file: ReadFile) -> bool:
    if not file.head_length:
        return True
    try:
        head = content.read_at(0, file.head_length)
    except StorageError:
        return False
    return len(head) == file.head_length and sha256(head) == file.head_sha256


def _line_of(content: Content, offset: int, length: int) -> bytes | None:
    if content.packed and offset + length > MAX_UNPACKED_BYTES:
        return None
    before, wanted = min(offset, 1), min(length, MAX_RAW_LINE_BYTES)
    try:
        # One byte before the line and one behind it tell whether it is one.
        found = content.read_at(offset - before, before + wanted + 1)
    except StorageError:
        return None
    line, behind = found[before : before + wanted], found[before + wanted :]
    if len(line) < wanted or found[:before] not in (b"", b"\n", b"\r"):
        return None
    complete = length > MAX_RAW_LINE_BYTES or line.endswith((b"\n", b"\r")) or not behind
    return line if complete else None
