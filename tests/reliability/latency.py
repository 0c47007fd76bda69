"""From the line in the file to the charge that is visible, at several rates, against an empty durable commit.

python -m tests.reliability.latency [--seconds N] [--stored ROWS]
"""

import argparse
import subprocess
import sys
import time
from random import Random

from engine.api.client import Client
from engine.api.extensions import ListExtensions
from engine.api.files import import_files
from engine.api.site import GetStatus
from tests.reliability.figures import Arrivals, empty_commits, percentile, quiet_site, shown
from tests.reliability.lines import Lines
from tests.reliability.site import Site

RATES = (1, 30, 300)
LEAST_LINES = 20
BALANCES = 40


def told(site: Site, lines: Lines, rate: int, seconds: float) -> list[float]:
    """Seconds from each write of a line to the event that tells of its call."""
    with site.client() as client:
        arrivals = Arrivals(client)
        written: list[float] = []
        begun = time.perf_counter()
        with site.file.open("ab", buffering=0) as file:
            for number in range(max(LEAST_LINES, int(rate * seconds))):
                line = lines.one().line
                time.sleep(max(0.0, begun + number / rate - time.perf_counter()))
                written.append(time.perf_counter())
                file.write(line)
        arrivals.wait(len(written))
        return arrivals.delays(written)


def charged(site: Site, client: Client, lines: Lines) -> list[float]:
    """Seconds from the write of a line to the balance that shows its charge, asked for again and again."""
    delays: list[float] = []
    while len(delays) < BALANCES:
        call = lines.one()
        if not call.cost_micros:
            continue
        question = ListExtensions(numbers=[call.extension])
        before = client.call(question).rows[0].balance_micros
        begun = time.perf_counter()
        site.append([call])
        while client.call(question).rows[0].balance_micros == before:
            pass
        delays.append(time.perf_counter() - begun)
        time.sleep(0.05)
    return delays


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=20.0, help="at each rate")
    parser.add_argument("--stored", type=int, default=0, help="calls stored before")
    options = parser.parse_args()
    lines = Lines(Random(1))  # noqa: S311 - the same lines each time
    with quiet_site() as site:
        site.start()
        if options.stored:
            past = site.home / "past.csv"
            command = [sys.executable, "-m", "sample_cdr.generate", str(past), "--rows", str(options.stored)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            with site.client() as client:
                import_files(client, [past])
            past.unlink()
        site.append(lines.some(20))
        with site.client() as client:
            while client.call(GetStatus()).calls < options.stored + 20:
                time.sleep(0.1)
        commits = empty_commits(site.home)
        floor = percentile(commits, 0.5)
        print(f"{options.stored:,} calls stored before; p50 / p99 / max, multiples of the p50 of a commit")
        print(f"empty durable one-row commit: {shown(commits)}")
        for rate in RATES:
            print(f"line to event, {rate}/s: {shown(told(site, lines, rate, options.seconds), floor)}")
        with site.client() as client:
            print(f"line to balance, one at a time: {shown(charged(site, client, lines), floor)}")
        print(f"empty durable one-row commit: {shown(empty_commits(site.home / 'cdr'))}")


if __name__ == "__main__":
    main()
