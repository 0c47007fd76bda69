"""Fingerprints of content, by which a file is known whatever it is called."""

import hashlib
from collections.abc import Callable

FINGERPRINT_BYTES = 1024
"""A fingerprint covers at most this much from the file's start and this much before the read offset."""

ReadAt = Callable[[int, int], bytes]
"""(offset, length) -> the bytes there; shorter at the end of the content."""

Edges = tuple[bytes, bytes]
"""The fingerprinted bytes: the first ones of the file, and the last ones before the read offset."""


def sha256(content: bytes) -> str:
    """The digest as stored, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def edges_after(edges: Edges, content: bytes | memoryview) -> Edges:
    """The fingerprinted bytes once `content`, which follows them, is read as well."""
    head, tail = edges
    return (
        (head + content[:FINGERPRINT_BYTES])[:FINGERPRINT_BYTES],
        (tail + content[-FINGERPRINT_BYTES:])[-FINGERPRINT_BYTES:],
    )


def prefix_digests(head: bytes, lengths: list[int]) -> dict[int, str]:
    """The digest of the first n bytes of `head` for every n of `lengths` that `head` can serve."""
    running = hashlib.sha256()
    done = 0
    digests: dict[int, str] = {}
    for length in sorted(lengths):
        if length > len(head):
            break
        running.update(head[done:length])
        done = length
        digests[length] = running.copy().hexdigest()
    return digests


def same_bytes(read_first: ReadAt, read_second: ReadAt, start: int, end: int) -> bool:
    """Whether both contents hold the same bytes from `start` to `end`; differences mostly show early."""
    offset, step = start, FINGERPRINT_BYTES
    while offset < end:
        wanted = min(step, end - offset)
        first = read_first(offset, wanted)
        if len(first) != wanted or first != read_second(offset, wanted):
            return False
        offset, step = offset + wanted, 1 << 20
    return True
