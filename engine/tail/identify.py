"""Whose content an unknown file holds: a file known before, a copy of one, or something new."""

from dataclasses import replace
from enum import Enum

from engine.tail.file_reader import Content
from engine.tail.fingerprint import FINGERPRINT_BYTES, same_bytes, sha256
from engine.tail.followed_file import Known, Tracked


class Verdict(Enum):
    """What a file turned out to be."""

    MOVED = "a known file's content, whose own file is gone"
    COPY = "a copy of what is followed elsewhere: nothing to read"
    FORK = "begins with what was read of a file that is still there, and goes on differently"
    UNKNOWN = "content never seen"
    LATER = "in the middle of a change: look again"


def recognise(known: Known, content: Content, *, owner: int) -> tuple[Verdict, Tracked | None]:
    """Compares with every file of this owner, or of none, that is known by content.

    MOVED comes with the file whose place this one takes, COPY and FORK with the original.
    Raises StorageError and OSError.
    """
    mine = [file for file in known.with_head_of(content) if file.owner is None or file.owner == owner]
    mine.sort(key=lambda file: (file.displaced or not file.visible, file.position.read_offset), reverse=True)
    fork: Tracked | None = None
    for file in mine:
        if file.position.edges(content.read_at) is None or not file.begins(content):
            continue
        if not _still_there(file):
            # Files with a long header have it in common: of another one this may be a copy, all of it read.
            partly_read = file.displaced and file.position.read_offset < content.size()
            original = _of_which_a_part(known, content, owner=owner) if partly_read else None
            return (Verdict.MOVED, file) if original is None else (Verdict.COPY, original)
        verdict = _beside_original(file, content)
        if verdict is Verdict.FORK:
            fork = fork or file
        elif verdict is not Verdict.UNKNOWN:
            return verdict, file
    original = _of_which_a_part(known, content, owner=owner)
    if original is not None:
        return Verdict.COPY, original
    for file in known.glimpsed(content):
        if file.owner is None or file.owner == owner:
            return Verdict.MOVED, file
    return (Verdict.UNKNOWN, None) if fork is None else (Verdict.FORK, fork)


def take_over(known: Known, file: Tracked, content: Content, *, source: str, path: str) -> None:
    """`content` is from now on where the file's content is read."""
    known.move(
        file,
        replace(file.position, source=source, path=path, device=content.device, inode=content.inode),
    )
    known.hold(file, content)
    file.gone = False
    file.missing_since = None
    file.stamp = (-1, -1)
    file.waiting_end = -1
    file.edges = None


def _still_there(file: Tracked) -> bool:
    """Whether the content can be had from the known file itself.

    One that is finished is not looked at any more when its name is gone, open or not.
    """
    if file.displaced or file.gone:
        return False
    return file.visible or (file.content is not None and not file.position.finished)


def _beside_original(original: Tracked, copy: Content) -> Verdict:
    """Of content that goes at least as far as the original was read, while the original is still there."""
    if original.content is None:
        # Followed, only not kept open: a copy can be told by its size alone.
        return Verdict.COPY if copy.size() <= original.size else Verdict.UNKNOWN
    if original.position.edges(original.content.read_at) is None:
        return Verdict.LATER
    offset, whole, copied = original.position.read_offset, original.content.size(), copy.size()
    if not same_bytes(copy.read_at, original.content.read_at, offset, min(whole, copied)):
        return Verdict.FORK
    if copied > whole or (copied == whole and not original.visible and not copy.packed):
        return Verdict.UNKNOWN if original.visible else Verdict.MOVED
    return Verdict.COPY


def _of_which_a_part(known: Known, content: Content, *, owner: int) -> Tracked | None:
    """The file of which the content is an earlier, shorter state."""
    if content.size():
        head = content.read_at(0, FINGERPRINT_BYTES)
        for file in known.near(owner):
            shared = min(len(head), len(file.opening))
            if head[:shared] == file.opening[:shared] and _is_part_of(file, content):
                return file
    return None


def _is_part_of(file: Tracked, content: Content) -> bool:
    """Whether the content is an earlier, shorter state of the file, and none of it is lost with the file."""
    size = content.size()
    if size > file.position.read_offset and not _still_there(file):
        return False
    still_open = file.content is not None and file.position.edges(file.content.read_at) is not None
    if file.content is not None and still_open:
        return size <= file.content.size() and same_bytes(content.read_at, file.content.read_at, 0, size)
    if size > max(file.size, file.position.read_offset):
        return False
    if size <= len(file.opening):
        return file.opening.startswith(content.read_at(0, size))
    reached = [checkpoint for checkpoint in file.checkpoints if checkpoint[0] <= size]
    if not reached:
        return False
    offset, length, digest = reached[-1]
    # Files with the same header part only after it: anything past the checkpoint may be new.
    at_checkpoint = sha256(content.read_at(offset - length, length)) == digest
    return at_checkpoint and not content.read_at(offset, 1)
