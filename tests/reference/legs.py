"""A plain model of paid legs: records of Asterisk's cdr_csv to legs, payers and seconds, a call at a time.

It follows the rules of docs/legs.md word by word, in Python, and shares no code with the product.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

TOUCH = timedelta(seconds=2)
MEETING_PLACES = {"confbridge", "meetme", "park", "parkedcall", "bridge", "bridgewait"}
"""Applications whose far channel is whoever is there already."""
LETTERS = {"s", "h", "t", "i", "T", "~~s~~", ""}


@dataclass(frozen=True)
class Record:
    """A line of cdr_csv."""

    channel: str
    far: str
    src: str
    dst: str
    app: str
    data: str
    start: datetime
    answer: datetime | None
    end: datetime
    duration: int
    billsec: int
    disposition: str
    link: str = ""
    account: str = ""

    @property
    def identity(self) -> tuple[object, ...]:
        """What the record says, however it is spelled."""
        return (self.channel, self.far, self.start, self.dst, self.duration, self.billsec, self.disposition)

    @property
    def answered(self) -> bool:
        return self.disposition == "ANSWERED" and self.answer is not None


@dataclass(frozen=True)
class Numbering:
    """What the site says of its numbers."""

    extensions: str
    trunks: tuple[str, ...]
    payer: str = "caller"
    devices: dict[str, str] = field(default_factory=dict[str, str])
    codes: frozenset[str] = frozenset()
    unclaimed: str = ""

    def internal(self, number: str) -> bool:
        return re.fullmatch(self.extensions, number) is not None

    def trunk(self, channel: str) -> bool:
        return bool(channel) and any(fnmatchcase(stem(channel), glob) for glob in self.trunks)

    def device(self, channel: str) -> str:
        """The extension of a channel that is a device; '' = it is none."""
        if not channel or self.trunk(channel) or channel.startswith("Local/"):
            return ""
        own = stem(channel)
        if own in self.devices:
            return self.devices[own]
        peer = own.partition("/")[2]
        return peer if self.internal(peer) else ""


@dataclass(frozen=True)
class Leg:
    """A paid leg: one use of a trunk channel."""

    first: tuple[object, ...]
    """The identity of its first record."""
    channel: str
    dialled: str
    """The number; '' = unknown."""
    payer: str
    """'' = nobody was found."""
    seconds: int
    answer: datetime | None
    members: frozenset[tuple[object, ...]]


def stem(channel: str) -> str:
    """A channel's name without its unique tail."""
    return channel.rpartition("-")[0] or channel


def without_copies(records: Iterable[Record]) -> list[Record]:
    """Each record once, in an order that does not depend on how they came."""
    once = {record.identity: record for record in records}
    return sorted(once.values(), key=_order)


def _order(record: Record) -> tuple[object, ...]:
    return (record.start, record.channel, record.far, record.end, record.dst, record.duration, record.billsec)


def calls_of(records: list[Record]) -> list[list[Record]]:
    """The records that belong together: by link id, and by channels whose times touch."""
    parent = list(range(len(records)))

    def root(index: int) -> int:
        while parent[index] != index:
            index = parent[index]
        return index

    def join(one: int, other: int) -> None:
        parent[root(one)] = root(other)

    by_link: dict[str, int] = {}
    by_name: dict[str, list[int]] = defaultdict(list)
    for index, record in enumerate(records):
        if record.link:
            join(index, by_link.setdefault(record.link, index))
        for name in {_both_halves(record.channel), _both_halves(record.far)} - {""}:
            by_name[name].append(index)
    for indices in by_name.values():
        for place, one in enumerate(indices):
            for other in indices[place + 1 :]:
                if _touch(records[one], records[other]):
                    join(one, other)
    groups: dict[int, list[Record]] = defaultdict(list)
    for index, record in enumerate(records):
        groups[root(index)].append(record)
    return list(groups.values())


def _both_halves(channel: str) -> str:
    return channel[:-2] if channel.startswith("Local/") and channel[-2:] in (";1", ";2") else channel


def _touch(one: Record, other: Record) -> bool:
    return one.start <= other.end + TOUCH and other.start <= one.end + TOUCH


def legs_of(records: Iterable[Record], numbering: Numbering) -> list[Leg]:
    """Every dialled outbound leg of the records, answered or not."""
    found: list[Leg] = []
    for call in calls_of(without_copies(records)):
        found += _legs(call, numbering)
    return found


