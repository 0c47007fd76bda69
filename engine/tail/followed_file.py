"""The files a follower knows, found again by inode or by content."""

import itertools
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.tail.checkpoint import Position
from engine.tail.file_reader import Content
from engine.tail.fingerprint import FINGERPRINT_BYTES, prefix_digests
from engine.tail.piece import Piece
from engine.tail.rotation_names import Rotated

MAX_OPEN = 128
"""Files kept open between sweeps: what is deleted can be read to its end, and its inode is not reused."""
MAX_CHECKPOINTS = 64

Key = tuple[int, int]
"""Device and inode."""
Checkpoint = tuple[int, int, str]
"""An earlier read offset, with length and digest of the bytes before it."""


@dataclass(slots=True, eq=False)
class Tracked:
    """One file as the follower sees it; times are monotonic seconds."""

    token: int
    position: Position
    owner: int | None
    """Index of the source that follows it; None = known, followed by none."""
    path: str
    """The name it has now."""
    content: Content | None = None
    visible: bool = False
    """Under a name of its source at the last listing."""
    displaced: bool = False
    """The inode holds other content now; this content may live on in a copy."""
    primary: bool = False
    """Under the source's own name, not a rotated one."""
    rotated: Rotated | None = None
    """The name that rotation gave it, taken apart."""
    size: int = 0
    stamp: tuple[int, int] = (-1, -1)
    """Stored size and modification time at the last look."""
    looked_at: float = 0.0
    """When the content was last looked at, in seconds since 1970."""
    changed_at: float = 0.0
    missing_since: float | None = None
    gone: bool = False
    waiting_end: int = -1
    """The consumer has seen all up to here and waits for more; -1 = nothing seen yet."""
    read_end: int = 0
    """Where the last piece handed out ended."""
    waiting: bytes = b""
    """The last bytes of it, at most FINGERPRINT_BYTES, where they are not accounted for."""
    read_full: bool = False
    """Whether that piece was as long as a piece may be."""
    limit: int = 0
    """Bytes of the next piece where the usual size held no whole line; 0 = the usual."""
    opening: bytes = b""
    """The first bytes as last seen, at most FINGERPRINT_BYTES, read or not; dropped when finished."""
    edges: tuple[bytes, bytes] | None = None
    """Head and tail of a compressed file at its read offset, which is dear to go back to."""
    handed: Piece | None = None
    """The piece of a compressed file that is not committed yet."""
    header: bytes = b""
    """The file's first lines, once known."""
    checkpoints: list[Checkpoint] = field(default_factory=list[Checkpoint])
    """The latest of them, at most MAX_CHECKPOINTS."""

    @property
    def key(self) -> Key:
        """Device and inode."""
        return self.position.device, self.position.inode

    @property
    def behind(self) -> int:
        """Bytes not accounted for."""
        behind = self.size - self.position.read_offset
        return behind if behind > 0 else 0

    @property
    def unread(self) -> int:
        """Of these, the bytes that can still be had."""
        return 0 if self.gone else self.behind

    @property
    def unproven(self) -> bool:
        """Whether only an inode speaks for the file: nothing of it was read or seen."""
        return self.position.read_offset == 0 and self.content is None

    @property
    def unbegun(self) -> bool:
        """Whether it is a rotated file of which nothing is stored yet."""
        return not self.primary and self.position.file_id == 0

    def check(self, position: Position) -> None:
        """Remembers a checkpoint, the newest last."""
        self.checkpoints.append((position.read_offset, position.tail_length, position.tail_sha256))
        del self.checkpoints[:-MAX_CHECKPOINTS]

    def begins(self, content: Content) -> bool:
        """Whether the content begins as the file did when last seen, what is not accounted for included."""
        return content.read_at(0, FINGERPRINT_BYTES).startswith(self.opening)

    def waits_in(self, content: Content) -> bool:
        """Whether what waits for more is still what was read."""
        return content.read_at(self.read_end - len(self.waiting), len(self.waiting)) == self.waiting

    def close(self) -> None:
        """Lets go of the open file."""
        if self.content is not None:
            self.content.close()
            self.content = None
        self.edges = self.handed = None


