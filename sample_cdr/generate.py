"""A believable office as Asterisk writes it: days of calls, files of any size, and calls that end now.

python -m sample_cdr.generate Master.csv --days 14
python -m sample_cdr.generate big.csv --rows 10000000 --extensions 2000
"""

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from sample_cdr import bulk, shape
from sample_cdr.dialled import destination
from sample_cdr.directory import Person
from sample_cdr.record import COLUMNS_NEW, COLUMNS_PLAIN, Record, checked
from sample_cdr.switchboard import Switchboard

OFFICE_ZONE: Final = "Asia/Shanghai"
OFFICE_START: Final = date(2026, 11, 2)
OFFICE_DAYS: Final = 14
OFFICE_EXTENSIONS: Final = 30
OFFICE_SEED: Final = 5


def rows(
    seed: int = OFFICE_SEED,
    *,
    extensions: int = OFFICE_EXTENSIONS,
    start: date = OFFICE_START,
    days: int = OFFICE_DAYS,
    columns: int = COLUMNS_NEW,
    zone: str = OFFICE_ZONE,
    distinct_numbers: int | None = None,
    until: float | None = None,
) -> Iterator[bytes]:
    """Lines in the order in which calls end, as a PBX writes them; the same for the same arguments.

    `start` and `days` are local days of `zone`, the times in the lines UTC. `until`, an epoch second,
    leaves out calls that end after it, for an office that is telephoning right now.
    """
    checked(columns)
    if days < 1:
        raise ValueError("days: choose at least 1")
    switchboard = Switchboard(seed, extensions=extensions, distinct_numbers=distinct_numbers)
    for record in _records(switchboard, start, days, ZoneInfo(zone)):
        if until is not None and record.end > until:
            return
        yield record.line(columns)


def write(path: Path | str, lines: Iterable[bytes]) -> int:
    """Writes lines, or blocks of lines, into a new file; answers with the number of bytes."""
    size = 0
    with Path(path).open("wb", buffering=1 << 20) as file:
        for line in lines:
            size += file.write(line)
    return size


def live_call(
    switchboard: Switchboard,
    *,
    now: float | None = None,
    extension: str | None = None,
    dialled: str | None = None,
    billsec: int | None = None,
    columns: int = COLUMNS_NEW,
) -> bytes:
    """The line of one call that ends now (epoch seconds; default: this moment).

    Without further wishes it is a call of anybody in any direction. With an extension, a number or a talk
    time it is an outbound one; with a talk time it is answered. Raises ValueError for an unknown extension.
    """
    end = int(time.time() if now is None else now)
    random = switchboard.random
    person = _person(switchboard, extension) if extension else random.choice(switchboard.people)
    wished = extension is not None or dialled is not None or billsec is not None
    disposition = "ANSWERED" if billsec is not None else None
    if wished or random.random() < 0.6:
        to = None if dialled is None else destination(dialled)
        made = switchboard.outbound(person, 0, to=to, disposition=disposition, billsec=billsec, plain=True)[0]
    else:
        made = switchboard.call(person, 0, "inbound")[0]
    switchboard.forget_busy()
    return made.moved_to_end(end).line(columns)


def live_switchboard(extensions: int = OFFICE_EXTENSIONS) -> Switchboard:
    """A switchboard for live calls, whose unique ids no other run has used."""
    started = time.time_ns()
    return Switchboard(started, extensions=extensions, first_sequence=started // 1_000_000 % 10**9)


def _records(switchboard: Switchboard, start: date, days: int, zone: ZoneInfo) -> Iterator[Record]:
    """Day after day; calls that run past midnight wait for their turn among those of the next day."""
    activities = [shape.activity(switchboard.random) for _ in switchboard.people]
    pending: list[Record] = []
    for number in range(days):
        day = start + timedelta(days=number)
        for second, person in _plan(switchboard, activities, day, zone):
            pending.extend(switchboard.call(person, second))
        pending.sort(key=lambda record: (record.end, record.sequence))
        midnight = _midnight(day + timedelta(days=1), zone)
        ended = sum(record.end < midnight for record in pending)
        yield from pending[:ended]
        pending = pending[ended:]
    yield from pending


def _plan(
    switchboard: Switchboard, activities: list[float], day: date, zone: ZoneInfo
) -> list[tuple[int, Person]]:
    """When people of the office begin a call on that day, in order."""
    random = switchboard.random
    midnight = _midnight(day, zone)
    cumulative = list(accumulate(shape.hour_percentages()))
    planned: list[tuple[int, Person]] = []
    for person, extension_activity in zip(switchboard.people, activities, strict=True):
        weekend = day.weekday() >= 5
        for _ in range(shape.calls_in_day(random, extension_activity=extension_activity, weekend=weekend)):
            planned.append((midnight + _second_of_day(random, cumulative), person))
    planned.sort(key=lambda item: (item[0], item[1].number))
    return planned


def _second_of_day(random: Random, cumulative: list[float]) -> int:
    hour = random.choices(range(24), cum_weights=cumulative)[0]
    return hour * 3600 + random.randrange(3600)


def _midnight(day: date, zone: ZoneInfo) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())


def _person(switchboard: Switchboard, extension: str) -> Person:
    for person in switchboard.people:
        if person.number == extension:
            return person
    raise ValueError(f"extension: nobody has {extension!r} in this office")


def main(arguments: list[str] | None = None) -> int:
    """The command; answers with the exit code."""
    options = _parser().parse_args(arguments)
    started = time.perf_counter()
    try:
        if options.rows is None:
            lines = rows(
                options.seed,
                extensions=options.extensions,
                start=options.start,
                days=OFFICE_DAYS if options.days is None else options.days,
                columns=options.columns,
                distinct_numbers=options.distinct_numbers,
            )
        else:
            lines = bulk.blocks(
                options.seed,
                rows=options.rows,
                extensions=options.extensions,
                start=options.start,
                days=options.days,
                columns=options.columns,
                distinct_numbers=options.distinct_numbers,
            )
        size = write(options.out, lines)
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{options.out}: {size:,} bytes in {time.perf_counter() - started:.1f} s")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sample_cdr.generate", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("out", type=Path, metavar="OUT", help="the file to write, replaced if it exists")
    parser.add_argument("--rows", type=int, help="exactly so many rows, made fast and in bulk")
    parser.add_argument("--extensions", type=int, default=OFFICE_EXTENSIONS)
    parser.add_argument("--days", type=int, help="default: 14, or what the rows take")
    parser.add_argument("--seed", type=int, default=OFFICE_SEED)
    parser.add_argument("--start", type=date.fromisoformat, default=OFFICE_START, metavar="DATE")
    parser.add_argument("--columns", type=int, choices=(COLUMNS_PLAIN, COLUMNS_NEW), default=COLUMNS_NEW)
    parser.add_argument("--distinct-numbers", type=int, help="about how many different numbers are dialled")
    return parser


if __name__ == "__main__":
    sys.exit(main())
