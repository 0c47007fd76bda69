"""A model of what may happen to CDR files: what must be stored in the end, and what may be.

A call may be missing only if no look at the folder could have shown it: written, and its file truncated,
deleted or written over, before the engine had caught up. A line that was torn and never completed may go
either way.
"""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from tests.reliability.lines import Lines, Written
from tests.tail.disk import Disk


@dataclass
class Content:
    """What a file holds, whatever it is called."""

    calls: list[Written] = field(default_factory=list)
    torn: Written | None = None
    """The last line, begun but not ended."""
    rest: bytes = b""
    """What the torn line still lacks."""
    packed: bool = False


class Expected:
    """What a store must hold, and what it may hold; calls are told by their starts."""

    def __init__(self, seed: int) -> None:
        self.lines = Lines(Random(seed))  # noqa: S311 - the same lines each time
        self.certain: set[int] = set()
        self.possible: set[int] = set()
        self.kept: set[int] = set()
        """What was stored at some time, and cannot be lost any more."""

    def be_certain(self, call: Written) -> None:
        """The call must be stored."""
        self.possible.discard(call.start)
        self.certain.add(call.start)

    def doubt(self, call: Written) -> None:
        """The call may be stored or not, unless it has been."""
        if call.start not in self.kept:
            self.certain.discard(call.start)
            self.possible.add(call.start)

    def compare(self, got: Counter[tuple[int, int]]) -> list[Written]:
        """Every certain call once, no call twice, none from nowhere, at its cost; the calls that are stored.

        `got` counts starts with costs in micro-units.
        """
        assert not [call for call, count in got.items() if count > 1], "twice"
        starts = {start for start, _ in got}
        assert not self.certain - starts, "lost"
        assert starts <= self.certain | self.possible, "from nowhere"
        calls = [self.lines.by_start[start] for start in starts]
        assert got == Counter((call.start, call.cost_micros) for call in calls)
        return calls


