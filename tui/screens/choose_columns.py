"""Which columns of a list are shown, in which order and how wide; every change is seen behind it at once."""

from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.terminal.text import clean
from tui.text.i18n import _
from tui.widgets.columns import Column
from tui.widgets.table import WindowedTable


class ChooseColumns(ModalScreen[None]):
    """Changes the columns of one table as it goes; the table's owner remembers them."""

    AUTO_FOCUS = "OptionList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,f2,C", "close", show=False),
        Binding("space", "turn", show=False),
        Binding("left,left_square_bracket", "size(-1)", show=False),
        Binding("right,right_square_bracket", "size(1)", show=False),
        Binding("left_curly_bracket,shift+up,K", "move(-1)", show=False),
        Binding("right_curly_bracket,shift+down,J", "move(1)", show=False),
        Binding("j", "go(1)", show=False),
        Binding("k", "go(-1)", show=False),
        Binding("r", "reset", show=False),
    ]

    def __init__(self, table: WindowedTable) -> None:
        super().__init__()
        self._table = table

    def compose(self) -> ComposeResult:
        dialog = Vertical(classes="dialog columns")
        dialog.border_title = _("Columns")
        with dialog:
            yield OptionList(markup=False, compact=True)
            yield Static(
                _("Space: on/off   ← →: width   { }: move   r: as at first   Esc: done"),
                classes="dialog-keys",
                markup=False,
            )

    def on_mount(self) -> None:
        self._draw(0)

    def _draw(self, here: int) -> None:
        options = self.query_one(OptionList)
        options.clear_options()
        titles = {column.key: clean(column.title or column.key) for column in self._table.columns}
        cells = max(map(cell_len, titles.values()))
        options.add_options(
            [
                Option(self._line(column, set_cell_size(titles[column.key], cells)))
                for column in self._table.columns
            ]
        )
        options.highlighted = here

    @staticmethod
    def _line(column: Column, title: str) -> Content:
        width = _("the rest of the line") if column.flex else _("%d wide") % column.width
        return Content.assemble(
            f"[{' ' if column.hidden else 'x'}] ",
            (title, "$text-disabled" if column.hidden else "bold"),
            (f"   {width}", "$text-muted"),
        )

    @property
    def _here(self) -> int:
        return self.query_one(OptionList).highlighted or 0

    @property
    def _column(self) -> Column:
        return self._table.columns[self._here]

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.action_turn()

    def action_turn(self) -> None:
        self._table.hide_column(self._column.key, not self._column.hidden)
        self._draw(self._here)

    def action_size(self, by: int) -> None:
        self._table.resize_column(self._column.key, by)
        self._draw(self._here)

    def action_move(self, by: int) -> None:
        key = self._column.key
        self._table.move_column(key, by)
        self._draw(next(place for place, column in enumerate(self._table.columns) if column.key == key))

    def action_go(self, by: int) -> None:
        self.query_one(OptionList).highlighted = max(0, min(self._here + by, len(self._table.columns) - 1))

    def action_reset(self) -> None:
        self._table.reset_columns()
        self._draw(0)

    def on_click(self, event: events.Click) -> None:
        if self.get_widget_at(event.screen_x, event.screen_y)[0] is self:
            self.dismiss(None)

    def action_close(self) -> None:
        self.dismiss(None)
