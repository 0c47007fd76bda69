"""Legs through the whole pipeline: records of a real Asterisk, and what the carrier billed for them."""

import csv
import random
import threading
from collections.abc import Generator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from config.settings import Numbering
from engine.access.settings import set_setting
from engine.api.calls import CallRow, ExportCalls, GetCall, GetStatistics, ListCalls
from engine.api.extensions import ListExtensions
from engine.api.site import IngestResult, SetSetting
from engine.domain.message import Message
from engine.ledger.extension_sheet import import_extensions
from engine.ledger.extensions import list_extensions
from engine.pipeline.budget import FULL, PieceBudget
from engine.pipeline.imports import Import
from engine.pipeline.live_site import LiveSite
from engine.pipeline.source_parser import SourceParser
from engine.rating.sheet import import_rates
from engine.reports.calls import get_call, list_calls
from engine.reports.export import export_calls
from engine.reports.statistics import get_statistics
from engine.reports.verify import verify
from engine.store import Session, Writer
from engine.tail.file_reader import Content
from tests.stores import NOW, new_store

CASES = Path(__file__).parents[3] / "shared" / "cases"
UTC = ZoneInfo("UTC")
BY_SECOND = "name,price,cycle_seconds\nflat,1,1\n"
BY_MINUTE = "name,prefix,price,cycle_seconds\nfive,5,0.1,60\n"

pytestmark = pytest.mark.skipif(
    not CASES.is_dir(), reason="the records of real PBXs are not beside the repository"
)

Bill = list[tuple[str, str, int]]
"""Payer, number and seconds of what is charged, in order."""


def _truth() -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    if CASES.is_dir():
        with (CASES / "truth.csv").open() as file:
            for row in csv.DictReader(file):
                found.setdefault(row["case"], []).append(row)
    return {case: rows for case, rows in found.items() if "cdr" in rows[0]["from"]}


TRUTH = _truth()


