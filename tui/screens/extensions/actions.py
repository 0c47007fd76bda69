"""The actions of the list of extensions."""

from engine.api.extensions import ExportExtensions, Recharge, SetExtensions
from tui.text.i18n import N_
from tui.widgets.actions import LEDGER, Action

EXTENSION_ACTIONS: tuple[Action, ...] = (
    Action(
        name="recharge",
        keys="r,f6",
        label=N_("Recharge"),
        help=N_("Add an amount to the marked extensions, or to the one under the cursor."),
        operation=Recharge,
        online=True,
    ),
    Action(
        name="edit",
        keys="e,f4",
        label=N_("Edit"),
        help=N_("Change the extension under the cursor. Enter does the same."),
        operation=SetExtensions,
        online=True,
    ),
    Action(
        name="batch",
        keys="b,f7",
        label=N_("Batch"),
        help=N_("Change some properties of the marked extensions in one go."),
        operation=SetExtensions,
        online=True,
    ),
    Action(
        name="lock",
        keys="L,f8",
        label=N_("Lock"),
        help=N_("Lock the marked extensions, or the one under the cursor; unlock if all are locked."),
        operation=SetExtensions,
        online=True,
    ),
    LEDGER,
    Action(
        name="new",
        anywhere=True,
        keys="n,insert",
        label=N_("New"),
        help=N_("Add an extension or a range of them."),
        operation=SetExtensions,
        online=True,
    ),
    Action(
        name="state",
        keys="s",
        label=N_("State"),
        help=N_("Narrow the list by state: barred, over limit, locked, low and so on; again for the next."),
        shown=False,
    ),
    Action(
        name="payment",
        keys="p",
        label=N_("Payment"),
        help=N_("Narrow the list by payment method; again for the next."),
        shown=False,
    ),
    Action(
        name="export",
        anywhere=True,
        keys="x",
        label=N_("Export"),
        help=N_("Write the extensions shown as CSV, Parquet or a spreadsheet, or copy them."),
        operation=ExportExtensions,
        online=True,
    ),
)
