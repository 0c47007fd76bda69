"""Health of the sources."""

from dataclasses import dataclass
from typing import Literal

from engine.domain.message import Message

CATCHING_UP_BYTES = 1 << 20
"""From this far behind on a file counts as backlog, and live files go before it."""

State = Literal["following", "waiting", "catching up", "error"]


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceHealth:
    """One source at the last sweep."""

    source: str
    state: State
    message: Message
    """Faults and losses, nothing = none."""
    bytes_behind: int
    files: int
    """Files followed, those finished and rotated away included while they are there."""
