"""PostgreSQL in a throwaway cluster with its default durability: loaded by COPY, rated by sets.

Prefixes are found by hash joins, one for each length, or by an index of the `prefix` extension.
"""

import csv
import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from time import sleep

from tests.bench.digest import digest_of
from tests.bench.measure import Measured
from tests.bench.peers.sheet import billed_extensions, rules_of

_SERVERS = Path("/usr/lib/postgresql")
_SHARED = Path("/usr/share/postgresql")
_USER = "postgres"
_COSTS = "SELECT coalesce(cost_micros, -1) FROM call LEFT JOIN cost ON row = sequence ORDER BY sequence"


def run(*, calls: str, extensions: str, rates: str, with_prefix: bool) -> Measured:
    """From the file to committed tables and a stopped server; making the cluster is not counted."""
    programs = _programs()
    if programs is None:
        return Measured(skipped="no PostgreSQL server is installed")
    if with_prefix and not (_SHARED / programs.parent.name / "extension" / "prefix.control").exists():
        return Measured(skipped="its extension `prefix` is not installed")
    folder = Path(tempfile.mkdtemp(prefix="peer-"))
    try:
        (folder / "calls.csv").symlink_to(Path(calls).resolve())
        _write_sheets(folder, Path(extensions), Path(rates))
        return _measured(programs, folder, with_prefix=with_prefix)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path | None:
    found = sorted(_SERVERS.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found and shutil.which("psql") else None


def _measured(programs: Path, folder: Path, *, with_prefix: bool) -> Measured:
    # A server refuses to run as root.
    user = _USER if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    cluster = folder / "cluster"
    initdb = [programs / "initdb", "-D", cluster, "-U", _USER, "--auth=trust", "-E", "UTF8", "--locale=C"]
    subprocess.run(initdb, check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL)
    options = ("listen_addresses=", f"unix_socket_directories={folder}", "shared_buffers=512MB")
    command = [programs / "postgres", "-D", cluster, *(part for option in options for part in ("-c", option))]
    found = Measured()
    with (folder / "server.log").open("wb") as log, found.timed():
        server = subprocess.Popen(command, user=user, cwd=folder, stdout=log, stderr=log)
        try:
            _wait(folder)
            script = str(Path(__file__).with_suffix(".sql"))
            _psql(folder, "-v", f"with_prefix={str(with_prefix).lower()}", "-f", script)
        finally:
            server.terminate()
            server.wait()
    server = subprocess.Popen(command, user=user, cwd=folder, stderr=subprocess.DEVNULL)
    try:
        _wait(folder)
        found.digest = digest_of(map(int, _psql(folder, "-At", "-c", _COSTS).split()))
    finally:
        server.terminate()
        server.wait()
    return found


def _write_sheets(folder: Path, extensions: Path, rates: Path) -> None:
    with (folder / "rules.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            (
                *(rule.rank, rule.prefix, rule.number_length, rule.initial_fee_micros, rule.initial_seconds),
                *(rule.price_micros, rule.price_seconds, rule.cycle_seconds),
                *(rule.start_second, rule.end_second, rule.weekdays, rule.valid_from, rule.valid_to),
                *(rule.chosen, rule.conditional, "{" + ",".join(sorted(rule.extensions)) + "}"),
            )
            for rule in rules_of(rates)
        )
    with (folder / "billed.csv").open("w", newline="") as file:
        csv.writer(file).writerows([number] for number in sorted(billed_extensions(extensions)))


def _psql(folder: Path, *arguments: str) -> str:
    command = ["psql", "-q", "-X", "-h", str(folder), "-U", _USER, "-d", "postgres", *arguments]
    return subprocess.run(command, check=True, cwd=folder, stdout=subprocess.PIPE, text=True).stdout


def _wait(folder: Path) -> None:
    for _ in range(200):
        with suppress(subprocess.CalledProcessError):
            command = ["pg_isready", "-q", "-h", str(folder)]
            subprocess.run(command, check=True)
            return
        sleep(0.05)
    raise TimeoutError((folder / "server.log").read_text())
