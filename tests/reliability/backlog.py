"""A large file is imported while calls arrive and screens are looked at: who waits for whom, and how long.

python -m tests.reliability.backlog --rows 1000000 [--followed]
"""

import argparse
import subprocess
import sys
import threading
import time
from datetime import datetime
from random import Random
from typing import Any

from engine.api.calls import CallFilter, ListCalls
from engine.api.client import Client
from engine.api.extensions import ListExtensions
from engine.api.files import import_files
from engine.api.operation import Operation
from engine.api.site import GetStatus, ListQuarantine
from tests.reliability.figures import quiet_site, resident_bytes, shown
from tests.reliability.lines import ZONE, Lines
from tests.reliability.site import Site, wait_until

IDLE_SECONDS = 10.0
STORED_ROWS = 200_000


class Screens:
    """Asks what screens ask, again and again, and notes how long each answer took."""

    QUESTIONS: tuple[Operation[Any], ...] = (
        ListCalls(limit=100),
        ListCalls(limit=100, filter=CallFilter(text="80")),
        ListExtensions(),
    )

    def __init__(self, client: Client) -> None:
        self.taken: list[float] = []
        self._client = client
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()

    def _ask(self) -> None:
        while not self._stop.wait(0.05):
            for question in self.QUESTIONS:
                begun = time.perf_counter()
                self._client.call(question)
                self.taken.append(time.perf_counter() - begun)

    def stop(self) -> list[float]:
        """The seconds of all answers."""
        self._stop.set()
        self._thread.join()
        return self.taken


class Callers:
    """Writes a call a second, and notes when it is in the list."""

    def __init__(self, site: Site, client: Client, lines: Lines) -> None:
        self.delays: list[float] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._call, args=(site, client, lines), daemon=True)
        self._thread.start()

    def _call(self, site: Site, client: Client, lines: Lines) -> None:
        while not self._stop.wait(0.3):
            call = lines.one()
            if not call.cost_micros:
                continue
            day = datetime.fromtimestamp(call.start, ZONE).strftime("%Y-%m-%d")
            dialled = call.line.split(b'"')[5].decode()
            question = ListCalls(limit=1, filter=CallFilter(since=day, until=day, text=dialled))
            begun = time.perf_counter()
            site.append([call])
            while not client.call(question).rows:
                time.sleep(0.005)
            self.delays.append(time.perf_counter() - begun)

    def stop(self) -> list[float]:
        """The seconds of all calls."""
        self._stop.set()
        self._thread.join()
        return self.delays


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument(
        "--followed", action="store_true", help="a followed file's backlog, not an import by hand"
    )
    options = parser.parse_args()
    lines = Lines(Random(3))  # noqa: S311 - the same lines each time
    with quiet_site() as site:
        past, stored = site.home / "past.csv", site.home / "stored.csv"
        for path, rows, seed in ((stored, STORED_ROWS, 4), (past, options.rows, 5)):
            command = [sys.executable, "-m", "sample_cdr.generate", str(path), "--rows", str(rows)]
            subprocess.run([*command, "--seed", str(seed)], check=True, stdout=subprocess.DEVNULL)
        config = site.home / "config.yaml"
        if options.followed:
            other = "  - path: backlog/*.csv\n    format: asterisk-csv\n    timezone: UTC\nlockout:"
            config.write_text(config.read_text().replace("lockout:", other))
            (site.home / "backlog").mkdir()
        site.start()
        with site.client() as client, site.client() as eyes, site.client() as callers:
            import_files(client, [stored])

            def all_is_read() -> bool:
                return client.call(GetStatus()).calls >= STORED_ROWS + options.rows

            for name in ("idle", "backlog"):
                screens = Screens(eyes)
                live = Callers(site, callers, lines)
                begun = time.perf_counter()
                if name == "idle":
                    time.sleep(IDLE_SECONDS)
                elif options.followed:
                    past.rename(site.home / "backlog" / "past.csv")
                    wait_until("all is read", all_is_read, 900)
                else:
                    import_files(client, [past])
                seconds = time.perf_counter() - begun
                answers, calls = screens.stop(), live.stop()
                assert not client.call(ListQuarantine()).total
                print(f"{name}: {seconds:.1f} s, {resident_bytes(site.pid) >> 20} MiB", flush=True)
                print(f"  answers {shown(answers)}; live calls {shown(calls)}", flush=True)


if __name__ == "__main__":
    main()
