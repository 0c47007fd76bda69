"""The watcher notices within milliseconds that a folder changed. It is a hint only: sweeps are the truth.

Changes that the kernel drops (queue overflow), that a network file system never reports, or that happen in
folders that do not exist yet are found by the next sweep.
"""

import contextlib
import logging
import os
import threading
from collections.abc import Callable, Sequence
from typing import Literal

from watchfiles import _rust_notify

from engine.domain.message import NOTHING, Message
from engine.domain.threads import Running, Start, start_thread

log = logging.getLogger(__name__)

Mode = Literal["notified", "polling"]

STEP_MS = 15
"""The notifier looks at its queue this often; 10 ms cost 0.4 % of a core when idle, 25 ms 0.2 %."""
GROUP_MS = 30
"""Changes that keep coming are reported after this long."""
FOLDERS_MS = 1000
"""How often the folders themselves are looked at: appeared, replaced, gone."""
RETRY_SECONDS = 30.0
"""After the kernel refused a watch, mostly for lack of instances or watches, it is asked again this often."""

Identity = tuple[str, int, int]


class Watcher:
    """Watches folders, not files: a file renamed or replaced is noticed all the same."""

    def __init__(
        self, folders: Callable[[], Sequence[str]], *, polling: bool = False, start: Start = start_thread
    ) -> None:
        """`folders` is asked every second. `polling` = never ask the kernel."""
        self._folders = folders
        self._hint = threading.Event()
        self._stop = threading.Event()
        self._ready = threading.Event()
        self.mode: Mode = "polling"
        self.message = Message("config.yaml says so.") if polling else NOTHING
        """Why the kernel does not tell; '' = it does."""
        self._thread: Running | None = None
        if not polling:
            self._thread = start("watch", self._watch, until=self._stop.is_set)
            # Sweeping before the watch stands would leave changes in between to the next sweep.
            self._ready.wait(1.0)

    def wait(self, timeout: float) -> bool:
        """Returns once something happened since the last call, or after `timeout` seconds; whether it did."""
        happened = self._hint.wait(timeout)
        self._hint.clear()
        return happened

    def wake(self) -> None:
        """Makes `wait` return, now or the next time; from any thread."""
        self._hint.set()

    def close(self) -> None:
        """Ends the watch."""
        self._stop.set()
        self._hint.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        while not self._stop.is_set():
            identities = self._identities()
            if not identities:
                self.mode, self.message = "polling", Message("No folder of a source is there to be watched.")
                self._ready.set()
                self._stop.wait(FOLDERS_MS / 1000)
                continue
            try:
                self._watch_these(identities)
            except (OSError, _rust_notify.WatchfilesRustInternalError) as problem:
                message = Message(
                    "The kernel gives no notice of file changes ({problem}). fs.inotify.max_user_watches "
                    "or max_user_instances may be too low.",
                    problem=problem,
                )
                if message != self.message:
                    log.warning("%s Polling every second instead.", message)
                self.mode, self.message = "polling", message
                self._ready.set()
                self._stop.wait(RETRY_SECONDS)

    def _watch_these(self, identities: list[Identity]) -> None:
        """Until the folders are others. Raises OSError, WatchfilesRustInternalError: cannot be watched."""
        with _rust_notify.RustNotify(
            # Errors are not to be ignored: out of watches, the notifier would watch nothing without a word.
            [path for path, _, _ in identities],
            False,
            False,
            FOLDERS_MS,
            False,
            False,
        ) as notifier:
            self.mode, self.message = "notified", NOTHING
            self._ready.set()
            self._hint.set()
            while not self._stop.is_set():
                changes = notifier.watch(GROUP_MS, STEP_MS, FOLDERS_MS, self._stop)
                if isinstance(changes, set):
                    self._hint.set()
                elif changes == "timeout" and self._identities() != identities:
                    return

    def _identities(self) -> list[Identity]:
        """The folders that can be watched: those that may be read."""
        found: list[Identity] = []
        for path in self._folders():
            with contextlib.suppress(OSError):
                status = os.stat(path)  # noqa: PTH116  # paths are text throughout
                if os.access(path, os.R_OK):
                    found.append((path, status.st_dev, status.st_ino))
        return sorted(set(found))
