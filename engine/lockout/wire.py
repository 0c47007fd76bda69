"""A connection to a PBX of which no wait and no buffer is without a limit."""

import socket
import time

from engine.domain.message import of_system
from engine.lockout.target import TargetError

CONNECT_SECONDS = 5.0
MOST_BUFFERED = 4_000_000
"""More than the kernels on both sides hold of events that nobody reads."""
_CHUNK = 65_536


class Wire:
    """Bytes to and from a host; every read and write ends with the deadline that `limit` sets."""

    def __init__(self, host: str, port: int) -> None:
        """Connects; raises `TargetError`."""
        self.place = f"{host}:{port}"
        self._buffer = bytearray()
        try:
            self._socket = socket.create_connection((host, port), timeout=CONNECT_SECONDS)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except TimeoutError as error:
            raise TargetError("{place} does not answer: no connection.", place=self.place) from error
        except OSError as error:
            raise self._broken(error) from error
        self.limit(CONNECT_SECONDS)

    def limit(self, seconds: float) -> None:
        """What follows may take so long in all, however slowly the bytes drip."""
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds

    def send(self, data: bytes) -> None:
        """Writes all of it; raises `TargetError`."""
        try:
            self._socket.settimeout(self._left())
            self._socket.sendall(data)
        except TimeoutError as error:
            raise self._silent() from error
        except OSError as error:
            raise self._broken(error) from error

    def until(self, mark: bytes) -> bytes:
        """What comes before the next `mark`, which is taken as well. Raises `TargetError`."""
        looked = 0
        while (at := self._buffer.find(mark, looked)) < 0:
            looked = max(0, len(self._buffer) - len(mark) + 1)
            if looked > MOST_BUFFERED:
                raise TargetError("{place} sends without an end.", place=self.place)
            self._receive()
        found = bytes(self._buffer[:at])
        del self._buffer[: at + len(mark)]
        return found

    def exactly(self, count: int) -> bytes:
        """The next `count` bytes. Raises `TargetError`."""
        if not 0 <= count <= MOST_BUFFERED:
            raise TargetError("{place} sends without an end.", place=self.place)
        while len(self._buffer) < count:
            self._receive()
        found = bytes(self._buffer[:count])
        del self._buffer[:count]
        return found

    def lost(self) -> bool:
        """Whether the other end has closed. What it sent meanwhile stays to be read, within the limit."""
        try:
            self._socket.settimeout(0)
            while len(self._buffer) <= MOST_BUFFERED:
                data = self._socket.recv(_CHUNK)
                if not data:
                    return True
                self._buffer += data
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    def drop_until_last(self, mark: bytes) -> None:
        """Drops what has arrived up to the last `mark`: nobody waits for it."""
        at = self._buffer.rfind(mark)
        if at >= 0:
            del self._buffer[: at + len(mark)]

    def close(self) -> None:
        """Ends the connection, also for a thread that waits on it."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            # The other end was faster.
            return
        finally:
            self._socket.close()

    def _receive(self) -> None:
        try:
            self._socket.settimeout(self._left())
            data = self._socket.recv(_CHUNK)
        except TimeoutError as error:
            raise self._silent() from error
        except OSError as error:
            raise self._broken(error) from error
        if not data:
            raise TargetError("{place} closed the connection.", place=self.place)
        self._buffer += data

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def _silent(self) -> TargetError:
        return TargetError(
            "{place} does not answer: nothing whole within {seconds} s.",
            place=self.place,
            seconds=int(self._seconds),
        )

    def _broken(self, error: OSError) -> TargetError:
        return TargetError("{place} cannot be reached: {reason}.", place=self.place, reason=of_system(error))


def shown(text: str) -> str:
    """What a stranger said, short and without anything that a terminal would obey."""
    clean = "".join(character if character.isprintable() else " " for character in text[:1000])
    return clean.strip()[:120]
