"""pbxmeter sources: the CDR files that are followed, and what an unknown one looks like."""

from pathlib import Path

import click

from engine.api.site import DetectResult, DetectSource, ListSources
from engine.domain.zones import to_local
from tui.commands.command import Group, examples
from tui.commands.document import print_document
from tui.commands.progress import bytes_text
from tui.commands.say import say
from tui.commands.session import Session
from tui.commands.table import local_time, print_pairs, print_table
from tui.sentences import said


@click.group(
    cls=Group,
    invoke_without_command=True,
    epilog=examples("sources", "sources --files", "sources detect cdr.csv"),
)
@click.option("--files", is_flag=True, help="Every file ever read, not the configured sources.")
@click.pass_context
def sources(context: click.Context, files: bool) -> None:
    """Lists the sources of config.yaml with their health and what became of their lines."""
    if context.invoked_subcommand is not None:
        return
    session = context.ensure_object(Session)
    state = session.ask(ListSources())
    if session.as_json:
        print_document(session, state)
        return
    if files:
        print_table(
            ("File", "Format", "Read", "Lines", "Stored", "Duplicate", "Bad", "Ignored", "Last read"),
            [
                (
                    *(row.path, row.format, bytes_text(row.read_offset), f"{row.lines:,}", f"{row.stored:,}"),
                    *(f"{row.duplicates:,}", f"{row.quarantined:,}", f"{row.ignored:,}"),
                    local_time(to_local(row.last_read_at, session.zone)),
                )
                for row in state.files
            ],
            right="Read|Lines|Stored|Duplicate|Bad|Ignored",
        )
        return
    if not state.rows:
        say(f"No source is configured yet: see pbxmeter config edit ({session.folder / 'config.yaml'}).")
        return
    print_table(
        (
            "Source",
            "Format",
            "State",
            "Files",
            "Lines",
            "Stored",
            "Duplicate",
            "Bad",
            "Ignored",
            "Behind",
            "Last read",
        ),
        [
            (
                *(
                    row.path,
                    row.format,
                    said(row.state),
                    f"{row.files:,}",
                    f"{row.lines:,}",
                    f"{row.stored:,}",
                ),
                *(
                    f"{row.duplicates:,}",
                    f"{row.quarantined:,}",
                    f"{row.ignored:,}",
                    bytes_text(row.bytes_behind),
                ),
                local_time(to_local(row.last_read_at, session.zone) if row.last_read_at else None),
            )
            for row in state.rows
        ],
        right="Files|Lines|Stored|Duplicate|Bad|Ignored|Behind",
    )
    print_pairs((row.path, row.message) for row in state.rows if row.message)


@sources.command("detect", epilog=examples("sources detect /var/log/asterisk/cdr-csv/Master.csv"))
@click.argument("file")
@click.option("--format", "format_name", metavar="NAME", default="", help="Read it so; default: try all.")
@click.option("--timezone", metavar="ZONE", default="", help="Of the times in the file.")
@click.pass_obj
def detect_source(session: Session, file: str, format_name: str, timezone: str) -> None:
    """Says what a CDR file looks like: format, time zone, trunks, extensions, and why."""
    result = session.ask(
        DetectSource(path=str(Path(file).absolute()), format=format_name, timezone=timezone), doing="read"
    )
    if session.as_json:
        print_document(session, result)
    else:
        print_detected(result)


def print_detected(result: DetectResult) -> None:
    """What was found, for people."""
    print_pairs(
        [
            ("format", result.format or "none of the known ones fits"),
            ("time zone", result.timezone or "cannot be told"),
            *(("because", reason) for reason in result.reasons),
            ("trunks", ", ".join(result.trunks) or "none seen"),
            ("extensions", ", ".join(result.extensions[:20]) or "none seen"),
            *(("unknown column", column) for column in result.unknown_columns),
            *(("fault", fault) for fault in result.faults),
        ]
    )
    if result.rows:
        click.echo()
        print_table(result.header, result.rows, as_they_are=True)
