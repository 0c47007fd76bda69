"""pbxmeter stats: calls, talk time and cost by period."""

from typing import Any

import click

from engine.api.calls import By, GetStatistics, Per, StatRow
from engine.api.extensions import CsvText
from tui.commands.command import Command, examples
from tui.commands.document import Json, json_text, plain_document
from tui.commands.options import call_filter, which_calls
from tui.commands.progress import duration_text
from tui.commands.session import Session
from tui.commands.sheets import print_csv
from tui.commands.table import print_table
from tui.export.statistics_csv import lines_csv
from tui.text.i18n import N_, _

_HEADS = {
    "extension": N_("Extension"),
    "trunk": N_("Trunk"),
    "rate": N_("Rate"),
    "destination": N_("Destination"),
    "country": N_("Country"),
    "prefix": N_("Prefix"),
}


@click.command(
    cls=Command,
    epilog=examples(
        "stats --by day --from 2026-01",
        "stats --by month --per extension --extensions 8001,8003",
        "stats --by all --per rate --json",
        "stats --by month --per trunk -o trunks.csv",
    ),
)
@click.option(
    "--by",
    type=click.Choice(["day", "month", "year", "hour", "weekday", "all"]),
    default="day",
    show_default=True,
    help=N_("The period of a line; all = one for everything."),
)
@click.option("--per", type=click.Choice([*_HEADS]), help=N_("And a line for each."))
@click.option("--all-directions", is_flag=True, help=N_("Count every call, not outbound ones only."))
@which_calls
@click.option("-o", "--output", metavar="FILE", help=N_("Write the lines as CSV; - is standard output."))
@click.pass_obj
def stats(
    session: Session, by: By, per: Per | None, all_directions: bool, output: str | None, **typed: Any
) -> None:
    """Counts outbound calls, talk time and cost by the period in which they started, in site time."""
    chosen = call_filter(session, **typed)
    result = session.ask(
        GetStatistics(by=by, per=per or "", filter=chosen, all_directions=all_directions), doing="count"
    )
    if output is not None:
        csv = CsvText(text=lines_csv(result.rows, per or ""), rows=len(result.rows))
        print_csv(session, lambda: csv, output)
        return
    if session.as_json:
        rows: list[Json] = [_document(session, row, per) for row in result.rows]
        click.echo(json_text({"rows": rows, "total": _document(session, result.total, None)}))
        return
    headers = [
        "Period",
        *([_HEADS[per], "Name"] if per == "extension" else [_HEADS[per]] if per else []),
    ]
    cells = [
        [row.period, *([row.key, row.label] if per == "extension" else [_named(row)] if per else [])]
        for row in result.rows
    ]
    cells.append([_("all"), *([""] * (len(headers) - 1))])
    print_table(
        (
            *headers,
            N_("Calls"),
            N_("Answered"),
            N_("Duration"),
            N_("Average"),
            _("Cost {currency}").format(currency=session.greeting.currency),
        ),
        [
            (*first, *_figures(session, row))
            for first, row in zip(cells, [*result.rows, result.total], strict=True)
        ],
        right=f"Calls|Answered|Duration|Average|Cost {session.greeting.currency}",
    )


def _named(row: StatRow) -> str:
    """A trunk, rule, destination, country or prefix; in brackets why there was no rule."""
    return f"({_(row.unrated)})" if row.unrated is not None else row.label or row.key


def _figures(session: Session, row: StatRow) -> tuple[str, ...]:
    return (
        f"{row.calls:,}",
        f"{row.answered:,}",
        duration_text(row.duration),
        duration_text(row.average_duration),
        session.money(row.cost_micros),
    )


def _document(session: Session, row: StatRow, per: Per | None) -> Json:
    """The line by the columns of the contract: the key under the name of what was asked for."""
    plain = plain_document(row, session.zone)
    assert isinstance(plain, dict)
    key, label = plain.pop("key"), plain.pop("label")
    if per != "rate":
        del plain["unrated"]
    document: dict[str, Json] = {"period": plain.pop("period")}
    if per:
        document[per] = key
        document["label"] = label
    return {**document, **plain}
