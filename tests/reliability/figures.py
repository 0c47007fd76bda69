"""What the campaigns have in common: a quiet site, percentiles, the floor that figures are held against."""

import tempfile
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from engine.api.client import Client
from engine.api.events import CallsStored
from engine.domain.errors import PbxmeterError
from tests.reliability.nursery import Nursery
from tests.reliability.site import Site


@contextmanager
def quiet_site() -> Generator[Site]:
    """A site in a folder of its own, taken away at the end."""
    nursery = Nursery()
    try:
        with tempfile.TemporaryDirectory(prefix="pbxmeter") as folder:
            site = Site(Path(folder) / "home", nursery)
            try:
                yield site
            finally:
                if site.pid:
                    site.stop()
    finally:
        nursery.close()


def percentile(values: list[float], share: float) -> float:
    """The value that so large a share does not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def shown(values: list[float], floor: float = 0.0) -> str:
    """p50, p99 and the largest of seconds, in milliseconds, and as multiples of `floor` seconds."""
    points = (percentile(values, 0.5), percentile(values, 0.99), max(values))
    text = " / ".join(f"{1000 * point:.1f}" for point in points)
    return f"{text} ms" + (f" = {points[0] / floor:.1f} / {points[1] / floor:.1f} x" if floor else "")


def empty_commits(folder: Path, count: int = 300) -> list[float]:
    """Seconds of durable one-row commits into a DuckDB file that holds nothing else."""
    with duckdb.connect(str(folder / "floor.duckdb")) as connection:
        connection.execute("CREATE TABLE t (a BIGINT)")
        taken: list[float] = []
        for number in range(count):
            begun = time.perf_counter()
            connection.execute("INSERT INTO t VALUES (?)", [number])
            taken.append(time.perf_counter() - begun)
    return taken


class Arrivals:
    """Notes when each call becomes visible in the event stream of a client."""

    def __init__(self, client: Client) -> None:
        self.count = 0
        """Calls told of so far."""
        self.counts: list[tuple[float, int]] = []
        """When, and how many had been told of then."""
        self._ready = threading.Event()
        self._changed = threading.Condition()
        threading.Thread(target=self._listen, args=(client,), daemon=True).start()
        self._ready.wait(60)

    def _listen(self, client: Client) -> None:
        try:
            for event in client.events():
                now = time.perf_counter()
                self._ready.set()
                if isinstance(event, CallsStored):
                    with self._changed:
                        self.count += event.count
                        self.counts.append((now, self.count))
                        self._changed.notify_all()
        except PbxmeterError:
            return

    def wait(self, count: int, seconds: float = 120.0) -> None:
        """Until so many calls have been told of."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.count >= count, seconds), (self.count, count)

    def delays(self, written: list[float]) -> list[float]:
        """From each call's writing to the event that told of it, in seconds."""
        found: list[float] = []
        place = 0
        for number, moment in enumerate(written, start=1):
            while self.counts[place][1] < number:
                place += 1
            found.append(self.counts[place][0] - moment)
        return found


def resident_bytes(pid: int) -> int:
    """Memory that the process holds."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024
