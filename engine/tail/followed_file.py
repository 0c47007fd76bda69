"""A followed file: all that is known of one CDR file, and everything that can happen to it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, Literal, NamedTuple

from engine.tail.checkpoint import Checkpoint
from engine.tail.file_reader import Content
from engine.tail.file_status import NO_STAMP, FileKey, Stamp
from engine.tail.fingerprint import FINGERPRINT_BYTES, Edges, edges_after, same_bytes, sha256
from engine.tail.listing import Entry
from engine.tail.piece import HEADER_BYTES, Piece, PieceSizes, first_lines
from engine.tail.rotation_names import Rotated

MAX_EARLIER_OFFSETS = 64


class _EarlierOffset(NamedTuple):
    """An offset read up to before, with the fingerprint of the bytes before it."""

    offset: int
    tail_length: int
    tail_sha256: str


class FollowedFile:
    """One file as the follower sees it. Times are monotonic seconds.

    Its methods are the only way to change it. Found and lost under names: `found`, `listed`, `missed`,
    `gave_up`. Looked at: `observed`, `invalidate`. Its content elsewhere: `displaced_by_other_content`,
    `moved_to`. Read: `opened`, `closed`, `next_piece`, `accounted`.
    """

    def __init__(self, token: int, checkpoint: Checkpoint, *, owner: int | None, path: str) -> None:
        """`owner` is the index of the source that follows it; None = known, followed by none."""
        self.token: Final = token
        self._checkpoint = checkpoint
        self._owner = owner
        self._path = path
        self._content: Content | None = None
        self._visible = False
        self._displaced = False
        self._primary = False
        self._rotated: Rotated | None = None
        self._size = 0
        self._stamp = NO_STAMP
        self._looked_at = 0.0
        """Seconds since 1970."""
        self._changed_at = 0.0
        self._missing_since: float | None = None
        self._gone = False
        self._seen_end = -1
        """The consumer has seen all up to here and waits for more; -1 = nothing seen yet."""
        self._read_end = 0
        """Where the last piece handed out ended."""
        self._read_full = False
        """Whether that piece was as long as a piece may be."""
        self._unaccounted_tail = b""
        """The last bytes of it, at most FINGERPRINT_BYTES, where they are not accounted for."""
        self._limit = 0
        """Bytes of the next piece where the usual size held no whole line; 0 = the usual."""
        self._opening = b""
        """The first bytes as last seen, at most FINGERPRINT_BYTES, read or not; dropped when finished."""
        self._edges: Edges | None = None
        """Head and tail of a compressed file at its read offset, which is dear to go back to."""
        self._handed: Piece | None = None
        """The piece of a compressed file that is not committed yet."""
        self._header = b""
        """The file's first lines, once known."""
        self._earlier_offsets: list[_EarlierOffset] = []
        """The latest of them, at most MAX_EARLIER_OFFSETS."""
        if checkpoint.read_offset and not checkpoint.finished:
            self._note_offset()

    # State

    @property
    def checkpoint(self) -> Checkpoint:
        """How far it was read, and what it is known by."""
        return self._checkpoint

    @property
    def key(self) -> FileKey:
        """Device and inode."""
        return self._checkpoint.key

    @property
    def owner(self) -> int | None:
        """Index of the source that follows it; None = known, followed by none."""
        return self._owner

    @property
    def path(self) -> str:
        """The name it has now."""
        return self._path

    @property
    def content(self) -> Content | None:
        """The open file; None = it is not kept open."""
        return self._content

    @property
    def visible(self) -> bool:
        """Whether it had a name of its source at the last listing."""
        return self._visible

    @property
    def primary(self) -> bool:
        """Whether it has the source's own name, not a rotated one."""
        return self._primary

    @property
    def rotated(self) -> Rotated | None:
        """The name that rotation gave it, taken apart."""
        return self._rotated

    @property
    def displaced(self) -> bool:
        """Whether the inode holds other content now; this content may live on in a copy."""
        return self._displaced

    @property
    def gone(self) -> bool:
        """Whether it was given up: nothing in it can be read any more."""
        return self._gone

    @property
    def size(self) -> int:
        """Bytes of content at the last look; of a compressed file an estimate."""
        return self._size

    @property
    def stamp(self) -> Stamp:
        """Stored size and modification time at the last look."""
        return self._stamp

    @property
    def opening(self) -> bytes:
        """The first bytes as last seen, read or not; empty when finished."""
        return self._opening

    @property
    def changed_at(self) -> float:
        """When its content or its role was last seen to change."""
        return self._changed_at

    @property
    def behind(self) -> int:
        """Bytes not accounted for."""
        behind = self._size - self._checkpoint.read_offset
        return behind if behind > 0 else 0

    @property
    def unread(self) -> int:
        """Of these, the bytes that can still be had."""
        return 0 if self._gone else self.behind

    @property
    def has_new_bytes(self) -> bool:
        """Whether it holds bytes that the consumer has not seen, or was never recorded."""
        unrecorded = self._checkpoint.file_id == 0 and self._seen_end < 0
        return unrecorded or (self.behind > 0 and self._seen_end != self._size)

    @property
    def inode_only(self) -> bool:
        """Whether only an inode speaks for the file: nothing of it was read or seen."""
        return self._checkpoint.read_offset == 0 and self._content is None

    @property
    def unrecorded_rotated(self) -> bool:
        """Whether it is a rotated file of which nothing is stored yet."""
        return not self._primary and self._checkpoint.file_id == 0

    @property
    def still_there(self) -> bool:
        """Whether the content can be had from the file itself.

        One that is finished is not looked at any more when its name is gone, open or not.
        """
        if self._displaced or self._gone:
            return False
        return self._visible or (self._content is not None and not self._checkpoint.finished)

    # Comparison with content found elsewhere

    def begins(self, content: Content) -> bool:
        """Whether the content begins as the file did when last seen, what is not accounted for included."""
        return content.read_at(0, FINGERPRINT_BYTES).startswith(self._opening)

    def includes(self, content: Content) -> bool:
        """Whether the content is an earlier, shorter state of the file, of which nothing is lost with it."""
        size = content.size()
        if size > self._checkpoint.read_offset and not self.still_there:
            return False
        if self._content is not None and self._checkpoint.edges(self._content.read_at) is not None:
            return size <= self._content.size() and same_bytes(
                content.read_at, self._content.read_at, 0, size
            )
        if size > max(self._size, self._checkpoint.read_offset):
            return False
        if size <= len(self._opening):
            return self._opening.startswith(content.read_at(0, size))
        reached = [earlier for earlier in self._earlier_offsets if earlier.offset <= size]
        if not reached:
            return False
        offset, length, digest = reached[-1]
        # Files with the same header part only after it: anything past the earlier offset may be new.
        same_tail = sha256(content.read_at(offset - length, length)) == digest
        return same_tail and not content.read_at(offset, 1)

    # Found and lost under names

    def adopted(self, owner: int, source: str) -> None:
        """A source follows it that was known but followed by none."""
        if self._owner is None:
            self._owner = owner
            self._checkpoint = replace(self._checkpoint, source=source)

    def found(self, entry: Entry, real_path: str, now: float) -> bool:
        """It has this name. Returns whether it went from the source's own name to a rotated one, or back."""
        primary = not entry.base
        renamed = self._primary != primary
        if renamed:
            self._primary = primary
            self._changed_at = now
        self._rotated = entry.rotated
        self._path = entry.path
        if self._checkpoint.path != real_path:
            self._checkpoint = replace(self._checkpoint, path=real_path)
        self._visible = True
        self._missing_since = None
        self._gone = False
        return renamed

    def listed(self, *, visible: bool) -> bool:
        """A listing ended. Returns whether it lost its name."""
        lost = self._visible and not visible
        self._visible = visible
        return lost

    def missed(self, now: float) -> float:
        """It has no name. Returns the seconds since it has none."""
        if self._missing_since is None:
            self._missing_since = self._changed_at = now
        return now - self._missing_since

    def gave_up(self) -> None:
        """Nothing in it can be read any more."""
        self._gone = True

    # Looked at

    def looks_unchanged(self, path: str, stamp: Stamp) -> bool:
        """Whether the stamp alone says that the file under this name is as it was."""
        unchanged = stamp == self._stamp and not stamp.is_racy(self._looked_at)
        if unchanged:
            self._path = path
        return unchanged

    def observed(
        self, content: Content, path: str, stamp: Stamp, *, looked_at: float, now: float
    ) -> Literal["same", "changed", "other"]:
        """Takes note of what is in the open file; "other" = not the content it had, and no note is taken."""
        edges = self._checkpoint.edges(content.read_at)
        if edges is None or not self.begins(content):
            return "other"
        self._path = path
        self._looked_at = looked_at
        if stamp == self._stamp and self._still_ends_as_read(content):
            return "same"
        self._opening = content.read_at(0, FINGERPRINT_BYTES)
        self._stamp = stamp
        self._size = content.size()
        self._changed_at = now
        self._seen_end = -1
        self._edges = edges if content.packed else None
        return "changed"

    def invalidate(self) -> None:
        """It changed while it was read: what was seen of it does not hold."""
        self._stamp = NO_STAMP

    def _still_ends_as_read(self, content: Content) -> bool:
        """Whether what was read and is not accounted for is still there."""
        tail = self._unaccounted_tail
        return content.read_at(self._read_end - len(tail), len(tail)) == tail

    # Its content elsewhere

    def displaced_by_other_content(self) -> None:
        """The inode holds other content now."""
        self._displaced = True
        self._visible = False

    def moved_to(self, content: Content, *, owner: int, source: str, path: str) -> None:
        """Its content is from now on read in this file."""
        self._checkpoint = replace(
            self._checkpoint, source=source, path=path, device=content.device, inode=content.inode
        )
        self._owner = owner
        self._displaced = self._gone = False
        self._missing_since = None
        self._stamp = NO_STAMP
        self._seen_end = -1
        self._edges = None

    # Read

    def opened(self, content: Content) -> None:
        """Keeps the open file."""
        if self._content is not content:
            self.closed()
        self._content = content

    def closed(self) -> None:
        """Lets go of the open file."""
        if self._content is not None:
            self._content.close()
            self._content = None
        self._edges = self._handed = None

    def next_piece(
        self,
        content: Content,
        *,
        usual: int,
        sizes: PieceSizes,
        whole_files: bool,
        is_complete: Callable[["FollowedFile"], bool],
        read_at: float,
    ) -> Piece | None:
        """Hands out what follows the checkpoint in the open file; None = the file changed meanwhile.

        `usual` is how many bytes, where a line is not longer. `is_complete` is asked where all is read:
        whether the file will never hold more.
        """
        before = self._checkpoint
        # A compressed file is not written in place, and going back in it means unpacking it again.
        edges = self._edges if content.packed and self._edges else before.edges(content.read_at)
        if edges is None:
            return None
        limit = self._limit or usual
        if before.read_offset and not self._header:
            self._header = first_lines(content.read_at(0, HEADER_BYTES))
        data = content.read_at(before.read_offset, limit)
        if not content.packed and before.edges(content.read_at) is None:
            return None
        if before.read_offset == 0:
            self._header = first_lines(data)
        full = len(data) == limit
        end = before.read_offset + len(data)
        if content.packed and not full:
            self._size = end
        at_end = end == self._size
        torn = full and self._limit >= sizes.longest
        complete = at_end and is_complete(self)
        self._read_end, self._read_full = end, full
        self._unaccounted_tail = data[-FINGERPRINT_BYTES:]
        piece = Piece(
            before=before,
            data=data,
            header=self._header if before.read_offset else b"",
            edges=edges,
            final=complete or torn,
            finishes=complete or (at_end and whole_files),
            written_at=content.status().st_mtime,
            read_at=read_at,
        )
        self._handed = piece if content.packed else None
        return piece

    def accounted(self, after: Checkpoint, sizes: PieceSizes) -> None:
        """`after`, of the piece handed out last, is stored for good; where the file is now stays as it is."""
        before = self._checkpoint
        if self._handed is not None:
            read = self._handed.data[: after.read_offset - before.read_offset]
            self._edges = edges_after(self._handed.edges, read)
            self._handed = None
        if after.read_offset == self._read_end:
            self._unaccounted_tail = b""
        if after.read_offset == before.read_offset and self._read_full:
            self._limit = sizes.beyond(self._limit)
        else:
            self._seen_end = self._read_end
        self._checkpoint = replace(
            after, source=before.source, path=before.path, device=before.device, inode=before.inode
        )
        if after.read_offset != before.read_offset:
            self._limit = 0
            self._note_offset()
        if after.finished:
            # Of what was truncated, copies of an earlier state may still turn up.
            self._opening = self._opening if self._displaced else b""
            self._header = b""

    def _note_offset(self) -> None:
        """Remembers the read offset, the newest last."""
        at = self._checkpoint
        self._earlier_offsets.append(_EarlierOffset(at.read_offset, at.tail_length, at.tail_sha256))
        del self._earlier_offsets[:-MAX_EARLIER_OFFSETS]
