"""A plain model of paid legs from channel events: the rules of docs/cel.md in Python, a call at a time.

It shares no code with the product.
"""

import re
from collections import defaultdict
from dataclasses import dataclass
from fnmatch import fnmatchcase

ORDER = ("CHAN_START", "ANSWER", "BRIDGE_ENTER", "BRIDGE_EXIT", "HANGUP", "CHAN_END", "LINKEDID_END")
DIALLED = {"AppDial", "AppDial2", "AppQueue"}
LETTERS = {"", "s", "h", "t", "i", "T", "~~s~~"}


@dataclass(frozen=True)
class Event:
    """A line of cel_custom; `at` in microseconds."""

    type: str
    at: int
    caller: str
    exten: str
    channel: str
    app: str
    unique: str
    link: str
    bridge: str = ""


@dataclass(frozen=True)
class CelLeg:
    """A paid leg that has ended."""

    payer: str
    number: str
    seconds: int


class Channel:
    """All events of one unique id, in their order."""

    def __init__(self, events: list[Event]) -> None:
        self.events = sorted(events, key=lambda one: (one.at, ORDER.index(one.type)))
        self.name = self.events[0].channel
        self.unique = self.events[0].unique
        self.link = self.events[0].link
        self.started = self.first("CHAN_START") or self.events[0].at
        self.originated = any(one.app == "AppDial2" for one in self.events)
        asked = any(one.type == "CHAN_START" and one.link != one.unique for one in self.events)
        self.dialled = asked or any(one.app in DIALLED for one in self.events)

    def first(self, *kinds: str) -> int | None:
        return min((one.at for one in self.events if one.type in kinds), default=None)

    @property
    def answered(self) -> int | None:
        told = self.first("ANSWER")
        return told if told is not None else self.first("BRIDGE_ENTER", "BRIDGE_EXIT")

    @property
    def ended(self) -> int | None:
        told = self.first("HANGUP")
        return told if told is not None else self.first("CHAN_END")

    def bridges(self) -> dict[str, int]:
        """When it came into which bridge."""
        found: dict[str, int] = {}
        for one in self.events:
            if one.bridge:
                found.setdefault(one.bridge, one.at)
        return found


class Call:
    """The channels of one call."""

    def __init__(self, events: list[Event], extensions: str, trunks: tuple[str, ...]) -> None:
        by_channel: defaultdict[str, list[Event]] = defaultdict(list)
        for one in events:
            by_channel[one.unique].append(one)
        self.channels = {name: Channel(own) for name, own in by_channel.items()}
        self.extensions, self.trunks = extensions, trunks
        self.events = events

    def internal(self, number: str) -> bool:
        return re.fullmatch(self.extensions, number) is not None

    def trunk(self, channel: Channel) -> bool:
        return any(fnmatchcase(channel.name.rpartition("-")[0], glob) for glob in self.trunks)

    def device(self, channel: Channel) -> str:
        name = channel.name.rpartition("-")[0].partition("/")[2]
        if channel.name.startswith("Local/") or self.trunk(channel) or not self.internal(name):
            return ""
        return name

    def met(self, channel: Channel) -> Channel | None:
        """The other channel in the first bridge that one entered."""
        own = channel.bridges()
        if not own:
            return None
        first = min(own, key=lambda name: (own[name], name))
        others = [one for one in self.channels.values() if one is not channel and first in one.bridges()]
        return min(others, key=lambda one: (one.bridges()[first], one.unique), default=None)

    def root(self, channel: Channel) -> Channel | None:
        """The channel that was up first in the link of one."""
        alike = [one for one in self.channels.values() if one.link == channel.link]
        first = min(alike, key=lambda one: (one.started, one.unique))
        return None if first is channel else first

    def stands_for(self, channel: Channel) -> Channel:
        """Who is behind halves of Local channels and outbound legs that dial on."""
        for _ in range(20):
            after: Channel | None = None
            if channel.name.startswith("Local/") and channel.name.endswith(";2"):
                halves = [one for one in self.channels.values() if one.name == channel.name[:-1] + "1"]
                if halves:
                    after = self.met(halves[0]) or self.root(halves[0])
                    if after in (channel, halves[0]):
                        after = None
            elif self.trunk(channel) and channel.dialled and not channel.originated:
                after = self.met(channel) or self.root(channel)
            if after is None:
                break
            channel = after
        return channel

    def caller_of(self, channel: Channel, *kinds: str) -> str:
        """The caller id that a channel had first, if it is an extension."""
        told = [one.caller for one in channel.events if (one.type in kinds if kinds else one.caller)]
        return told[0] if told and self.internal(told[0]) else ""

    def payer(self, leg: Channel) -> str:
        if leg.originated and (own := self.caller_of(leg, "ANSWER")):
            return own
        first = min(self.channels.values(), key=lambda one: (one.started, one.unique))
        came_in = self.trunk(first) and not first.dialled
        dialler = None if leg.originated else self.met(leg) or self.root(leg)
        if dialler is not None:
            person = self.stands_for(dialler)
            if found := self.device(person):
                return found
            if person.originated and (found := self.caller_of(person, "ANSWER")):
                return found
            if (
                not came_in
                and dialler.name.startswith("Local/")
                and (found := self.caller_of(dialler, "ANSWER"))
            ):
                return found
            if not came_in and not self.trunk(person) and (found := self.caller_of(person)):
                return found
            if found := self.passed_on(person, leg.started):
                return found
        reached = [
            (one.at, one.exten)
            for one in self.events
            if one.type == "CHAN_START" and self.internal(one.exten)
        ]
        return min(reached)[1] if reached else ""

    def passed_on(self, person: Channel, before: int) -> str:
        """The device that was with one in a bridge last, before a moment."""
        found: list[tuple[int, str]] = []
        for bridge, since in person.bridges().items():
            for other in self.channels.values():
                joined = other.bridges().get(bridge)
                if other is person or joined is None or not self.device(other):
                    continue
                if max(joined, since) < before:
                    found.append((max(joined, since), self.device(other)))
        return max(found)[1] if found else ""

    def legs(self) -> list[CelLeg]:
        """The paid legs that have ended and cost seconds."""
        found: list[CelLeg] = []
        for channel in self.channels.values():
            if not self.trunk(channel) or not channel.dialled:
                continue
            answered, ended = channel.answered, channel.ended
            if answered is None or ended is None or ended - answered < 1_000_000:
                continue
            extens = [one.exten for one in channel.events if one.exten and one.type != "CHAN_START"]
            number = extens[0] if extens else ""
            known = number not in LETTERS and not self.internal(number)
            found.append(
                CelLeg(self.payer(channel), number if known else "", (ended - answered) // 1_000_000)
            )
        return found


def legs_of_events(
    events: list[Event], extensions: str, trunks: tuple[str, ...]
) -> list[tuple[str, str, int]]:
    """Payer, number and seconds of every paid leg, in order."""
    groups: list[tuple[set[str], list[Event]]] = []
    for one in events:
        names = {"channel " + one.unique, "link " + one.link}
        own: list[Event] = [one]
        rest: list[tuple[set[str], list[Event]]] = []
        for known, held in groups:
            if known & names:
                names |= known
                own += held
            else:
                rest.append((known, held))
        groups = [*rest, (names, own)]
    legs = [leg for _, held in groups for leg in Call(held, extensions, trunks).legs()]
    return sorted((leg.payer, leg.number, leg.seconds) for leg in legs)
