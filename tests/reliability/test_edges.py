"""Everything else that happens to an engine: a second one, dead ones, stubborn clients, odd folders."""

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from engine.api.calls import ExportCalls, GetOverview
from engine.api.client import Client, connect
from engine.api.events import BalancesMoved, Event
from engine.api.files import import_files
from engine.api.site import GetStatus, ListQuarantine, ListSources, RetryQuarantine
from engine.domain.errors import EngineDown, PbxmeterError
from tests.reliability.lines import Lines
from tests.reliability.nursery import Nursery
from tests.reliability.site import PATIENCE_SECONDS, Site, wait_until

ROOT = Path(__file__).parents[2]


@pytest.fixture
def lines() -> Lines:
    return Lines(Random(7))  # noqa: S311 - the same lines each time


def alarms(client: Client, kind: str) -> list[str]:
    return [str(alarm.text) for alarm in client.call(GetOverview()).alarms if alarm.kind == kind]


class Listener:
    """Collects a client's events."""

    def __init__(self, client: Client) -> None:
        self.events: list[Event] = []
        self.end: PbxmeterError | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._listen, args=(client,), daemon=True)
        self._thread.start()
        assert self._ready.wait(PATIENCE_SECONDS)

    def _listen(self, client: Client) -> None:
        try:
            for event in client.events():
                self.events.append(event)
                self._ready.set()
        except PbxmeterError as error:
            self.end = error

    def over(self) -> bool:
        return not self._thread.is_alive()


