"""Files that clients open and hand over: the engine opens no path for a client."""

import bz2
import gzip
import lzma
import os
import socket
from collections.abc import Generator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from engine.api.client import Client
from engine.api.files import detect_file, import_files
from engine.api.identity import give
from engine.api.operation import Operation
from engine.api.session import ListAudit
from engine.api.site import FILES_AT_ONCE, DetectSource, GivenFile, Ingest, ListQuarantine, RetryQuarantine
from engine.domain.errors import ConfigError, InvalidInput, NotFound, PbxmeterError, Refused, StorageError
from engine.domain.names import Role
from engine.service.given_files import MAX_OF_ONE, GivenFiles
from sample_cdr import bulk, generate
from tests.service.engines import account, running, with_admin

ROWS = 300


@pytest.fixture
def home(tmp_path: Path) -> Generator[Path]:
    """A running engine's home."""
    with running(tmp_path / "home"):
        yield tmp_path / "home"


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    """A CDR file."""
    path = tmp_path / "calls.csv"
    generate.write(path, bulk.blocks(1, rows=ROWS, extensions=20))
    return path


def test_a_file_is_read_though_its_name_is_gone(home: Path, calls: Path) -> None:
    with Client(home) as client:
        given = client.give([calls])
        calls.unlink()
        assert client.call(Ingest(files=given, format="asterisk-csv")).stored == ROWS


@pytest.mark.parametrize(("ending", "pack"), [(".gz", gzip.open), (".bz2", bz2.open), (".xz", lzma.open)])
def test_packed_files_are_read_through_their_descriptor(
    home: Path, calls: Path, ending: str, pack: type
) -> None:
    packed = calls.with_name(calls.name + ending)
    with pack(packed, "wb") as file:
        file.write(calls.read_bytes())
    with Client(home) as client:
        assert detect_file(client, packed).format == "asterisk-csv"
        assert import_files(client, [packed], form="asterisk-csv").stored == ROWS


def test_many_files_are_one_import_for_who_asks(home: Path, calls: Path) -> None:
    lines = calls.read_bytes().splitlines(keepends=True)
    count = 2 * FILES_AT_ONCE + 1
    parts = [calls.with_name(f"part-{number}.csv") for number in range(count)]
    for number, part in enumerate(parts):
        part.write_bytes(b"".join(lines[number::count]))
    steps: list[tuple[int, int]] = []
    with Client(home) as client:
        done = import_files(
            client, parts, form="asterisk-csv", progress=lambda step: steps.append((step.done, step.total))
        )
    assert (done.files, done.lines, done.stored) == (count, ROWS, ROWS)
    assert {total for _, total in steps} == {calls.stat().st_size}


