"""`config.yaml` in force: loaded at start, taken over when it changes, kept when it turns bad."""

import logging
from collections.abc import Callable
from pathlib import Path

from config.settings import Settings, load_settings
from engine.domain.errors import ConfigError

log = logging.getLogger(__name__)


class Configuration:
    """The last good settings, and why the file on disk differs from them."""

    def __init__(self, path: Path, *, check: Callable[[Settings], object]) -> None:
        """Raises `ConfigError` when the file is bad: at the start there is no last good one.

        `check` raises it for what is well-formed and cannot be served.
        """
        self._check = check
        self.path = path
        self._stamp = self._look()
        self.settings = self._load()
        self.error = ""

    def text(self) -> str:
        """The file as it is; '' = there is none."""
        try:
            return self.path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def changed(self) -> tuple[bool, bool]:
        """Looks at the file again: (settings changed, error changed)."""
        stamp = self._look()
        if stamp == self._stamp:
            return False, False
        self._stamp = stamp
        before, error = self.settings, self.error
        try:
            self.settings = self._load()
            self.error = ""
            log.info("config.yaml taken over")
        except ConfigError as fault:
            self.error = f"{fault} The last good configuration stays in force."
            log.error("%s", self.error)
        return self.settings != before, self.error != error

    def _load(self) -> Settings:
        settings = load_settings(self.path)
        self._check(settings)
        return settings

    def _look(self) -> tuple[int, int, int]:
        try:
            status = self.path.stat()
        except OSError:
            return (0, 0, 0)
        return (status.st_ino, status.st_size, status.st_mtime_ns)
