"""Calls as rows of a list."""

from engine.api.calls import CallRow
from tui.screens.calls.text import DIRECTIONS, call_style, cost, minute_stamp, number, outcome, talk
from tui.terminal.text import clean
from tui.text.format import MoneyStyle
from tui.text.i18n import _
from tui.widgets.columns import Column
from tui.widgets.rows import Row


def call_columns() -> list[Column]:
    """The columns of the list."""
    return [
        Column(key="time", title=_("Time"), width=14),
        Column(key="extension", title=_("Ext."), width=5),
        Column(key="name", title=_("Name"), width=5, min_width=5, flex=True, yields=2, sortable=False),
        Column(key="dialled", title=_("Number"), width=12, min_width=12, flex=True),
        Column(key="destination", title=_("Destination"), width=14, sortable=False, hidden=True),
        Column(key="trunk", title=_("Trunk"), width=6, min_width=5, flex=True, yields=1),
        Column(key="billsec", title=_("Talk"), width=7, align="right"),
        Column(key="cost", title=_("Cost"), width=10, min_width=10, align="right", flex=True, whole=True),
        Column(key="outcome", title=_("Rule or reason"), width=12, min_width=10, flex=True, sortable=False),
        Column(key="direction", title=_("Direction"), width=9, sortable=False, hidden=True),
        Column(key="disposition", title=_("Disposition"), width=11, sortable=False, hidden=True),
    ]


def call_row(row: CallRow, *, money: MoneyStyle, ascii_only: bool) -> Row:
    """A row under `call_columns`."""
    style = call_style(row)
    return Row(
        key=str(row.call_id),
        cells=(
            minute_stamp(row.started_local),
            clean(row.extension),
            clean(row.name),
            number(row, ascii_only=ascii_only),
            clean(row.destination),
            clean(row.trunk),
            talk(row),
            cost(row, money),
            outcome(row, ascii_only=ascii_only),
            _(DIRECTIONS[row.direction]),
            clean(row.disposition),
        ),
        styles=(style,) if style else (),
    )
