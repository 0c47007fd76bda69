"""Back-off of files whose next piece cannot be read: they are put off, so that they hold up no others."""

from collections.abc import Callable
from dataclasses import dataclass

from engine.domain.message import NOTHING, Message
from engine.tail.piece import FileWork

AGAIN_SECONDS = 30.0
"""They are tried again after so long."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _PutOff:
    source: str
    fault: Message
    again_at: float
    """In monotonic seconds."""


class Backoff:
    """The files put off, by the follower's token. Used by the ingest thread; `fault_of` by any."""

    def __init__(self, *, clock: Callable[[], float], changed: Callable[[], None]) -> None:
        """`clock` is monotonic seconds; `changed` is called when the faults are others."""
        self._clock = clock
        self._changed = changed
        self._files: dict[int, _PutOff] = {}

    def fault_of(self, source: str) -> Message:
        """Why a file of the source cannot be read; nothing = all can."""
        return next((file.fault for file in list(self._files.values()) if file.source == source), NOTHING)

    def waiting(self) -> set[int]:
        """The tokens of those that are not to be tried yet."""
        now = self._clock()
        return {token for token, file in self._files.items() if file.again_at > now}

    def refuse(self, work: FileWork, fault: Message) -> bool:
        """Puts a file aside; whether that is news."""
        before = self._files.get(work.token)
        again_at = self._clock() + AGAIN_SECONDS
        self._files[work.token] = _PutOff(source=work.source, fault=fault, again_at=again_at)
        news = before is None or before.fault != fault
        if news:
            self._changed()
        return news

    def allow(self, token: int) -> None:
        """The file could be read, or is no more."""
        if self._files.pop(token, None) is not None:
            self._changed()

    def keep(self, follows: Callable[[int], bool]) -> None:
        """Forgets the files that are not followed any more."""
        for token in [token for token in self._files if not follows(token)]:
            self.allow(token)

    def clear(self) -> None:
        """All may be tried again."""
        self._files = {}
