"""The ingest thread: what it does about failures that are not those of a file."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any, cast

import pytest

from config.settings import Numbering, Settings, SiteSettings, Source
from engine.domain.errors import StorageError
from engine.parse.parser import Parser
from engine.pipeline import backoff, source_parser
from engine.pipeline import ingest_loop as module
from engine.pipeline.ingest_loop import IngestLoop
from engine.pipeline.live_site import LiveSite
from engine.pipeline.source_parser import SourceParser
from engine.reports.verify import verify
from engine.store import Session, Writer
from engine.tail import piece
from tests.stores import NOW, UTC, new_store

OFFICE = Path(__file__).parents[2] / "sample_cdr" / "office"


class Liar(Writer):
    """Says of the third change that it failed, though it was committed: as after a failed flush."""

    changes = 0

    def submit(
        self, change: Callable[[Session], Any], *, after: Callable[[Session, Any], None] | None = None
    ) -> Future[Any]:
        done = super().submit(change, after=after)
        self.changes += 1
        if self.changes == 3:
            done.result()
            failed: Future[Any] = Future()
            failed.set_exception(StorageError("Could not write, or so it seems."))
            return failed
        return done


class Ingesting:
    """An ingest thread on a store of its own."""

    def __init__(self, home: Path, sources: list[str], writer: type[Writer] = Writer) -> None:
        numbering = Numbering(extensions=r"8\d{3}", trunks=("PJSIP/trunk_*",))
        self.database = new_store(home / "test.duckdb")
        self.writer = writer(self.database)
        self.faults: list[str] = []
        self.ingest_loop = IngestLoop(
            home=home,
            database=self.database,
            writer=self.writer,
            state=LiveSite(self.database, zone=UTC, numbering=numbering),
            settings=Settings(
                site=SiteSettings(timezone=UTC),
                numbering=numbering,
                sources=tuple(Source(path=path, format="asterisk-csv", timezone=UTC) for path in sources),
            ),
            stored=lambda _session, _batch: None,
            alarmed=lambda: self.faults.append(str(self.ingest_loop.fault)),
            now=lambda: NOW,
        )
        self.ingest_loop.start()

    def wait(self, calls: int) -> None:
        deadline = time.monotonic() + 60
        with self.database.reading() as session:
            while verify(session).calls < calls:
                assert time.monotonic() < deadline, (verify(session), self.faults)
                time.sleep(0.05)

    def close(self) -> None:
        self.ingest_loop.close()
        self.writer.close()
        self.database.close()


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Ingesting]]:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.1)
    running: list[Ingesting] = []
    yield running
    for one in running:
        one.close()


def lines() -> list[bytes]:
    return (OFFICE / "Master.csv").read_bytes().splitlines(keepends=True)[:60]


def test_a_commit_that_is_said_to_have_failed_but_was_made_is_not_counted_twice(
    tmp_path: Path, begun: list[Ingesting]
) -> None:
    file = tmp_path / "Master.csv"
    begun.append(one := Ingesting(tmp_path, ["Master.csv"], Liar))
    for number, line in enumerate(lines(), start=1):
        with file.open("ab") as stream:
            stream.write(line)
        if number <= 5:
            one.wait(number)
    one.wait(60)
    assert any("seems" in str(fault) for fault in one.faults)
    with one.database.reading() as session:
        report = verify(session)
    assert (report.calls, report.files, report.findings) == (60, 1, [])


def test_an_error_of_our_own_in_one_source_does_not_hold_up_the_other(
    tmp_path: Path, begun: list[Ingesting], monkeypatch: pytest.MonkeyPatch
) -> None:
    parse = SourceParser.parse

    def poisoned(self: SourceParser, piece: Any) -> Any:
        if piece.data.startswith(b"poison"):
            raise ZeroDivisionError
        return parse(self, piece)

    monkeypatch.setattr(SourceParser, "parse", poisoned)
    (tmp_path / "a.csv").write_bytes(b"poison\n")
    (tmp_path / "b.csv").write_bytes(b"".join(lines()))
    begun.append(one := Ingesting(tmp_path, ["a.csv", "b.csv"]))
    one.wait(60)
    assert "ZeroDivisionError" in str(one.ingest_loop.parser_fault(str(tmp_path / "a.csv")))
    assert not one.ingest_loop.parser_fault(str(tmp_path / "b.csv"))


@pytest.mark.parametrize("junk", [b"no call\n", "no call\n".encode("utf-16")])
def test_a_backlog_that_cannot_be_read_does_not_hold_up_others(
    tmp_path: Path, begun: list[Ingesting], monkeypatch: pytest.MonkeyPatch, junk: bytes
) -> None:
    monkeypatch.setattr(module, "backlog_bytes", lambda *_, **__: 4096)
    bad, good = tmp_path / "bad.csv", tmp_path / "good.csv"
    bad.write_bytes(junk * 5000)
    good.write_bytes(b"".join(lines()))
    os.utime(bad, (1, 1))
    begun.append(one := Ingesting(tmp_path, ["bad.csv", "good.csv"]))
    one.wait(60)
    assert one.ingest_loop.parser_fault(str(bad))
    assert not one.ingest_loop.parser_fault(str(good))


def test_what_cannot_be_read_is_tried_again_and_forgotten_when_it_is_gone(
    tmp_path: Path, begun: list[Ingesting], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backoff, "AGAIN_SECONDS", 0.1)
    bad, worse = tmp_path / "bad.csv", tmp_path / "worse.csv"
    for file in (bad, worse):
        file.write_bytes(lines()[0].decode().encode("utf-16"))
    begun.append(one := Ingesting(tmp_path, ["*.csv"]))
    source = str(tmp_path / "*.csv")
    until(lambda: one.ingest_loop.parser_fault(source))
    worse.unlink()
    bad.write_bytes(b"".join(lines()))
    one.wait(60)
    until(lambda: not one.ingest_loop.parser_fault(source))


def test_a_long_file_of_junk_is_given_up_after_a_look_at_its_start(
    tmp_path: Path, begun: list[Ingesting], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    parse = Parser.parse

    def counted(self: Parser, piece: bytes, **how: Any) -> Any:
        seen.append(len(piece))
        return parse(self, piece, **how)

    monkeypatch.setattr(Parser, "parse", counted)
    (tmp_path / "bad.csv").write_bytes(b"no call\n" * 1_500_000)
    begun.append(one := Ingesting(tmp_path, ["bad.csv"]))
    until(lambda: one.ingest_loop.parser_fault(str(tmp_path / "bad.csv")))
    assert sum(seen) <= source_parser.PROBE_BYTES


def test_a_line_over_the_end_of_a_full_piece_is_whole_in_the_next_one(
    tmp_path: Path, begun: list[Ingesting], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "backlog_bytes", lambda *_, **__: 4096)
    monkeypatch.setattr(piece, "MAX_PIECE_BYTES", 4096)
    (tmp_path / "Master.csv").write_bytes(b"".join(lines()))
    begun.append(one := Ingesting(tmp_path, ["Master.csv"]))
    until(lambda: one.ingest_loop.health and not one.ingest_loop.bytes_behind)
    with one.database.reading() as session:
        assert verify(session).calls == len(lines())


def test_a_backlog_is_read_in_another_thread_while_its_file_grows_is_renamed_and_copied(
    tmp_path: Path, begun: list[Ingesting], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(cast("dict[str, Any]", module.IngestLoop.__init__.__kwdefaults__), "backlog_bytes", 0)
    monkeypatch.setattr(module, "backlog_bytes", lambda *_, **__: 16_384)
    whole = (OFFICE / "Master.csv").read_bytes().splitlines(keepends=True)
    file = tmp_path / "Master.csv"
    file.write_bytes(b"".join(whole[:500]))
    begun.append(one := Ingesting(tmp_path, ["Master.csv"]))
    for begin in range(500, 2000, 500):
        with file.open("ab") as stream:
            stream.write(b"".join(whole[begin : begin + 200]))
        file.rename(tmp_path / f"Master.csv.{5 - begin // 500}")
        shutil.copy(tmp_path / f"Master.csv.{5 - begin // 500}", tmp_path / "Master.csv.9")
        file.write_bytes(b"".join(whole[begin + 200 : begin + 500]))
        if begin == 1000:
            one.ingest_loop.configure(one.ingest_loop.settings)
    with file.open("ab") as stream:
        stream.write(b"".join(whole[2000:]))
    one.wait(len(whole))
    with one.database.reading() as session:
        report = verify(session)
    assert (report.calls, report.findings) == (len(whole), [])


def until(met: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.05)
