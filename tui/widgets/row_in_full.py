"""One row in full, cell by cell; the chosen one goes to the terminal's clipboard."""

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.terminal.text import clean
from tui.terminal.wrapping import wrapped
from tui.text.i18n import _

LINE_CELLS = 66


class RowInFull(ModalScreen[str | None]):
    """Ends with the text of one cell, cleaned; None = none."""

    AUTO_FOCUS = "OptionList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,Y", "close", show=False),
        Binding("y,space", "choose", show=False),
        Binding("j", "go(1)", show=False),
        Binding("k", "go(-1)", show=False),
    ]

    def __init__(self, cells: Sequence[tuple[str, str]]) -> None:
        """`cells`: titles and texts."""
        super().__init__()
        self._cells = [(clean(title), clean(text)) for title, text in cells]

    def compose(self) -> ComposeResult:
        dialog = Vertical(classes="dialog columns")
        dialog.border_title = _("The row in full")
        widest = max((cell_len(title) for title, _text in self._cells), default=0) + 2
        beside = "\n" + " " * widest
        with dialog:
            yield OptionList(
                *(
                    Option(
                        Content.assemble(
                            (set_cell_size(title, widest), "$text-muted"),
                            beside.join(wrapped(text, LINE_CELLS - widest)),
                        )
                    )
                    for title, text in self._cells
                ),
                markup=False,
                compact=True,
            )
            yield Static(_("Enter or y: copy the cell   Esc: back"), classes="dialog-keys", markup=False)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(self._cells[event.option_index][1])

    def action_choose(self) -> None:
        self.query_one(OptionList).action_select()

    def action_go(self, by: int) -> None:
        options = self.query_one(OptionList)
        options.highlighted = max(0, min((options.highlighted or 0) + by, len(self._cells) - 1))

    def action_close(self) -> None:
        self.dismiss(None)
