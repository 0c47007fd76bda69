"""The rules as rows of a list, and what is odd about them."""

from msgspec.structs import replace

from engine.api.rates import RateRemarks, RateRow
from tui.screens.rates.text import (
    days_text,
    extensions_text,
    first_block_text,
    price_text,
    valid_text,
    window_text,
)
from tui.terminal.text import clean
from tui.text.format import MoneyStyle
from tui.text.i18n import _, ngettext, said
from tui.widgets.columns import Column
from tui.widgets.rows import Row


def rate_columns() -> list[Column]:
    """The columns; the order of the rules is theirs, so none sorts."""
    columns = [
        Column(key="position", title=_("No."), width=5, align="right"),
        Column(key="on", title=_("On"), width=4),
        Column(key="name", title=_("Rule"), width=14, min_width=13, flex=True),
        Column(key="prefix", title=_("Prefix"), width=8),
        Column(key="length", title=_("Len."), width=4, align="right"),
        Column(key="first", title=_("First block"), width=11, align="right", whole=True),
        Column(key="price", title=_("Price"), width=12, min_width=12, align="right", flex=True, whole=True),
        Column(key="window", title=_("Window"), width=11),
        Column(key="days", title=_("Days"), width=8),
        Column(key="extensions", title=_("Ext."), width=7),
        Column(key="valid", title=_("Valid"), width=23),
    ]
    return [replace(column, sortable=False) for column in columns]


def rate_row(row: RateRow, *, odd: bool, money: MoneyStyle, ascii_only: bool) -> Row:
    """A row under `rate_columns`; `odd` = it is worth a look."""
    rate = row.rate
    mark = warning_sign(ascii_only=ascii_only) if odd else " "
    switch = ("x" if ascii_only else "●") if rate.enabled else ("-" if ascii_only else "○")
    return Row(
        key=str(row.rate_id),
        cells=(
            f"{mark}{row.position}",
            switch,
            clean(rate.name),
            clean(rate.prefix) or _("any"),
            str(rate.number_length) if rate.number_length else _("any"),
            first_block_text(rate, money),
            price_text(rate, money),
            window_text(rate),
            days_text(rate.weekdays),
            extensions_text(rate),
            valid_text(rate),
        ),
        styles=() if rate.enabled else ("muted",),
        cell_styles=("warning" if odd else "", "good" if rate.enabled else ""),
    )


def warning_sign(*, ascii_only: bool) -> str:
    """Stands before what is odd."""
    return "!" if ascii_only else "⚠"


def remarks_by_rule(found: RateRemarks) -> dict[int, list[str]]:
    """What is said of each rule, by its id; of a pair, to both."""
    remarks: dict[int, list[str]] = {}
    for remark in found.rows:
        if remark.rate_id is not None:
            remarks.setdefault(remark.rate_id, []).append(said(remark.text))
        if remark.other_id is not None:
            text = _("rule %d: %s") % (remark.position or 0, said(remark.text))
            remarks.setdefault(remark.other_id, []).append(text)
    return remarks


def remarks_text(found: RateRemarks) -> str:
    """All of them to read, a line each."""
    lines = [f"{remark.position or '–':>5}  {clean(said(remark.text))}" for remark in found.rows]
    if found.total > len(found.rows):
        more = found.total - len(found.rows)
        lines.append(ngettext("and %d more", "and %d more", more) % more)
    return "\n".join(lines)