def test_nothing_is_imported_when_one_file_cannot_be_read(home: Path, calls: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with Client(home) as client:
        for bad, error, why in (
            (tmp_path / "nothing-here.csv", NotFound, "nothing-here"),
            (tmp_path, StorageError, "a folder"),
            (pipe, StorageError, "a FIFO"),
            ("nul\0", NotFound, "cannot be a file's name"),
        ):
            with pytest.raises(error, match=why):
                import_files(client, [calls, bad])
        assert import_files(client, [calls], form="asterisk-csv").stored == ROWS


def test_a_descriptor_of_what_is_no_file_is_refused_by_the_engine(home: Path) -> None:
    reading, writing = os.pipe()
    with Client(home) as client, socket.socket() as link:
        for descriptor in (reading, link.fileno()):
            (ticket,) = give(home, client._token, [descriptor])
            with pytest.raises(StorageError, match="not a regular file"):
                client.call(Ingest(files=[GivenFile(path="/x", ticket=ticket)]))
    os.close(reading)
    os.close(writing)


def test_a_ticket_is_for_one_use_of_its_owner(home: Path, calls: Path) -> None:
    with Client(home) as first:
        admin = with_admin(first)
        with (
            Client(home, credentials=account(admin, "ann", Role.BILLING)) as ann,
            Client(home, credentials=account(admin, "bob", Role.BILLING)) as bob,
        ):
            given = ann.give([calls])
            with pytest.raises(NotFound):
                bob.call(Ingest(files=given, format="asterisk-csv"))
            assert ann.call(Ingest(files=given, format="asterisk-csv")).stored == ROWS
            with pytest.raises(NotFound):
                ann.call(Ingest(files=given, format="asterisk-csv"))


def test_no_path_and_no_format_file_is_opened_for_a_client(home: Path, calls: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.yaml"
    secret.write_text("root: $6$secret\n")
    (home / "ami.secret").write_text("$6$secret")
    (home / "inside.yaml").symlink_to(secret)
    with Client(home) as first:
        admin = with_admin(first)
        with Client(home, credentials=account(admin, "eve", Role.BILLING)) as eve:
            with pytest.raises(NotFound) as caught:
                eve.call(DetectSource(file=GivenFile(path=str(secret), ticket="")))
            for name in (str(secret), "../secret.yaml", "ami.secret", "inside.yaml"):
                operations: list[Operation[Any]] = [
                    DetectSource(file=eve.give([calls])[0], format=name),
                    Ingest(files=eve.give([calls]), format=name),
                ]
                for operation in operations:
                    with pytest.raises(InvalidInput) as caught:
                        eve.call(operation)
                    assert caught.value.field == "format"
                    assert "$6$" not in str(caught.value)


def test_a_retry_opens_no_file_that_an_import_named_as_its_format(home: Path, tmp_path: Path) -> None:
    form = tmp_path / "own.yaml"
    form.write_bytes((files("config") / "formats" / "asterisk-csv.yaml").read_bytes())
    bad = tmp_path / "bad.csv"
    bad.write_text('"","1001","100"\n')
    with Client(home) as client:
        assert import_files(client, [bad], form=str(form)).quarantined == 1
        form.write_text("root: $6$secret\n")
        assert client.call(RetryQuarantine()).still_bad == 1
        assert client.call(ListQuarantine()).total == 1


def test_a_format_file_of_the_caller_is_sent_and_one_in_the_home_is_found(
    home: Path, calls: Path, tmp_path: Path
) -> None:
    text = (files("config") / "formats" / "asterisk-csv.yaml").read_bytes()
    own = tmp_path / "own.yaml"
    own.write_bytes(text)
    (home / "formats").mkdir()
    (home / "formats" / "site.yaml").write_bytes(text)
    broken = tmp_path / "broken.yaml"
    broken.write_text("title: broken\n")
    with Client(home) as client:
        assert detect_file(client, calls, form=str(own)).rows
        assert import_files(client, [calls], form=str(own)).stored == ROWS
        assert import_files(client, [calls], form="formats/site.yaml").duplicates == ROWS
        with pytest.raises(ConfigError, match="layouts is missing"):
            import_files(client, [calls], form=str(broken))
        details = [row.detail for row in client.call(ListAudit()).rows if row.action == "Ingest"]
        assert len(details) == 4, "begun and done, twice"
        assert all(str(calls) in detail and "title" not in detail for detail in details)


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_descriptors_are_closed_when_used_refused_or_forgotten(calls: Path) -> None:
    before = _open_files()
    kept = GivenFiles()
    tickets = [kept.keep([os.open(calls, os.O_RDONLY)], owner="ann")[0] for _ in range(MAX_OF_ONE)]
    with calls.open() as another, pytest.raises(Refused):
        kept.keep([another.fileno()], owner="ann")
    with calls.open() as another:
        kept.keep([os.dup(another.fileno())], owner="bob")
    os.close(kept.take(tickets[0], owner="ann"))
    assert _open_files() == before + MAX_OF_ONE
    kept.close()
    assert _open_files() == before


def test_an_engine_keeps_nothing_open_after_imports_that_failed(home: Path, calls: Path) -> None:
    with Client(home) as client:
        import_files(client, [calls], form="asterisk-csv")
        before = _open_files()
        for _ in range(20):
            with pytest.raises(PbxmeterError):
                import_files(client, [calls], form="no-such-format")
        assert _open_files() <= before + 2


def test_a_file_is_not_read_again_in_another_zone(home: Path, calls: Path) -> None:
    with Client(home) as client:
        assert import_files(client, [calls], form="asterisk-csv", timezone="Asia/Tokyo").stored == ROWS
        grown = calls.with_name("grown.csv")
        grown.write_bytes(calls.read_bytes() * 2)
        for path in (calls, grown):
            with pytest.raises(Refused, match=r"in Asia/Tokyo.*--timezone Asia/Tokyo"):
                import_files(client, [path], form="asterisk-csv", timezone="UTC")
        assert import_files(client, [grown], form="asterisk-csv", timezone="Asia/Tokyo").stored == 0
        other = calls.with_name("other.csv")
        other.write_bytes(calls.read_bytes().split(b"\n", 1)[1])
        assert import_files(client, [other], form="asterisk-csv", timezone="Asia/Tokyo").stored == 0
