"""Numbers through the whole pipeline: rewritten, rated, placed, rated anew and explained."""

import threading
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from config.settings import Numbering
from engine.api.calls import CallFilter, CallRow, CountCalls, ExportCalls, GetStatistics, Per
from engine.api.rates import Rerate, RerateResult, TestRate
from engine.domain.numbers import Rewrite
from engine.pipeline.rerating import Rerating
from engine.rating.destinations import follow_destinations, import_destinations
from engine.rating.explain import test_rate as explained
from engine.reports.calls import count_calls
from engine.reports.export import export_calls
from engine.reports.statistics import get_statistics
from engine.reports.verify import verify
from tests.pipeline.test_legs import Site
from tests.stores import NOW

UTC = ZoneInfo("UTC")
REWRITE = (
    Rewrite(match="^9", to="", of="dialled"),
    Rewrite(match="^00", to="+"),
    Rewrite(match="^0", to="+49"),
)
NUMBERING = Numbering(extensions=r"\d{4}", trunks=("PJSIP/carrier",), rewrite=REWRITE)
RATES = "name,prefix,price,cycle_seconds\nJapan,+81,3,60\nGermany,+49,1,60\nLine,9,2,60\n"


def record(number: int, dialled: str, *, data: str = "", answered: bool = True) -> bytes:
    """One line of an Asterisk's CSV."""
    start, end = f"2026-01-05 10:{number % 60:02d}:00", f"2026-01-05 10:{number % 60:02d}:40"
    talk = (f"{start[:-2]}10", "30", "ANSWERED") if answered else ("", "0", "NO ANSWER")
    key = f"{number:06d}"
    fields = [
        *("", "1001", dialled, "from-internal", '"A" <1001>', f"PJSIP/1001-{key}a", f"PJSIP/carrier-{key}b"),
        *("Dial", data or f"PJSIP/{dialled}@carrier", start, talk[0], end, "40", talk[1], talk[2]),
        *("DOCUMENTATION", f"1767607{key}.1", "", f"1767607{key}.1", ""),
    ]
    return (",".join('"' + field.replace('"', '""') + '"' for field in fields) + "\n").encode()


@pytest.fixture
def site(tmp_path: Path) -> Generator[Site]:
    made = Site(tmp_path, NUMBERING, RATES)
    made.writer.run(follow_destinations)
    yield made
    made.close()


def rewriting(site: Site, *rewrite: Rewrite) -> None:
    """The site's config.yaml says something else from now on."""
    site.numbering = replace(site.numbering, rewrite=rewrite)
    with site.database.reading() as session:
        site.state.configure(session, zone=UTC, numbering=site.numbering)


def rerate(site: Site, *, apply: bool) -> RerateResult:
    run = Rerating(
        database=site.database,
        writer=site.writer,
        state=site.state,
        progress=lambda _: None,
        moved=lambda: None,
        cancelled=threading.Event(),
        now=lambda: NOW,
        batch_calls=3,
    )
    return run.run(Rerate(since="2026-01-01", until="2026-02-01", apply=apply), operator="t")


def shown(rows: list[CallRow]) -> list[tuple[str, str, str, str, str]]:
    return [(row.dialled, row.rated_number, row.destination, row.country, row.rate) for row in rows]


LINES = [
    record(1, "90081901234"),
    record(2, "9030123456"),
    record(3, "0081901234"),
    record(4, "9112"),
    record(5, "90081901234", answered=False),
    record(6, "s", data="PJSIP/9112@carrier"),
]
EXPECTED = [
    ("90081901234", "+81901234", "Japan", "JP", "Japan"),
    ("9030123456", "+4930123456", "Germany", "DE", "Germany"),
    ("0081901234", "+81901234", "Japan", "JP", "Japan"),
    ("9112", "112", "", "", ""),
    ("90081901234", "+81901234", "Japan", "JP", ""),
    ("9112", "9112", "", "", "Line"),
]
"""The last one was given to the trunk: the outside line is no part of it."""


def counted(site: Site, where: str) -> int:
    with site.database.reading() as session:
        return count_calls(session, site.state.site, CountCalls(filter=CallFilter(where=where))).calls


def lines(site: Site, per: Per) -> list[tuple[str, int]]:
    with site.database.reading() as session:
        found = get_statistics(session, site.state.site, GetStatistics(by="all", per=per))
    return [(row.key, row.calls) for row in found.rows]


def test_calls_are_rated_by_the_rewritten_number_and_show_both_and_where_it_leads(site: Site) -> None:
    site.ingest_lines(LINES)
    assert shown(site.calls()) == EXPECTED
    assert site.balances() == {"1001": -9_000_000}
    with site.database.reading() as session:
        rows = export_calls(session, site.state.site, ExportCalls()).read_all().to_pylist()
        stored = session.table("calls.rows", call_ids=[1, 2, 3, 4, 5, 6])
        assert verify(session).findings == []
    assert [(row["dialled"], row["rated_number"], row["destination"], row["country"]) for row in rows] == [
        line[:4] for line in EXPECTED
    ]
    assert stored.num_rows == 6


