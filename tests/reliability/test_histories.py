"""Random histories of CDR files under an engine that comes and goes: each call is charged exactly once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, run_state_machine_as_test

from engine.api.client import Client
from engine.api.extensions import ListExtensions
from engine.api.files import import_files
from engine.api.site import Verify
from engine.tail.health import CATCHING_UP_BYTES
from tests.reliability.desk import Moment
from tests.reliability.history import Expected, FileHistory
from tests.reliability.indoors import HISTORIES_OF_A_SITE, Indoors
from tests.reliability.lines import costs
from tests.reliability.nursery import Nursery
from tests.reliability.site import CONFIG, Site, stored, wait_until
from tests.tail.disk import Disk, Inodes

DEATHS_PER_REOPENING = 8
"""Each so many deaths the store is opened anew from its files as they were, which takes 0.1 s."""


def campaign(machine: type[FileHistory], runs: int, *, fixed: bool = False) -> None:
    """So many histories of 20 steps; `fixed` = the same ones every time."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=runs,
            derandomize=fixed,
            stateful_step_count=20,
            deadline=None,
            database=None,
            suppress_health_check=[*HealthCheck.__members__.values()],
            print_blob=True,
            report_multiple_bugs=False,
        ),
    )


class HistoriesIndoors(FileHistory):
    """With the real ingest and store in this process; a death leaves what is in the store, and no more."""

    world: Indoors

    @initialize(
        inodes=st.sampled_from(["any", "newest", "lowest"]),
        pace=st.sampled_from([0.0, 0.01, 1.0, 20.0]),
        backlog_bytes=st.sampled_from([0, 400, CATCHING_UP_BYTES]),
    )
    def begin(self, inodes: Inodes, pace: float, backlog_bytes: int) -> None:
        self.desk, self.expected = self.world.begin()
        self.disk = Disk(self.world.wall, inodes=inodes)
        self.pace, self.backlog_bytes = pace, backlog_bytes
        self.start(0.0)
        # What was rotated away before a file was ever read counts as an archive.
        self.append(1)
        self.catch_up()

    def teardown(self) -> None:
        if not hasattr(self, "desk"):
            return
        try:
            if not self.up:
                self.start(0.0)
            for _ in range(2):
                self.catch_up()
                self.world.now += 100.0
            calls = self.expected.compare(self.desk.stored())
            owed = costs(calls)
            balances = self.desk.balances()
            assert balances == {number: -owed[number] for number in balances}
            self.desk.stop()
        except BaseException:
            # The next history, or a simpler one of this kind, begins with a store that is whole.
            self.world.forsake()
            raise
        finally:
            self.disk.close()

    @invariant()
    def time_passes(self) -> None:
        self.world.now += getattr(self, "pace", 0.0)

    @precondition(lambda self: self.up)
    @rule()
    def look(self) -> None:
        """One turn: it may leave something for the next."""
        self.desk.turn()

    @precondition(lambda self: self.up)
    @rule()
    def catch_up(self) -> None:
        self.desk.catch_up()
        self.caught_up()

    @precondition(lambda self: not self.up)
    @rule(pause=st.sampled_from([0.0, 3600.0]))
    def start(self, pause: float) -> None:
        self.world.now += pause
        self.desk.start(self.path, backlog_bytes=self.backlog_bytes)
        self.up = True

    @precondition(lambda self: self.up)
    @rule()
    def stop(self) -> None:
        self.desk.stop()
        self.up = False

    @precondition(lambda self: self.up)
    @rule(
        moment=st.sampled_from(["before the commit", "after the commit", "at once"]),
        changes=st.integers(1, 3),
    )
    def die(self, moment: Moment, changes: int) -> None:
        self.desk.kill(moment, changes)
        self.up = False
        self.world.deaths += 1
        if self.world.deaths % DEATHS_PER_REOPENING == 0:
            self.desk.reopen()


