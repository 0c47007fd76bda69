"""Which columns of a list are shown."""

from collections.abc import Sequence

from tui.i18n import _
from tui.widgets.columns import Column
from tui.widgets.fields import Field, SwitchField
from tui.widgets.forms import Form
from tui.widgets.table import WindowedTable


class ChooseColumns(Form[bool]):
    """Shows and hides the columns of a table."""

    def __init__(self, table: WindowedTable, columns: Sequence[Column]) -> None:
        super().__init__(
            _("Columns"),
            submit=_("Show"),
            intro=_("In the list, [ and ] size the sorted column, { and } move it."),
        )
        self._table = table
        hidden = {state.key for state in table.column_states if state.hidden}
        self._fields = [
            SwitchField(column.key, column.title or column.key, column.key not in hidden)
            for column in columns[1:]
        ]

    def fields(self) -> "Sequence[Field[object]]":
        return self._fields

    async def submit(self) -> bool:
        for field in self._fields:
            self._table.hide_column(field.key, not field.value)
        return True
