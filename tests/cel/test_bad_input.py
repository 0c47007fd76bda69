"""Events that are missing, late, out of order, garbage or too many."""

from collections.abc import Callable
from datetime import datetime

from engine.api.calls import GetCall
from engine.reports.calls import get_call
from tests.cel.events import PHONE, TRUNK, CelSite, event, outbound, without

NewSite = Callable[[], CelSite]
DAY = 86_400


def test_whole_seconds_are_charged_and_the_fraction_dropped(new_site: NewSite) -> None:
    site = new_site()
    site.take(outbound(answer=1.0, end=9.9))
    assert site.bill() == [("1001", "97081", 8)]


def test_a_missing_answer_is_told_by_the_bridge(new_site: NewSite) -> None:
    site = new_site()
    site.take(without(outbound(), "ANSWER"))
    assert site.bill() == [("1001", "97081", 8)] or site.bill() == [("1001", "", 8)]


def test_a_channel_that_neither_answered_nor_was_bridged_costs_nothing(new_site: NewSite) -> None:
    site = new_site()
    site.take(without(outbound(), "ANSWER", "BRIDGE_ENTER", "BRIDGE_EXIT"))
    assert site.bill() == []
    assert [row.unrated for row in site.calls()] == ["not answered"]


def test_a_missing_hangup_is_told_by_the_end_of_the_channel(new_site: NewSite) -> None:
    site = new_site()
    site.take(without(outbound(), "HANGUP"))
    assert site.bill() == [("1001", "97081", 8)]


def test_a_channel_without_any_end_ends_with_its_link_and_says_so(new_site: NewSite) -> None:
    site = new_site()
    site.take(without(outbound(), "HANGUP", "CHAN_END"))
    assert site.bill() == [("1001", "97081", 8)]
    (row,) = site.calls()
    with site.database.reading() as session:
        detail = get_call(session, site.state.site, GetCall(call_id=row.call_id))
    assert detail.end_assumed
    assert detail.raw.startswith('"CHAN_START"')


def test_a_hangup_before_the_answer_costs_nothing(new_site: NewSite) -> None:
    site = new_site()
    lines = [line for line in outbound() if b'"HANGUP"' not in line and b"_END" not in line]
    lines.append(event("HANGUP", 0.5, TRUNK, "0.1", link="0.0", app="AppDial"))
    site.take(lines)
    assert site.bill() == []
    assert site.balances() == {}


def test_a_file_that_begins_in_the_middle_of_a_call_charges_what_it_saw(new_site: NewSite) -> None:
    site = new_site()
    lines = outbound()
    site.take(lines[6:])
    assert site.bill() == []
    site.take(lines[:6])
    assert site.bill() == [("1001", "97081", 8)]
    assert site.balances() == {"1001": -8_000_000}


def test_an_open_leg_waits_for_its_end(new_site: NewSite) -> None:
    site = new_site()
    lines = outbound()
    site.take(lines[:6])
    assert site.calls() == []
    site.take(lines[6:])
    assert site.bill() == [("1001", "97081", 8)]


def test_a_pbx_that_is_started_again_ends_the_calls_that_were_up(new_site: NewSite) -> None:
    site = new_site()
    site.take(outbound(first=50)[:6])
    assert site.calls() == []
    site.take(outbound(at=100, first=0, phone="IAX2/1002-8", trunk="IAX2/carrier-10"))
    assert ("1001", "97081", 99) in site.bill()
    with site.database.reading() as session:
        assert session.integer("cel.lost_ends", since=datetime(2000, 1, 1), first=datetime(2000, 1, 1)) == 2
    site.take(outbound(first=50)[6:])
    assert ("1001", "97081", 8) in site.bill()


def test_a_call_of_which_nothing_is_heard_any_more_is_closed_at_its_last_event(new_site: NewSite) -> None:
    site = new_site()
    site.take(outbound()[:6])
    site.take(outbound(at=2 * DAY, first=10, trunk="IAX2/carrier-10"))
    assert [seconds for _, _, seconds in site.bill()] == [8]
    assert len(site.real()) == 2


def test_a_leg_of_thirty_days_costs_thirty_days(new_site: NewSite) -> None:
    site = new_site()
    lines = outbound(answer=1.0, end=30 * DAY + 1.0)
    site.take(lines[:6])
    site.take(outbound(at=2 * DAY, first=10, trunk="IAX2/carrier-10"))
    site.take(lines[6:])
    assert [seconds for _, _, seconds in site.bill()] == [8, 30 * DAY]


def test_a_clock_that_is_set_back_during_a_call_loses_no_call(new_site: NewSite) -> None:
    site = new_site()
    lines = outbound(at=4000)
    lines[6:] = outbound(at=4000, end=-3000.0)[6:]
    for line in lines:
        site.take([line])
    assert len(site.calls()) == 1
    assert site.bill() == []


def test_garbage_in_extra_is_kept_and_read_around(new_site: NewSite) -> None:
    site = new_site()
    lines = [line.replace(b'{""bridge_id', b'{{{""bridge') for line in outbound()]
    site.take(lines)
    assert site.bill() == [("1001", "97081", 8)]


def test_without_bridge_numbers_the_peers_tell_who_dialled(new_site: NewSite) -> None:
    site = new_site()
    lines = [line for line in outbound() if b"BRIDGE" not in line]
    lines.insert(4, event("BRIDGE_ENTER", 1.2, PHONE, "0.0", caller="1001", app="Dial", peer=TRUNK))
    site.take(lines)
    assert site.bill() == [("1001", "97081", 8)]


def test_ten_thousand_events_with_one_link_are_one_call_each_channel(new_site: NewSite) -> None:
    site = new_site()
    lines: list[bytes] = []
    for number in range(770):
        own = outbound(first=2 * number, phone=f"IAX2/1001-{number}", trunk=f"IAX2/carrier-{number}")
        lines += [
            line.replace(f'"{1795881000}.{2 * number}",""'.encode(), b'"1795881000.0",""') for line in own
        ]
    joined = [_linked(line) for line in lines]
    site.take(joined)
    assert len(site.bill()) == 770
    assert {seconds for _, _, seconds in site.bill()} == {8}


def _linked(line: bytes) -> bytes:
    """The line with the first call's link."""
    fields = line.split(b'","')
    fields[7] = b"1795881000.0"
    return b'","'.join(fields)


def test_lines_that_are_no_events_go_to_quarantine(new_site: NewSite) -> None:
    site = new_site()
    lines = [*outbound(), b'"ANSWER","yesterday","","","","","1.1","1.1","",""\n', b"\n", b'"ANSWER"\n']
    result = site.take(lines)
    assert (result.events, result.quarantined, result.ignored) == (13, 2, 1)
    assert site.balances() == {"1001": -8_000_000}