class Outdoors:
    """The site with a real engine that histories take place in, one after the other."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._nursery = Nursery()
        self._sites = self._histories = 0
        self._site: Site | None = None
        self.ended_well = True
        """Whether the last history did: else the next one begins with a site that is whole."""

    def begin(self) -> tuple[Site, Expected]:
        """A site whose engine is off."""
        if self._site is None or not self.ended_well or self._histories % HISTORIES_OF_A_SITE == 0:
            self._sites += 1
            self._site = Site(self._folder / f"{self._sites}", self._nursery)
            self._expected = Expected(self._sites)
        self.ended_well = False
        self._histories += 1
        return self._site, self._expected

    def close(self) -> None:
        """Ends whatever still runs."""
        self._nursery.close()


class HistoriesOutdoors(FileHistory):
    """With an engine process on the disk's own time and inodes."""

    world: Outdoors

    def __init__(self) -> None:
        super().__init__()
        self.site, self.expected = self.world.begin()
        self.disk = Disk()
        (self.site.home / "config.yaml").write_text(CONFIG.format(source=str(self.path)))
        self.client: Client | None = None
        self.copies = 0
        self.switch()
        self.append(1)
        self.catch_up()

    def teardown(self) -> None:
        try:
            if self.client is None:
                self.switch()
            self.catch_up()
            assert self.client is not None
            calls, rows = stored(self.client), self.client.call(ListExtensions(limit=1000)).rows
            while calls != (now := stored(self.client)):
                # One that may be stored or not was, just now.
                calls, rows = now, self.client.call(ListExtensions(limit=1000)).rows
            owed = costs(self.expected.compare(calls))
            for row in rows:
                assert row.balance_micros == -owed[row.number], row
            report = self.client.call(Verify())
            assert report.clean, report.findings
            self.world.ended_well = True
        finally:
            if self.client is not None:
                self.client.close()
            if self.site.pid:
                self.site.kill()
            self.disk.close()

    @precondition(lambda self: self.current is not None and self.up)
    @rule()
    def import_a_copy_by_hand(self) -> None:
        assert self.client is not None
        self.copies += 1
        copy = self.site.home / f"copy-{self.copies}.csv"
        whole = self.path.read_bytes()
        # A torn end is a line of its own to an import.
        copy.write_bytes(whole[: whole.rfind(b"\n") + 1])
        import_files(self.client, [copy])
        copy.unlink()

    @precondition(lambda self: self.up)
    @rule()
    def catch_up(self) -> None:
        """Waits until every call that must be there is there."""
        client = self.client
        assert client is not None
        wait_until(
            "all calls are stored",
            lambda: self.expected.certain <= {start for start, _ in stored(client)},
            seconds=20,
        )
        self.caught_up()

    @rule(abruptly=st.booleans())
    def switch(self, abruptly: bool = True) -> None:
        """Starts the engine, stops it, or kills it."""
        self.up = self.client is None
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


@pytest.fixture
def indoors(tmp_path: Path) -> Iterator[type[FileHistory]]:
    world = Indoors(tmp_path)
    yield type("Histories", (HistoriesIndoors,), {"world": world})
    world.close()


@pytest.fixture
def outdoors(tmp_path: Path) -> Iterator[type[FileHistory]]:
    world = Outdoors(tmp_path)
    yield type("Histories", (HistoriesOutdoors,), {"world": world})
    world.close()


def test_each_call_of_a_history_is_charged_exactly_once(indoors: type[FileHistory]) -> None:
    campaign(indoors, 200, fixed=True)


def test_each_call_of_a_history_under_an_engine_process_is_charged_exactly_once(
    outdoors: type[FileHistory],
) -> None:
    campaign(outdoors, 10, fixed=True)


@pytest.mark.long
@pytest.mark.parametrize("part", range(50))
def test_each_call_of_very_many_histories_is_charged_exactly_once(
    indoors: type[FileHistory], part: int
) -> None:
    campaign(indoors, 1_000)


@pytest.mark.long
@pytest.mark.parametrize("part", range(20))
def test_each_call_of_many_histories_under_an_engine_process_is_charged_exactly_once(
    outdoors: type[FileHistory], part: int
) -> None:
    campaign(outdoors, 100)
