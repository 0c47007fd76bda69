"""Identification of an unknown file by its content: a file known before, a copy of one, or something new."""

from enum import Enum

from engine.tail.file_reader import Content
from engine.tail.fingerprint import FINGERPRINT_BYTES, same_bytes
from engine.tail.followed_file import FollowedFile
from engine.tail.registry import Registry


class Verdict(Enum):
    """The kinds of files that an unknown file can be."""

    MOVED = "a known file's content, whose own file is gone"
    COPY = "a copy of what is followed elsewhere: nothing to read"
    FORK = "begins with what was read of a file that is still there, and goes on differently"
    UNKNOWN = "content never seen"
    LATER = "in the middle of a change: look again"


def identify(registry: Registry, content: Content, *, owner: int) -> tuple[Verdict, FollowedFile | None]:
    """Compares with every file of this owner, or of none, that is known by content.

    MOVED comes with the file whose place this one takes, COPY and FORK with the original.
    Raises StorageError and OSError.
    """
    files = [file for file in registry.with_head_of(content) if file.owner is None or file.owner == owner]
    files.sort(
        key=lambda file: (file.displaced or not file.visible, file.checkpoint.read_offset), reverse=True
    )
    fork: FollowedFile | None = None
    for file in files:
        if file.checkpoint.edges(content.read_at) is None or not file.begins(content):
            continue
        if not file.still_there:
            # Files with a long header have it in common: of another one this may be a copy, all of it read.
            partly_read = file.displaced and file.checkpoint.read_offset < content.size()
            original = _longer_original(registry, content, owner=owner) if partly_read else None
            return (Verdict.MOVED, file) if original is None else (Verdict.COPY, original)
        verdict = _beside_original(file, content)
        if verdict is Verdict.FORK:
            fork = fork or file
        elif verdict is not Verdict.UNKNOWN:
            return verdict, file
    original = _longer_original(registry, content, owner=owner)
    if original is not None:
        return Verdict.COPY, original
    for file in registry.displaced_unread(content):
        if file.owner is None or file.owner == owner:
            return Verdict.MOVED, file
    return (Verdict.UNKNOWN, None) if fork is None else (Verdict.FORK, fork)


def _beside_original(original: FollowedFile, copy: Content) -> Verdict:
    """The verdict on content that goes at least as far as an original was read that is still there."""
    if original.content is None:
        # Followed, only not kept open: a copy can be told by its size alone.
        return Verdict.COPY if copy.size() <= original.size else Verdict.UNKNOWN
    if original.checkpoint.edges(original.content.read_at) is None:
        return Verdict.LATER
    offset, whole, copied = original.checkpoint.read_offset, original.content.size(), copy.size()
    if not same_bytes(copy.read_at, original.content.read_at, offset, min(whole, copied)):
        return Verdict.FORK
    if copied > whole or (copied == whole and not original.visible and not copy.packed):
        return Verdict.UNKNOWN if original.visible else Verdict.MOVED
    return Verdict.COPY


def _longer_original(registry: Registry, content: Content, *, owner: int) -> FollowedFile | None:
    """The file of which the content is an earlier, shorter state."""
    if content.size():
        head = content.read_at(0, FINGERPRINT_BYTES)
        for file in registry.comparable(owner):
            shared = min(len(head), len(file.opening))
            if head[:shared] == file.opening[:shared] and file.includes(content):
                return file
    return None
