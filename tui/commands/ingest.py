"""pbxmeter ingest: past CDR files."""

import click

from tui.commands.command import Command, examples
from tui.commands.document import print_document
from tui.commands.say import say
from tui.commands.session import Session
from tui.commands.table import print_pairs
from tui.text.i18n import N_, _


@click.command(
    cls=Command,
    epilog=examples(
        "ingest /var/log/asterisk/cdr-csv/Master.csv.1",
        "ingest --format freeswitch-csv --timezone UTC old/*.csv",
    ),
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--format", "format_name", metavar="NAME", default="", help=N_("Default: that of the source it fits.")
)
@click.option(
    "--timezone", metavar="ZONE", default="", help=N_("Of the times in the files; default: the source's.")
)
@click.pass_obj
def ingest(session: Session, files: tuple[str, ...], format_name: str, timezone: str) -> None:
    """Imports past CDR files that you can read. NAME may be a format file of your own.

    Calls that are known already count as duplicates and change nothing. Ctrl-C keeps what was stored;
    repeating it goes on where it ended.
    """
    # pyarrow comes with the client: other commands do not wait for it.
    from engine.api.files import import_files

    result = session.work(
        lambda client, progress: import_files(
            client, files, form=format_name, timezone=timezone, progress=progress
        ),
        doing="ingest",
    )
    if session.as_json:
        print_document(session, result)
        return
    print_pairs(
        [
            (N_("lines"), f"{result.lines:,}"),
            (N_("stored"), f"{result.stored:,}"),
            (N_("duplicates"), f"{result.duplicates:,}"),
            (N_("quarantined"), f"{result.quarantined:,}"),
            (N_("ignored"), f"{result.ignored:,}"),
            *(
                ((N_("events"), f"{result.events:,}"), (N_("calls made"), f"{result.made:,}"))
                if result.events
                else ()
            ),
            (N_("charged"), f"{result.charged:,}"),
            (N_("cost"), session.money_named(result.cost_micros)),
            (N_("seconds"), f"{result.seconds:.1f}"),
            *((N_("note"), note) for note in result.notes),
        ]
    )
    if result.quarantined:
        say(_("Some lines could not be read: see pbxmeter quarantine list."), err=True)
