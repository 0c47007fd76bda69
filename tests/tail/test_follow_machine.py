"""Random histories of a CDR file: every line written is handed out exactly once.

A line may be lost only if no look at the folder could have shown it: written to a file, and the file
truncated or deleted, between two sweeps. Torn writes count as the lines the files then hold.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.tail.disk import Disk, Inodes
from tests.tail.reader import Clock, Reader

FIRST_DAY = 1_790_000_000.0
HEADER = "start,answer,end,caller,dialled,duration,billsec,disposition\n"


@dataclass
class Incarnation:
    """One content that a file had: its text, and how much of it a sweep may have missed."""

    text: str = ""
    seen: int = 0
    """Characters that stood in a file when the reader last caught up."""
    doomed: int | None = None
    """Where the content ended when it was truncated or deleted."""
    copied: str = ""
    """What an older, shorter copy holds. Told from new content only by the engine that read the original."""
    repeated: str = ""
    elsewhere: bool = False
    """In another file than it was written to: compressed, or copied."""
    closed: bool = False
    """Not written to any more: left alone for long, or what is left is a copy of an earlier state."""


class Histories(RuleBasedStateMachine):
    """One followed file, its rotated neighbours, and a reader that is up or down."""

    header = ""
    piece_bytes = 1 << 20

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.number = 0
        self.current: Incarnation | None = None
        self.rotated: list[Incarnation] = []
        self.past: list[Incarnation] = []
        self.packed: set[int] = set()
        self.up = True
        self.restarted = False

    @initialize(
        header=st.booleans(),
        long_header=st.booleans(),
        piece=st.sampled_from([40, 300, 1 << 20]),
        inodes=st.sampled_from(["any", "newest", "lowest"]),
        pace=st.sampled_from([0.0, 0.01, 1.0]),
    )
    def start(self, header: bool, long_header: bool, piece: int, inodes: Inodes, pace: float) -> None:
        self.pace = pace
        self.disk = Disk(self.wall, inodes=inodes)
        self.path = self.disk.folder / "Master.csv"
        self.header = (HEADER * 20 if long_header else HEADER) if header else ""
        self.reader = Reader(self.path, piece_bytes=piece, clock=self.clock, wall=self.wall)
        # What was rotated away before a file was ever read counts as an archive.
        self.append_lines(1)
        self.reader.catch_up()

    def teardown(self) -> None:
        if not hasattr(self, "reader"):
            return
        try:
            if not self.up:
                self.stop_or_start()
            self.reader.catch_up(100)
            self.reader.catch_up(100)
            self.compare(finished=True)
        finally:
            self.reader.follower.close()
            self.disk.close()

    def wall(self) -> float:
        return FIRST_DAY + self.clock.now

    # Writing

    def write(self, text: str) -> None:
        if self.current is None:
            self.current = Incarnation()
            self.past.append(self.current)
            text = self.header + text
        elif self.current.text == "" and self.header:
            text = self.header + text
        self.disk.append(self.path, text.encode())
        self.current.text += text

    def some_lines(self, count: int) -> str:
        lines = ""
        for _ in range(count):
            self.number += 1
            lines += f"line {self.number}\n"
        return lines

    @rule(count=st.integers(1, 4))
    def append_lines(self, count: int) -> None:
        self.write(self.some_lines(count))

    @rule()
    def append_half_a_line(self) -> None:
        self.number += 1
        self.write(f"half {self.number} ")

    @precondition(lambda self: self.rotated and not self.packed & {0} and not self.rotated[0].closed)
    @rule()
    def append_to_the_file_rotated_last(self) -> None:
        text = self.some_lines(1)
        self.disk.append(self.place(1), text.encode())
        self.rotated[0].text += text

    # What happens to the file

    def place(self, number: int, suffix: str = "") -> Path:
        return self.path.with_name(f"Master.csv.{number}{suffix}")

    def shift(self) -> None:
        for place in range(len(self.rotated), 0, -1):
            suffix = ".gz" if place - 1 in self.packed else ""
            self.disk.rename(self.place(place, suffix), self.place(place + 1, suffix))
        self.packed = {place + 1 for place in self.packed}

    @precondition(lambda self: self.current is not None)
    @rule()
    def rotate_by_renaming(self) -> None:
        assert self.current is not None
        self.shift()
        self.disk.rename(self.path, self.place(1))
        self.rotated.insert(0, self.current)
        self.current = None

    @precondition(lambda self: self.current is not None)
    @rule(keep_times=st.booleans())
    def rotate_by_copying(self, keep_times: bool) -> None:
        assert self.current is not None
        self.shift()
        self.disk.copy(self.path, self.place(1), keep_times=keep_times)
        self.current.elsewhere = True
        self.rotated.insert(0, self.current)
        self.disk.truncate(self.path)
        self.current = Incarnation()
        self.past.append(self.current)

    @precondition(lambda self: self.current is not None and self.up)
    @rule()
    def copy_seen_before_truncation(self) -> None:
        assert self.current is not None
        self.shift()
        self.disk.copy(self.path, self.place(1))
        self.rotated.insert(0, self.current)
        copied_text = self.current.text
        self.reader.catch_up()
        late = self.some_lines(1)
        self.write(late)
        self.reader.catch_up()
        self.disk.truncate(self.path)
        copied = self.current
        self.current = Incarnation()
        self.past.append(self.current)
        copied.closed = True
        copied.copied = copied_text
        # A torn line at the end of the copy stands where no position ever was: the copy cannot be told then.
        copied.repeated = "" if copied_text.endswith("\n") else copied_text
        self.reader.catch_up()

    @precondition(lambda self: self.current is not None)
    @rule(count=st.integers(0, 3))
    def truncate_and_regrow(self, count: int) -> None:
        assert self.current is not None
        self.current.doomed = self.current.seen
        self.disk.truncate(self.path)
        self.current = Incarnation()
        self.past.append(self.current)
        if count:
            self.write(self.some_lines(count))

    @precondition(lambda self: self.current is not None)
    @rule(count=st.integers(0, 3))
    def delete_and_recreate(self, count: int) -> None:
        assert self.current is not None
        self.current.doomed = self.current.seen
        self.disk.delete(self.path)
        self.current = None
        if count:
            self.write(self.some_lines(count))

    @precondition(lambda self: any(place not in self.packed for place in range(len(self.rotated))))
    @rule(data=st.data())
    def compress_a_rotated_file(self, data: st.DataObject) -> None:
        place = data.draw(st.sampled_from([p for p in range(len(self.rotated)) if p not in self.packed]))
        self.disk.pack(self.place(place + 1))
        self.packed.add(place)
        self.rotated[place].elsewhere = True

    # The reader

    @precondition(lambda self: self.up)
    @rule()
    def sweep(self) -> None:
        self.reader.catch_up()
        for content in self.past:
            if content.doomed is None:
                content.seen = len(content.text)

    @precondition(lambda self: self.up)
    @rule()
    def time_passes(self) -> None:
        self.reader.catch_up(100)
        for content in self.rotated:
            content.closed = True
        for content in self.past:
            if content.doomed is None:
                content.seen = len(content.text)

    @precondition(lambda self: self.up)
    @rule()
    def only_look(self) -> None:
        self.reader.follower.sweep()

    # No header is longer than a piece of the engine's; by a part of one, files that share it cannot be told.
    @precondition(lambda self: self.up and len(self.header) < self.reader.piece_bytes)
    @rule(pieces=st.integers(1, 3))
    def die_after_each_piece(self, pieces: int) -> None:
        self.reader.catch_up_dying(pieces)
        self.note_what_a_restart_forgets()

    @rule(pause=st.sampled_from([0.0, 3600.0]))
    def stop_or_start(self, pause: float = 0.0) -> None:
        if self.up:
            self.reader.stop()
        else:
            self.clock.now += pause
            self.reader.restart()
            self.note_what_a_restart_forgets()
        self.up = not self.up

    def note_what_a_restart_forgets(self) -> None:
        for content in self.past:
            content.repeated = content.repeated or content.copied
        self.restarted = True

    @invariant()
    def nothing_comes_from_nowhere(self) -> None:
        if hasattr(self, "reader"):
            self.compare(finished=False)
            self.clock.now += self.pace

    def compare(self, *, finished: bool) -> None:
        got = Counter(line for line in self.reader.lines if line.startswith(("line", "half")))
        may = Counter(
            line
            for content in self.past
            for text in (content.text, self.may_come_again(content))
            for line in self.lines_of(text)
        )
        must = Counter(line for content in self.past for line in self.lines_certain(content))
        if finished:
            assert not must - got, f"lost {must - got}"
        assert not got - may, f"came twice, or from nowhere: {got - may}"

    def may_come_again(self, content: Incarnation) -> str:
        if content.repeated or not (self.restarted and self.header):
            return content.repeated
        # A file of which a former engine read no more than the header passes for any that begins with it,
        # also for the copy of one that is being read.
        return content.copied or (content.text if content.elsewhere else "")

    def lines_of(self, text: str) -> list[str]:
        return [line for line in text.splitlines() if line.startswith(("line", "half"))]

    def lines_certain(self, content: Incarnation) -> list[str]:
        if content.doomed is not None:
            text = content.text[: content.doomed]
            return self.lines_of(text[: text.rfind("\n") + 1])
        if content.elsewhere and "\n" not in content.text.removeprefix(self.header):
            # Only a torn line, and nothing read of it but perhaps the header that all files share: once it is
            # another file, nothing tells it from an archive.
            return []
        if content is self.current:
            return self.lines_of(content.text[: content.text.rfind("\n") + 1])
        return self.lines_of(content.text)


def campaign(runs: int, *, fixed: bool = False) -> None:
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=runs,
            derandomize=fixed,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[*HealthCheck.__members__.values()],
            print_blob=True,
            report_multiple_bugs=False,
            phases=[Phase.generate],
        ),
    )


def test_no_history_loses_or_doubles_a_line() -> None:
    # The same histories every time; new ones are for the long campaign.
    campaign(300, fixed=True)


@pytest.mark.long
def test_no_history_of_very_many_loses_or_doubles_a_line() -> None:
    campaign(50_000)
