"""Whose content an unknown file holds: a file known before, a copy of one, or something new."""

from dataclasses import replace
from enum import Enum

from engine.ingest.content import Content
from engine.ingest.fingerprint import same_bytes, sha256
from engine.ingest.tracked import Known, Tracked


class Verdict(Enum):
    """What a file turned out to be."""

    MOVED = "a known file's content, whose own file is gone"
    COPY = "a copy of what is followed elsewhere: nothing to read"
    UNKNOWN = "content never seen"
    LATER = "in the middle of a change: look again"


def recognise(known: Known, content: Content, *, owner: int) -> tuple[Verdict, Tracked | None]:
    """Compares with every file of this owner, or of none, that is known by content.

    A verdict MOVED names the file whose place this one takes. Raises StorageError and OSError.
    """
    mine = [
        file
        for file in (*known.with_head_of(content), *known.glimpsed(content))
        if file.owner is None or file.owner == owner
    ]
    mine.sort(key=lambda file: (file.displaced or not file.visible, file.position.read_offset), reverse=True)
    for file in mine:
        if file.position.edges(content.read_at) is None:
            continue
        if not _still_there(file):
            return Verdict.MOVED, file
        verdict = _beside_original(file, content)
        if verdict is not Verdict.UNKNOWN:
            return verdict, file
    if not content.packed and content.size():
        for file in known.near(owner):
            if _is_part_of(file, content):
                return Verdict.COPY, file
    return Verdict.UNKNOWN, None


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
    """Whether the content can be had from the known file itself."""
    if file.displaced or file.gone:
        return False
    return file.visible or file.content is not None


def _beside_original(original: Tracked, copy: Content) -> Verdict:
    """Of content that goes at least as far as the original was read, while the original is still there."""
    if copy.packed:
        return Verdict.COPY
    if original.content is None:
        # Followed, only not kept open: a copy can be told by its size alone.
        return Verdict.COPY if copy.size() <= original.size else Verdict.UNKNOWN
    copied = copy.size()
    if original.position.edges(original.content.read_at) is None:
        return Verdict.LATER
    if copied > original.content.size():
        deleted = original.content.status().st_nlink == 0 and not original.visible
        return Verdict.MOVED if deleted else Verdict.UNKNOWN
    if not original.visible and copied == original.content.size():
        return Verdict.MOVED
    return Verdict.COPY


def _is_part_of(file: Tracked, content: Content) -> bool:
    """Whether the content is an earlier, shorter state of the file."""
    size = content.size()
    if file.content is not None:
        return size <= file.content.size() and same_bytes(content.read_at, file.content.read_at, size)
    return any(
        offset <= size and sha256(content.read_at(offset - length, length)) == digest
        for offset, length, digest in reversed(file.checkpoints)
    )
