"""Re-rating a month of the sample office: previews, batches, cancelling, and books that stay clean."""

import re
import threading
from collections.abc import Callable, Generator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import structs

from engine.api.extensions import EntryRow, ListExtensions, ListLedger
from engine.api.operation import Progress
from engine.api.rates import Rerate, RerateResult
from engine.domain.errors import InvalidInput, StorageError
from engine.ledger.extensions import list_extensions
from engine.ledger.listings import list_ledger
from engine.pipeline.rerating import Rerating
from engine.rating.sheet import import_rates
from engine.reports.verify import verify
from engine.store import Session
from tests.pipeline.test_storing import OFFICE, Site
from tests.stores import NOW

LATER = NOW + timedelta(days=400)


@pytest.fixture
def site(tmp_path: Path) -> Generator[Site]:
    """The office with its two weeks of calls."""
    site = Site(tmp_path)
    site.ingest(OFFICE / "Master.csv")
    yield site
    site.close()


def change_prices(site: Site, sheet: str) -> None:
    def change(session: Session) -> None:
        result = import_rates(session, sheet.encode(), apply=True, operator="t", now=NOW)
        assert result.applied, result.faults
        site.state.renew_book(session)

    site.writer.run(change)


def rerate(
    site: Site,
    *,
    since: str = "2026-11",
    apply: bool = True,
    stop_after: int = 0,
    moved: Callable[[], None] = lambda: None,
) -> RerateResult:
    """A run in batches of 300 calls; `stop_after` so many of them it is cancelled, 0 = never."""
    cancelled = threading.Event()
    batches: list[Progress] = []

    def progress(report: Progress) -> None:
        batches.append(report)
        if len(batches) == stop_after:
            cancelled.set()

    job = Rerating(
        database=site.database,
        writer=site.writer,
        state=site.state,
        progress=progress,
        moved=moved,
        cancelled=cancelled,
        now=lambda: LATER,
        batch_calls=300,
    )
    request = Rerate(since=since, until="2026-11", apply=apply)
    return job.run(request, operator="tester")


def balances(site: Site) -> dict[str, int]:
    with site.reading() as session:
        rows = list_extensions(session, site.state.site, ListExtensions(limit=1000)).rows
    return {row.number: row.balance_micros for row in rows}


def findings(site: Site) -> list[str]:
    with site.reading() as session:
        return [str(finding) for finding in verify(session).findings]


def entries(site: Site, number: str) -> list[EntryRow]:
    """Newest first."""
    with site.reading() as session:
        return list_ledger(session, site.state.site, ListLedger(number=number, limit=1000)).rows


def flat(price: str) -> str:
    return f"name,price,cycle_seconds\nFlat,{price},60\n"


def test_a_preview_says_what_applying_does_and_moves_nothing(site: Site) -> None:
    before = balances(site)
    change_prices(site, flat("0.5"))
    preview = rerate(site, apply=False)
    assert balances(site) == before
    assert preview.changed > 500
    done = rerate(site)
    assert done == structs.replace(preview, applied=True)
    moved = {number: after - before[number] for number, after in balances(site).items()}
    assert {change.extension: change.amount_micros for change in done.extensions} == {
        number: amount for number, amount in moved.items() if amount
    }
    assert sum(moved.values()) == done.amount_micros
    assert findings(site) == []


def test_a_cancelled_run_leaves_whole_batches_and_the_next_one_goes_on(site: Site) -> None:
    change_prices(site, flat("0.5"))
    whole = rerate(site, apply=False)
    first = rerate(site, stop_after=2)
    assert first.cancelled
    assert 0 < first.changed < whole.changed
    assert findings(site) == []
    rest = rerate(site)
    assert not rest.cancelled
    assert first.changed + rest.changed == whole.changed
    assert first.amount_micros + rest.amount_micros == whole.amount_micros
    again = rerate(site)
    assert (again.changed, again.amount_micros, again.extensions) == (0, 0, [])
    assert findings(site) == []


def test_who_bars_extensions_is_told_of_every_batch_that_moved_balances(site: Site) -> None:
    change_prices(site, flat("0.5"))
    told: list[dict[str, int]] = []
    rerate(site, moved=lambda: told.append(balances(site)))
    assert len(told) > 2
    assert told[0] != told[1]
    assert told[-1] == balances(site)
    rerate(site, moved=lambda: told.clear())
    assert told


def test_entries_are_posted_now_and_refer_to_their_call(site: Site) -> None:
    before = entries(site, "8003")
    change_prices(site, flat("0.5"))
    rerate(site)
    after = entries(site, "8003")
    assert after[len(after) - len(before) :] == before
    posted = after[: len(after) - len(before)]
    assert {entry.posted_at for entry in posted} == {LATER}
    assert {entry.kind.value for entry in posted} == {"reversal", "charge"}
    calls = [entry.call_id for entry in reversed(posted)]
    assert None not in calls
    assert calls == sorted(calls)  # type: ignore[type-var]


def test_calls_that_come_after_a_run_are_charged_from_its_balances(site: Site, tmp_path: Path) -> None:
    lines = (OFFICE / "Master.csv").read_bytes().splitlines(keepends=True)
    change_prices(site, flat("0.5"))
    rerate(site)
    charged = next(line for line in lines if b'"8003"' in line and b"ANSWERED" in line and b"trunk_" in line)
    later = tmp_path / "later.csv"
    later.write_bytes(charged.replace(b"2026-11", b"2026-12").replace(b"17", b"18"))
    assert site.ingest(later).stored == 1
    assert findings(site) == []


def test_prices_that_leave_the_range_of_a_balance_are_named_and_hold_nothing_up(
    site: Site, tmp_path: Path
) -> None:
    """The lines wait until the price is mended: they are neither lost nor charged wrongly."""
    before = balances(site)
    line = next(line for line in (OFFICE / "Master.csv").read_bytes().splitlines() if b',15,6,"ANS' in line)
    assert b'"8003"' in line
    month = line.replace(b',15,6,"ANS', b',2678400,2678400,"ANS')
    months = [re.sub(rb"(PJSIP/\w+)-\w+", rb"\1-f%d" % number, month) for number in range(6)]
    change_prices(site, "name,price,cycle_seconds\nFlat,1000000,1\n")
    later = tmp_path / "later.csv"
    later.write_bytes(b"\n".join(months) + b"\n")
    with pytest.raises(StorageError, match="charges of extension 8003 would take its balance out of range"):
        site.ingest(later)
    assert balances(site) == before
    change_prices(site, flat("0.5"))
    assert site.ingest(later).stored == 6
    assert findings(site) == []


def test_a_period_that_ends_before_it_begins_is_refused(site: Site) -> None:
    with pytest.raises(InvalidInput, match="to: the end must come after the beginning"):
        rerate(site, since="2026-12")
