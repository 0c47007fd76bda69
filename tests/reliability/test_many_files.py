"""Many files in one look are stored together: each call once, each file with its own accounts."""

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from engine.api.site import SourceFileRow
from engine.pipeline import backoff
from engine.pipeline.ingest_loop import GROUP_FILES
from engine.rating.sheet import import_rates
from engine.reports.verify import verify
from engine.store import Session
from tests.reliability.desk import Desk, Moment
from tests.reliability.lines import FIRST_START, SECONDS, Lines, Written, costs
from tests.stores import NOW

FILES = 3 * GROUP_FILES + 5


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A site that follows the folder `cdr`, on a clock that ticks when read: a busy host splits no turn."""
    (tmp_path / "cdr").mkdir()
    ticks = itertools.count()
    desk = Desk(tmp_path / "site", clock=lambda: next(ticks) * 1e-6, wall=lambda: FIRST_START + SECONDS)
    yield desk
    desk.close()


@pytest.fixture
def calls(tmp_path: Path) -> list[Written]:
    """One in each file of the folder."""
    calls = Lines(Random(7)).some(FILES)  # noqa: S311 - the same lines each time
    for number, call in enumerate(calls):
        (tmp_path / "cdr" / f"{number:04}.csv").write_bytes(call.line)
    return calls


def follow(desk: Desk, folder: Path) -> None:
    desk.start(folder / "cdr" / "*.csv")
    desk.catch_up()


def each_once(desk: Desk, calls: list[Written]) -> None:
    assert desk.stored() == Counter((call.start, call.cost_micros) for call in calls)
    owed = costs(calls)
    balances = desk.balances()
    assert balances == {number: -owed[number] for number in balances}
    assert desk.findings() == []


def test_many_files_take_few_transactions(desk: Desk, tmp_path: Path, calls: list[Written]) -> None:
    follow(desk, tmp_path)
    assert -desk.writer.changes_left <= FILES // GROUP_FILES + 1
    each_once(desk, calls)


@pytest.mark.parametrize("moment", ["before the commit", "after the commit"])
@pytest.mark.parametrize("change", [1, 2, 4])
def test_a_death_among_many_files_loses_and_doubles_nothing(
    desk: Desk, tmp_path: Path, calls: list[Written], moment: Moment, change: int
) -> None:
    desk.start(tmp_path / "cdr" / "*.csv")
    desk.kill(moment, change)
    desk.reopen()
    follow(desk, tmp_path)
    each_once(desk, calls)


def test_each_of_many_files_has_its_own_accounts(desk: Desk, tmp_path: Path, calls: list[Written]) -> None:
    folder = tmp_path / "cdr"
    (folder / "0007.csv").write_bytes(calls[7].line + b"no call\n" + calls[7].line + b"\n")
    (folder / "0020.csv").write_bytes(calls[20].line + calls[3].line)
    (folder / "0021.csv").write_bytes(b"")
    follow(desk, tmp_path)
    each_once(desk, calls[:21] + calls[22:])
    with desk.database.reading() as session:
        files = session.records(SourceFileRow, "pipeline.files", limit=FILES)
    counts = {
        Path(file.path).stem: (file.lines, file.stored, file.duplicates, file.quarantined, file.ignored)
        for file in files
    }
    assert counts["0007"] == (4, 1, 1, 1, 1)
    assert counts["0003"][2] + counts["0020"][2] == 1
    assert counts["0021"] == (0, 0, 0, 0, 0)
    others = counts.keys() - {"0003", "0007", "0020", "0021"}
    assert {counts[name] for name in others} == {(1, 1, 0, 0, 0)}


def test_charges_that_cannot_be_made_hold_up_no_file_but_their_own(
    desk: Desk, tmp_path: Path, calls: list[Written], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backoff, "AGAIN_SECONDS", 0.0)
    price(desk, "1000000")
    call = next(call for call in calls if call.cost_micros)
    month = re.sub(rb'",\d+,\d+,"', b'",2678400,2678400,"', call.line.strip())
    bad = tmp_path / "cdr" / "0100a.csv"
    # Each on channels of its own.
    lines = (re.sub(rb'-[0-9a-f]{8}"', b'-f%07x"' % number, month) + b"%d\n" % number for number in range(6))
    bad.write_bytes(b"".join(lines))
    desk.start(tmp_path / "cdr" / "*.csv")
    for _ in range(3):
        desk.turn()
    with desk.database.reading() as session:
        assert verify(session).calls == FILES
    assert "out of range" in desk.refused()
    price(desk, "0.01")
    desk.catch_up()
    with desk.database.reading() as session:
        report = verify(session)
    assert (report.calls, report.findings, desk.refused()) == (FILES + 6, [], "")


def price(desk: Desk, amount: str) -> None:
    """Of each second, wherever the call goes."""

    def change(session: Session) -> None:
        sheet = f"name,price,cycle_seconds\nFlat,{amount},1\n".encode()
        assert import_rates(session, sheet, apply=True, operator="t", now=NOW).applied
        desk.state.renew_book(session)

    desk.writer.run(change)
