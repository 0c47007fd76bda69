"""Random histories of CDR files under a real engine that comes and goes: each call is charged exactly once.

A call may be missing only if no look at the folder could have shown it: written, and its file truncated or
deleted, before the engine had caught up. A line that was torn and never completed may go either way.
"""

import os
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from engine.api.client import Client
from engine.api.extensions import ListExtensions
from engine.api.site import Ingest, Verify
from tests.reliability.lines import Lines, Written, costs
from tests.reliability.nursery import Nursery
from tests.reliability.site import CONFIG, Site, stored, wait_until

HISTORIES_OF_A_SITE = 50
"""A site keeps the calls of past histories; comparing them takes ever longer."""


@dataclass
class Content:
    """What a file holds, whatever it is called."""

    calls: list[Written] = field(default_factory=list)
    seen: int = 0
    """How many of the calls the engine had certainly stored."""
    torn: Written | None = None
    """The last line, begun but not ended."""
    rest: bytes = b""
    """What the torn line still lacks."""


class World:
    """The site that histories take place in, one after the other."""

    def __init__(self) -> None:
        self.nursery = Nursery()
        self.folder = Path(tempfile.mkdtemp(prefix="histories"))
        self.sites = self.histories = 0
        self.site: Site | None = None

    def begin(self) -> tuple[Site, Path]:
        """A site whose engine is off and follows a file that does not exist yet."""
        if self.site is None or self.histories % HISTORIES_OF_A_SITE == 0:
            self.renew()
        assert self.site is not None
        self.histories += 1
        path = self.site.home / "cdr" / f"{self.histories}" / "Master.csv"
        path.parent.mkdir()
        (self.site.home / "config.yaml").write_text(CONFIG.format(source=str(path)))
        return self.site, path

    def renew(self) -> None:
        self.sites += 1
        self.site = Site(self.folder / f"{self.sites}", self.nursery)
        self.lines = Lines(Random(self.sites))  # noqa: S311 - the same lines each time
        self.certain: set[int] = set()
        """Starts of calls that must be stored."""
        self.possible: set[int] = set()
        """Starts of calls that may be stored."""

    def close(self) -> None:
        self.nursery.close()
        shutil.rmtree(self.folder)


