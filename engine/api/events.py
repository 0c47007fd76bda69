"""The event stream: past-tense facts that open screens react to.

Asked with `client.events()`. A slow reader never holds the engine up: beyond `MAX_WAITING_EVENTS` it gets
one `Missed` and should ask anew for what it shows.
"""

import msgspec

from engine.api.calls import CallRow

MAX_WAITING_EVENTS = 1000
HEARTBEAT_SECONDS = 2.0


class CallsStored(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="calls"):
    """New calls were committed. `rows` holds the newest, at most 50; `count` all of them."""

    count: int
    rows: list[CallRow]


class BalancesMoved(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="balances"):
    """Balances, limits or locks of these extensions changed; empty = many."""

    extensions: list[str]


class RatesChanged(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="rates"):
    """The rate list changed."""


class SettingsChanged(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="settings"):
    """A setting, an account or config.yaml changed."""


class AlarmsChanged(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="alarms"):
    """An alarm began or ended."""

    count: int


class LockoutsChanged(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="lockouts"):
    """Somebody was barred or freed, or a target changed its state."""

    barred: int


CHANGES = (CallsStored, BalancesMoved, RatesChanged, SettingsChanged, AlarmsChanged, LockoutsChanged)
"""The events which say that something in the site changed."""


class Missed(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="missed"):
    """Events were dropped because the reader was slow."""


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="heartbeat"):
    """The engine is alive."""

    bytes_behind: int
    """What the sources still hold unread."""


Event = (
    CallsStored
    | BalancesMoved
    | RatesChanged
    | SettingsChanged
    | AlarmsChanged
    | LockoutsChanged
    | Missed
    | Heartbeat
)
