"""pbxmeter destinations: list, import, export."""

import click

from engine.api.destinations import ExportDestinations, ImportDestinations, ListDestinations
from tui.commands.command import Group, examples
from tui.commands.document import print_document
from tui.commands.files import read_sheet
from tui.commands.say import say
from tui.commands.session import Session
from tui.commands.sheets import print_csv, print_import
from tui.commands.table import print_table
from tui.text.i18n import N_, _


@click.group(cls=Group)
def destinations() -> None:
    """Names and countries of numbers, by their prefixes."""


@destinations.command(
    "list", epilog=examples("destinations list", "destinations list japan", "destinations list +44 --json")
)
@click.argument("text", required=False, default="")
@click.option("--limit", metavar="N", type=click.IntRange(1, 100_000), default=1000, show_default=True)
@click.pass_obj
def list_destinations(session: Session, text: str, limit: int) -> None:
    """Lists prefixes with what they lead to; TEXT begins a prefix, is part of a name, or a country."""
    found = session.ask(ListDestinations(text=text, limit=limit))
    if session.as_json:
        print_document(session, found)
        return
    print_table(
        (N_("Prefix"), N_("Name"), N_("Country"), N_("From")),
        [
            (row.prefix or "''", row.name, row.country, _("the site") if row.own else _("shipped"))
            for row in found.rows
        ],
    )
    if found.total > len(found.rows):
        say(
            _("{shown} of {total} prefixes; --limit shows more").format(
                shown=f"{len(found.rows):,}", total=f"{found.total:,}"
            ),
            err=True,
        )


@destinations.command(
    "import",
    epilog=examples("destinations import places.csv --dry-run", "destinations import - < places.csv"),
)
@click.argument("file")
@click.option("--dry-run", is_flag=True, help=N_("Say what would change, and change nothing."))
@click.pass_context
def import_destinations(context: click.Context, file: str, dry_run: bool) -> None:
    """Replaces the site's own prefixes by a CSV file; - reads standard input.

    Columns: prefix,name,country. Prefixes are held against the number as it is rated, the longest one names
    it, and the site's come before those that ship. An empty prefix names all other numbers. All lines or
    none are taken.
    """
    session = context.ensure_object(Session)
    result = session.ask(ImportDestinations(content=read_sheet(file), apply=not dry_run), doing="import")
    context.exit(print_import(session, result, what="destinations", dry_run=dry_run))


@destinations.command("export", epilog=examples("destinations export -o places.csv"))
@click.option("-o", "--output", metavar="FILE", help=N_("Write this file; default: standard output."))
@click.pass_obj
def export_destinations(session: Session, output: str | None) -> None:
    """Writes the site's own prefixes as CSV that imports back to the same."""
    print_csv(session, lambda: session.ask(ExportDestinations()), output)
