"""What a lockout target is, and the simplest one: a file."""

import os
import tempfile
from pathlib import Path
from typing import Protocol

from engine.domain.errors import StorageError

EXTENSION_CHARACTERS = frozenset("0123456789*#+ABCDabcd")
"""What may go into a line of any PBX protocol; everything else is refused before it gets there."""


class Target(Protocol):
    """Something that refuses barred extensions."""

    @property
    def name(self) -> str:
        """Kind and place, such as `file lockout/barred.txt`; the same for ever."""
        ...

    def reconcile(self, wanted: frozenset[str]) -> frozenset[str]:
        """Makes the target hold exactly `wanted`; returns what it holds afterwards.

        Raises `PbxmeterError` or `OSError` when it is out of reach or refuses.
        """
        ...

    def close(self) -> None:
        """Frees its connection."""
        ...


def speakable(extension: str) -> bool:
    """Whether an extension is made only of characters that no protocol line can be broken with."""
    return 0 < len(extension) <= 32 and EXTENSION_CHARACTERS.issuperset(extension)


class BarredFile:
    """One barred extension a line, sorted, replaced atomically."""

    def __init__(self, path: Path, *, shown: str) -> None:
        self._path = path
        self._shown = shown

    @property
    def name(self) -> str:
        """`file` and the path as configured."""
        return f"file {self._shown}"

    def reconcile(self, wanted: frozenset[str]) -> frozenset[str]:
        """Replaces the file when it does not hold exactly these lines. Raises `StorageError`."""
        text = "".join(
            f"{extension}\n" for extension in sorted(wanted, key=lambda number: (len(number), number))
        )
        try:
            if self._path.is_file() and self._path.read_text(encoding="ascii", errors="replace") == text:
                return wanted
            self._path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
            try:
                with os.fdopen(descriptor, "w", encoding="ascii") as file:
                    file.write(text)
                    file.flush()
                    os.fchmod(descriptor, 0o644)
                    os.fsync(descriptor)
                Path(name).replace(self._path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise StorageError(f"{self._path} could not be written: {error.strerror}.") from error
        return wanted

    def close(self) -> None:
        """Nothing stays open."""
