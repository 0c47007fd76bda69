"""What a lockout target is, and what may be written to one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from engine.domain.errors import PbxmeterError
from engine.domain.message import NOTHING, Message, sentences

EXTENSION_CHARACTERS = frozenset("0123456789*#+ABCDabcd")
"""What may go into a line of any PBX protocol; everything else is refused before it gets there."""
NAMED_AT_MOST = 5
"""So many extensions are named in a sentence."""


class TargetError(PbxmeterError):
    """A target is out of reach, refuses, or does not hold what it took."""

    code = "target"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What a target should hold, and what is known of it."""

    barred: Mapping[str, str]
    """The reason by extension; all of them speakable."""
    known: Mapping[str, str]
    """What the target took last, as it was noted."""
    full: bool = True
    """Everything is compared, not only what has changed since."""
    anew: bool = False
    """Somebody asked: what cannot be read back is told again."""
    everybody: Callable[[], frozenset[str]] = frozenset
    """The extensions of the site, for targets that can only be asked for one key after the other."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What the PBX can find in a target now."""

    held: Mapping[str, str]
    """The reason by extension."""
    message: Message = NOTHING
    """What somebody should know or do; nothing = all is well."""
    failed: bool = False
    """The message is of a fault that stopped the work; what is held was taken before."""
    plan: Message = NOTHING
    """In a dry run: what would be written."""


class Target(Protocol):
    """Something that refuses barred extensions."""

    @property
    def name(self) -> str:
        """Kind and place, such as `file /var/spool/pbxmeter/barred.txt`; the same for ever."""
        ...

    @property
    def remote(self) -> bool:
        """Whether others wait for it too: while it is down, a change alone is no reason to try again."""
        ...

    @property
    def dry_run(self) -> bool:
        """Whether it only says what it would write."""
        ...

    def reconcile(self, wanted: Wanted) -> Outcome:
        """Makes the target hold exactly what is wanted, and looks whether it does.

        Raises `PbxmeterError` or `OSError` when it is out of reach, refuses, or cannot be read by the PBX.
        """
        ...

    def lost(self) -> bool:
        """Whether the connection has ended by itself; asked every few seconds."""
        ...

    def close(self) -> None:
        """Frees its connection; what waits on it in another thread ends."""
        ...


def speakable(extension: str) -> bool:
    """Whether an extension is made only of characters that no protocol line can be broken with."""
    return 0 < len(extension) <= 32 and EXTENSION_CHARACTERS.issuperset(extension)


def named(extensions: Mapping[str, str] | frozenset[str]) -> str:
    """The first few extensions, as a list in a sentence."""
    shown = sorted(extensions, key=lambda number: (len(number), number))[:NAMED_AT_MOST]
    return ", ".join(shown) + (", …" if len(extensions) > NAMED_AT_MOST else "")


def planned(put: Mapping[str, str], drop: frozenset[str]) -> Message:
    """What a dry run would write."""
    parts: list[Message] = []
    if put:
        parts.append(Message("Dry run: would bar {count}: {numbers}.", count=len(put), numbers=named(put)))
    if drop:
        parts.append(Message("Dry run: would free {count}: {numbers}.", count=len(drop), numbers=named(drop)))
    return sentences(parts) or Message("Dry run: nothing would be written.")
