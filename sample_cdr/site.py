"""The sample office as a site of this moment: its two weeks end now, and calls go on being written."""

import csv
import io
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from sample_cdr import generate

FOLDER: Final = Path(__file__).parent / "office"
LONGEST_PAUSE_SECONDS: Final = 4.0
RECHARGES: Final = (("8021", 50_000_000), ("8024", 100_000_000), ("8027", 50_000_000))
"""Deposits of guests; extension and amount in micro-units."""


@dataclass(frozen=True, kw_only=True)
class OfficeSite:
    """What a home folder needs."""

    config: bytes
    extensions: bytes
    rates: bytes
    lines: list[bytes]
    """Of the CDR file, each with its newline."""
    recharges: tuple[tuple[str, int], ...] = RECHARGES


def office_until_now(now: float | None = None) -> OfficeSite:
    """The office with the last of its days today (epoch seconds; default: this moment), in its own zone.

    The days of the rate sheet move along, so that its promotion lies where it lay in the two weeks.
    """
    moment = time.time() if now is None else now
    today = datetime.fromtimestamp(moment, ZoneInfo(generate.OFFICE_ZONE)).date()
    start = today - timedelta(days=generate.OFFICE_DAYS - 1)
    return OfficeSite(
        config=(FOLDER / "config.yaml").read_bytes(),
        extensions=(FOLDER / "extensions.csv").read_bytes(),
        rates=_moved_rates((FOLDER / "rates.csv").read_text(encoding="utf-8"), start - generate.OFFICE_START),
        lines=list(generate.rows(start=start, until=moment)),
    )


@contextmanager
def live_calls(path: Path, *, longest_pause: float = LONGEST_PAUSE_SECONDS) -> Generator[None]:
    """Appends a call that ends now every second or few to the file, while the block lasts."""
    stop = threading.Event()
    writer = threading.Thread(target=_write, args=(path, stop, longest_pause), name="live calls", daemon=True)
    writer.start()
    try:
        yield
    finally:
        stop.set()
        writer.join()


def _write(path: Path, stop: threading.Event, longest_pause: float) -> None:
    switchboard = generate.live_switchboard()
    pauses = Random()
    while not stop.wait(pauses.uniform(longest_pause / 4, longest_pause)):
        with path.open("ab") as file:
            file.write(generate.live_call(switchboard))


def _moved_rates(sheet: str, by: timedelta) -> bytes:
    rules = list(csv.DictReader(io.StringIO(sheet)))
    moved = io.StringIO(newline="")
    writer = csv.DictWriter(moved, fieldnames=list(rules[0]), lineterminator="\n")
    writer.writeheader()
    for rule in rules:
        for column in ("valid_from", "valid_to"):
            if rule[column]:
                rule[column] = (date.fromisoformat(rule[column]) + by).isoformat()
        writer.writerow(rule)
    return moved.getvalue().encode()
