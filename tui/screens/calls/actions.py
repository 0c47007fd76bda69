"""The actions of the list of calls."""

from engine.api.calls import ExportCalls
from engine.api.rates import Rerate
from tui.text.i18n import N_
from tui.widgets.actions import PERIOD, Action

CALL_ACTIONS: tuple[Action, ...] = (
    Action(
        name="open",
        keys="e,f4",
        label=N_("Why"),
        help=N_("Show why the call costs what it costs, and the line the PBX wrote. Enter does the same."),
        online=True,
    ),
    PERIOD,
    Action(
        name="direction",
        keys="d",
        label=N_("Direction"),
        help=N_("Narrow the list by direction; again for the next."),
    ),
    Action(
        name="status",
        keys="s",
        label=N_("State"),
        help=N_("Narrow the list by what became of the calls: charged, unrated …; again for the next."),
    ),
    Action(
        name="follow",
        keys="A",
        label=N_("Follow"),
        help=N_("Stay on the newest call as calls come in; again to stop. Moving away pauses it, g goes on."),
    ),
    Action(
        name="jump",
        anywhere=True,
        keys="t,f7",
        label=N_("Go to"),
        help=N_("Go to a day or moment in the list."),
        online=True,
    ),
    Action(
        name="export",
        anywhere=True,
        keys="x,f8",
        label=N_("Export"),
        help=N_("Write the calls shown as CSV, Parquet or a spreadsheet, or copy them."),
        operation=ExportCalls,
        online=True,
    ),
    Action(
        name="rerate",
        anywhere=True,
        keys="R",
        label=N_("Rate anew"),
        help=N_("Rate past calls by today's rules, after a preview of what would change."),
        operation=Rerate,
        online=True,
    ),
)
