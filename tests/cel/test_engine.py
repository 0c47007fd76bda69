"""A real engine that bills from CEL: killed in the middle of calls, and asked to take CDRs as well."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.api.calls import ListCalls
from engine.api.extensions import ImportExtensions, ListExtensions
from engine.api.files import import_files
from engine.api.rates import ImportRates
from engine.api.site import ListSources, Verify
from engine.domain.errors import InvalidInput
from tests.cel.events import outbound
from tests.parse.lines import ROOT
from tests.reliability.nursery import Nursery
from tests.reliability.site import Site, wait_until

CONFIG = """\
site: {timezone: UTC}
numbering: {extensions: '\\d{4}', trunks: ['IAX2/carrier']}
sources:
  - {path: cel/Master.csv, format: asterisk-cel}
"""
CALLS = 12


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    nursery = Nursery()
    yield nursery
    nursery.close()


@pytest.fixture
def site(tmp_path: Path, nursery: Nursery) -> Iterator[Site]:
    """A site with the extension 1001, each second at 1.00."""
    site = Site(tmp_path / "home", nursery)
    (site.home / "config.yaml").write_text(CONFIG)
    (site.home / "cel").mkdir()
    with site.on() as client:
        client.call(ImportExtensions(content=b"number,billing\n1001,on\n", apply=True))
        client.call(ImportRates(content=b"name,price,cycle_seconds\nflat,1,1\n", apply=True))
    yield site
    if site.pid:
        site.kill()


def test_kill_9_in_the_middle_of_calls_changes_nothing(site: Site) -> None:
    choice = random.Random(4)  # noqa: S311 - moments, no secret
    lines = [line for number in range(CALLS) for line in outbound(at=20.0 * number, first=2 * number)]
    lines = [
        line.replace(b"IAX2/carrier-9", b"IAX2/carrier-%d" % (place // 13))
        for place, line in enumerate(lines)
    ]
    log = site.home / "cel" / "Master.csv"
    written = 0
    while written < len(lines):
        site.start()
        with site.client() as client:
            step = choice.randrange(5, 40)
            with log.open("ab") as file:
                file.write(b"".join(lines[written : written + step]))
            written += step
            if choice.random() < 0.5:
                wait_until("something is read", lambda: client.call(ListSources()).rows[0].lines > 0)
        site.kill()
    with site.on() as client:
        wait_until("all is read", lambda: client.call(ListSources()).rows[0].lines == len(lines))
        (source,) = client.call(ListSources()).rows
        assert (source.events, source.stored, source.duplicates) == (len(lines), 0, 0)
        calls = client.call(ListCalls()).rows
        assert [(row.extension, row.billsec, row.unrated) for row in calls] == [("1001", 8, None)] * CALLS
        (extension,) = [row for row in client.call(ListExtensions(limit=1000)).rows if row.number == "1001"]
        assert extension.balance_micros == -8_000_000 * CALLS
        assert client.call(Verify()).findings == []


def test_cdrs_are_refused_where_cel_is_billed_from(site: Site) -> None:
    cdr = ROOT / "sample_cdr" / "formats" / "asterisk-csv"
    expected = json.loads((cdr / "expected.json").read_text())
    with site.on() as client:
        with pytest.raises(InvalidInput, match="bills from CEL"):
            import_files(client, [cdr / expected["file"]], form="asterisk-csv")
        assert client.call(ListCalls()).rows == []
        (site.home / "config.yaml").write_text(CONFIG.partition("sources:")[0])
        wait_until("no source is followed", lambda: not client.call(ListSources()).rows)
        import_files(client, [cdr / expected["file"]], form="asterisk-csv")
        cel = ROOT / "sample_cdr" / "formats" / "asterisk-cel" / "Master.csv"
        with pytest.raises(InvalidInput, match="bills from CDRs"):
            import_files(client, [cel], form="asterisk-cel")
        both = CONFIG + "  - {path: cdr/Master.csv, format: asterisk-csv}\n"
        (site.home / "config.yaml").write_text(both)

        def refused() -> bool:
            rows = [row for row in client.call(ListSources()).rows if row.path == "cdr/Master.csv"]
            return [row.state for row in rows] == ["error"] and "bills from CEL" in str(rows[0].message)

        wait_until("the second source is refused", refused)
