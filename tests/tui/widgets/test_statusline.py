"""The line that says how a screen stands, where it has more to say than there is room."""

from textual.app import App, ComposeResult

from tests.tui.snapshots import rows_of_app
from tui.widgets.statusline import StatusLine

WIDTH = 40


class _Line(App[object]):
    def compose(self) -> ComposeResult:
        yield StatusLine()


async def _shown(left: list[str], right: list[str]) -> str:
    app = _Line()
    async with app.run_test(size=(WIDTH, 1)) as pilot:
        app.query_one(StatusLine).show([(text, "") for text in left], [(text, "") for text in right])
        await pilot.pause()
        (row,) = rows_of_app(app)
        return "".join(text for text, _style in row)


async def test_an_amount_that_does_not_fit_is_left_out_and_not_cut():
    assert await _shown(["12 rows", "CN¥1,415.00"], ["23 B to read", "admin"]) == (
        " 12 rows …          23 B to read  admin "
    )


async def test_what_comes_first_is_shown_as_far_as_there_is_room():
    line = await _shown(["a filter that is as long as this", "CN¥1.00"], ["admin"])
    assert line == " a filter that is as long as thi… admin "
