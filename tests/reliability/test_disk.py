"""A disk that is full, or fails: nothing is lost, somebody is told, and work goes on when it can."""

import contextlib
import resource
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from engine.api.calls import Alarm, GetOverview, ListCalls
from engine.api.client import Client
from engine.api.files import import_files
from engine.api.site import GetStatus, Verify
from engine.domain.errors import EngineDown, PbxmeterError, StorageError
from tests.reliability.lines import Lines, Written
from tests.reliability.nursery import Nursery
from tests.reliability.site import Site, wait_until


def rarely(*values: object) -> list[Any]:
    """Values for campaigns only."""
    return [pytest.param(value, marks=pytest.mark.long) for value in values]


def disk_alarms(client: Client) -> list[Alarm]:
    return [alarm for alarm in client.call(GetOverview()).alarms if alarm.kind == "disk"]


def allow_growth(site: Site, extra: int | None) -> None:
    """Lets no file of the engine grow by more than so many bytes; None = without bound."""
    log = site.home / "pbxmeter.duckdb.wal"
    size = log.stat().st_size if log.exists() else 0
    limit = resource.RLIM_INFINITY if extra is None else size + extra
    resource.prlimit(site.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))


@pytest.fixture
def lines() -> Lines:
    return Lines(Random(9))  # noqa: S311 - the same lines each time


@pytest.mark.parametrize("extra", [0, 40_000, *rarely(1, 7, 100, 1_000, 10_000)])
def test_a_log_that_cannot_grow_at_any_point_of_a_commit_loses_nothing(
    site: Site, lines: Lines, extra: int
) -> None:
    """Writes fail in the middle, as on a full disk, whoever runs the test."""
    site.start()
    with site.client() as client:
        written = lines.some(100)
        site.append(written)
        site.check(client, written)
        allow_growth(site, extra)
        written += lines.some(500)
        site.append(written[100:])
        wait_until("there is an alarm", lambda: disk_alarms(client))
        assert client.call(GetStatus()).calls == 100
        assert len(client.call(ListCalls(limit=10)).rows) == 10
        if extra < 100:
            with pytest.raises(StorageError):
                site.recharge(client, "8004", 5, "after")
        allow_growth(site, None)
        site.check(client, written)
        wait_until("the alarm is over", lambda: not disk_alarms(client))
        site.recharge(client, "8004", 5, "after")
    site.kill()
    site.start()
    with site.client() as client:
        site.check(client, written, Counter({"8004": 5}))


@pytest.fixture
def small_disk(tmp_path: Path, nursery: Nursery) -> Iterator[Site]:
    """A site whose home is a file system of 8 MB; the CDR file is on another."""
    if shutil.which("mount") is None:
        pytest.skip("there is no mount program")
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {mounted.stderr.strip()}")
    try:
        cdr = tmp_path / "cdr"
        cdr.mkdir()
        site = Site(folder / "home", nursery, source=str(cdr / "Master.csv"))
        site.file = cdr / "Master.csv"
        yield site
        if site.pid:
            site.kill()
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(site: Site, leave: int) -> None:
    """Leaves so many bytes free on the site's disk."""
    free = shutil.disk_usage(site.home).free
    # The engine may take some of it at the same moment: then the disk is full a little earlier.
    with contextlib.suppress(OSError), (site.home / "ballast").open("wb", buffering=0) as ballast:
        ballast.write(b"\0" * max(0, free - leave))


def make_room(site: Site) -> None:
    (site.home / "ballast").unlink()


@pytest.mark.parametrize("leave", [0, 65_536, *rarely(1, 4_096, 20_000, 200_000, 500_000)])
def test_a_full_disk_stops_ingest_with_an_alarm_and_nothing_else(
    small_disk: Site, lines: Lines, leave: int
) -> None:
    site = small_disk
    written: list[Written] = []
    site.start()
    with site.client() as client:

        def answered() -> bool:
            return client.call(GetStatus()).calls == len(written) or bool(disk_alarms(client))

        fill(site, leave)
        while not disk_alarms(client):
            written += lines.some(300)
            site.append(written[-300:])
            wait_until("stored, or refused", answered)
        assert "full" in str(disk_alarms(client)[0].text)
        client.call(ListCalls(limit=10))
        past = site.file.with_name("past.csv")
        past.write_bytes(b"".join(call.line for call in lines.some(2000)))
        with pytest.raises(PbxmeterError):
            import_files(client, [past])
        make_room(site)
        written += list(lines.by_start.values())[len(written) :]
        import_files(client, [past])
        site.check(client, written)
        wait_until("the alarm is over", lambda: not disk_alarms(client))
    site.stop()
    site.start()
    with site.client() as client:
        site.check(client, written)


