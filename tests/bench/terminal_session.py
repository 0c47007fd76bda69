"""A program on a pseudo-terminal, measured: when its bytes came, how many, what they cost its processor."""

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyte

QUIET_SECONDS = 0.15
"""So long without a byte ends an answer to a key."""

TIMEOUT_SECONDS = 60.0

Cells = list[list[pyte.screens.Char]]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the program wrote after a key."""

    seconds: float
    """From the key to the last byte."""
    bytes: int
    cpu_seconds: float
    """Of all threads of the program."""


class Session:
    """Runs `argv` on a terminal of 80 by 24; a context manager that ends it."""

    def __init__(
        self, argv: Sequence[str], *, env: Mapping[str, str], cols: int = 80, rows: int = 24
    ) -> None:
        self._screen = pyte.Screen(cols, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))
        terminal = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            list(argv),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, **terminal, **env},
            start_new_session=True,
        )
        os.close(slave)

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_exception: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self._master)

    def _read(self, timeout: float) -> int:
        """Feeds the screen with what comes within `timeout` seconds; the number of bytes."""
        if not select.select([self._master], [], [], max(0.0, timeout))[0]:
            return 0
        data = os.read(self._master, 1 << 16)
        self._stream.feed(data)
        return len(data)

    def text(self) -> str:
        """What is on the screen."""
        return "\n".join(self._screen.display)

    def cells(self) -> Cells:
        """Every cell with its style."""
        screen = self._screen
        return [
            [screen.buffer[row][column] for column in range(screen.columns)] for row in range(screen.lines)
        ]

    def wait_for(self, found: Callable[[str], object]) -> float:
        """Seconds from the start of the program until the screen fits. Raises TimeoutError."""
        while True:
            passed = time.perf_counter() - self.started
            if found(self.text()):
                return passed
            if passed > TIMEOUT_SECONDS:
                raise TimeoutError(f"what was waited for did not come; the screen is\n{self.text()}")
            self._read(0.05)

    def type(self, keys: bytes) -> None:
        """Sends keys without waiting."""
        os.write(self._master, keys)

    def settle(self) -> None:
        """Waits until nothing is written any more."""
        while self._read(QUIET_SECONDS):
            pass

    def press(self, key: bytes) -> Answer:
        """Sends a key and waits until its answer has ended."""
        cpu = self._cpu_seconds()
        count = 0
        sent = last = time.perf_counter()
        os.write(self._master, key)
        chunks: list[bytes] = []
        # The screen is fed afterwards: the emulator is slower than the program.
        while select.select([self._master], [], [], QUIET_SECONDS)[0]:
            chunks.append(os.read(self._master, 1 << 16))
            last = time.perf_counter()
        for chunk in chunks:
            count += len(chunk)
            self._stream.feed(chunk)
        return Answer(seconds=last - sent, bytes=count, cpu_seconds=self._cpu_seconds() - cpu)

    def idle(self, seconds: float) -> float:
        """Bytes a second that come without a key."""
        end = time.perf_counter() + seconds
        count = 0
        while (left := end - time.perf_counter()) > 0:
            count += self._read(left)
        return count / seconds

    def _cpu_seconds(self) -> float:
        """Time on a processor, to the nanosecond: the first figure of every thread's schedstat."""
        total = 0
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            with contextlib.suppress(OSError):
                total += int((task / "schedstat").read_text().split()[0])
        return total / 1e9

    def resident_bytes(self) -> int:
        """Memory of the program that is in use now."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise ValueError("this system does not tell the memory of a process")
