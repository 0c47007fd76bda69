"""Rows in bulk: the office's figures, 200,000 rows a second, for benchmarks and load tests.

Each row is put together from prepared pieces of a person, a number and an outcome. Unlike the office of
`generate.rows`, nobody's calls are kept from overlapping and there are no Local legs or transfers.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from sample_cdr import shape
from sample_cdr.dialled import NumberPool, outside_caller
from sample_cdr.directory import Person, people
from sample_cdr.record import COLUMNS_NEW, checked, quoted

_ZONE: Final = "Asia/Shanghai"
_CALLS_PER_EXTENSION_AND_DAY: Final = 7
_WEEKEND_SHARE: Final = 0.08
_BLOCK_ROWS: Final = 8192
_OUTCOME_STEPS: Final = 4096


def blocks(
    seed: int = 1,
    *,
    rows: int,
    extensions: int = 30,
    start: date = date(2026, 11, 2),
    days: int | None = None,
    columns: int = COLUMNS_NEW,
    distinct_numbers: int | None = None,
) -> Iterator[bytes]:
    """Exactly `rows` lines in the order in which calls end, in blocks of whole lines.

    Without `days`, as many days as so many extensions take for them. `(uniqueid, sequence)` is unique.
    """
    if rows < 1 or (days is not None and days < 1):
        raise ValueError("rows, days: choose at least 1")
    checked(columns)
    if days is None:
        days = max(1, round(rows / (extensions * _CALLS_PER_EXTENSION_AND_DAY) * 7 / 5.2))
    pieces = _Pieces(seed, extensions, distinct_numbers or min(max(200, 25 * extensions), 100_000))
    sequence = 0
    for count, first_second in _hours(rows, start, days):
        for offset in range(0, count, _BLOCK_ROWS):
            part = range(offset, min(count, offset + _BLOCK_ROWS))
            ends = [first_second + index * 3600 // count for index in part]
            yield pieces.block(ends, sequence, new_columns=columns == COLUMNS_NEW)
            sequence += len(ends)


class _Pieces:
    """Prepared text: whatever can be drawn from a table instead of being put together for each row."""

    def __init__(self, seed: int, extensions: int, distinct_numbers: int) -> None:
        self._random = Random(seed)
        directory = people(extensions)
        self._callers = [_caller(person) for person in directory]
        self._targets = self._target_table(distinct_numbers)
        self._outside = [outside_caller(self._random) for _ in range(4096)]
        self._talk = shape.talk_seconds_table()
        self._outcomes = self._outcome_table()
        self._clock = [f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in range(86_400)]
        self._days: dict[int, str] = {}

    def block(self, ends: list[int], sequence: int, *, new_columns: bool) -> bytes:
        """The lines of calls that end at these epoch seconds."""
        draw = self._random.getrandbits
        random = self._random.random
        callers, targets, outside = self._callers, self._targets, self._outside
        outcomes, talk, when = self._outcomes, self._talk, self._when
        caller_count, target_count = len(callers), len(targets)
        lines: list[str] = []
        for end in ends:
            sequence += 1
            bits = draw(48)
            direction, disposition, ring = outcomes[bits & 4095]
            account_source, caller_id, channel, number = callers[int(random() * caller_count)]
            if disposition == "ANSWERED":
                billsec = talk[bits >> 12 & 4095]
                duration = ring + billsec
                answer = f'"{when(end - billsec)}"'
            else:
                billsec, duration, answer = 0, ring, ""
            start = end - duration
            unique = f"{start}.{sequence}"
            tag = f"{sequence & 0xFFFFFFFF:08x}"
            if direction == 0:
                dialled, far_channel, data = targets[int(random() * target_count)]
                head = (
                    f'{account_source}"{dialled}","from-internal",{caller_id},"{channel}{tag}",'
                    f'"{far_channel}{tag}","Dial","{data}"'
                )
            elif direction == 1:
                outer = outside[bits >> 24 & 4095]
                head = (
                    f'"","{outer}","{number}","from-pstn","""{outer}"" <{outer}>",'
                    f'"PJSIP/trunk_main-{tag}","{channel}{tag}","Dial","PJSIP/{number},30"'
                )
            elif direction == 2:
                _, _, far_channel, far_number = callers[int(random() * caller_count)]
                head = (
                    f'{account_source}"{far_number}","from-internal",{caller_id},"{channel}{tag}",'
                    f'"{far_channel}{tag}","Dial","PJSIP/{far_number},20"'
                )
            else:
                head = (
                    f'{account_source}"*97","from-internal",{caller_id},"{channel}{tag}",'
                    f'"","VoiceMailMain","{number}@default"'
                )
            new = f',"","{unique}",{sequence}\n' if new_columns else "\n"
            lines.append(
                f'{head},"{when(start)}",{answer},"{when(end)}",{duration},{billsec},'
                f'"{disposition}","DOCUMENTATION","{unique}",""{new}'
            )
        return "".join(lines).encode()

    def _when(self, epoch: int) -> str:
        day, second = divmod(epoch, 86_400)
        text = self._days.get(day)
        if text is None:
            text = self._days[day] = (date(1970, 1, 1) + timedelta(days=day)).isoformat() + " "
        return text + self._clock[second]

    def _target_table(self, distinct_numbers: int) -> list[tuple[str, str, str]]:
        """Dialled number, start of the trunk's channel, application data: every number, favourites often."""
        pool = NumberPool(self._random, distinct_numbers)
        chosen = pool.destinations
        chosen += [pool.pick(self._random) for _ in range(2 * len(chosen))]
        return [(to.dialled, f"PJSIP/{to.trunk}-", f"PJSIP/{to.sent}@{to.trunk},60,Tb") for to in chosen]

    def _outcome_table(self) -> list[tuple[int, str, int]]:
        """Direction (0 outbound, 1 inbound, 2 internal, 3 feature code), disposition, seconds of ringing."""
        random = self._random
        directions = random.choices(range(4), list(shape.DIRECTION_WEIGHTS.values()), k=_OUTCOME_STEPS)
        by_direction = (
            shape.OUTBOUND_DISPOSITIONS,
            shape.INBOUND_DISPOSITIONS,
            shape.INTERNAL_DISPOSITIONS,
            {"ANSWERED": 1},
        )
        table: list[tuple[int, str, int]] = []
        for direction in directions:
            weights = by_direction[direction]
            disposition = random.choices(list(weights), list(weights.values()))[0]
            table.append((direction, disposition, random.randint(2, 22)))
        return table


def _caller(person: Person) -> tuple[str, str, str, str]:
    """Account and source fields with their commas, caller id field, start of the channel, number."""
    return (
        f'"{person.department}","{person.number}",',
        quoted(person.caller_id),
        f"PJSIP/{person.number}-",
        person.number,
    )


def _hours(rows: int, start: date, days: int) -> Iterator[tuple[int, int]]:
    """Rows of each local hour and its first epoch second; the rows add up exactly."""
    zone = ZoneInfo(_ZONE)
    percentages = shape.hour_percentages()
    weights = [_WEEKEND_SHARE if (start + timedelta(days=day)).weekday() >= 5 else 1.0 for day in range(days)]
    whole = sum(weights) * sum(percentages)
    passed, given = 0.0, 0
    for day, weight in enumerate(weights):
        midnight = datetime.combine(start + timedelta(days=day), datetime.min.time(), zone).timestamp()
        for hour, percent in enumerate(percentages):
            passed += weight * percent
            last = day == days - 1 and hour == 23
            upto = rows if last else int(rows * passed / whole)
            if upto > given:
                yield upto - given, int(midnight) + hour * 3600
            given = upto
