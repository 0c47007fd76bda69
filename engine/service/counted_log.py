"""Log lines for what strangers can cause: the first is written, the rest of a minute is counted."""

import logging
import threading
import time

EVERY_SECONDS = 60.0


class CountedLog:
    """One kind of event; a line of the log at most every `EVERY_SECONDS`."""

    def __init__(self, log: logging.Logger, level: int, text: str) -> None:
        """`text` says what happened; the latest detail and the number of times follow it."""
        self._log = log
        self._level = level
        self._text = text
        self._lock = threading.Lock()
        self._unsaid = 0
        self._said_at = float("-inf")

    def note(self, detail: object) -> None:
        """It happened once more."""
        with self._lock:
            self._unsaid += 1
            now = time.monotonic()
            if now - self._said_at < EVERY_SECONDS:
                return
            times, self._unsaid, self._said_at = self._unsaid, 0, now
        self._log.log(self._level, "%s (%d since the last line): %.200s", self._text, times, str(detail))