class Known:
    """All tracked files, by number, by inode, by content."""

    def __init__(self) -> None:
        self._tokens = itertools.count(1)
        self.by_token: dict[int, Tracked] = {}
        self._by_key: dict[Key, list[Tracked]] = {}
        self._by_inode: dict[int, list[Tracked]] = {}
        self._by_head: dict[tuple[int, str], dict[int, Tracked]] = {}
        self._head_lengths: dict[int, int] = {}
        self._displaced: OrderedDict[int, Tracked] = OrderedDict()
        self._open: OrderedDict[int, Tracked] = OrderedDict()

    def add(self, position: Position, *, owner: int | None, path: str) -> Tracked:
        """A file from now on tracked."""
        file = Tracked(token=next(self._tokens), position=position, owner=owner, path=path)
        if position.read_offset and not position.finished:
            file.check(position)
        self.by_token[file.token] = file
        self._index_key(file)
        self._index_head(file)
        return file

    def forget(self, file: Tracked) -> None:
        """Drops a file that was never stored and is no more."""
        self.displace(file)
        self._unindex_head(file)
        self.let_go(file)
        self._displaced.pop(file.token, None)
        del self.by_token[file.token]

    def at(self, key: Key) -> list[Tracked]:
        """Files known under this inode, the furthest read first."""
        return sorted(self._by_key.get(key, ()), key=lambda file: -file.position.read_offset)

    def at_inode(self, inode: int) -> list[Tracked]:
        """Files known under this inode of any device."""
        return self._by_inode.get(inode, [])

    def displace(self, file: Tracked) -> None:
        """The inode does not hold the file's content any more."""
        files = self._by_key.get(file.key, [])
        if file in files:
            files.remove(file)
            self._by_inode[file.position.inode].remove(file)
        if not files:
            self._by_key.pop(file.key, None)
        if not self._by_inode.get(file.position.inode):
            self._by_inode.pop(file.position.inode, None)
        file.displaced = True
        if file.opening:
            self._displaced[file.token] = file
            if len(self._displaced) > MAX_OPEN:
                self._displaced.popitem(last=False)
        file.visible = False
        self.let_go(file)

    def advance(self, file: Tracked, position: Position) -> None:
        """Gives the file a new position in the same content."""
        self._unindex_head(file)
        file.position = position
        self._index_head(file)

    def move(self, file: Tracked, position: Position) -> None:
        """The file's content is now found under the inode of `position`."""
        self.displace(file)
        file.displaced = False
        self._displaced.pop(file.token, None)
        self.advance(file, position)
        self._index_key(file)

    def hold(self, file: Tracked, content: Content) -> None:
        """Keeps the file open, at the cost of the one unused for longest."""
        if file.content is not content:
            file.close()
        file.content = content
        self._open[file.token] = file
        self._open.move_to_end(file.token)
        while len(self._open) > MAX_OPEN:
            self._open.popitem(last=False)[1].close()

    def let_go(self, file: Tracked) -> None:
        """Closes the file."""
        self._open.pop(file.token, None)
        file.close()

    def with_head_of(self, content: Content) -> Iterator[Tracked]:
        """Files whose fingerprinted first bytes the content begins with."""
        head = content.read_at(0, FINGERPRINT_BYTES)
        for length, digest in prefix_digests(head, list(self._head_lengths)).items():
            yield from list(self._by_head.get((length, digest), {}).values())

    def glimpsed(self, content: Content) -> Iterator[Tracked]:
        """Files seen and displaced before any byte was accounted for, whose first bytes these were."""
        head = content.read_at(0, FINGERPRINT_BYTES)
        for file in self._displaced.values():
            if not file.gone and file.position.read_offset == 0 and head.startswith(file.opening):
                yield file

    def near(self, owner: int) -> list[Tracked]:
        """Files of which a shorter, older copy can be told: those open, and those displaced while running."""
        files = [*self._open.values(), *self._displaced.values()]
        return [file for file in files if file.owner == owner]

    def _index_key(self, file: Tracked) -> None:
        self._by_key.setdefault(file.key, []).append(file)
        self._by_inode.setdefault(file.position.inode, []).append(file)

    def _index_head(self, file: Tracked) -> None:
        length = file.position.head_length
        if length == 0:
            return
        self._by_head.setdefault((length, file.position.head_sha256), {})[file.token] = file
        self._head_lengths[length] = self._head_lengths.get(length, 0) + 1

    def _unindex_head(self, file: Tracked) -> None:
        length = file.position.head_length
        if length == 0:
            return
        head = (length, file.position.head_sha256)
        files = self._by_head[head]
        del files[file.token]
        if not files:
            del self._by_head[head]
        self._head_lengths[length] -= 1
        if self._head_lengths[length] == 0:
            del self._head_lengths[length]
