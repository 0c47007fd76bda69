"""The simplest target: a file that the PBX's dialplan looks into."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from engine.lockout.spool import FILE_MODE, check_readable, make_folder, unwritable
from engine.lockout.target import Outcome, Wanted, planned


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
        dry_run: bool = False,
    ) -> None:
        """`shown` is the path as configured; members of `own_groups` are people, not the PBX.

        `home` is never made here: without it the engine has lost its place. `check` is asked right before the
        file is replaced, and raises where another engine has taken over.
        """
        self.remote = False
        self.dry_run = dry_run
        self._path = path
        self._home = home
        self._check = check
        self._shown = shown
        self._own_groups = own_groups

    @property
    def name(self) -> str:
        """`file` and the path as configured."""
        return f"file {self._shown}"

    def reconcile(self, wanted: Wanted) -> Outcome:
        """Replaces the file when it does not hold exactly these lines.

        Raises `StorageError` when it cannot be written, and when it was written and the PBX cannot read it.
        """
        text = "".join(
            f"{extension}\n" for extension in sorted(wanted.barred, key=lambda number: (len(number), number))
        )
        if self.dry_run:
            return self._tried(wanted)
        try:
            if not self._holds(text):
                make_folder(self._path.parent, home=self._home)
                self._replace(text)
        except OSError as error:
            raise unwritable(self._path, error, folder=self._path.parent) from error
        check_readable(self._path, own_groups=self._own_groups)
        return Outcome(held=wanted.barred)

    def lost(self) -> bool:
        """Never: there is no connection."""
        return False

    def close(self) -> None:
        """Nothing stays open."""

    def _tried(self, wanted: Wanted) -> Outcome:
        """What a dry run finds, and would write."""
        listed = self._path.read_text("ascii", "replace").split() if self._path.is_file() else []
        put = {key: reason for key, reason in wanted.barred.items() if key not in listed}
        held = {key: wanted.barred.get(key, "") for key in listed}
        return Outcome(held=held, plan=planned(put, frozenset(held).difference(wanted.barred)))

    def _holds(self, text: str) -> bool:
        path = self._path
        if not path.is_file() or path.read_text(encoding="ascii", errors="replace") != text:
            return False
        return path.stat().st_mode & 0o777 == FILE_MODE

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
