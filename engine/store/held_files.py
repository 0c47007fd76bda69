"""Files that an engine holds open, compared with what their names lead to now."""

import threading
from pathlib import Path
from typing import NoReturn

from engine.api.home import FileId, file_id
from engine.domain.errors import StorageError

HOME_LOST = "home_lost"
"""Code of a `StorageError`: other files have taken the names of those that are held, or they are gone."""


class HeldFiles:
    """The files of a home that must stay what they were when the engine began.

    Whoever finds them replaced writes nothing more: by its name it would write into files of another engine.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._held: dict[Path, FileId | None] = {}
        self.lost = False
        """Whether a look has found them replaced; they stay lost after that."""

    def hold(self, path: Path) -> None:
        """The file of this name as it is now is to stay; without one, there is to be none."""
        with self._lock:
            self._held[path] = file_id(path)

    def check(self) -> None:
        """Compares all files. Raises `StorageError` with the code `HOME_LOST`."""
        with self._lock:
            if any(file_id(path) != held for path, held in self._held.items()):
                self.lost = True
        if self.lost:
            self.lose()

    def lose(self) -> NoReturn:
        """For whoever has seen that the files are not the same any more."""
        self.lost = True
        raise StorageError(
            "The files in {home} were replaced, moved or removed while the engine ran: it ends, "
            "and writes nothing into what is there now. What it had stored is in the files that "
            "were moved away.",
            home=self._home,
            code=HOME_LOST,
        )
