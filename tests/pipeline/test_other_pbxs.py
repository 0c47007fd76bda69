"""Calls of PBXs other than Asterisk through the whole pipeline: what is one call, and who pays how much."""

import random
from collections.abc import Generator
from pathlib import Path

import pytest

from config.settings import Numbering
from engine.pipeline.budget import PieceBudget
from engine.reports.verify import verify
from tests.pipeline.test_legs import BY_MINUTE, CASES, OFFICE, Site, Sites

ANY_NUMBER = "name,price,cycle_seconds\nflat,0.1,60\n"
TRUNKED = Numbering(extensions=r"20\d\d|201|1001", trunks=("GW*",))


@pytest.fixture
def sites(tmp_path: Path) -> Generator[Sites]:
    """Stores without calls."""
    made = Sites(tmp_path)
    yield made
    for site in made.made:
        site.close()


def ingest(site: Site, text: str | bytes, form: str) -> tuple[int, int, int]:
    """(stored, duplicates, quarantined) of a file with this content."""
    site.files += 1
    path = site.folder / f"{site.files}.txt"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    result = site.ingest(path, form)
    return result.stored, result.duplicates, result.quarantined


def charged(site: Site) -> list[tuple[str, str, int]]:
    """Extension, number and cost of what costs something."""
    site.balances()
    return [(row.extension, row.dialled, row.cost_micros) for row in site.calls() if row.cost_micros]


requires_cases = pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not beside the repository")

FREESWITCH = Numbering(extensions=r"10\d\d")


@requires_cases
@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("apart", [False, True])
def test_both_legs_of_a_freeswitch_are_one_charge(sites: Sites, order: int, apart: bool) -> None:
    lines = (CASES / "freeswitch-both-legs/Master.csv").read_bytes().splitlines(keepends=True)[::order]
    site = sites.new(FREESWITCH, BY_MINUTE)
    for part in lines if apart else [b"".join(lines)]:
        ingest(site, part, "freeswitch-csv")
    assert charged(site) == [("1001", "5550123", 300_000)]
    assert sorted(row.unrated or "" for row in site.calls()) == ["", "part of another"]


def freeswitch(
    uuid: str, bleg: str, *, start: int, answer: int | None, end: int, caller: str = "1001"
) -> str:
    """A line of the template example; seconds after nine."""

    def stamp(second: int | None) -> str:
        return "" if second is None else f"2026-01-01 09:{second // 60:02}:{second % 60:02}"

    talk = 0 if answer is None else end - answer
    fields = ("Ann", caller, "5550123", "default", stamp(start), stamp(answer), stamp(end), end - start, talk)
    return (
        ",".join(f'"{field}"' for field in (*fields, "NORMAL_CLEARING", uuid, bleg, "", "PCMA", "PCMA"))
        + "\n"
    )


def test_the_leg_to_the_gateway_tells_how_long_the_gateway_was_in_use(sites: Sites) -> None:
    """An announcement answers the phone long before the far end does."""
    legs = [
        freeswitch("a-1", "b-1", start=0, answer=1, end=200),
        freeswitch("b-1", "", start=100, answer=140, end=200),
    ]
    for order in (legs, legs[::-1]):
        site = sites.new(FREESWITCH, BY_MINUTE)
        for line in order:
            ingest(site, line, "freeswitch-csv")
        assert charged(site) == [("1001", "5550123", 100_000)]


def test_a_gateway_that_did_not_answer_costs_nothing(sites: Sites) -> None:
    site = sites.new(FREESWITCH, BY_MINUTE)
    ingest(site, freeswitch("a-1", "b-1", start=0, answer=1, end=30), "freeswitch-csv")
    assert charged(site) == [("1001", "5550123", 100_000)]
    ingest(site, freeswitch("b-1", "", start=2, answer=None, end=30), "freeswitch-csv")
    assert charged(site) == []


