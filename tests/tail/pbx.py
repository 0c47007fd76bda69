"""A PBX for tests of following: writes calls to files, and knows what must be charged in the end."""

import copy
import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from tests.reliability.history import Content, Expected
from tests.reliability.lines import Written
from tests.tail.disk import Disk

Mood = Literal["engine running", "engine down meanwhile", "in the middle of a line"]
MOODS: tuple[Mood, ...] = ("engine running", "engine down meanwhile", "in the middle of a line")


class Pbx:
    """Whoever writes, moves and deletes the files; what it wrote where is its own knowledge."""

    def __init__(self, disk: Disk, expected: Expected) -> None:
        self.disk = disk
        self.files: dict[Path, Content] = {}
        self.one_per_call = False
        """Documents of a call each, instead of lines."""
        self._expected = expected
        self._hot: Content | None = None

    def file(self, name: str) -> Path:
        """In the followed folder."""
        return self.disk.folder / name

    def write(self, name: str = "Master.csv", count: int = 2) -> None:
        """Appends calls; a line left torn is completed first."""
        self._write(name, self._expected.lines.some(count))

    def write_same(self, *names: str, count: int = 2) -> None:
        """The same calls to several files."""
        calls = self._expected.lines.some(count)
        for name in names:
            self._write(name, calls)

    def write_files(self, *names: str) -> None:
        """A file for each call."""
        for name in names:
            self.write(name, 1)

    def tear(self) -> None:
        """Begins a line where something was written last: a document of its own, where each call is one."""
        if self.one_per_call:
            self._hot = self._content(self.file(f"torn-{len(self.files)}.json"))
        path = next((path for path, content in self.files.items() if content is self._hot), None)
        if path is None or self._hot is None or self._hot.torn or self._hot.packed:
            return
        call = self._expected.lines.one()
        line = self._encoded(call)
        self.disk.append(path, line[: len(line) // 2])
        self._hot.torn, self._hot.rest = call, line[len(line) // 2 :]
        self._expected.doubt(call)

    def complete(self) -> None:
        """Ends the line that is torn."""
        for path, content in self.files.items():
            if content is self._hot and content.torn:
                self._append(path, content, b"")

    def rename(self, old: str, new: str) -> None:
        """Who has the file open goes on writing it."""
        self.disk.rename(self.file(old), self.file(new))
        self._forget(self.file(new))
        self.files[self.file(new)] = self.files.pop(self.file(old))

    def rotate(self, base: str = "Master.csv") -> None:
        """Master.csv to Master.csv.1, that to .2, compressed ones too."""
        kept = sorted(
            (path.name for path in self.files if path.name.startswith(f"{base}.")),
            key=lambda name: -int(name.split(".")[2]),
        )
        for name in kept:
            number, *rest = name.split(".")[2:]
            self.rename(name, ".".join([base, str(int(number) + 1), *rest]))
        self.rename(base, f"{base}.1")

    def copy(self, old: str, new: str, *, keep_times: bool = False) -> None:
        """A file of its own with the same content."""
        self.disk.copy(self.file(old), self.file(new), keep_times=keep_times)
        self.files[self.file(new)] = copy.deepcopy(self.files[self.file(old)])
        self.present()

    def truncate(self, name: str = "Master.csv") -> None:
        """What no look has seen may be lost, unless another file holds it."""
        self.disk.truncate(self.file(name))
        self._forget(self.file(name))
        self._hot = self.files[self.file(name)] = Content()

    def delete(self, name: str = "Master.csv") -> None:
        """Likewise."""
        self.disk.delete(self.file(name))
        self._forget(self.file(name))

    def lose_all(self) -> None:
        """The files are out of sight for good."""
        for path in list(self.files):
            self._forget(path)

    def pack(self, name: str) -> None:
        """gzip."""
        content = self.files.pop(self.file(name))
        self.files[self.disk.pack(self.file(name))] = content
        content.packed = True

    def seen(self) -> None:
        """All that the files hold is stored by now."""
        self._expected.kept.update(call.start for content in self.files.values() for call in content.calls)

    def present(self) -> None:
        """What stands in a file must be stored in the end."""
        for content in self.files.values():
            for call in content.calls:
                self._expected.be_certain(call)

    def _write(self, name: str, calls: list[Written]) -> None:
        content = self._content(self.file(name))
        self._append(self.file(name), content, b"".join(self._encoded(call) for call in calls))
        content.calls += calls
        self._hot = content
        self.present()

    def _content(self, path: Path) -> Content:
        return self.files.setdefault(path, Content())

    def _append(self, path: Path, content: Content, data: bytes) -> None:
        self.disk.append(path, content.rest + data)
        if content.torn is not None:
            content.calls.append(content.torn)
            content.torn, content.rest = None, b""
            self.present()

    def _forget(self, path: Path) -> None:
        content = self.files.pop(path, None)
        if content is not None:
            for call in content.calls:
                self._expected.doubt(call)
            self.present()

    def _encoded(self, call: Written) -> bytes:
        return _document(call) if self.one_per_call else call.line


def _document(call: Written) -> bytes:
    """The call as FreeSWITCH's json_cdr has it."""
    fields = next(csv.reader([call.line.decode()]))
    start, answer, end = (_epoch(text) for text in fields[9:12])
    return json.dumps(
        {
            "variables": {
                "uuid": fields[16],
                "direction": "inbound",
                "start_epoch": str(start),
                "answer_epoch": str(answer),
                "end_epoch": str(end),
                "duration": fields[12],
                "billsec": fields[13],
                "hangup_cause": "NORMAL_CLEARING",
            },
            "callflow": [
                {"caller_profile": {"caller_id_number": fields[1], "destination_number": fields[2]}}
            ],
        }
    ).encode()


def _epoch(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) if text else 0


Case = Iterator[None]
"""What happens to the files, with a pause wherever an engine may look."""