def test_a_second_engine_in_the_same_home_is_refused_with_the_process_of_the_first(site: Site) -> None:
    site.start()
    with site.client() as client:
        second = subprocess.run(
            [sys.executable, "-m", "engine.daemon", "run", "--home", str(site.home)],
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        assert second.returncode == 1
        assert f"runs in {site.home} already (process {site.pid})" in second.stderr
        assert client.call(GetStatus()).pid == site.pid


def test_a_killed_engine_is_told_to_its_clients_and_the_next_connection_starts_another(site: Site) -> None:
    site.start()
    client = site.client()
    listener = Listener(client)
    site.kill()
    wait_until("the event stream ends", listener.over)
    assert isinstance(listener.end, EngineDown)
    with pytest.raises(EngineDown):
        client.call(GetStatus())
    client.close()
    with connect(site.home) as again:
        status = again.call(GetStatus())
        assert status.background
        os.kill(status.pid, 15)
    wait_until("it is gone", lambda: not Path(f"/proc/{status.pid}").exists() or zombie(status.pid))


def zombie(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def test_sigterm_ends_an_engine_with_open_event_streams(site: Site) -> None:
    site.start()
    clients = [site.client() for _ in range(3)]
    listeners = [Listener(client) for client in clients]
    site.terminate()
    assert site.ended(30)
    site.forget()
    wait_until("the streams end", lambda: all(listener.over() for listener in listeners))
    for client in clients:
        client.close()
    assert "Engine ended" in site.log()


def test_sigterm_ends_an_engine_in_the_middle_of_an_import_and_the_rest_is_imported_later(
    site: Site, lines: Lines
) -> None:
    path = site.home / "past.csv"
    calls = lines.some(2_000)
    with path.open("wb") as file:
        file.write(b"".join(call.line for call in calls))
        # Lines that are only there to be read, and read again.
        for _ in range(100):
            file.write(calls[0].line * 10_000)
    site.start()
    client = site.client()
    begun = threading.Event()

    ends: list[PbxmeterError] = []

    def ingest() -> None:
        try:
            import_files(client, [path], progress=lambda _: begun.set())
        except PbxmeterError as error:
            ends.append(error)

    importer = threading.Thread(target=ingest)
    importer.start()
    assert begun.wait(PATIENCE_SECONDS)
    site.terminate()
    assert site.ended(60)
    site.forget()
    importer.join()
    client.close()
    assert isinstance(ends[0], EngineDown)
    path.write_bytes(b"".join(call.line for call in calls))
    site.start()
    with site.client() as client:
        import_files(client, [path])
        site.check(client, calls)


def test_sigterm_ends_an_engine_while_a_client_leaves_its_export_unread(site: Site) -> None:
    path = site.home / "past.csv"
    generated = subprocess.run(
        [sys.executable, "-m", "sample_cdr.generate", str(path), "--rows", "150000"], check=False
    )
    assert generated.returncode == 0
    site.start()
    with site.client() as client:
        import_files(client, [path])
        reader = client.stream(ExportCalls())
        assert reader.read_next_batch().num_rows
        site.terminate()
        assert site.ended(60)
        site.forget()
        del reader


def test_a_broken_config_keeps_the_last_good_one_in_force_until_it_is_mended(
    site: Site, lines: Lines
) -> None:
    config = site.home / "config.yaml"
    good = config.read_text()
    site.start()
    with site.client() as client:
        config.write_text("sources: [}\n")
        wait_until("there is an alarm", lambda: alarms(client, "config"))
        assert "config.yaml" in alarms(client, "config")[0]
        written = lines.some(50)
        site.append(written)
        site.check(client, written)
        other = site.home / "cdr" / "Other.csv"
        config.write_text(good.replace("Master.csv", "Other.csv"))
        wait_until("the alarm is over", lambda: not alarms(client, "config"))
        site.file = other
        more = lines.some(50)
        site.append(more)
        site.check(client, written + more)
        assert [row.path for row in client.call(ListSources()).rows] == ["cdr/Other.csv"]


def test_a_mended_format_file_is_taken_over_and_a_broken_one_leaves_the_last_good_one_in_force(
    site: Site, lines: Lines
) -> None:
    good = (ROOT / "config" / "formats" / "asterisk-csv.yaml").read_text()
    ours = site.home / "ours.yaml"
    ours.write_text(good.replace("YYYY-MM-DD HH:MM:SS", "DD.MM.YYYY HH:MM:SS"))
    config = site.home / "config.yaml"
    config.write_text(config.read_text().replace("format: asterisk-csv", "format: ours.yaml"))
    site.start()
    with site.client() as client:
        first, second, third = lines.some(5), lines.some(5), lines.some(5)
        site.append(first)
        wait_until("all is bad", lambda: client.call(ListQuarantine()).total == len(first))
        ours.write_text(good)
        client.call(GetStatus())
        site.append(second)
        site.check(client, second)
        done = client.call(RetryQuarantine())
        assert (done.stored, done.still_bad) == (len(first), 0)
        ours.write_text(good.replace("dialled: dst", "dialled: number"))
        wait_until("there is an alarm", lambda: alarms(client, "config"))
        assert f"{ours}:33: call.dialled: 'number' is not a column" in alarms(client, "config")[0]
        site.append(third)
        site.check(client, first + second + third)
        assert [row.quarantined for row in client.call(ListSources()).rows] == [0]
        ours.write_text(good)
        wait_until("the alarm is over", lambda: not alarms(client, "config"))


def test_a_folder_of_cdr_files_may_appear_later(tmp_path: Path, nursery: Nursery, lines: Lines) -> None:
    folder = tmp_path / "var" / "log" / "cdr"
    site = Site(tmp_path / "home", nursery, source=str(folder / "Master.csv"))
    site.file = folder / "Master.csv"
    site.start()
    with site.client() as client:
        row = client.call(ListSources()).rows[0]
        wait_until("it waits", lambda: client.call(ListSources()).rows[0].state == "waiting")
        assert row.bytes_behind == 0
        folder.mkdir(parents=True)
        written = lines.some(20)
        site.append(written)
        site.check(client, written)
        assert client.call(ListSources()).rows[0].state == "following"
        site.kill()


def test_a_cdr_file_that_cannot_be_read_is_an_alarm_until_it_can(site: Site, lines: Lines) -> None:
    """A folder in the file's place: that stops root, too."""
    site.file.mkdir()
    site.start()
    with site.client() as client:
        wait_until("there is an alarm", lambda: alarms(client, "source"))
        assert "Master.csv" in alarms(client, "source")[0]
        site.file.rmdir()
        written = lines.some(20)
        site.append(written)
        site.check(client, written)
        wait_until("the alarm is over", lambda: not alarms(client, "source"))


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not stop root")
def test_a_right_to_read_that_is_taken_is_an_alarm_until_it_is_given_back(site: Site, lines: Lines) -> None:
    written = lines.some(20)
    site.append(written)
    site.file.chmod(0)
    site.start()
    with site.client() as client:
        wait_until("there is an alarm", lambda: alarms(client, "source"))
        site.file.chmod(stat.S_IRUSR | stat.S_IWUSR)
        site.check(client, written)


@pytest.mark.parametrize("torn", [False, True], ids=["whole lines", "in the middle of a line"])
def test_events_that_overflow_the_kernels_queue_cost_nothing_but_the_time_to_the_next_sweep(
    site: Site, lines: Lines, torn: bool
) -> None:
    """While the engine stands still, its folder sees more changes than the queue holds, the lines last."""
    queue = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if queue > 100_000:
        pytest.skip("the queue is too long to be filled")
    site.start()
    with site.client() as client:
        written = lines.some(10)
        site.append(written)
        site.check(client, written)
        late = lines.one()
        cut = len(late.line) // 2 if torn else 0
        with site.file.open("ab", buffering=0) as file:
            file.write(late.line[:cut])
            os.kill(site.pid, signal.SIGSTOP)
            for number in range(queue + 1):
                os.close(os.open(site.file.parent / f"other-{number}", os.O_CREAT | os.O_WRONLY))
            file.write(late.line[cut:])
        site.file.rename(site.file.with_name("Master.csv.1"))
        more = lines.some(10)
        site.append(more)
        os.kill(site.pid, signal.SIGCONT)
        site.check(client, [*written, late, *more])
        more += (last := lines.some(5))
        site.append(last)
        site.check(client, [*written, late, *more])


@pytest.fixture
def far_away(tmp_path: Path, nursery: Nursery) -> Iterator[Site]:
    site = Site(tmp_path / ("deep" * 30) / ("down" * 30) / "home", nursery)
    yield site
    if site.pid:
        site.kill()


def test_a_home_with_a_name_longer_than_a_socket_address_works(far_away: Site, lines: Lines) -> None:
    assert len(str(far_away.home)) > 220
    far_away.start()
    with far_away.client() as client:
        written = lines.some(10)
        far_away.append(written)
        far_away.check(client, written)


def test_a_recharge_by_one_client_is_told_to_the_other(site: Site) -> None:
    site.start()
    with site.client() as cashier, site.client() as watcher:
        listener = Listener(watcher)
        begun = time.monotonic()
        site.recharge(cashier, "8005", 10_000_000, "k")
        wait_until(
            "the other hears of it",
            lambda: any(
                isinstance(event, BalancesMoved) and "8005" in event.extensions for event in listener.events
            ),
        )
        print(f"told after {time.monotonic() - begun:.3f} s")