CUCM = (
    '"pkid","globalCallID_callManagerId","globalCallID_callId","origLegCallIdentifier","destLegCallIdentifier",'
    '"dateTimeOrigination","dateTimeConnect","dateTimeDisconnect","callingPartyNumber","finalCalledPartyNumber",'
    '"lastRedirectDn","origDeviceName","destDeviceName","duration","origCause_value","destCause_value"\n'
)


def cucm(pkid: str, call: int, legs: tuple[int, int], times: tuple[int, int, int], *texts: str) -> str:
    """A record; `texts` are caller, called, redirecting, and the two devices."""
    base = 1767258000
    start, answer, end = (base + second for second in times)
    caller, called, redirecting, near, far = texts
    return (
        f'"{pkid}",1,{call},{legs[0]},{legs[1]},{start},{answer},{end},"{caller}","{called}","{redirecting}",'
        f'"{near}","{far}",{end - answer},16,0\n'
    )


@pytest.mark.parametrize("order", [1, -1])
def test_a_leg_of_a_cucm_goes_on_behind_a_transfer(sites: Sites, order: int) -> None:
    records = [
        cucm("p1", 7, (100, 101), (0, 5, 125), "2001", "5550123", "", "SEP01", "GW1"),
        cucm("p2", 7, (101, 102), (125, 125, 475), "5550123", "2002", "2001", "GW1", "SEP02"),
    ][::order]
    site = sites.new(TRUNKED, BY_MINUTE)
    for record in records:
        assert ingest(site, CUCM + record, "cisco-cucm") == (1, 0, 0)
    assert charged(site) == [("2001", "5550123", 800_000)]


def test_a_call_that_a_cucm_passes_from_trunk_to_trunk_is_paid_by_who_was_called(sites: Sites) -> None:
    site = sites.new(TRUNKED, BY_MINUTE)
    record = cucm("p1", 8, (200, 201), (0, 5, 65), "4441234", "5550123", "2002", "GW1", "GW2")
    ingest(site, CUCM + record, "cisco-cucm")
    assert charged(site) == [("2002", "5550123", 100_000)]


@requires_cases
def test_who_passes_a_call_of_a_3cx_on_to_the_outside_pays(sites: Sites) -> None:
    site = sites.new(OFFICE, ANY_NUMBER)
    site.ingest(CASES / "outside-forward-nobody-pays/3cx.log", "3cx")
    assert charged(site) == [("201", "+15550124", 400_000)]


def test_behind_a_queue_of_a_3cx_the_chain_names_who_passed_it_on(sites: Sites) -> None:
    line = (
        "Call 7,aaa1_3,00:03:05,2026/01/01 07:00:00,2026/01/01 07:00:09,2026/01/01 07:03:14,TerminatedBySrc,"
        "+15550199,Ext.800,10020,800,800,ReplacedDst,+15550124,10021,,,,,"
        "Chain: +15550199;Ext.800;Ext.2002;+15550124;\n"
    )
    site = sites.new(OFFICE, ANY_NUMBER)
    ingest(site, line, "3cx")
    assert charged(site) == [("2002", "+15550124", 400_000)]


@requires_cases
@pytest.mark.parametrize("file", ["smdr.csv", "smdr_15_to_39.csv"])
def test_columns_that_a_new_release_of_avaya_appends_are_taken(sites: Sites, file: str) -> None:
    site = sites.new(OFFICE, ANY_NUMBER)
    result = site.ingest(CASES / "avaya-37-columns" / file, "avaya-ipo")
    whole = {"smdr.csv": (1, 0), "smdr_15_to_39.csv": (23, 2)}[file]
    assert (result.stored, result.quarantined) == whole
    assert {cost for _, _, cost in charged(site)} == {300_000}


@requires_cases
@pytest.mark.parametrize("pattern", ["a", "c"])
def test_the_patterns_of_a_panasonic_are_told_apart(sites: Sites, pattern: str) -> None:
    site = sites.new(Numbering(extensions=r"1\d{3}"), BY_MINUTE)
    result = site.ingest(CASES / "panasonic-pattern-c" / f"pattern_{pattern}.txt", "panasonic")
    assert (result.stored, result.quarantined) == (2, 0)
    assert charged(site) == [("1200", "5550123", 200_000), ("1200", "5550124", 200_000)]
    assert {row.trunk for row in site.calls()} == {"01" if pattern == "a" else "0001"}


