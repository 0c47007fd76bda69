"""Checkpoints and accounts of files, as the store keeps them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import NamedTuple

import pyarrow as pa

from engine.domain.zones import moment
from engine.store import Session
from engine.tail.checkpoint import Checkpoint
from engine.tail.fingerprint import FINGERPRINT_BYTES, ReadAt, prefix_digests, sha256


def load_checkpoints(session: Session) -> list[Checkpoint]:
    """Every file that a source was followed in; imports by hand are not among them."""
    return session.records(Checkpoint, "pipeline.checkpoints")


@dataclass(frozen=True, kw_only=True)
class ReadBefore:
    """A file whose calls are stored, as far as telling its content again goes."""

    path: str
    timezone: str
    """The IANA zone that its times were read in."""
    read_offset: int
    tail_length: int
    tail_sha256: str


def read_before(session: Session, read_at: ReadAt) -> ReadBefore | None:
    """The file that this content, or the beginning of it, was read as; None = it is new."""
    lengths = [length for (length,) in session.records(tuple[int], "pipeline.head_lengths")]
    heads = list(prefix_digests(read_at(0, FINGERPRINT_BYTES), lengths).values())
    for file in session.records(ReadBefore, "pipeline.files_by_head", heads=heads):
        if sha256(read_at(file.read_offset - file.tail_length, file.tail_length)) == file.tail_sha256:
            return file
    return None


class FileDescription(NamedTuple):
    """The name, inode, fingerprint, format and zone of a file, which seldom change."""

    source: str
    path: str
    format: str
    timezone: str
    """The IANA zone that its times are read in."""
    device: int
    inode: int
    head_length: int
    head_sha256: str

    @classmethod
    def of(cls, position: Checkpoint, format_name: str, timezone: str) -> "FileDescription":
        """The description of a file that was read up to a checkpoint."""
        return cls(
            position.source,
            position.path,
            format_name,
            timezone,
            position.device,
            position.inode,
            position.head_length,
            position.head_sha256,
        )


@dataclass(frozen=True, kw_only=True)
class FileAccounts:
    """Accounts of the lines and bytes of a file, or of a piece of it: columns of table `source_file`."""

    lines: int = 0
    """= stored + duplicates + quarantined + ignored + events."""
    stored: int = 0
    duplicates: int = 0
    quarantined: int = 0
    ignored: int = 0
    """Blank lines and headers."""
    events: int = 0
    """Events of channels: parts of calls."""
    stored_bytes: int = 0
    duplicate_bytes: int = 0
    quarantined_bytes: int = 0
    ignored_bytes: int = 0
    event_bytes: int = 0
    """Together with the four above all that was read."""
    last_call_at: datetime | None = None
    """None = no call."""


_ALWAYS = ("lines", "stored", "stored_bytes", "last_call_at")
"""Accounts that live lines change; each column that is changed costs time, and the others seldom are."""

_COUNTS = tuple(one.name for one in fields(FileAccounts) if one.name != "last_call_at")

_FILES = pa.schema(
    [
        *((name, pa.string()) for name in ("source", "path", "format", "timezone")),
        *((name, pa.string()) for name in ("head_sha256", "tail_sha256")),
        *((name, pa.int64()) for name in ("file_id", "device", "read_offset", *_COUNTS)),
        *((name, pa.int32()) for name in ("head_length", "tail_length")),
        ("inode", pa.uint64()),
        ("finished", pa.bool_()),
        *((name, pa.timestamp("us")) for name in ("first_read_at", "last_read_at", "last_call_at")),
    ]
)
"""Of table `source_file`."""


def add_files(session: Session, files: Sequence[tuple[Checkpoint, FileDescription, FileAccounts]]) -> None:
    """Files that were not read before."""
    rows: list[dict[str, object]] = []
    for position, named, accounts in files:
        reached = _reached(position)
        read_at = reached.pop("read_at")
        row = named._asdict() | reached | asdict(accounts)
        row |= {"file_id": position.file_id, "first_read_at": read_at, "last_read_at": read_at}
        rows.append(row)
    session.feed("pipeline.add_files", new_files=pa.Table.from_pylist(rows, schema=_FILES))


def advance_file(session: Session, position: Checkpoint, accounts: FileAccounts) -> None:
    """A file that was read further, in as few columns as will do."""
    values = asdict(accounts)
    always = {name: values.pop(name) for name in _ALWAYS}
    session.brief("pipeline.advance_file", file_id=position.file_id, **_reached(position), **always)
    if any(values.values()):
        session.brief("pipeline.count_not_stored", file_id=position.file_id, **values)


def describe_file(session: Session, file_id: int, named: FileDescription) -> None:
    """A file that goes by another name, or is read by another format or in another zone."""
    session.brief("pipeline.describe_file", file_id=file_id, **named._asdict())


def _reached(position: Checkpoint) -> dict[str, object]:
    return {
        "tail_length": position.tail_length,
        "tail_sha256": position.tail_sha256,
        "read_offset": position.read_offset,
        "finished": position.finished,
        "read_at": moment(round(position.last_read_at * 1_000_000)),
    }