class Site:
    """A store with every extension billed, without an engine around it."""

    def __init__(self, folder: Path, numbering: Numbering, rates: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.numbering, self.rates = folder, numbering, rates
        self.database = new_store(folder / "site.duckdb")
        self.writer = Writer(self.database)
        self.writer.run(self._set_up)
        self.state = LiveSite(self.database, zone=UTC, numbering=numbering)
        self.files = 0

    def _set_up(self, session: Session) -> None:
        set_setting(session, SetSetting(name="billing", value="on"))
        numbers = [201, 1200, *range(1001, 1013), *range(2001, 2010)]
        sheet = "number,name,billing\n" + "".join(f"{number},,on\n" for number in numbers)
        for importer, text in ((import_extensions, sheet), (import_rates, self.rates)):
            assert importer(session, text.encode(), apply=True, operator="t", now=NOW).applied

    def ingest(self, path: Path, form: str = "asterisk-csv", *, budget: PieceBudget = FULL) -> IngestResult:
        """Imports a file by hand."""
        content = Content(str(path))
        parser = SourceParser(
            form, home=self.folder, numbering=self.numbering, source_zone=UTC, site_zone=UTC
        )
        job = Import(
            writer=self.writer,
            state=self.state,
            stored=lambda _session, _batch: None,
            now=lambda: NOW,
            progress=lambda _: None,
            cancelled=threading.Event(),
            budget=budget,
        )
        try:
            return job.run([(content, parser)])
        finally:
            content.close()

    def ingest_lines(self, lines: list[bytes]) -> IngestResult:
        """Imports lines as a file of their own."""
        self.files += 1
        path = self.folder / f"{self.files}.csv"
        path.write_bytes(b"".join(lines))
        return self.ingest(path)

    def calls(self) -> list[CallRow]:
        """All stored records, oldest first."""
        with self.database.reading() as session:
            return list_calls(session, self.state.site, ListCalls(descending=False, limit=1000)).rows

    def bill(self) -> Bill:
        """What is charged."""
        with self.database.reading() as session:
            exported = export_calls(session, self.state.site, ExportCalls()).read_all().to_pylist()
        return sorted(
            (row["extension"], row["rated_number"], row["charged_seconds"])
            for row in exported
            if not row["unrated"]
        )

    def state_of_records(self) -> list[tuple[object, ...]]:
        """What is stored of every record, without the order of its coming."""
        with self.database.reading() as session:
            exported = export_calls(session, self.state.site, ExportCalls()).read_all().to_pylist()
        return sorted(
            tuple(value for name, value in row.items() if name not in ("source", "name")) for row in exported
        )

    def balances(self) -> dict[str, int]:
        """Balances that are not zero; they are the sums of the ledger."""
        with self.database.reading() as session:
            assert verify(session).findings == []
            rows = list_extensions(session, self.state.site, ListExtensions(limit=1000)).rows
        return {row.number: row.balance_micros for row in rows if row.balance_micros}

    def close(self) -> None:
        """Frees the store."""
        self.writer.close()
        self.database.close()


ASTERISK = Numbering(extensions=r"\d{4}", trunks=("IAX2/carrier", "IAX2/deadtrunk"))
OFFICE = Numbering(extensions=r"20\d\d|201", trunks=("PJSIP/carrier",))


class Sites:
    """Makes stores and frees them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made: list[Site] = []

    def new(self, numbering: Numbering = ASTERISK, rates: str = BY_SECOND) -> Site:
        """Another store."""
        site = Site(self.folder / str(len(self.made)), numbering, rates)
        self.made.append(site)
        return site


@pytest.fixture
def sites(tmp_path: Path) -> Generator[Sites]:
    """Stores without calls."""
    made = Sites(tmp_path)
    yield made
    for site in made.made:
        site.close()


def _lines(case: str) -> list[bytes]:
    return (CASES / case / "Master.csv").read_bytes().splitlines(keepends=True)


def _is_true(case: str, bill: Bill) -> bool:
    """Whether a bill is what the carrier billed."""
    due = sorted(
        (row["payer"], row["carrier_number"], int(row["seconds"]))
        for row in TRUTH[case]
        if int(row["seconds"])
    )
    if len(due) != len(bill):
        return False
    return all(
        (payer in (due_payer, "any") or due_payer == "any")
        and (number.endswith(due_number) or due_payer == "any")
        and abs(seconds - due_seconds) <= 1
        for (payer, number, seconds), (due_payer, due_number, due_seconds) in zip(bill, due, strict=True)
    )


@pytest.mark.parametrize("case", TRUTH)
def test_a_case_costs_what_the_carrier_billed_in_any_order_of_its_records(sites: Sites, case: str) -> None:
    lines = _lines(f"asterisk-{case}")
    whole = sites.new()
    result = whole.ingest_lines(lines)
    assert (result.stored + result.duplicates, result.quarantined) == (len(lines), 0)
    assert _is_true(case, whole.bill()), whole.bill()
    expected = whole.state_of_records(), whole.balances()
    random.Random(case).shuffle(lines)  # noqa: S311 - an order, no secret
    single = sites.new()
    for line in lines:
        single.ingest_lines([line])
    assert (single.state_of_records(), single.balances()) == expected


@pytest.mark.parametrize("case", ["blind-to-outside", "attended-to-internal", "forward-local-inbound"])
def test_records_that_came_already_change_nothing(sites: Sites, case: str) -> None:
    lines = _lines(f"asterisk-{case}")
    site = sites.new()
    site.ingest_lines(lines)
    before = site.state_of_records(), site.balances(), _entries(site)
    again = site.ingest_lines(lines[::-1])
    assert (again.stored, again.duplicates) == (0, len(lines))
    assert (site.state_of_records(), site.balances(), _entries(site)) == before


def _entries(site: Site) -> list[list[Message]]:
    with site.database.reading() as session:
        return [
            get_call(session, site.state.site, GetCall(call_id=row.call_id)).entries for row in site.calls()
        ]


def test_a_call_in_two_kinds_of_files_is_charged_once(sites: Sites) -> None:
    site = sites.new(OFFICE, BY_MINUTE)
    folder = CASES / "cross-file-double-charge"
    assert site.ingest(folder / "Master.csv").stored == 1
    second = site.ingest(folder / "freepbx_export.csv", "freepbx-export")
    assert (second.stored, second.duplicates) == (0, 1)
    assert site.balances() == {"201": -200_000}


def test_a_number_that_stands_in_the_data_of_dial_only_is_rated(sites: Sites) -> None:
    site = sites.new(OFFICE, BY_MINUTE)
    site.ingest(CASES / "dialled-s-and-tilde" / "Master.csv")
    assert [(row.dialled, row.cost_micros) for row in site.calls()] == [
        ("5550128", 200_000),
        ("5550129", 200_000),
        ("5550130", 200_000),
    ]
    assert site.balances() == {"2004": -600_000}


def test_talk_after_a_transfer_goes_on_to_cost(sites: Sites) -> None:
    site = sites.new(OFFICE, BY_MINUTE)
    site.ingest(CASES / "transfer-after-outbound" / "Master.csv")
    first, second = site.calls()
    assert (first.extension, first.cost_micros, first.unrated) == ("2001", 800_000, None)
    assert (second.extension, second.cost_micros, second.unrated) == ("2001", 0, "part of another")
    assert site.balances() == {"2001": -800_000}
    with site.database.reading() as session:
        detail = get_call(session, site.state.site, GetCall(call_id=second.call_id))
        whole = get_call(session, site.state.site, GetCall(call_id=first.call_id))
        total = get_statistics(session, site.state.site, GetStatistics()).total
    assert (detail.leg, whole.charged_seconds) == (whole.call_key, 470)
    assert detail.records == (first.call_id, second.call_id)
    assert (total.calls, total.duration, total.cost_micros) == (1, 470, 800_000)


def test_trunks_that_a_grandstream_tried_one_after_the_other_are_calls_of_their_own(sites: Sites) -> None:
    site = sites.new(OFFICE, BY_MINUTE)
    result = site.ingest(CASES / "key-collision-lost-leg" / "ucm.csv", "grandstream-ucm")
    assert (result.stored, result.duplicates) == (2, 0)
    assert site.balances() == {"2001": -300_000}


def test_the_header_that_a_grandstream_really_writes_is_read(sites: Sites) -> None:
    site = sites.new(OFFICE, BY_MINUTE)
    assert site.ingest(CASES / "ucm-real-header" / "cdr.csv", "grandstream-ucm").stored == 2
    assert [(row.extension, row.trunk, row.billsec) for row in site.calls() if row.billsec] == [
        ("2001", "CARRIER_B", 125)
    ]
    assert site.balances() == {"2001": -300_000}
