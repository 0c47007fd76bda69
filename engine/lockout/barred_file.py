"""The simplest target: a file that the PBX's dialplan looks into."""

import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from config.settings import SPOOL_LIST
from engine.domain.errors import StorageError
from engine.domain.message import of_system
from engine.lockout.readable import closed_to_others

FOLDER_MODE = 0o755
FILE_MODE = 0o644


class BarredFile:
    """One barred extension a line, sorted, replaced atomically, and readable by every user."""

    def __init__(
        self,
        path: Path,
        *,
        shown: str,
        own_groups: frozenset[int] = frozenset(),
        home: Path | None = None,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """`shown` is the path as configured; members of `own_groups` are people, not the PBX.

        `home` is never made here: without it the engine has lost its place. `check` is asked right before the
        file is replaced, and raises where another engine has taken over.
        """
        self._path = path
        self._home = home
        self._check = check
        self._shown = shown
        self._own_groups = own_groups

    @property
    def name(self) -> str:
        """`file` and the path as configured."""
        return f"file {self._shown}"

    def reconcile(self, wanted: frozenset[str]) -> frozenset[str]:
        """Replaces the file when it does not hold exactly these lines.

        Raises `StorageError` when it cannot be written, and when it was written and the PBX cannot read it.
        """
        text = "".join(
            f"{extension}\n" for extension in sorted(wanted, key=lambda number: (len(number), number))
        )
        try:
            if not self._holds(text):
                self._make_folder(self._path.parent)
                self._replace(text)
        except OSError as error:
            raise self._unwritable(error) from error
        self._check_readable()
        return wanted

    def close(self) -> None:
        """Nothing stays open."""

    def _holds(self, text: str) -> bool:
        path = self._path
        if not path.is_file() or path.read_text(encoding="ascii", errors="replace") != text:
            return False
        return path.stat().st_mode & 0o777 == FILE_MODE

    def _make_folder(self, folder: Path) -> None:
        """Makes a folder and those above it that are missing, each open to the PBX whatever the umask is."""
        if folder.is_dir():
            return
        if folder == self._home:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(folder))
        self._make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        folder.chmod(FOLDER_MODE)

    def _replace(self, text: str) -> None:
        descriptor, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(text)
                file.flush()
                os.fchmod(descriptor, FILE_MODE)
                os.fsync(descriptor)
            self._check()
            Path(name).replace(self._path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def _unwritable(self, error: OSError) -> StorageError:
        if isinstance(error, PermissionError) and os.geteuid() != 0:
            return StorageError(
                "{path} could not be written: {reason}. Make its folder as root: install -d -o "
                "{geteuid} -m 755 {parent}",
                path=self._path,
                reason=of_system(error),
                geteuid=os.geteuid(),
                parent=self._path.parent,
            )
        return StorageError(
            "{path} could not be written: {reason}.", path=self._path, reason=of_system(error)
        )

    def _check_readable(self) -> None:
        try:
            closed = closed_to_others(self._path, own_groups=self._own_groups)
        except OSError as error:
            raise StorageError(
                "{path} cannot be looked at: {reason}.", path=self._path, reason=of_system(error)
            ) from error
        if closed is not None:
            mode = closed.stat().st_mode & 0o777
            raise StorageError(
                "{path}: the PBX cannot read it, because {closed} is closed to other users (mode "
                "{mode:04o}). Name another path for it in config.yaml, such as {spool_list}, or, "
                "where it is not the home folder, open that folder with chmod o+x.",
                path=self._path,
                closed=closed,
                mode=mode,
                spool_list=SPOOL_LIST,
            )
