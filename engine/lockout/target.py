"""What a lockout target is, and what may be written to one."""

from typing import Protocol

EXTENSION_CHARACTERS = frozenset("0123456789*#+ABCDabcd")
"""What may go into a line of any PBX protocol; everything else is refused before it gets there."""


class Target(Protocol):
    """Something that refuses barred extensions."""

    @property
    def name(self) -> str:
        """Kind and place, such as `file /var/spool/pbxmeter/barred.txt`; the same for ever."""
        ...

    def reconcile(self, wanted: frozenset[str]) -> frozenset[str]:
        """Makes the target hold exactly `wanted`; returns what the PBX can find there afterwards.

        Raises `PbxmeterError` or `OSError` when it is out of reach, refuses, or cannot be read by the PBX.
        """
        ...

    def close(self) -> None:
        """Frees its connection."""
        ...


def speakable(extension: str) -> bool:
    """Whether an extension is made only of characters that no protocol line can be broken with."""
    return 0 < len(extension) <= 32 and EXTENSION_CHARACTERS.issuperset(extension)
