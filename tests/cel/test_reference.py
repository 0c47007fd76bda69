"""Random calls of a small PBX, shuffled over files, held against the plain model and against the truth."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cel.events import CelSite
from tests.reference.cel import Event, legs_of_events

START = 1_795_881_000
SECOND = 1_000_000
EXTENSIONS, TRUNKS = r"\d{4}", ("IAX2/carrier", "IAX2/deadtrunk")


Named = tuple[str, str, str]
"""Name, unique id and link of a channel."""
Due = tuple[str, str, int]
"""Payer, number and seconds."""


@dataclass
class Pbx:
    """Places calls and writes the events that Asterisk writes of them."""

    choice: random.Random
    now: int = START * SECOND
    number: int = 0
    bridge: int = 0
    events: list[Event] = field(default_factory=list[Event])
    truth: list[Due] = field(default_factory=list[Due])

    def wait(self, least: int = 100_000, most: int = 20 * SECOND) -> int:
        self.now += self.choice.randrange(least, most)
        return self.now

    def say(self, kind: str, channel: Named, **told: str) -> None:
        self.now += self.choice.randrange(50, 3000)
        name, unique, link = channel
        parts = {"caller": "", "exten": "", "app": "", "bridge": ""} | told
        self.events.append(Event(kind, self.now, channel=name, unique=unique, link=link, **parts))

    def channel(self, name: str, link: str = "", *, tail: str = "-") -> Named:
        self.number += 1
        unique = f"{self.now // SECOND}.{self.number}"
        return f"{name}{tail}{self.number}" if tail else name, unique, link or unique

    def phone(self, extension: str, exten: str) -> Named:
        found = self.channel(f"IAX2/{extension}")
        self.say("CHAN_START", found, caller=extension, exten=exten)
        return found

    def outgoing(self, name: str, link: str) -> Named:
        found = self.channel(name, link)
        self.say("CHAN_START", found, exten="s")
        return found

    def join(self, one: Named, other: Named) -> None:
        self.bridge += 1
        for channel, app in ((one, "AppDial"), (other, "Dial")):
            self.say("BRIDGE_ENTER", channel, app=app, bridge=f"b{self.bridge}")

    def end(self, *channels: Named, app: str = "AppDial") -> None:
        for channel in channels:
            self.say("HANGUP", channel, app=app if channel is channels[0] else "")
            self.say("CHAN_END", channel)

    def trunk_leg(self, dialler: Named, number: str, caller: str) -> tuple[Named, int]:
        """A trunk that is dialled and answers."""
        leg = self.outgoing("IAX2/carrier", dialler[2])
        self.wait()
        self.say("ANSWER", leg, caller=number, exten=number, app="AppDial")
        answered = self.now
        self.say("ANSWER", dialler, caller=caller, exten=number, app="Dial")
        self.join(leg, dialler)
        return leg, answered

    def due(self, payer: str, number: str, answered: int) -> None:
        """The leg's HANGUP was the event before last."""
        ended = self.events[-2].at if self.events[-1].type == "CHAN_END" else self.now
        if ended - answered >= SECOND:
            self.truth.append((payer, number, (ended - answered) // SECOND))


def plain(pbx: Pbx, extension: str, number: str) -> None:
    phone = pbx.phone(extension, number)
    leg, answered = pbx.trunk_leg(phone, number, extension)
    pbx.wait()
    pbx.end(leg)
    pbx.due(extension, number, answered)
    pbx.end(phone, app="")


def unanswered_first(pbx: Pbx, extension: str, number: str) -> None:
    phone = pbx.phone(extension, number)
    dead = pbx.outgoing("IAX2/deadtrunk", phone[2])
    pbx.wait()
    pbx.say("HANGUP", dead, exten=number, app="AppDial")
    leg, answered = pbx.trunk_leg(phone, number, extension)
    pbx.wait()
    pbx.end(leg)
    pbx.due(extension, number, answered)
    pbx.end(phone, app="")


def passed_to_a_colleague(pbx: Pbx, extension: str, number: str) -> None:
    phone = pbx.phone(extension, number)
    leg, answered = pbx.trunk_leg(phone, number, extension)
    pbx.wait()
    pbx.end(phone, app="")
    colleague = pbx.outgoing("IAX2/1009", phone[2])
    pbx.say("ANSWER", colleague, caller="1009", exten="1009", app="AppDial")
    pbx.join(colleague, leg)
    pbx.wait()
    pbx.end(leg)
    pbx.due(extension, number, answered)
    pbx.end(colleague)


def forwarded(pbx: Pbx, extension: str, number: str) -> None:
    """A call to 2007, which is forwarded through a Local channel."""
    phone = pbx.phone(extension, "2007")
    pbx.number += 1
    name = f"Local/{number}@out-{pbx.number:08x}"
    halves = [pbx.channel(f"{name};{half}", phone[2], tail="") for half in (1, 2)]
    for half in halves:
        pbx.say("CHAN_START", half, exten=number)
    leg, answered = pbx.trunk_leg(halves[1], number, extension)
    pbx.say("ANSWER", halves[0], caller="2007", exten="2007", app="AppDial")
    pbx.join(halves[0], phone)
    pbx.wait()
    pbx.end(leg)
    pbx.due(extension, number, answered)
    pbx.end(*halves, app="")
    pbx.end(phone, app="")


def from_outside_and_out_again(pbx: Pbx, extension: str, number: str) -> None:
    """A customer is passed on to an outside number by whoever took the call."""
    caller = pbx.channel("IAX2/carrier")
    pbx.say("CHAN_START", caller, caller="13800001111", exten=extension)
    phone = pbx.outgoing(f"IAX2/{extension}", caller[2])
    pbx.say("ANSWER", phone, caller=extension, exten=extension, app="AppDial")
    pbx.say("ANSWER", caller, caller="13800001111", exten=extension, app="Dial")
    pbx.join(phone, caller)
    pbx.wait()
    pbx.end(phone)
    leg, answered = pbx.trunk_leg(caller, number, "13800001111")
    pbx.wait()
    pbx.end(leg)
    pbx.due(extension, number, answered)
    pbx.end(caller, app="")


def click_to_call(pbx: Pbx, extension: str, number: str) -> None:
    phone = pbx.channel(f"IAX2/{extension}")
    pbx.say("CHAN_START", phone, exten="s")
    pbx.wait()
    pbx.say("ANSWER", phone, caller=extension, exten="s", app="AppDial2")
    leg, answered = pbx.trunk_leg(phone, number, extension)
    pbx.wait()
    pbx.end(leg)
    pbx.due(extension, number, answered)
    pbx.end(phone, app="AppDial2")


def trunk_called_by_the_pbx(pbx: Pbx, extension: str, number: str) -> None:
    leg = pbx.channel("IAX2/carrier")
    pbx.say("CHAN_START", leg, exten="s")
    pbx.wait()
    pbx.say("ANSWER", leg, caller=extension, exten="s", app="AppDial2")
    answered = pbx.now
    pbx.wait()
    pbx.say("BRIDGE_ENTER", leg, app="ConfBridge", bridge=f"conf{pbx.number}")
    pbx.end(leg, app="AppDial2")
    pbx.due(extension, "", answered)


KINDS: tuple[Callable[[Pbx, str, str], None], ...] = (
    plain,
    unanswered_first,
    passed_to_a_colleague,
    forwarded,
    from_outside_and_out_again,
    click_to_call,
    trunk_called_by_the_pbx,
)


def line_of(event: Event) -> bytes:
    extra = f'{{"bridge_id":"{event.bridge}"}}' if event.bridge else ""
    time = f"{event.at // SECOND}.{event.at % SECOND:06d}"
    fields = (
        *(event.type, time, event.caller, event.exten, event.channel, event.app, event.unique, event.link),
        *("", extra),
    )
    return (",".join('"' + text.replace('"', '""') + '"' for text in fields) + "\n").encode()


CALLS = st.lists(
    st.tuples(st.sampled_from(KINDS), st.sampled_from(["1001", "1002", "1003"]), st.integers(0, 99)),
    min_size=1,
    max_size=5,
)
ALLOWED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
Placed = list[tuple[Callable[[Pbx, str, str], None], str, int]]


@settings(max_examples=10, deadline=None, suppress_health_check=ALLOWED)
@given(calls=CALLS, seed=st.integers(0, 2**32), files=st.integers(1, 4))
def test_random_calls_cost_the_truth_in_any_order_over_any_files(
    new_site: Callable[[], CelSite], calls: Placed, seed: int, files: int
) -> None:
    check(new_site(), calls, seed, files)


@pytest.mark.long
@settings(max_examples=1000, deadline=None, suppress_health_check=ALLOWED)
@given(calls=CALLS, seed=st.integers(0, 2**32), files=st.integers(1, 9))
def test_many_random_calls_cost_the_truth(
    new_site: Callable[[], CelSite], calls: Placed, seed: int, files: int
) -> None:
    site = new_site()
    try:
        check(site, calls, seed, files)
    finally:
        site.close()


def check(site: CelSite, calls: Placed, seed: int, files: int) -> None:
    """Places the calls, and imports their events into the store."""
    pbx = Pbx(random.Random(seed))  # noqa: S311 - calls, no secret
    for place, extension, digits in calls:
        place(pbx, extension, f"9708{digits:07d}")
        pbx.wait(3 * SECOND, 60 * SECOND)
    truth = sorted(pbx.truth)
    assert legs_of_events(pbx.events, EXTENSIONS, TRUNKS) == truth
    lines = [line_of(event) for event in pbx.events]
    if files > 1:
        pbx.choice.shuffle(lines)
    step = -(-len(lines) // files)
    for first in range(0, len(lines), step):
        site.take(lines[first : first + step])
    assert site.bill() == truth
    due: dict[str, int] = {}
    for payer, _, seconds in truth:
        due[payer] = due.get(payer, 0) - seconds * SECOND
    assert site.balances() == due