def test_a_large_batch_and_small_ones_rewrite_alike(tmp_path: Path) -> None:
    many = [
        record(number, f"9{'00' if number % 3 else '0'}81{number % 500:04d}", answered=number % 5 > 0)
        for number in range(5_100)
    ]
    states: list[list[tuple[object, ...]]] = []
    for name, batches in (("bulk", [many]), ("small", [many[:40], many[40:], many[:10]])):
        site = Site(tmp_path / name, NUMBERING, RATES)
        site.writer.run(follow_destinations)
        for batch in batches:
            site.ingest_lines(batch)
        states.append(site.state_of_records())
        site.close()
    assert states[0] == states[1]


def test_filters_and_statistics_find_calls_by_destination_and_country(site: Site) -> None:
    site.ingest_lines(LINES)
    assert counted(site, "country:jp") == counted(site, "destination:japan") == 3
    assert counted(site, "country:jp,de") == 4
    assert counted(site, "-country:jp") == 3
    assert counted(site, 'country=""') == counted(site, 'destination=""') == 2
    assert counted(site, "destination=jap") == 0
    assert lines(site, "country") == [("", 2), ("DE", 1), ("JP", 3)]
    assert lines(site, "destination") == [("", 2), ("Germany", 1), ("Japan", 3)]
    assert lines(site, "prefix") == [("+49", 1), ("+81", 3), ("112", 1), ("9", 1)]
    assert counted(site, "prefix=+81") == 3


def test_a_change_of_the_sites_table_shows_on_old_calls_at_once_and_moves_no_money(site: Site) -> None:
    site.ingest_lines(LINES)
    before = site.balances()
    sheet = b"prefix,name,country\n+81,Nippon,JP\n112,Emergency,DE\n"
    site.writer.run(lambda session: import_destinations(session, sheet, apply=True))
    assert [row.destination for row in site.calls()] == [
        "Nippon",
        "Germany",
        "Nippon",
        "Emergency",
        "Nippon",
        "",
    ]
    assert lines(site, "destination") == [("", 1), ("Emergency", 1), ("Germany", 1), ("Nippon", 3)]
    assert site.balances() == before


def test_calls_keep_their_number_until_they_are_rated_anew_by_the_present_entries(site: Site) -> None:
    site.ingest_lines(LINES)
    rewriting(site)
    assert shown(site.calls()) == EXPECTED
    preview = rerate(site, apply=False)
    assert shown(site.calls()) == EXPECTED
    outcome = rerate(site, apply=True)
    assert (preview.changed, preview.amount_micros) == (outcome.changed, outcome.amount_micros)
    assert [(row.rated_number, row.rate) for row in site.calls()] == [
        ("90081901234", "Line"),
        ("9030123456", "Line"),
        ("0081901234", ""),
        ("9112", "Line"),
        ("90081901234", ""),
        ("9112", "Line"),
    ]
    assert site.balances() == {"1001": -8_000_000}
    assert rerate(site, apply=True).changed == 0
    rewriting(site, *REWRITE)
    assert rerate(site, apply=True).changed > 0
    assert shown(site.calls()) == EXPECTED
    assert site.balances() == {"1001": -9_000_000}


def test_a_leg_that_is_settled_anew_keeps_its_rewritten_number(site: Site) -> None:
    first = record(1, "90081901234")
    passed = record(1, "90081901234").replace(b"PJSIP/1001-", b"PJSIP/1002-").replace(b'"1001"', b'"1002"')
    passed = passed.replace(b"10:01:00", b"10:01:40").replace(b"10:01:10", b"10:01:40")
    passed = passed.replace(b'"2026-01-05 10:01:40","40"', b'"2026-01-05 10:02:20","40"')
    site.ingest_lines([first])
    site.ingest_lines([passed])
    leg = [row for row in site.calls() if row.unrated is None]
    assert [(row.rated_number, row.rate, row.destination) for row in leg] == [("+81901234", "Japan", "Japan")]
    assert site.balances() == {"1001": -6_000_000}


def test_the_test_of_a_rule_shows_each_step(site: Site) -> None:
    with site.database.reading() as session:
        answer = explained(
            session,
            TestRate(extension="1001", dialled="90081901234", billsec=30),
            site=site.state.site,
            now=NOW,
        )
        given = explained(
            session,
            TestRate(extension="1001", dialled="9112", billsec=30, origin="trunk"),
            site=site.state.site,
            now=NOW,
        )
    assert [(step.place, step.before, step.after) for step in answer.steps] == [
        (1, "90081901234", "0081901234"),
        (2, "0081901234", "+81901234"),
    ]
    assert (answer.rated_number, answer.destination, answer.country) == ("+81901234", "Japan", "JP")
    assert answer.rate is not None and answer.rate.name == "Japan"
    assert (given.rated_number, given.steps) == ("9112", [])
