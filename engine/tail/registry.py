"""The registry of all files that a follower knows, found again by number, by inode or by content."""

import itertools
from collections import OrderedDict
from collections.abc import Iterator

from engine.tail.checkpoint import Checkpoint
from engine.tail.file_reader import Content
from engine.tail.file_status import FileKey
from engine.tail.fingerprint import FINGERPRINT_BYTES, prefix_digests
from engine.tail.followed_file import FollowedFile
from engine.tail.piece import PieceSizes

MAX_OPEN = 128
"""Files kept open between sweeps: what is deleted can be read to its end, and its inode is not reused."""


class Registry:
    """Indexes of followed files. What changes a file's inode, head or openness goes through here."""

    def __init__(self) -> None:
        self._tokens = itertools.count(1)
        self._by_token: dict[int, FollowedFile] = {}
        self._by_key: dict[FileKey, list[FollowedFile]] = {}
        self._by_inode: dict[int, list[FollowedFile]] = {}
        self._by_head: dict[tuple[int, str], dict[int, FollowedFile]] = {}
        self._head_lengths: dict[int, int] = {}
        self._displaced: OrderedDict[int, FollowedFile] = OrderedDict()
        self._open: OrderedDict[int, FollowedFile] = OrderedDict()

    def add(self, checkpoint: Checkpoint, *, owner: int | None, path: str) -> FollowedFile:
        """A file known from now on."""
        file = FollowedFile(next(self._tokens), checkpoint, owner=owner, path=path)
        self._by_token[file.token] = file
        self._index_key(file)
        self._index_head(file)
        return file

    def forget(self, file: FollowedFile) -> None:
        """Drops a file that was never stored and is no more."""
        self.displace(file)
        self._unindex_head(file)
        self._displaced.pop(file.token, None)
        del self._by_token[file.token]

    def get(self, token: int) -> FollowedFile | None:
        """The file of this number; None = forgotten."""
        return self._by_token.get(token)

    def at(self, key: FileKey) -> list[FollowedFile]:
        """Files known under this inode, the furthest read first."""
        return sorted(self._by_key.get(key, ()), key=lambda file: -file.checkpoint.read_offset)

    def at_inode(self, inode: int) -> list[FollowedFile]:
        """Files known under this inode of any device."""
        return self._by_inode.get(inode, [])

    def displace(self, file: FollowedFile) -> None:
        """The inode does not hold the file's content any more."""
        self._unindex_key(file)
        file.displaced_by_other_content()
        if file.opening:
            self._displaced[file.token] = file
            if len(self._displaced) > MAX_OPEN:
                self._displaced.popitem(last=False)
        self.close(file)

    def move(self, file: FollowedFile, content: Content, *, owner: int, source: str, path: str) -> None:
        """The file's content is from now on read in this open file."""
        self.displace(file)
        self._displaced.pop(file.token, None)
        self._unindex_head(file)
        file.moved_to(content, owner=owner, source=source, path=path)
        self._index_head(file)
        self._index_key(file)
        self.hold(file, content)

    def account(self, file: FollowedFile, after: Checkpoint, sizes: PieceSizes) -> None:
        """The file is stored up to a new checkpoint."""
        self._unindex_head(file)
        file.accounted(after, sizes)
        self._index_head(file)
        if after.finished:
            self.close(file)

    def hold(self, file: FollowedFile, content: Content) -> None:
        """Keeps the file open, at the cost of the one unused for longest."""
        file.opened(content)
        self._open[file.token] = file
        self._open.move_to_end(file.token)
        while len(self._open) > MAX_OPEN:
            self._open.popitem(last=False)[1].closed()

    def close(self, file: FollowedFile) -> None:
        """Closes the file."""
        self._open.pop(file.token, None)
        file.closed()

    def close_all(self) -> None:
        """Closes every file."""
        for file in self._by_token.values():
            self.close(file)

    def with_head_of(self, content: Content) -> Iterator[FollowedFile]:
        """Files whose fingerprinted first bytes the content begins with."""
        head = content.read_at(0, FINGERPRINT_BYTES)
        for length, digest in prefix_digests(head, list(self._head_lengths)).items():
            yield from list(self._by_head.get((length, digest), {}).values())

    def displaced_unread(self, content: Content) -> Iterator[FollowedFile]:
        """Files displaced before any byte was accounted for, whose first bytes the content begins with."""
        head = content.read_at(0, FINGERPRINT_BYTES)
        for file in self._displaced.values():
            if not file.gone and file.checkpoint.read_offset == 0 and head.startswith(file.opening):
                yield file

    def comparable(self, owner: int) -> list[FollowedFile]:
        """Files of which a shorter, older copy can be told: those open, and those displaced while running."""
        files = [*self._open.values(), *self._displaced.values()]
        return [file for file in files if file.owner == owner]

    def _index_key(self, file: FollowedFile) -> None:
        self._by_key.setdefault(file.key, []).append(file)
        self._by_inode.setdefault(file.checkpoint.inode, []).append(file)

    def _unindex_key(self, file: FollowedFile) -> None:
        key, inode = file.key, file.checkpoint.inode
        files = self._by_key.get(key, [])
        if file in files:
            files.remove(file)
            self._by_inode[inode].remove(file)
        if not files:
            self._by_key.pop(key, None)
        if not self._by_inode.get(inode):
            self._by_inode.pop(inode, None)

    def _index_head(self, file: FollowedFile) -> None:
        length = file.checkpoint.head_length
        if length == 0:
            return
        self._by_head.setdefault((length, file.checkpoint.head_sha256), {})[file.token] = file
        self._head_lengths[length] = self._head_lengths.get(length, 0) + 1

    def _unindex_head(self, file: FollowedFile) -> None:
        length = file.checkpoint.head_length
        if length == 0:
            return
        head = (length, file.checkpoint.head_sha256)
        files = self._by_head[head]
        del files[file.token]
        if not files:
            del self._by_head[head]
        self._head_lengths[length] -= 1
        if self._head_lengths[length] == 0:
            del self._head_lengths[length]
