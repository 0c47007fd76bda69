"""The snapshot helper tells screens apart by text and by style."""

from pathlib import Path

import pytest

from tests.tui import snapshots
from tests.tui.snapshots import assert_snapshot, rows_of_app, snapshot_text
from tests.tui.widgets.sources import TableApp
from tests.tui.widgets.test_table import counted
from tui.widgets.rows import MemoryRows, Row


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(snapshots, "STORED", tmp_path)
    monkeypatch.delenv("UPDATE_SNAPSHOTS", raising=False)
    return tmp_path


def test_a_change_of_text_and_a_change_of_style_are_both_seen(
    stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [[("one ", "red"), ("two", "blue")]]
    with pytest.raises(AssertionError, match="there is no snapshot"):
        assert_snapshot("a", rows)
    monkeypatch.setenv("UPDATE_SNAPSHOTS", "1")
    assert_snapshot("a", rows)
    monkeypatch.delenv("UPDATE_SNAPSHOTS")
    assert_snapshot("a", rows)
    with pytest.raises(AssertionError, match="twa"):
        assert_snapshot("a", [[("one ", "red"), ("twa", "blue")]])
    with pytest.raises(AssertionError, match="green"):
        assert_snapshot("a", [[("one ", "red"), ("two", "green")]])


def test_the_text_of_a_snapshot_can_be_read() -> None:
    text = snapshot_text([[("ab", "x"), ("c", "y")], [("ddd", "x")]])
    assert text == "|abc|\n|ddd|\n\n  0 a2 b1\n  1 a3\n\na: x\nb: y\n"


async def test_a_table_looks_as_stored() -> None:
    rows = [
        Row(key="1", cells=("1001", "王小明", "12.50")),
        Row(key="2", cells=("1002", "A very long name that does not fit in", "0.00"), styles=("error",)),
        Row(key="3", cells=("1003", "O'Brien [/x]", "3.10"), cell_styles=("", "", "good")),
    ]
    app = TableApp(MemoryRows(rows))
    async with app.run_test(size=(50, 6)) as pilot:
        await counted(app)
        await pilot.press("space", "down")
        app.table.set_sort("cost", descending=True)
        await pilot.pause()
        assert_snapshot("table-50x6", rows_of_app(app))