class Histories(RuleBasedStateMachine):
    """One followed file, its rotated neighbours and copies."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.site, self.path = self.world.begin()
        self.client: Client | None = None
        self.current: Content | None = None
        self.rotated: list[Content] = []
        self.copies = 0
        self.switch()
        # What was rotated away before a file was ever read counts as an archive.
        self.append(1)
        self.catch_up()

    def teardown(self) -> None:
        try:
            if self.client is None:
                self.switch()
            self.catch_up()
            self.compare()
        finally:
            if self.client is not None:
                self.client.close()
            if self.site.pid:
                self.site.kill()
            shutil.rmtree(self.path.parent)

    def compare(self) -> None:
        """Every certain call once, no call twice, none from nowhere; balances and books fit."""
        assert self.client is not None
        got = stored(self.client)
        assert not [call for call, count in got.items() if count > 1]
        starts = {start for start, _ in got}
        assert not self.world.certain - starts, "lost"
        assert starts <= self.world.certain | self.world.possible, "from nowhere"
        calls = [self.world.lines.by_start[start] for start in starts]
        assert got == Counter((call.start, call.cost_micros) for call in calls)
        expected = costs(calls)
        for row in self.client.call(ListExtensions(limit=1000)).rows:
            assert row.balance_micros == -expected[row.number], row
        report = self.client.call(Verify())
        assert report.clean, report.findings

    # Writing

    def write(self, content: Content, path: Path, data: bytes) -> None:
        """Appends, completing a torn line first."""
        with path.open("ab", buffering=0) as file:
            file.write(content.rest + data)
        if content.torn is not None:
            content.calls.append(content.torn)
            self.certain(content.torn)
            content.torn, content.rest = None, b""

    def certain(self, call: Written) -> None:
        self.world.possible.discard(call.start)
        self.world.certain.add(call.start)

    @rule(count=st.integers(1, 5))
    def append(self, count: int) -> None:
        if self.current is None:
            self.current = Content()
        calls = self.world.lines.some(count)
        self.write(self.current, self.path, b"".join(call.line for call in calls))
        self.current.calls += calls
        for call in calls:
            self.certain(call)

    @rule(part=st.floats(0.05, 0.95))
    def tear(self, part: float) -> None:
        """The first part of a line."""
        if self.current is None:
            self.current = Content()
        call = self.world.lines.one()
        cut = max(1, int(len(call.line) * part))
        self.write(self.current, self.path, call.line[:cut])
        self.current.torn, self.current.rest = call, call.line[cut:]
        self.world.possible.add(call.start)

    @precondition(lambda self: self.rotated)
    @rule()
    def append_to_the_file_rotated_last(self) -> None:
        """The PBX has not been told yet."""
        calls = self.world.lines.some(1)
        self.write(self.rotated[0], self.path.with_name("Master.csv.1"), calls[0].line)
        self.rotated[0].calls += calls
        self.certain(calls[0])

    # What happens to the file

    def shift(self) -> None:
        for place in range(len(self.rotated), 0, -1):
            old = self.path.with_name(f"Master.csv.{place}")
            old.rename(self.path.with_name(f"Master.csv.{place + 1}"))

    @precondition(lambda self: self.current is not None)
    @rule()
    def rotate_by_renaming(self) -> None:
        assert self.current is not None
        self.shift()
        self.path.rename(self.path.with_name("Master.csv.1"))
        self.rotated.insert(0, self.current)
        self.current = None

    @precondition(lambda self: self.current is not None)
    @rule()
    def rotate_by_copying_and_truncating(self) -> None:
        assert self.current is not None
        self.shift()
        shutil.copy2(self.path, self.path.with_name("Master.csv.1"))
        os.truncate(self.path, 0)
        self.rotated.insert(0, self.current)
        self.current = Content()

    def doom(self) -> None:
        """What the engine has not stored yet may be lost."""
        assert self.current is not None
        for call in self.current.calls[self.current.seen :]:
            self.world.certain.discard(call.start)
            self.world.possible.add(call.start)

    @precondition(lambda self: self.current is not None)
    @rule(count=st.integers(0, 8))
    def truncate_and_regrow(self, count: int) -> None:
        self.doom()
        os.truncate(self.path, 0)
        self.current = Content()
        if count:
            self.append(count)

    @precondition(lambda self: self.current is not None)
    @rule(count=st.integers(0, 8))
    def delete_and_recreate(self, count: int) -> None:
        self.doom()
        self.path.unlink()
        self.current = None
        if count:
            self.append(count)

    @precondition(lambda self: self.current is not None)
    @rule(name=st.sampled_from(["Master.csv.bak", "Master.csv.save", "copy of Master.csv", "Master.csv-old"]))
    def keep_a_copy_beside_it(self, name: str) -> None:
        shutil.copy2(self.path, self.path.with_name(name))

    @precondition(lambda self: self.current is not None and self.client is not None)
    @rule()
    def import_a_copy_by_hand(self) -> None:
        assert self.client is not None
        assert self.current is not None
        self.copies += 1
        copy = self.site.home / f"copy-{self.copies}.csv"
        whole = self.path.read_bytes()
        # A torn end is a line of its own to an import.
        copy.write_bytes(whole[: whole.rfind(b"\n") + 1])
        self.client.call(Ingest(paths=[str(copy)]))
        copy.unlink()

    # The engine

    @precondition(lambda self: self.client is not None)
    @rule()
    def catch_up(self) -> None:
        """Waits until every call that must be there is there."""
        client = self.client
        assert client is not None
        wait_until(
            "all calls are stored",
            lambda: self.world.certain <= {start for start, _ in stored(client)},
            seconds=20,
        )
        for content in (*self.rotated, *([self.current] if self.current else [])):
            content.seen = len(content.calls)

    @rule(abruptly=st.booleans())
    def switch(self, abruptly: bool = True) -> None:
        """Starts the engine, stops it, or kills it."""
        if self.client is None:
            self.site.start()
            self.client = self.site.client()
            return
        self.client.close()
        self.client = None
        if abruptly:
            self.site.kill()
        else:
            self.site.stop()


def campaign(runs: int) -> None:
    world = World()

    class InThisWorld(Histories):
        pass

    InThisWorld.world = world
    try:
        run_state_machine_as_test(
            InThisWorld,
            settings=settings(
                max_examples=runs,
                stateful_step_count=20,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
                print_blob=True,
                report_multiple_bugs=False,
            ),
        )
    finally:
        world.close()


def test_each_call_of_a_history_is_charged_exactly_once() -> None:
    campaign(25)


@pytest.mark.long
@pytest.mark.parametrize("part", range(50))
def test_each_call_of_very_many_histories_is_charged_exactly_once(part: int) -> None:
    campaign(1_000)
