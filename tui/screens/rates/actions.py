"""The actions of the list of rate rules."""

from engine.api.rates import ImportRates, MoveRate, RemoveRates, SaveRate, SwitchRates
from engine.domain.names import Role
from tui.text.i18n import N_
from tui.widgets.actions import Action

RATE_ACTIONS: tuple[Action, ...] = (
    Action(
        name="edit",
        keys="e,f4",
        label=N_("Edit"),
        help=N_("Change the rule under the cursor. Enter does the same."),
        operation=SaveRate,
        online=True,
    ),
    Action(
        name="new",
        anywhere=True,
        keys="n,insert",
        label=N_("New"),
        help=N_("Add a rule at the end of the list."),
        operation=SaveRate,
        online=True,
    ),
    Action(
        name="try",
        anywhere=True,
        keys="t,f6",
        label=N_("What if"),
        help=N_("What would this call cost: which rule wins and why, as you type."),
        online=True,
    ),
    Action(
        name="switch",
        keys="s,f7",
        label=N_("On/off"),
        help=N_("Switch the marked rules, or the one under the cursor, on; off if all are on."),
        operation=SwitchRates,
        online=True,
    ),
    Action(
        name="up",
        keys="K,minus",
        label=N_("Up"),
        help=N_("Move the rule one place up."),
        operation=MoveRate,
        online=True,
    ),
    Action(
        name="down",
        keys="J,plus",
        label=N_("Down"),
        help=N_("Move the rule one place down."),
        operation=MoveRate,
        online=True,
    ),
    Action(
        name="remove",
        keys="delete,D,f8",
        label=N_("Remove"),
        help=N_("Take the marked rules, or the one under the cursor, out of the list."),
        operation=RemoveRates,
        online=True,
    ),
    Action(
        name="check",
        anywhere=True,
        keys="w",
        label=N_("Check"),
        help=N_("Everything odd: rules that never win, order alone deciding, hours without a rule."),
        online=True,
    ),
    Action(
        name="import",
        anywhere=True,
        keys="i",
        label=N_("Import"),
        help=N_("Replace the list by a sheet, after a preview."),
        operation=ImportRates,
        online=True,
    ),
    Action(
        name="export",
        anywhere=True,
        keys="x",
        label=N_("Export"),
        help=N_("Write all rules as a sheet, whose CSV imports back to the same, or copy them."),
        role=Role.BILLING,
        online=True,
    ),
)
