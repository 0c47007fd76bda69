"""The windowed table, driven as by its user."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from msgspec.structs import replace
from rich.cells import cell_len
from textual import events
from textual.pilot import Pilot

from tests.tui.widgets.sources import COLUMNS, HeldRows, NumberedRows, TableApp
from tui.widgets.columns import Column
from tui.widgets.pages import KEPT_PAGES
from tui.widgets.row_in_full import RowInFull
from tui.widgets.rows import PAGE_ROWS, MemoryRows, Page, PageRequest, Row
from tui.widgets.table import WindowedTable

HUNDRED_MILLION = 100_000_000


async def until(condition: Callable[[], object]) -> None:
    """Waits until `condition` holds: pages come from threads."""
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.005)


async def counted(app: TableApp) -> None:
    await until(lambda: app.last(WindowedTable.Counted))
    await until(lambda: app.table.cursor_key)


async def test_the_first_page_is_shown_before_the_count_is_known() -> None:
    source = HeldRows(1000)
    source.page_gate.set()
    app = TableApp(source)
    async with app.run_test():
        await until(lambda: app.table.cursor_key == "k0")
        assert not app.table.row_count_exact
        assert app.last(WindowedTable.Counted) is None
        source.count_gate.set()
        await counted(app)
        assert app.table.row_count == 1000


async def test_the_end_of_a_hundred_million_rows_is_one_page_away() -> None:
    source = NumberedRows(HUNDRED_MILLION)
    app = TableApp(source)
    async with app.run_test() as pilot:
        await counted(app)
        await pilot.press("G")
        await until(lambda: app.table.cursor_key == f"k{HUNDRED_MILLION - 1}")
        assert app.lines()[-1].split() == [
            str(HUNDRED_MILLION - 1),
            "row",
            str(HUNDRED_MILLION - 1),
            "99999999.00",
        ]
        last = [request for request in source.requests if request.from_end]
        assert last and last[0].start + last[0].size == HUNDRED_MILLION
        assert len(source.requests) <= 4
        bar = app.table.vertical_scrollbar
        assert not app.table.show_horizontal_scrollbar
        assert bar.position + bar.window_size == bar.window_virtual_size
        await pilot.press("g")
        await until(lambda: app.table.cursor_key == "k0")


async def test_end_before_the_count_goes_on_to_the_end_when_it_is_known() -> None:
    source = HeldRows(5000)
    source.page_gate.set()
    app = TableApp(source)
    async with app.run_test() as pilot:
        await until(lambda: app.table.cursor_key == "k0")
        await pilot.press("end")
        source.count_gate.set()
        await until(lambda: app.table.cursor_key == "k4999")


async def test_pages_next_to_known_ones_are_asked_for_with_their_anchor() -> None:
    source = NumberedRows(100_000)
    app = TableApp(source)
    async with app.run_test():
        await counted(app)
        app.table.move_to(PAGE_ROWS + 100)
        await until(lambda: app.table.cursor_key == f"k{PAGE_ROWS + 100}")
        request = next(request for request in source.requests if request.start == PAGE_ROWS)
        assert request.after is not None
        assert (request.after.row, request.after.cursor) == (PAGE_ROWS - 1, f"k{PAGE_ROWS - 1}")


async def test_only_a_bounded_number_of_pages_is_kept() -> None:
    app = TableApp(NumberedRows(10_000_000))
    async with app.run_test():
        await counted(app)
        for step in range(1, KEPT_PAGES + 20):
            app.table.move_to(step * 10 * PAGE_ROWS)
            await until(lambda step=step: app.table.cursor_key == f"k{step * 10 * PAGE_ROWS}")
        assert app.table._pages.held == KEPT_PAGES


async def test_marks_survive_paging_and_sorting() -> None:
    app = TableApp(NumberedRows(5000))
    async with app.run_test() as pilot:
        await counted(app)
        await pilot.press("space", "space", "G", "g", "down", "down", "down", "space")
        wanted = {"k0", "k1", "k3"}
        assert app.table.marked_keys == wanted
        app.table.set_source(NumberedRows(5000, descending=True))
        await until(lambda: app.table.cursor_key == "k4999")
        assert app.table.marked_keys == wanted
        await pilot.press("G")
        await until(lambda: app.table.cursor_key == "k0")
        assert [line[0] for line in app.lines()[-5:]] == [" ", "●", " ", "●", "●"]


async def test_space_marks_and_moves_on_and_unmarks() -> None:
    app = TableApp(NumberedRows(10))
    async with app.run_test() as pilot:
        await counted(app)
        await pilot.press("space")
        assert (app.table.cursor_row, app.table.marked_keys) == (1, {"k0"})
        await pilot.press("up", "space")
        assert app.table.marked_keys == frozenset()


async def test_all_and_inverted_marks() -> None:
    app = TableApp(NumberedRows(10))
    async with app.run_test() as pilot:
        await counted(app)
        await pilot.press("space", "%")
        assert app.table.marked_keys == {f"k{number}" for number in range(1, 10)}
        await pilot.press("*")
        message = app.last(WindowedTable.MarksChanged)
        assert isinstance(message, WindowedTable.MarksChanged)
        assert (message.marked, message.partial) == (10, False)
        app.table.clear_marks()
        assert not app.table.marked_keys


async def test_marking_all_of_a_list_that_is_not_all_loaded_says_so() -> None:
    app = TableApp(NumberedRows(100_000))
    async with app.run_test() as pilot:
        await counted(app)
        await pilot.press("*")
        message = app.last(WindowedTable.MarksChanged)
        assert isinstance(message, WindowedTable.MarksChanged)
        assert message.partial


async def test_answers_of_a_source_that_was_replaced_are_dropped() -> None:
    old, new = HeldRows(1000, name="old"), NumberedRows(700, name="new")
    app = TableApp(old)
    async with app.run_test() as pilot:
        app.table.set_source(new)
        assert old.cancelled
        await pilot.pause()
        await until(lambda: app.table.cursor_key == "k0")
        assert "new 0" in app.lines()[1]
        old.page_gate.set()
        old.count_gate.set()
        await counted(app)
        await pilot.pause()
        assert app.table.row_count == 700
        assert not any("old" in line for line in app.lines())


async def test_a_list_whose_first_rows_are_on_their_way_says_so() -> None:
    source = HeldRows(1000)
    app = TableApp(source)
    async with app.run_test() as pilot:
        await pilot.pause()
        assert "Loading" in app.lines()[1]
        source.page_gate.set()
        source.count_gate.set()
        await counted(app)
        assert "row 0" in app.lines()[1]


async def test_old_rows_stay_until_the_new_ones_arrive() -> None:
    new = HeldRows(1000, name="new")
    app = TableApp(NumberedRows(1000, name="old"))
    async with app.run_test() as pilot:
        await counted(app)
        app.table.set_source(new)
        await pilot.pause()
        assert app.table.fetching
        assert all("old" in line for line in app.lines()[1:])
        new.page_gate.set()
        new.count_gate.set()
        await until(lambda: not app.table.fetching)
        assert all("new" in line for line in app.lines()[1:])


async def test_a_refresh_keeps_the_cursor_on_its_row() -> None:
    source = NumberedRows(1000, first=100)
    app = TableApp(source)
    async with app.run_test() as pilot:
        await counted(app)
        app.table.move_to(60)
        await pilot.pause()
        seen_at = app.table.cursor_row - app.table.top_row
        source.first, source.rows = 95, 1005
        app.table.refresh_rows()
        await until(lambda: not app.table.fetching)
        await until(lambda: app.table.row_count == 1005)
        assert app.table.cursor_key == "k160"
        assert app.table.cursor_row == 65
        assert app.table.cursor_row - app.table.top_row == seen_at


async def test_a_row_that_went_to_a_page_not_read_yet_is_found_there() -> None:
    source = NumberedRows(1000, first=100)
    app = TableApp(source)
    async with app.run_test():
        await counted(app)
        app.table.move_to(PAGE_ROWS - 1)
        await until(lambda: app.table.cursor_key == f"k{100 + PAGE_ROWS - 1}")
        source.first, source.rows = 99, 1001
        await app.table.refreshed()
        assert (app.table.cursor_row, app.table.cursor_key) == (PAGE_ROWS, f"k{100 + PAGE_ROWS - 1}")


async def test_rows_that_come_in_above_never_push_the_cursor_out_of_view() -> None:
    source = NumberedRows(1000, first=100)
    app = TableApp(source)
    async with app.run_test() as pilot:
        await counted(app)
        await pilot.press("down", "down")
        source.first, source.rows = 97, 1003
        await app.table.refreshed()
        assert (app.table.top_row, app.table.cursor_key) == (0, "k102"), "there is room for them"
        source.first, source.rows = 57, 1043
        await app.table.refreshed()
        assert app.table.cursor_key == "k102"
        assert app.table.cursor_row == app.table.top_row + app.table.visible_rows - 1
        await pilot.press("up")
        assert app.table.cursor_key == "k101"


async def test_a_cursor_that_stays_first_goes_to_what_comes_in_above_it() -> None:
    source = NumberedRows(1000, first=100)
    app = TableApp(source)
    async with app.run_test() as pilot:
        await counted(app)
        app.table.stays_first = True
        source.first, source.rows = 95, 1005
        await app.table.refreshed()
        assert (app.table.cursor_row, app.table.cursor_key) == (0, "k95")
        await pilot.press("down")
        source.first, source.rows = 90, 1010
        await app.table.refreshed()
        assert (app.table.cursor_row, app.table.cursor_key) == (6, "k96"), "who has moved on is left alone"


async def test_a_refresh_of_a_list_that_has_shrunk_puts_the_cursor_on_its_last_row() -> None:
    source = NumberedRows(5000)
    app = TableApp(source)
    async with app.run_test() as pilot:
        await counted(app)
        await pilot.press("G")
        await until(lambda: app.table.cursor_key == "k4999")
        source.rows = 30
        app.table.refresh_rows()
        await until(lambda: app.table.row_count_exact and app.table.cursor_key == "k29")
        assert app.table.row_count == 30


async def test_a_list_emptied_by_a_refresh_shows_its_placeholder() -> None:
    source = NumberedRows(20)
    app = TableApp(source)
    async with app.run_test() as pilot:
        await counted(app)
        source.rows = 0
        app.table.refresh_rows()
        await until(lambda: app.table.row_count == 0)
        await pilot.pause()
        assert "No calls match." in app.lines()[1]
        await pilot.press("down", "space", "enter", "G", "pagedown", "asterisk")
        assert app.table.cursor_key is None


async def test_an_empty_list_shows_its_placeholder() -> None:
    app = TableApp(MemoryRows(()))
    async with app.run_test():
        await until(lambda: app.last(WindowedTable.Counted))
        assert "No calls match." in app.lines()[1]


async def test_a_failing_source_is_reported_and_asked_again_on_refresh() -> None:
    @dataclass
    class Failing(NumberedRows):
        broken: bool = False

        def page(self, request: PageRequest) -> Page:
            if self.broken:
                raise ConnectionError("engine gone")
            return super().page(request)

    source = Failing(1000)
    app = TableApp(source)
    async with app.run_test():
        await counted(app)
        source.broken = True
        app.table.refresh_rows()
        await until(lambda: app.last(WindowedTable.FetchFailed))
        assert "row 0" in app.lines()[1]
        source.broken = False
        app.table.refresh_rows()
        await until(lambda: not app.table.fetching)
        assert app.table.cursor_key == "k0"


async def test_movement_keys() -> None:
    app = TableApp(NumberedRows(1000))
    async with app.run_test(size=(80, 24)) as pilot:
        await counted(app)
        table = app.table
        height = table.visible_rows
        assert height == 23
        for key, row in (
            ("j", 1),
            ("down", 2),
            ("k", 1),
            ("up", 0),
            ("pagedown", height),
            ("ctrl+f", 2 * height),
            ("ctrl+b", height),
            ("pageup", 0),
            ("ctrl+d", height // 2),
            ("ctrl+u", 0),
            ("end", 999),
            ("home", 0),
            ("G", 999),
            ("g", 0),
        ):
            await pilot.press(key)
            assert table.cursor_row == row, key


async def test_leaving_the_view_line_by_line_scrolls_half_a_page() -> None:
    app = TableApp(NumberedRows(1000))
    async with app.run_test(size=(80, 24)) as pilot:
        await counted(app)
        app.table.move_to(22)
        assert app.table.top_row == 0
        await pilot.press("down")
        assert app.table.top_row == 23 - 11
        app.table.jump_at_edges = False
        app.table.move_to(34)
        await pilot.press("down")
        assert app.table.top_row == 13


async def test_enter_selects_the_row_under_the_cursor() -> None:
    app = TableApp(NumberedRows(1000))
    async with app.run_test() as pilot:
        await counted(app)
        await pilot.press("down", "enter")
        message = app.last(WindowedTable.RowSelected)
        assert isinstance(message, WindowedTable.RowSelected)
        assert (message.key, message.row) == ("k1", 1)


async def test_sort_keys_choose_and_turn() -> None:
    app = TableApp(NumberedRows(1000))
    async with app.run_test() as pilot:
        await counted(app)
        await pilot.press(">")
        assert app.table.sort == ("number", False)
        await pilot.press(">", "z")
        message = app.last(WindowedTable.SortRequested)
        assert isinstance(message, WindowedTable.SortRequested)
        assert (message.column, message.descending) == ("name", True)
        assert "Name▼" in app.lines()[0]
        await pilot.press("<")
        assert app.table.sort == ("number", False)


async def test_the_mouse_moves_opens_sorts_and_scrolls() -> None:
    app = TableApp(NumberedRows(1000))
    async with app.run_test(size=(80, 24)) as pilot:
        await counted(app)
        await pilot.click(WindowedTable, offset=(20, 5))
        assert app.table.cursor_row == 4
        await pilot.click(WindowedTable, offset=(20, 7), times=2)
        message = app.last(WindowedTable.RowSelected)
        assert isinstance(message, WindowedTable.RowSelected)
        assert message.row == 6
        await pilot.click(WindowedTable, offset=(20, 0))
        assert app.table.sort == ("name", False)
        await pilot.click(WindowedTable, offset=(20, 0))
        assert app.table.sort == ("name", True)
        await _wheel(pilot)
        assert app.table.top_row > 0
        assert app.table.cursor_row == 6


async def _wheel(pilot: Pilot[None]) -> None:
    await pilot._post_mouse_events([events.MouseScrollDown], WindowedTable, (20, 5))
    await pilot.pause()


async def test_a_column_is_sized_by_dragging_its_edge_and_that_sorts_nothing() -> None:
    app = TableApp(NumberedRows(1000))
    async with app.run_test(size=(80, 24)) as pilot:
        await counted(app)
        assert app.lines()[0].startswith("        Number Name")
        await pilot.mouse_down(WindowedTable, offset=(14, 0))
        await pilot.hover(WindowedTable, offset=(17, 0))
        await pilot.hover(WindowedTable, offset=(20, 0))
        await pilot.mouse_up(WindowedTable, offset=(20, 0))
        assert app.lines()[0].startswith("              Number Name")
        await pilot.hover(WindowedTable, offset=(30, 0))
        assert app.lines()[0].startswith("              Number Name")
        assert app.table.sort == (None, False)
        assert [state.width for state in app.table.column_states] == [18, 0, 0]


async def test_a_flexible_column_is_sized_from_how_wide_it_stands_there() -> None:
    app = TableApp(NumberedRows(10))
    async with app.run_test(size=(80, 24)):
        await counted(app)
        cost = app.lines()[1].index("0.00")
        app.table.resize_column("name", -2)
        assert app.lines()[1].index("0.00") == cost - 2


async def test_a_click_on_the_scrollbar_goes_to_that_part_of_the_list() -> None:
    app = TableApp(NumberedRows(HUNDRED_MILLION))
    async with app.run_test(size=(80, 25)) as pilot:
        await counted(app)
        await pilot.click(app.table.vertical_scrollbar, offset=(0, 12))
        await until(lambda: app.table.cursor_key == f"k{app.table.cursor_row}")
        assert abs(app.table.top_row - HUNDRED_MILLION // 2) < 100
        await pilot.click(app.table.vertical_scrollbar, offset=(0, 24))
        await until(lambda: "99999999" in app.lines()[-1])
        await pilot.click(app.table.vertical_scrollbar, offset=(0, 0))
        await until(lambda: app.table.top_row == 0)


async def test_every_line_is_exactly_as_wide_as_the_view_in_chinese_too() -> None:
    rows = [Row(key=str(n), cells=("1001", "王小明" * n, "¥1.25")) for n in range(1, 30)]
    app = TableApp(MemoryRows(rows))
    async with app.run_test(size=(61, 12)) as pilot:
        await counted(app)
        for _ in range(3):
            assert {cell_len(line) for line in app.lines()} == {app.table.view_size.width}
            await pilot.press("right")
        app.table.resize_column("name", 35)
        for step in range(12):
            app.table.scroll_x = step
            assert {cell_len(line) for line in app.lines()} == {app.table.view_size.width}


async def test_the_first_column_stays_when_the_others_scroll() -> None:
    columns = (*COLUMNS, *(Column(key=f"c{n}", title=f"C{n}", width=15) for n in range(6)))
    rows = [Row(key="1", cells=("1001", "Wang", "5.00", *(f"cell{n}" for n in range(6))))]
    app = TableApp(MemoryRows(rows), columns)
    async with app.run_test(size=(80, 12)) as pilot:
        await counted(app)
        assert "cell5" not in app.lines()[1]
        await pilot.press(*["right"] * 20)
        assert "1001" in app.lines()[1] and "cell5" in app.lines()[1] and "Wang" not in app.lines()[1]
        await pilot.press(*["left"] * 20)
        assert "Wang" in app.lines()[1]


async def test_a_flexible_column_takes_the_rest_of_the_line_and_gives_way_first() -> None:
    rows = [Row(key="1", cells=("1001", "Wang", "5.00"))]
    app = TableApp(MemoryRows(rows))
    async with app.run_test(size=(80, 12)) as pilot:
        await counted(app)
        assert app.table.virtual_size.width == 79
        assert app.lines()[1].endswith("5.00")
        await pilot.resize_terminal(37, 12)
        await pilot.pause()
        assert app.table.virtual_size.width == 36
        assert app.lines()[1].endswith("5.00")


MONEY_COLUMNS = (
    Column(key="number", title="Ext.", width=6),
    Column(key="name", title="Name", width=8, min_width=6, flex=True),
    Column(key="payment", title="Payment", width=8, yields=2),
    Column(key="balance", title="Balance", width=9, align="right", whole=True),
    Column(key="credit", title="Credit", width=7, align="right", whole=True, yields=1),
    Column(key="state", title="State", width=6),
)


def _money_rows(amount: str) -> MemoryRows:
    return MemoryRows([Row(key="1", cells=("1001", "Wang", "prepaid", amount, "5.00", "over"))])


async def test_an_amount_is_never_cut_and_other_columns_give_way_first() -> None:
    app = TableApp(_money_rows("5.00"), MONEY_COLUMNS)
    async with app.run_test(size=(51, 12)) as pilot:
        await counted(app)
        assert app.lines()[1].split() == ["1001", "Wang", "prepaid", "5.00", "5.00", "over"]
        app.table.set_source(_money_rows("-1,234,567.8901"))
        await until(lambda: "-1,234,567.8901" in app.lines()[1])
        assert app.lines()[1].split() == ["1001", "Wang", "-1,234,567.8901", "5.00", "over"]
        app.table.set_source(_money_rows("-123,456,789,012.345678"))
        await until(lambda: "-123,456,789,012.345678" in app.lines()[1])
        assert app.lines()[1].split() == ["1001", "Wang", "-123,456,789,012.345678", "over"]
        assert [column.title for column, _text in app.table.shown_cells(app.table.cursor_cells)] == [
            column.title for column in MONEY_COLUMNS
        ]
        await pilot.press(*["right"] * 6)
        assert app.lines()[1].split()[0] == "1001" and {"prepaid", "5.00"} < set(app.lines()[1].split())
        app.table.set_source(_money_rows("5.00"))
        await until(lambda: "5.00" in app.lines()[1].split()[3:4])


async def test_an_amount_that_is_only_partly_in_view_says_so() -> None:
    rows = MemoryRows([Row(key="1", cells=("1001", "Wang", "1,234,567.89"))])
    app = TableApp(rows, (*COLUMNS[:2], replace(COLUMNS[2], whole=True)))
    async with app.run_test(size=(80, 12)):
        await counted(app)
        app.table.resize_column("name", 8)
        for step in range(30):
            app.table.scroll_x = step
            amount = app.lines()[1].split()[-1]
            assert amount == "1,234,567.89" or not set(amount) & set("123456789")


async def test_columns_are_hidden_moved_sized_and_remembered() -> None:
    app = TableApp(NumberedRows(5))
    async with app.run_test() as pilot:
        await counted(app)
        table = app.table
        table.hide_column("cost")
        table.move_column("name", -1)
        table.resize_column("number", 5)
        assert app.lines()[1].split() == ["row", "0", "0"]
        states = table.column_states
        table.reset_columns()
        assert app.lines()[1].split() == ["0", "row", "0", "0.00"]
        table.restore_columns(states)
        assert app.lines()[1].split() == ["row", "0", "0"]
        assert table.column_states == states
        table.hide_column("name")
        table.hide_column("number")
        await pilot.pause()
        assert [column.key for column in table.columns if not column.hidden] == ["number"]


async def test_hostile_and_marked_up_names_are_shown_as_plain_text() -> None:
    rows = [Row(key="1", cells=("1001", "[/x] \x1b]52;c;eA==\x07 [red]", "5"))]
    app = TableApp(MemoryRows(rows))
    async with app.run_test():
        await counted(app)
        line = app.lines()[1]
        assert "[/x] ·]52;c;eA==· [red]" in line


async def test_row_and_cell_styles_are_drawn() -> None:
    rows = [
        Row(key="0", cells=("1", "a", "b")),
        Row(key="1", cells=("1", "a", "b"), styles=("error",)),
        Row(key="2", cells=("1", "a", "b"), cell_styles=("", "good", "")),
    ]
    app = TableApp(MemoryRows(rows))
    async with app.run_test():
        await counted(app)
        table = app.table

        def colour_of(line: int, text: str) -> object:
            return next(s.style.color for s in table.render_line(line) if text in s.text and s.style)

        assert colour_of(2, "a") == table.get_component_rich_style("row--error", partial=True).color
        assert colour_of(3, "a") == table.get_component_rich_style("row--good", partial=True).color
        assert colour_of(3, "b") == table.rich_style.color


async def test_the_highlighted_row_is_told_once_it_is_there() -> None:
    source = HeldRows(1000)
    app = TableApp(source)
    async with app.run_test() as pilot:
        await pilot.pause()
        assert app.last(WindowedTable.RowHighlighted) is None
        source.page_gate.set()
        source.count_gate.set()
        await until(lambda: app.last(WindowedTable.RowHighlighted))
        await pilot.press("down")
        message = app.last(WindowedTable.RowHighlighted)
        assert isinstance(message, WindowedTable.RowHighlighted)
        assert (message.key, message.row) == ("k1", 1)


async def test_a_row_is_shown_in_full_with_what_its_columns_cut_or_hide() -> None:
    note = "a long note of the clerk " * 5 + "and/a/path/without/blanks/" * 4
    app = TableApp(MemoryRows([Row(key="1", cells=("1", note, "12.00"))]))
    async with app.run_test(size=(80, 24)) as pilot:
        await counted(app)
        app.table.hide_column("cost")
        await pilot.press("Y")
        await until(lambda: isinstance(app.screen, RowInFull))
        await pilot.pause()
        strips = app.screen._compositor.render_strips()
        shown = "".join("".join(segment.text for segment in strip) for strip in strips)
        assert "".join(note.split()) in "".join(
            character for character in shown if character not in " │║┃▎▊▕▏"
        )
        assert "12.00" in shown
        await pilot.press("down", "y")
        await until(lambda: app.clipboard == note.strip())


async def test_the_place_in_the_list_is_told_while_it_scrolls_and_then_goes() -> None:
    rows = [Row(key=str(n), cells=(f"day {n // 10:03}", f"name {n}", "1")) for n in range(1000)]
    app = TableApp(MemoryRows(rows))

    def right_ends() -> list[str]:
        table = app.table
        return [table.render_line(line).text[25:] for line in range(1, table.visible_rows + 1)]

    async with app.run_test(size=(50, 12)) as pilot:
        await counted(app)
        app.table.place_column = app.table.columns[0].key
        await pilot.press("pagedown", "pagedown")
        assert f" day {app.table.top_row // 10:03} " in right_ends()[0]
        await pilot.press("end")
        await pilot.pause(0.1)
        assert " day 098 " in right_ends()[-1]
        while any("day" in end for end in right_ends()):
            await pilot.pause(0.05)
