"""Words and bits of channel events (Asterisk CEL)."""

from typing import Final

CALLER_IS_INTERNAL: Final = 1
EXTEN_IS_INTERNAL: Final = 2
EXTEN_IS_OUTSIDE: Final = 4
"""Bits of an event's `facts`. An exten that is neither internal nor outside is no number."""

EVENT_KINDS: Final = (
    "CHAN_START", "ANSWER", "BRIDGE_ENTER", "BRIDGE_EXIT", "HANGUP", "CHAN_END", "LINKEDID_END",
)  # fmt: skip
"""The events that calls are made of. All others are kept, and tell nothing of who pays for how long."""
