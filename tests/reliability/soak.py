"""Calls at a steady rate with bursts of ten times as many: lag and memory over time, and all is there.

python -m tests.reliability.soak --seconds 3600
"""

import argparse
import time
from random import Random

from tests.reliability.figures import Arrivals, quiet_site, resident_bytes, shown
from tests.reliability.lines import Lines

BURST_EVERY_SECONDS = 60
BURST_SECONDS = 5
BURST_FACTOR = 10
TICKS = 10
"""Writes a second: a PBX writes a line as each call ends."""


def main() -> None:
    """Prints a line a minute, and the figures at the end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--rate", type=int, default=30)
    options = parser.parse_args()
    lines = Lines(Random(2))  # noqa: S311 - the same lines each time
    with quiet_site() as site:
        site.start()
        with site.client() as client:
            arrivals = Arrivals(client)
            written: list[float] = []
            memory: list[int] = []
            begun = time.perf_counter()
            for tick in range(options.seconds * TICKS):
                second = tick // TICKS
                bursting = second % BURST_EVERY_SECONDS >= BURST_EVERY_SECONDS - BURST_SECONDS
                count = options.rate * (BURST_FACTOR if bursting else 1) // TICKS
                calls = lines.some(count)
                time.sleep(max(0.0, begun + tick / TICKS - time.perf_counter()))
                written += [time.perf_counter()] * count
                site.append(calls)
                if tick % (60 * TICKS) == 60 * TICKS - 1:
                    memory.append(resident_bytes(site.pid))
                    behind = len(written) - arrivals.count
                    print(
                        f"{second + 1} s: {len(written)} calls, {memory[-1] >> 20} MiB, {behind} behind",
                        flush=True,
                    )
            arrivals.wait(len(written))
            delays = arrivals.delays(written)
            print(f"{len(written)} calls in {options.seconds} s, lag p50 / p99 / max: {shown(delays)}")
            site.check(client, list(lines.by_start.values()))
            print(f"every call stored and charged once; memory {[size >> 20 for size in memory]} MiB")


if __name__ == "__main__":
    main()
