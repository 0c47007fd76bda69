"""An engine in the background does not end under somebody who waits for long work."""

from pathlib import Path

from engine.api.client import connect
from engine.api.files import import_files
from engine.api.site import StopEngine
from sample_cdr import bulk, generate

ROWS = 300_000


def test_an_import_longer_than_the_idle_time_is_finished(tmp_path: Path):
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "config.yaml").write_text("engine:\n  idle_exit_seconds: 1\n", encoding="utf-8")
    calls = tmp_path / "calls.csv"
    generate.write(calls, bulk.blocks(1, rows=ROWS, extensions=200))
    with connect(home) as client:
        done = import_files(client, [calls], form="asterisk-csv", timezone="UTC")
        assert done.stored == ROWS
        client.call(StopEngine())
