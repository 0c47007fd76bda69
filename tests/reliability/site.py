"""A site with a real engine process: started, written to, asked, killed, compared with what was written."""

import contextlib
import os
import select
import signal
import time
from collections import Counter
from collections.abc import Callable, Generator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from engine.api.calls import ExportCalls
from engine.api.client import Client, connect
from engine.api.extensions import ImportExtensions, ListExtensions, Recharge, Recharged
from engine.api.rates import ImportRates
from engine.api.site import GetStatus, ListSources, SetSetting, Verify
from engine.domain.errors import EngineDown
from tests.reliability.lines import OFFICE, Written, costs
from tests.reliability.nursery import Nursery

PATIENCE_SECONDS = 120.0

CONFIG = """\
site:
  timezone: Asia/Shanghai
numbering:
  extensions: '8\\d{{3}}'
  trunks: ['PJSIP/trunk_*']
sources:
  - path: {source}
    format: asterisk-csv
    timezone: UTC
lockout:
  - kind: file
    path: lockout/barred.txt
"""


def wait_until(what: str, met: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> None:
    """Asks again and again; fails with `what` when it did not come to be."""
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.01)


class Site:
    """A home folder with the office's rates and extensions; its engine is on or off."""

    def __init__(self, home: Path, nursery: Nursery, *, source: str = "cdr/Master.csv") -> None:
        """Makes the site, with billing on. The engine is off afterwards."""
        self.home = home
        self.nursery = nursery
        self.file = home / "cdr" / "Master.csv"
        self.recharged: Counter[str] = Counter()
        self.pid = 0
        self._death = -1
        self.file.parent.mkdir(parents=True)
        home.chmod(0o700)
        (home / "config.yaml").write_text(CONFIG.format(source=source))
        with self.on() as client:
            client.call(ImportExtensions(content=(OFFICE / "extensions.csv").read_bytes(), apply=True))
            client.call(ImportRates(content=(OFFICE / "rates.csv").read_bytes(), apply=True))
            client.call(SetSetting(name="billing", value="on"))

    @contextlib.contextmanager
    def on(self) -> Generator[Client]:
        """The engine runs and a client is connected while the block lasts; it ends in order."""
        self.start()
        try:
            with self.client() as client:
                yield client
        finally:
            self.stop()

    def start(self, *, background: bool = False) -> None:
        """Begins an engine; does not wait until it answers."""
        assert not self.pid
        self.pid = self.nursery.engine(self.home, background=background)
        with contextlib.suppress(ProcessLookupError):
            self._death = os.pidfd_open(self.pid)

    def client(self) -> Client:
        """A client of the running engine, as soon as it answers."""
        found: list[Client] = []

        def met() -> bool:
            assert not self.ended(0), f"the engine ended: {self.log()[-2000:]}"
            with contextlib.suppress(EngineDown):
                found.append(connect(self.home, start=False))
            return bool(found)

        wait_until("the engine answers", met)
        return found[0]

    def kill(self) -> None:
        """kill -9, at once."""
        self._signal(signal.SIGKILL)
        assert self.ended(PATIENCE_SECONDS)
        self._forget()

    def stop(self) -> None:
        """SIGTERM, and waits for the end."""
        self._signal(signal.SIGTERM)
        assert self.ended(PATIENCE_SECONDS), "the engine does not end"
        self._forget()

    def terminate(self) -> None:
        """SIGTERM, without waiting."""
        self._signal(signal.SIGTERM)

    def ended(self, seconds: float) -> bool:
        """Whether the engine is gone, now or within so many seconds."""
        return self._death == -1 or bool(select.select([self._death], [], [], seconds)[0])

    def forget(self) -> None:
        """Takes note that the engine has ended by itself."""
        assert self.ended(0)
        self._forget()

    def log(self) -> str:
        """What the engine logged."""
        return (self.home / "engine.log").read_text()

    def _signal(self, number: int) -> None:
        if self._death != -1:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._death, number)

    def _forget(self) -> None:
        if self._death != -1:
            os.close(self._death)
        self._death, self.pid = -1, 0

    def append(self, calls: list[Written], *, pieces: int = 1) -> None:
        """Appends lines, in so many writes that heed no line ends."""
        data = b"".join(call.line for call in calls)
        step = max(1, -(-len(data) // pieces))
        with self.file.open("ab", buffering=0) as file:
            for offset in range(0, len(data), step):
                file.write(data[offset : offset + step])

    def recharge(self, client: Client, number: str, amount_micros: int, key: str) -> Recharged:
        """Recharges an extension; counts it once the engine has said yes."""
        done = client.call(Recharge(numbers=[number], amount_micros=amount_micros, key=key))
        self.recharged[key] = amount_micros
        return done

    def check(self, client: Client, written: list[Written], recharges: Counter[str] | None = None) -> None:
        """Waits until all is read, then compares calls, costs and balances with what was written."""
        wait_until(f"{len(written)} calls are stored", lambda: client.call(GetStatus()).calls >= len(written))
        assert stored(client) == Counter((call.start, call.cost_micros) for call in written)
        expected = Counter(recharges or Counter())
        expected.subtract(costs(written))
        balances = {row.number: row.balance_micros for row in client.call(ListExtensions(limit=1000)).rows}
        assert balances == {number: expected[number] for number in balances}
        report = client.call(Verify())
        assert report.clean, report.findings


def stored(client: Client) -> Counter[tuple[int, int]]:
    """Start (epoch seconds) and cost (micro-units) of every stored call."""
    table = client.stream(ExportCalls()).read_all().select(["started_at", "cost"])
    return Counter(
        (int(datetime.fromisoformat(row["started_at"]).timestamp()), int(Decimal(row["cost"]) * 1_000_000))
        for row in table.to_pylist()
    )


def all_read(client: Client) -> bool:
    """Whether no source holds anything unread."""
    return all(row.bytes_behind == 0 for row in client.call(ListSources()).rows)
