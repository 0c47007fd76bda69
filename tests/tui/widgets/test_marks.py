"""Boxes beside names: one at a time, all at once."""

from textual.app import App, ComposeResult

from tui.widgets.marks import MarkList


class Marks(App[None]):
    def compose(self) -> ComposeResult:
        yield MarkList(["one", "[/x] two", "three"])


async def test_space_turns_one_name_and_an_asterisk_all_of_them() -> None:
    app = Marks()
    async with app.run_test() as pilot:
        marks = app.query_one(MarkList)
        assert marks.marked == ("one", "[/x] two", "three")
        await pilot.press("down", "space")
        assert marks.marked == ("one", "three")
        await pilot.press("asterisk")
        assert marks.marked == ("one", "[/x] two", "three")
        await pilot.press("asterisk")
        assert marks.marked == ()
