"""The content of an open CDR file, plain or compressed, read by offset."""

import bz2
import contextlib
import gzip
import lzma
import os
import zlib
from pathlib import Path
from typing import IO

from engine.domain.errors import StorageError
from engine.domain.regular_files import check_regular, open_regular
from engine.tail.file_status import FileKey

_COMPRESSION_FAULTS = (EOFError, lzma.LZMAError, zlib.error)
PACKED = (".gz", ".bz2", ".xz")
_GZIP_LEAST = 18
_GZIP_SMALL = 1 << 20


class Content:
    """An open regular file. Reading never blocks and never changes the file."""

    def __init__(self, path: str, descriptor: int | None = None) -> None:
        """Opens the file, or takes over a descriptor that a client opened and calls `path`.

        Raises OSError, or StorageError for what is no regular file: FIFOs block, devices never end.
        """
        self.path = path
        self._fd = open_regular(path) if descriptor is None else descriptor
        try:
            if descriptor is not None:
                check_regular(path, descriptor)
            status = os.fstat(self._fd)
            self.device, self.inode = status.st_dev, status.st_ino
            self._stream = _stream(path, self._fd)
        except BaseException:
            os.close(self._fd)
            raise

    @property
    def key(self) -> FileKey:
        """Device and inode."""
        return self.device, self.inode

    @property
    def packed(self) -> bool:
        """Whether the file is compressed."""
        return self._stream is not None

    def status(self) -> os.stat_result:
        """The file's state now; it may have been unlinked or renamed."""
        return os.fstat(self._fd)

    def size(self) -> int:
        """Bytes of content; of a compressed file an estimate, its end shows in reading."""
        stored = os.fstat(self._fd).st_size
        if self.path.endswith(".gz") and stored >= _GZIP_LEAST:
            noted = int.from_bytes(os.pread(self._fd, 4, stored - 4), "little")
            # The note is modulo 4 GiB, and small content grows when compressed.
            return max(stored, noted) if stored >= _GZIP_SMALL else noted
        return stored

    def read_at(self, offset: int, length: int) -> bytes:
        """The bytes there; fewer at the end of the content. Raises StorageError when unpacking fails."""
        if self._stream is None:
            return _pread(self._fd, offset, length)
        try:
            self._stream.seek(offset)
            # Beyond the end, seek stops at the end and would pass off other bytes as these.
            return self._stream.read(length) if self._stream.tell() == offset else b""
        except (*_COMPRESSION_FAULTS, OSError) as fault:
            raise self._unpacking(fault) from fault

    def close(self) -> None:
        """Lets go of the file."""
        if self._stream is not None:
            with contextlib.suppress(OSError):
                self._stream.close()
        os.close(self._fd)

    def _unpacking(self, fault: Exception) -> StorageError:
        return StorageError(
            "{path} cannot be unpacked ({fault}); tried again when it changes.", path=self.path, fault=fault
        )


def _stream(path: str, fd: int) -> IO[bytes] | None:
    if not path.endswith(PACKED):
        return None
    raw = os.fdopen(os.dup(fd), "rb")
    match Path(path).suffix:
        case ".gz":
            return gzip.GzipFile(fileobj=raw, mode="rb")  # pyright: ignore[reportReturnType]  # an IO in all but name
        case ".bz2":
            return bz2.BZ2File(raw)
        case _:
            return lzma.LZMAFile(raw)


def _pread(fd: int, offset: int, length: int) -> bytes:
    """One pread where the kernel serves it whole; it stops at 2 GiB and may stop short."""
    content = os.pread(fd, length, offset)
    while len(content) < length:
        more = os.pread(fd, length - len(content), offset + len(content))
        if not more:
            break
        content += more
    return content