class FileHistory(RuleBasedStateMachine):
    """One followed file, its rotated neighbours and copies; whoever follows it is up or down."""

    expected: Expected
    disk: Disk

    def __init__(self) -> None:
        super().__init__()
        self.up = False
        self.current: Content | None = None
        self.rotated: list[Content] = []
        self.copied: Content | None = None
        """What the copy beside it holds, as it was."""

    @property
    def path(self) -> Path:
        """The followed file."""
        return self.disk.folder / "Master.csv"

    def place(self, number: int, content: Content) -> Path:
        """The rotated file of that number."""
        return self.path.with_name(f"Master.csv.{number}{'.gz' if content.packed else ''}")

    def caught_up(self) -> None:
        """All that is in the files now is stored."""
        for content in (*self.rotated, *([self.current] if self.current else [])):
            self.expected.kept.update(call.start for call in content.calls)

    # Writing

    def write(self, content: Content, path: Path, data: bytes) -> None:
        """Appends, completing a torn line first."""
        self.disk.append(path, content.rest + data)
        if content.torn is not None:
            content.calls.append(content.torn)
            self.expected.be_certain(content.torn)
            content.torn, content.rest = None, b""

    @rule(count=st.integers(1, 5))
    def append(self, count: int) -> None:
        """Whole lines."""
        if self.current is None:
            self.current = Content()
        calls = self.expected.lines.some(count)
        self.write(self.current, self.path, b"".join(call.line for call in calls))
        self.current.calls += calls
        for call in calls:
            self.expected.be_certain(call)

    @rule(part=st.floats(0.05, 0.95))
    def tear(self, part: float) -> None:
        """The first part of a line."""
        if self.current is None:
            self.current = Content()
        call = self.expected.lines.one()
        cut = max(1, int(len(call.line) * part))
        self.write(self.current, self.path, call.line[:cut])
        self.current.torn, self.current.rest = call, call.line[cut:]
        self.expected.doubt(call)

    @precondition(lambda self: self.rotated and not self.rotated[0].packed)
    @rule()
    def append_to_the_file_rotated_last(self) -> None:
        """The PBX has not been told yet."""
        call = self.expected.lines.one()
        self.write(self.rotated[0], self.place(1, self.rotated[0]), call.line)
        self.rotated[0].calls.append(call)
        self.expected.be_certain(call)

    # What happens to the file

    def shift(self) -> None:
        """Makes room for Master.csv.1."""
        for number in range(len(self.rotated), 0, -1):
            content = self.rotated[number - 1]
            self.disk.rename(self.place(number, content), self.place(number + 1, content))

    @precondition(lambda self: self.current is not None)
    @rule()
    def rotate_by_renaming(self) -> None:
        assert self.current is not None
        self.shift()
        self.disk.rename(self.path, self.path.with_name("Master.csv.1"))
        self.rotated.insert(0, self.current)
        self.current = None

    @precondition(lambda self: self.current is not None)
    @rule(keep_times=st.booleans())
    def rotate_by_copying_and_truncating(self, keep_times: bool) -> None:
        assert self.current is not None
        self.shift()
        self.disk.copy(self.path, self.path.with_name("Master.csv.1"), keep_times=keep_times)
        self.disk.truncate(self.path)
        self.rotated.insert(0, self.current)
        self.current = Content()

    @precondition(lambda self: any(not content.packed and content.calls for content in self.rotated))
    @rule(data=st.data())
    def compress_a_rotated_file(self, data: st.DataObject) -> None:
        """Of one that holds a torn line only, the compressed copy may be an archive for all anyone knows."""
        plain = [n for n, content in enumerate(self.rotated, 1) if content.calls and not content.packed]
        number = data.draw(st.sampled_from(plain))
        self.disk.pack(self.place(number, self.rotated[number - 1]))
        self.rotated[number - 1].packed = True

    def doom(self) -> None:
        """What of the file is not stored yet may be lost."""
        assert self.current is not None
        for call in self.current.calls:
            self.expected.doubt(call)

    @precondition(lambda self: self.current is not None)
    @rule(count=st.integers(0, 8))
    def truncate_and_regrow(self, count: int) -> None:
        self.doom()
        self.disk.truncate(self.path)
        self.current = Content()
        if count:
            self.append(count)

    @precondition(lambda self: self.current is not None)
    @rule(count=st.integers(0, 8))
    def delete_and_recreate(self, count: int) -> None:
        self.doom()
        self.disk.delete(self.path)
        self.current = None
        if count:
            self.append(count)

    @precondition(lambda self: self.current is not None)
    @rule(name=st.sampled_from(["Master.csv.bak", "copy of Master.csv", "Master.csv-old"]))
    def keep_a_copy_beside_it(self, name: str) -> None:
        assert self.current is not None
        copy = self.path.with_name(name)
        copy.unlink(missing_ok=True)
        self.disk.copy(self.path, copy, keep_times=True)

    @precondition(lambda self: self.current is not None)
    @rule(keep_times=st.booleans())
    def back_up(self, keep_times: bool) -> None:
        """A copy that may be restored later."""
        assert self.current is not None
        if self.copied is not None:
            self.disk.delete(self._backup)
        self.disk.copy(self.path, self._backup, keep_times=keep_times)
        self.copied = Content(calls=list(self.current.calls), torn=self.current.torn, rest=self.current.rest)

    @precondition(lambda self: self.copied is not None)
    @rule()
    def restore_the_backup(self) -> None:
        """An older state in the file's place; the PBX goes on writing after it."""
        assert self.copied is not None
        if self.current is not None:
            self.doom()
        self.disk.rename(self._backup, self.path)
        self.current, self.copied = self.copied, None
        for call in self.current.calls:
            self.expected.be_certain(call)

    @property
    def _backup(self) -> Path:
        return self.path.with_name("backup")
