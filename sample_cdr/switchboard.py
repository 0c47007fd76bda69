"""The PBX of the sample office: turns what somebody does on a telephone into the records Asterisk writes."""

from dataclasses import dataclass
from random import Random
from typing import Final

from sample_cdr import shape
from sample_cdr.dialled import Destination, NumberPool, outside_caller
from sample_cdr.directory import Person, people
from sample_cdr.record import Record

_LOCAL_LEG_SHARE: Final = 0.05
_TRANSFER_SHARE: Final = 0.03
_FEATURES: Final = (("*97", "VoiceMailMain"), ("*43", "Echo"), ("*60", "SayUnixTime"), ("*65", "SayDigits"))
_RING_SECONDS: Final = {"ANSWERED": (2, 22), "NO ANSWER": (12, 46), "BUSY": (0, 4), "FAILED": (0, 2)}


@dataclass(frozen=True, kw_only=True)
class Leg:
    """What differs between the records of calls: who, over which channels, and how the application ran."""

    account: str = ""
    source: str
    destination: str
    context: str = "from-internal"
    caller_id: str
    channel: str
    destination_channel: str = ""
    application: str = "Dial"
    application_data: str = ""


class Switchboard:
    """Makes records for one office, with unique ids that count up; every draw comes from one seed."""

    def __init__(
        self, seed: int, *, extensions: int = 30, distinct_numbers: int | None = None, first_sequence: int = 1
    ) -> None:
        self.random = Random(seed)
        self.people = people(extensions)
        self.numbers = NumberPool(self.random, distinct_numbers or max(200, 25 * extensions))
        self._busy_until = {person.number: 0 for person in self.people}
        self._talk_seconds = shape.talk_seconds_table()
        self._sequence = first_sequence - 1
        self._channels = 0

    def call(self, person: Person, wished_start: int, direction: str | None = None) -> list[Record]:
        """One call of the person at that epoch second, or later when the person still talks."""
        start = wished_start
        if start <= self._busy_until[person.number]:
            start = self._busy_until[person.number] + self.random.randint(4, 90)
        chosen = direction or self._weighted(shape.DIRECTION_WEIGHTS)
        if chosen == "outbound":
            return self.outbound(person, start)
        if chosen == "inbound":
            return self._inbound(person, start)
        if chosen == "internal" and len(self.people) > 1:
            return self._internal(person, start)
        return self._feature(person, start)

    def outbound(
        self,
        person: Person,
        start: int,
        *,
        to: Destination | None = None,
        disposition: str | None = None,
        billsec: int | None = None,
        plain: bool = False,
    ) -> list[Record]:
        """A call over a trunk; unless `plain`, a few go through a Local channel and leave a second record."""
        destination = to or self.numbers.pick(self.random)
        outcome = disposition or self._weighted(shape.OUTBOUND_DISPOSITIONS)
        through_local = not plain and self.random.random() < _LOCAL_LEG_SHARE
        local = f"Local/{destination.dialled}@from-internal-{self._channel_id()}" if through_local else ""
        leg = Leg(
            account=person.department,
            source=person.number,
            destination=destination.dialled,
            caller_id=person.caller_id,
            channel=f"{local};2" if local else self._extension_channel(person),
            destination_channel=f"PJSIP/{destination.trunk}-{self._channel_id()}",
            application_data=f"PJSIP/{destination.sent}@{destination.trunk},60,Tb",
        )
        first = self._record(leg, start, outcome, billsec)
        self._busy_until[person.number] = first.end
        if not local:
            return [first]
        origin = Leg(
            source=person.number,
            destination=destination.dialled,
            caller_id=person.caller_id,
            channel=f"{local};1",
            application="AppDial2",
            application_data="(Outgoing Line)",
        )
        return [first, self._beside(origin, first)]

    def forget_busy(self) -> None:
        """Everybody hangs up, for calls that are not told in order."""
        self._busy_until = dict.fromkeys(self._busy_until, 0)

    def _inbound(self, person: Person, start: int) -> list[Record]:
        caller = outside_caller(self.random)
        trunk = self._trunk_channel()
        leg = Leg(
            source=caller,
            destination=person.number,
            context="from-pstn",
            caller_id=f'"{caller}" <{caller}>',
            channel=trunk,
            destination_channel=self._extension_channel(person),
            application_data=f"PJSIP/{person.number},30",
        )
        first = self._record(leg, start, self._weighted(shape.INBOUND_DISPOSITIONS))
        self._busy_until[person.number] = first.end
        if first.disposition != "ANSWERED" or self.random.random() >= _TRANSFER_SHARE:
            return [first]
        return [first, self._transferred(leg, first)]

    def _transferred(self, leg: Leg, first: Record) -> Record:
        """The caller goes on to a colleague: a second record under the same unique id."""
        colleague = self.random.choice(self.people)
        onward = Leg(
            source=leg.source,
            destination=colleague.number,
            caller_id=leg.caller_id,
            channel=leg.channel,
            destination_channel=self._extension_channel(colleague),
            application_data=f"PJSIP/{colleague.number},30",
        )
        return self._record(onward, first.end, "ANSWERED", unique_id=first.unique_id)

    def _internal(self, person: Person, start: int) -> list[Record]:
        colleague = self.random.choice([other for other in self._some_people() if other is not person])
        outcome = self._weighted(shape.INTERNAL_DISPOSITIONS)
        if self._busy_until[colleague.number] >= start:
            outcome = "BUSY"
        leg = Leg(
            account=person.department,
            source=person.number,
            destination=colleague.number,
            caller_id=person.caller_id,
            channel=self._extension_channel(person),
            destination_channel=self._extension_channel(colleague),
            application_data=f"PJSIP/{colleague.number},20",
        )
        record = self._record(leg, start, outcome)
        self._busy_until[person.number] = record.end
        if outcome == "ANSWERED":
            self._busy_until[colleague.number] = record.end
        return [record]

    def _feature(self, person: Person, start: int) -> list[Record]:
        code, application = self.random.choice(_FEATURES)
        leg = Leg(
            account=person.department,
            source=person.number,
            destination=code,
            caller_id=person.caller_id,
            channel=self._extension_channel(person),
            application=application,
        )
        record = self._record(leg, start, "ANSWERED", self.random.randint(0, 40), ring_seconds=0)
        self._busy_until[person.number] = record.end
        return [record]

    def _record(
        self,
        leg: Leg,
        start: int,
        disposition: str,
        billsec: int | None = None,
        *,
        ring_seconds: int | None = None,
        unique_id: str | None = None,
    ) -> Record:
        low, high = _RING_SECONDS[disposition]
        ring = self.random.randint(low, high) if ring_seconds is None else ring_seconds
        talk = 0
        if disposition == "ANSWERED":
            talk = self._talk() if billsec is None else billsec
        self._sequence += 1
        identity = unique_id or f"{start}.{self._sequence}"
        return Record(
            **vars(leg),
            start=start,
            answer=start + ring if disposition == "ANSWERED" else None,
            end=start + ring + talk,
            disposition=disposition,
            unique_id=identity,
            linked_id=identity,
            sequence=self._sequence,
        )

    def _beside(self, leg: Leg, first: Record) -> Record:
        """The record of the other half of the same call."""
        self._sequence += 1
        return Record(
            **vars(leg),
            start=first.start,
            answer=first.answer,
            end=first.end,
            disposition=first.disposition,
            unique_id=f"{first.start}.{self._sequence}",
            linked_id=first.linked_id,
            sequence=self._sequence,
        )

    def _talk(self) -> int:
        """Seconds of talk; one answered call in 200 is hung up within its first second."""
        if self.random.random() < 0.005:
            return 0
        return self.random.choice(self._talk_seconds)

    def _some_people(self) -> list[Person]:
        return self.random.sample(self.people, min(3, len(self.people)))

    def _extension_channel(self, person: Person) -> str:
        return f"PJSIP/{person.number}-{self._channel_id()}"

    def _trunk_channel(self) -> str:
        return f"PJSIP/trunk_main-{self._channel_id()}"

    def _channel_id(self) -> str:
        self._channels += 1
        return f"{self._channels:08x}"

    def _weighted(self, weights: dict[str, int]) -> str:
        return self.random.choices(list(weights), weights=list(weights.values()))[0]
