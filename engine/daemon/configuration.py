"""`config.yaml` and the site's own format files: taken over when they change, kept when they turn bad."""

import logging
from collections.abc import Callable
from pathlib import Path

from config.format_model import Format
from config.formats import FORMAT_NAMES, load_format
from config.settings import Settings, load_settings
from engine.domain.errors import ConfigError
from engine.domain.message import NOTHING, Message

log = logging.getLogger(__name__)


_Stamp = tuple[int, int, int]


class Configuration:
    """The last good settings, and why the files on disk differ from them."""

    def __init__(self, path: Path, *, check: Callable[[Settings], object]) -> None:
        """Raises `ConfigError` when the file is bad: at the start there is no last good one.

        `check` raises it for what is well-formed and cannot be served.
        """
        self._check = check
        self.path = path
        self._stamps = [_look(path)]
        self.settings, self._formats = self._load()
        self.error = NOTHING

    def text(self) -> str:
        """The file as it is; '' = there is none."""
        try:
            return self.path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def changed(self) -> tuple[bool, bool]:
        """Looks at the files again: (settings or formats changed, error changed)."""
        stamps = self._look()
        # A bad file may name a format that is not among those looked at; it is read until it is good.
        if stamps == self._stamps and not self.error:
            return False, False
        self._stamps = stamps
        before, error = (self.settings, self._formats), self.error
        try:
            self.settings, self._formats = self._load()
            self.error = NOTHING
        except ConfigError as fault:
            self.error = Message("{fault} The last good configuration stays in force.", fault=fault)
        changed, error_changed = (self.settings, self._formats) != before, self.error != error
        if changed:
            log.info("The configuration was taken over")
        if error_changed and self.error:
            log.error("%s", self.error)
        return changed, error_changed

    def _load(self) -> tuple[Settings, list[Format]]:
        settings = load_settings(self.path)
        self._check(settings)
        return settings, [load_format(source.format, self.path.parent) for source in settings.sources]

    def _look(self) -> list[_Stamp]:
        own = {source.format for source in self.settings.sources}.difference(FORMAT_NAMES)
        return [_look(self.path), *(_look(self.path.parent / name) for name in sorted(own))]


def _look(path: Path) -> _Stamp:
    try:
        status = path.stat()
    except OSError:
        return (0, 0, 0)
    return (status.st_ino, status.st_size, status.st_mtime_ns)