def originated(records: Iterable[Record], numbering: Numbering) -> list[Record]:
    """Records of trunk channels that nobody dialled, with an internal caller id: their number is unknown."""
    found: list[Record] = []
    for call in calls_of(without_copies(records)):
        dialled = {record.far for record in call if _dials(record, numbering)}
        found += [
            record
            for record in call
            if numbering.trunk(record.channel)
            and record.channel not in dialled
            and record.far not in dialled
            and numbering.internal(record.src)
        ]
    return found


def _dials(record: Record, numbering: Numbering) -> bool:
    return numbering.trunk(record.far) and _joins(record)


def _joins(record: Record) -> bool:
    return bool(record.app) and record.app.lower() not in MEETING_PLACES


def _legs(call: list[Record], numbering: Numbering) -> list[Leg]:
    firsts: dict[str, Record] = {}
    for record in call:
        if _dials(record, numbering):
            firsts.setdefault(record.far, record)
    owner: dict[tuple[object, ...], str] = {}
    for record in call:
        candidates = [name for name in (record.channel, record.far) if name in firsts]
        begun = [name for name in candidates if firsts[name] is record]
        if begun:
            owner[record.identity] = begun[0]
        elif candidates:
            owner[record.identity] = min(candidates, key=lambda name: _order(firsts[name]))
    legs: list[Leg] = []
    for name, first in firsts.items():
        parts = [record for record in call if name in (record.channel, record.far)]
        if not first.answered:
            seconds = 0
        elif len(parts) == 1:
            seconds = first.billsec
        else:
            assert first.answer is not None
            last = max(part.end for part in parts)
            seconds = max(0, int((last - first.answer).total_seconds()))
        legs.append(
            Leg(
                first=first.identity,
                channel=name,
                dialled=number_of(first, numbering),
                payer=payer_of(first, call, firsts, numbering),
                seconds=seconds,
                answer=first.answer if first.answered else None,
                members=frozenset(part for part, owned in owner.items() if owned == name),
            )
        )
    return legs


def number_of(first: Record, numbering: Numbering) -> str:
    """The number that a leg's first record dialled; '' = unknown."""
    if first.dst not in LETTERS and not numbering.internal(first.dst):
        return first.dst
    numbers = {
        number
        for entry in first.data.partition(",")[0].split("&")
        if (number := _number_in(entry, stem(first.far)))
    }
    return numbers.pop() if len(numbers) == 1 else ""


def _number_in(entry: str, trunk: str) -> str:
    """The number in an entry of Dial's data that leads to a trunk; '' = it leads elsewhere, or has none."""
    technology, _, rest = entry.partition("/")
    own_technology, _, peer = trunk.partition("/")
    if technology.lower() != own_technology.lower():
        return ""
    if "@" in rest:
        number, _, place = rest.partition("@")
        if place.partition("/")[0] == peer:
            return number.removeprefix("sip:")
    place, _, number = rest.partition("/")
    if number.startswith("sip:"):
        number = number.removeprefix("sip:").partition("@")[0]
    if place == peer or (technology == "DAHDI" and re.fullmatch(r"[gGrR]\d+\w*", place)):
        return number
    return ""


def payer_of(first: Record, call: list[Record], firsts: dict[str, Record], numbering: Numbering) -> str:
    """Who pays for the leg that a record begins; '' = nobody was found."""
    dialler = _dialler(first.channel, call)
    came_in = numbering.trunk(call[0].channel) and call[0].channel not in firsts

    def device() -> str:
        return numbering.device(dialler)

    def source() -> str:
        return first.src if not came_in and numbering.internal(first.src) else ""

    def passed_on() -> str:
        for record in reversed(call):
            if not (_order(record) < _order(first) and record.answered and record.billsec > 0):
                continue
            sides = [record.channel, record.far]
            if dialler in sides:
                sides.remove(dialler)
                if who := numbering.device(_dialler(sides[0], call)):
                    return who
        return ""

    def reached() -> str:
        return next((record.dst for record in call if numbering.internal(record.dst)), "")

    ways: list[Callable[[], str]] = [device, source, passed_on, reached]
    if numbering.payer == "forwarder":
        ways = [passed_on, *ways]
    if numbering.payer == "code" and first.account in numbering.codes:
        return first.account
    return next((who for way in ways if (who := way())), numbering.unclaimed)


def _dialler(channel: str, call: list[Record]) -> str:
    """The channel that stands behind a Local channel: whoever dialled its first half, and so on."""
    seen: set[str] = set()
    while channel.startswith("Local/") and channel not in seen:
        seen.add(channel)
        half = _both_halves(channel) + ";1"
        behind = next((record.channel for record in call if record.far == half and _joins(record)), "")
        if not behind:
            return channel
        channel = behind
    return channel
