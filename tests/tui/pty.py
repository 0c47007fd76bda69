"""A program in a pseudo-terminal, its screen kept by a terminal emulator: what its user would see."""

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyte

HANG_UP_SECONDS = 0.1
"""How soon a terminal that was closed is noticed by the thread that reads it."""


class Terminal:
    """Runs `argv` on a terminal of `cols` by `rows`. A context manager; leaving it ends the program.

    `env` is added to the tests' own environment. `raw` keeps what the program wrote if `keep_raw` is set.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cols: int = 80,
        rows: int = 24,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        keep_raw: bool = False,
    ) -> None:
        self._screen = pyte.Screen(cols, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._changed = threading.Condition()
        self._keep_raw = keep_raw
        self._closed = False
        self.raw = bytearray()
        self.received_bytes = 0
        self.ended = False
        self._master, slave = pty.openpty()
        self._set_size(cols, rows)
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}
        # Set by a parallel test runner, they would stand for the size of this terminal.
        for name in ("COLUMNS", "LINES", "NO_COLOR"):
            environment.pop(name, None)
        environment.update(env or {})
        self.process = subprocess.Popen(
            list(argv),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            cwd=cwd,
            start_new_session=True,
            close_fds=True,
            preexec_fn=_take_terminal,
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read, name="terminal", daemon=True)
        self._reader.start()

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _read(self) -> None:
        while True:
            data = self._next_output()
            with self._changed:
                if not data:
                    self.ended = True
                    self._changed.notify_all()
                    return
                self.received_bytes += len(data)
                if self._keep_raw:
                    self.raw += data
                self._stream.feed(data)
                self._changed.notify_all()

    def _next_output(self) -> bytes:
        """What the program writes next; empty once its end or that of the terminal is there."""
        # A read that blocks would keep the terminal open after it was closed, and no hang-up would come.
        try:
            while (master := self._master) >= 0:
                if select.select([master], [], [], HANG_UP_SECONDS)[0]:
                    return os.read(master, 65536)
        except (OSError, ValueError):
            pass
        return b""

    def send(self, data: bytes) -> None:
        """Types `data` in one write."""
        os.write(self._master, data)

    def overwrite(self, text: str) -> None:
        """Writes on the screen what another program would have written there."""
        with self._changed:
            self._stream.feed(text.encode())

    def paste(self, text: str) -> None:
        """Pastes `text` as a terminal with bracketed paste does."""
        self.send(b"\x1b[200~" + text.encode() + b"\x1b[201~")

    def click(self, col: int, row: int) -> None:
        """Presses and releases the left button on the cell at `col`, `row` (from 0)."""
        self.send(f"\x1b[<0;{col + 1};{row + 1}M\x1b[<0;{col + 1};{row + 1}m".encode())

    def wheel_down(self, col: int, row: int) -> None:
        self.send(f"\x1b[<65;{col + 1};{row + 1}M".encode())

    def rows(self) -> list[str]:
        """The lines of the screen, without blanks at their ends."""
        with self._changed:
            return [line.rstrip() for line in self._screen.display]

    def text(self) -> str:
        return "\n".join(self.rows())

    @property
    def cursor(self) -> tuple[int, int]:
        """Column and row of the cursor, from 0."""
        with self._changed:
            return self._screen.cursor.x, self._screen.cursor.y

    def styled_rows(self) -> list[list[tuple[str, str]]]:
        """Each line of the screen as runs of equal style: (text, style)."""
        with self._changed:
            screen = self._screen
            return [
                _runs([screen.buffer[row][col] for col in range(screen.columns)])
                for row in range(screen.lines)
            ]

    def wait_for(self, expected: str | Callable[[str], bool], timeout: float = 60) -> str:
        """The screen's text as soon as it holds `expected`; AssertionError after `timeout` seconds."""
        found = expected if callable(expected) else lambda text: expected in text
        deadline = time.monotonic() + timeout
        with self._changed:
            while not found(text := "\n".join(line.rstrip() for line in self._screen.display)):
                remaining = deadline - time.monotonic()
                if remaining <= 0 or self.ended:
                    raise AssertionError(f"{expected!r} did not appear on\n{text}")
                self._changed.wait(remaining)
            return text

    def wait_quiet(self, seconds: float = 0.15, timeout: float = 60) -> None:
        """Returns when nothing was written for `seconds`."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while self._changed.wait(seconds):
                if time.monotonic() > deadline:
                    raise AssertionError("the program never stopped writing")
                if self.ended:
                    return

    def wait_exit(self, timeout: float = 60) -> int:
        """The program's exit code."""
        return self.process.wait(timeout)

    def resize(self, cols: int, rows: int) -> None:
        with self._changed:
            self._screen.resize(rows, cols)
        self._set_size(cols, rows)
        os.killpg(self.process.pid, signal.SIGWINCH)

    def hang_up(self) -> None:
        """Closes the terminal as a lost connection does."""
        self._close_master()

    def close(self) -> None:
        """Ends the program's process group and gives the terminal back."""
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        self._reader.join(5)
        self._close_master()

    def _close_master(self) -> None:
        master, self._master = self._master, -1
        if master >= 0:
            os.close(master)

    def _set_size(self, cols: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    # Tests that run in the background ignore Ctrl-C and hang-ups; programs on a terminal of their own do not.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def _runs(cells: Sequence[pyte.screens.Char]) -> list[tuple[str, str]]:
    runs: list[tuple[str, str]] = []
    for cell in cells:
        flags = "".join(
            letter
            for letter, on in zip(
                "biur", (cell.bold, cell.italics, cell.underscore, cell.reverse), strict=True
            )
            if on
        )
        style = f"{cell.fg}/{cell.bg}/{flags}"
        if runs and runs[-1][1] == style:
            runs[-1] = (runs[-1][0] + cell.data, style)
        else:
            runs.append((cell.data, style))
    return runs
