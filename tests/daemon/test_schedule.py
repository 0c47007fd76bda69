"""The schedule of config.yaml, kept by a running engine, and a site that comes back from what it made."""

import shutil
from random import Random

from engine.api.restore import Restore
from engine.daemon.restore import restore
from tests.reliability.lines import Lines
from tests.reliability.site import Site, wait_until


def test_a_running_engine_makes_its_backup_and_a_lost_home_comes_back_from_it(site: Site) -> None:
    kept = site.home.with_name("elsewhere")
    config = site.home / "config.yaml"
    config.write_text(f"{config.read_text()}backup:\n  path: {kept}\n")
    calls = Lines(Random(7)).some(30)  # noqa: S311 - a history to repeat
    site.append(calls)
    with site.on() as client:
        site.check(client, calls)
        wait_until("a backup is there", lambda: list(kept.glob("pbxmeter-*/pbxmeter.duckdb")))
    (made,) = kept.glob("pbxmeter-*")
    cdr = site.file.read_bytes()
    shutil.rmtree(site.home)
    found = restore(site.home, Restore(file=str(made)))
    assert found.written == ["config.yaml"]
    site.file.parent.mkdir()
    site.file.write_bytes(cdr)
    with site.on() as client:
        site.check(client, calls)