def test_an_engine_killed_on_a_full_disk_starts_and_is_whole(small_disk: Site, lines: Lines) -> None:
    site = small_disk
    site.start()
    with site.client() as client:
        written = lines.some(500)
        site.append(written)
        site.check(client, written)
        fill(site, 0)
        written += lines.some(500)
        site.append(written[500:])
        wait_until("there is an alarm", lambda: disk_alarms(client))
        site.kill()
    site.start()
    wait_until("it runs, or has given up", lambda: site.ended(0) or "runs in" in site.log())
    if site.ended(0):
        site.forget()
        assert "full" in site.log()
    else:
        site.kill()
    make_room(site)
    site.start()
    with site.client() as client:
        site.check(client, written)


@pytest.fixture
def tracer() -> str:
    found = shutil.which("strace")
    if found is None:
        pytest.skip("strace is not installed: it lets system calls fail at a chosen moment")
    return found


def inject(tracer: str, site: Site, what: str) -> "subprocess.Popen[bytes]":
    """Lets system calls of the engine fail; skips where tracing is not permitted."""
    trace = site.home / "trace"
    process = subprocess.Popen(
        [tracer, "-f", "-o", str(trace), "-p", str(site.pid), "-e", f"inject={what}"],
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    if b"attached" not in process.stderr.readline():
        process.kill()
        process.wait()
        pytest.skip("tracing another process is not permitted here")
    return process


@pytest.mark.parametrize("nth", ["1", "1+", *rarely("2", "3", "4")])
def test_an_fsync_error_ends_the_engine_and_the_restart_is_whole(
    site: Site, lines: Lines, tracer: str, nth: str
) -> None:
    site.start()
    written = lines.some(100)
    with site.client() as client:
        site.append(written)
        site.check(client, written)
        strace = inject(tracer, site, f"fsync,fdatasync:error=EIO:when={nth}")
        for number in range(4):
            site.append(calls := lines.some(50))
            written += calls
            try:
                site.recharge(client, "8003", 1_000, f"key-{number}")
            except PbxmeterError:
                break
        assert site.ended(60), "the engine goes on with a database that refuses everything"
        strace.wait()
    site.forget()
    assert "error: storage:" in site.log()
    assert "start the engine again" in site.log()
    site.start()
    with site.client() as client:
        for number in range(4):
            site.recharge(client, "8003", 1_000, f"key-{number}")
        site.check(client, written, Counter({"8003": 4_000}))
        assert client.call(Verify()).clean


FLUSH = "fsync,fdatasync"


@pytest.mark.parametrize(("calls", "nth"), [(FLUSH, 1), (FLUSH, 2), ("write", 1), ("write", 3)])
def test_killed_in_a_chosen_system_call_of_a_commit_it_is_whole(
    site: Site, lines: Lines, tracer: str, calls: str, nth: int
) -> None:
    site.start()
    written = lines.some(100)
    asked = 0
    with site.client() as client:
        site.append(written)
        site.check(client, written)
        strace = inject(tracer, site, f"{calls}:signal=KILL:when={nth}")
        while not site.ended(0):
            site.append(more := lines.some(300))
            written += more
            asked += 1
            with contextlib.suppress(EngineDown):
                site.recharge(client, "8003", 1_000, f"key-{asked}")
        strace.wait()
    whole_again(site, written, asked)


@pytest.mark.parametrize(
    ("calls", "nth"), [(FLUSH, 1), (FLUSH, 2), (FLUSH, 3), ("pwrite64", 1), ("pwrite64", 3), ("unlink", 1)]
)
def test_killed_in_a_chosen_system_call_of_a_checkpoint_it_is_whole(
    site: Site, lines: Lines, tracer: str, calls: str, nth: int
) -> None:
    site.start()
    written = lines.some(2000)
    with site.client() as client:
        site.append(written)
        site.check(client, written)
        site.recharge(client, "8003", 1_000, "key-1")
        strace = inject(tracer, site, f"{calls}:signal=KILL:when={nth}")
        site.terminate()
        assert site.ended(60)
        strace.wait()
    whole_again(site, written, 1)


def whole_again(site: Site, written: list[Written], asked: int) -> None:
    site.forget()
    site.start()
    with site.client() as client:
        for number in range(1, asked + 1):
            site.recharge(client, "8003", 1_000, f"key-{number}")
        site.check(client, written, Counter({"8003": asked * 1_000}))
