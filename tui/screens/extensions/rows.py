"""Extensions as rows of a list."""

from engine.api.extensions import ExtensionRow
from tui.screens.extensions.state import payment_text, state_text
from tui.terminal.text import clean
from tui.text.format import MoneyStyle
from tui.text.i18n import _
from tui.widgets.columns import Column
from tui.widgets.rows import Row


def extension_columns() -> list[Column]:
    """The columns of the list."""
    return [
        Column(key="number", title=_("Ext."), width=6),
        Column(key="name", title=_("Name"), width=8, min_width=6, flex=True),
        Column(key="billing", title=_("Bill"), width=4, sortable=False),
        Column(key="payment", title=_("Payment"), width=8, yields=3, sortable=False),
        Column(key="recharged", title=_("Recharged"), width=9, align="right", whole=True, yields=2),
        Column(key="balance", title=_("Balance"), width=9, align="right", whole=True),
        Column(key="credit", title=_("Credit"), width=7, align="right", whole=True, yields=1),
        Column(key="available", title=_("Available"), width=9, align="right", whole=True),
        Column(key="state", title=_("State"), width=8),
    ]


def extension_row(row: ExtensionRow, *, money: MoneyStyle, ascii_only: bool) -> Row:
    """A row under `extension_columns`."""
    state, style = state_text(row, ascii_only=ascii_only)
    return Row(
        key=row.number,
        cells=(
            row.number,
            clean(row.name),
            _("on") if row.billing else _("off"),
            payment_text(row.payment),
            money.number(row.total_recharged_micros),
            money.number(row.balance_micros),
            money.number(row.credit_limit_micros),
            money.number(row.available_micros),
            state,
        ),
        cell_styles=(
            "",
            "",
            "" if row.billing else "muted",
            "",
            "",
            "",
            "",
            "error" if row.over_limit else "",
            style,
        ),
    )