PATTERN_B = f"01/02/26 10:07AM  1200 01 {'55501239':<20} 00:01'05 00000.10EU 1234567890 TR\n"
PATTERN_A = "01/02/26 10:07AM  1200 01 5550123                        00:01'05\n"


def test_pattern_b_has_its_charges_behind_the_duration(sites: Sites) -> None:
    site = sites.new(Numbering(extensions=r"1\d{3}"), BY_MINUTE)
    assert ingest(site, PATTERN_B, "panasonic") == (1, 0, 0)
    assert charged(site) == [("1200", "55501239", 200_000)]


@pytest.mark.parametrize(
    "line",
    [
        PATTERN_A.replace("01 5550123", "0155550123"),
        PATTERN_A.rstrip() + " " * 60 + "text\n",
        PATTERN_B.replace("00000.10EU", "00000.10EURO"),
    ],
)
def test_a_line_of_no_pattern_is_bad(sites: Sites, line: str) -> None:
    site = sites.new(Numbering(extensions=r"1\d{3}"), BY_MINUTE)
    assert ingest(site, line, "panasonic") == (0, 0, 1)


def test_equal_records_of_a_clock_of_minutes_are_as_many_calls_as_one_file_holds(sites: Sites) -> None:
    site = sites.new(Numbering(extensions=r"1\d{3}"), BY_MINUTE)
    assert ingest(site, PATTERN_A * 2, "panasonic") == (2, 0, 0)
    assert ingest(site, PATTERN_A, "panasonic") == (0, 1, 0)
    assert ingest(site, PATTERN_A.replace("\n", "\r\n") * 3, "panasonic") == (1, 2, 0)
    assert charged(site) == [("1200", "5550123", 200_000)] * 3
    with site.database.reading() as session:
        found = verify(session)
    assert (found.findings, [file.duplicates for file in found.duplicates]) == ([], [2, 1])


def test_equal_records_are_counted_over_the_pieces_of_their_file(sites: Sites) -> None:
    site = sites.new(Numbering(extensions=r"1\d{3}"), BY_MINUTE)
    path = site.folder / "many.txt"
    path.write_text(PATTERN_A * 20)
    few = PieceBudget(bytes=150, calls=1, ahead=0)
    assert site.ingest(path, "panasonic", budget=few).stored == 20
    assert site.ingest(path, "panasonic", budget=few).duplicates == 20


UCM = (
    "Caller Number,Callee Number,Start Time,Answer Time,End Time,Call Time,Talk Time,Disposition,"
    "Log Userfield,Source Trunk Name,Destination Trunk Name,Session\r\n"
    "2001,5550123,2026-01-01 09:00:00,,2026-01-01 09:00:00,0,0,FAILED,Outbound,,CARRIER_A,s1\r\n"
    "2001,5550123,2026-01-01 09:00:00,,2026-01-01 09:00:00,0,0,FAILED,Outbound,,CARRIER_B,s1\r\n"
    "2001,5550123,2026-01-01 09:00:00,2026-01-01 09:00:08,2026-01-01 09:02:13,133,125,ANSWERED,Outbound,,"
    "CARRIER_C,s1\r\n"
)


def test_without_channels_all_that_a_record_says_tells_it_from_others(sites: Sites) -> None:
    site = sites.new(OFFICE, BY_MINUTE)
    assert ingest(site, UCM, "grandstream-ucm") == (3, 0, 0)
    cells = [line.split(",") for line in UCM.split("\r\n") if line]
    order = list(range(len(cells[0])))
    random.Random(1).shuffle(order)  # noqa: S311 - an order, no secret
    other = "\n".join(",".join(f'"{row[place]}"' for place in order) for row in cells) + "\n"
    assert ingest(site, other, "grandstream-ucm") == (0, 3, 0)
    assert charged(site) == [("2001", "5550123", 300_000)]
