"""CDR lines of calls that are all different, and what each must cost by the plain reference."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from sample_cdr.record import Record
from tests.reference.rating import Call, rate
from tests.reference.sample_files import read_extensions, read_rules

OFFICE = Path(__file__).parents[2] / "sample_cdr" / "office"
ZONE = ZoneInfo("Asia/Shanghai")
FIRST_START = int(datetime(2026, 11, 2, tzinfo=UTC).timestamp())
SECONDS = 28 * 86_400
STEP = 7_919
"""Prime to SECONDS: call after call is spread over four weeks, and no two start in the same second."""

_PREFIXES = ("9{:08d}", "91{:010d}", "90{:09d}", "9001{:010d}", "900852{:08d}", "90049{:09d}", "977{:07d}")
_RULES = read_rules(OFFICE / "rates.csv")
_BILLED = {one.number for one in read_extensions(OFFICE / "extensions.csv") if one.billing}
_NUMBERS = tuple(f"{number}" for number in range(8001, 8031))


@dataclass(frozen=True, kw_only=True)
class Written:
    """A line and what must become of it. `start`, in epoch seconds, tells the call from all others."""

    line: bytes
    start: int
    extension: str
    cost_micros: int


@dataclass
class Lines:
    """Makes lines; the same for the same seed."""

    random: Random
    serial: int = 0
    by_start: dict[int, Written] = field(default_factory=dict)
    """All that were made."""

    def one(self) -> Written:
        """The next call: three of four outbound and answered."""
        self.serial += 1
        assert self.serial < SECONDS
        start = FIRST_START + self.serial * STEP % SECONDS
        number = self.random.choice(_NUMBERS)
        dialled = self.random.choice(_PREFIXES).format(self.serial)
        outbound, answered = self.random.random() < 0.88, self.random.random() < 0.85
        ring, talk = self.random.randint(0, 20), self.random.randint(0, 900)
        answer = start + ring if answered else None
        channels = (f"PJSIP/{number}-{self.serial:08x}", f"PJSIP/trunk_main-{self.serial:08x}")
        record = Record(
            account="staff",
            source=number if outbound else dialled,
            destination=dialled if outbound else number,
            context="from-internal" if outbound else "from-pstn",
            caller_id=f'"Büro, ""{number}""" <{number}>',
            channel=channels[0 if outbound else 1],
            destination_channel=channels[1 if outbound else 0],
            application="Dial",
            application_data="PJSIP/x,60,Tb",
            start=start,
            answer=answer,
            end=start + ring + (talk if answered else 0),
            disposition="ANSWERED" if answered else "NO ANSWER",
            unique_id=f"{start}.{self.serial}",
            linked_id=f"{start}.{self.serial}",
            sequence=self.serial,
        )
        verdict = rate(
            Call(
                extension=number,
                dialled=dialled,
                answered_at=None if answer is None else datetime.fromtimestamp(answer, UTC),
                billsec=record.billsec,
                answered=answered,
                outbound=outbound,
            ),
            _RULES,
            site_billing=True,
            extension_billed=number in _BILLED,
            zone=ZONE,
        )
        written = Written(line=record.line(), start=start, extension=number, cost_micros=verdict.cost_micros)
        self.by_start[start] = written
        return written

    def some(self, count: int) -> list[Written]:
        """The next calls."""
        return [self.one() for _ in range(count)]


def costs(calls: list[Written]) -> Counter[str]:
    """What the calls cost each extension, in micro-units."""
    total: Counter[str] = Counter()
    for call in calls:
        total[call.extension] += call.cost_micros
    return total
