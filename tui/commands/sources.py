"""pbxmeter sources: the CDR files that are followed, and what an unknown one looks like."""

from datetime import datetime

import click

from engine.api.site import DetectResult, ListSources, Sources
from engine.domain.zones import to_local
from tui.commands.command import Group, examples
from tui.commands.document import print_document
from tui.commands.options import LIMIT
from tui.commands.progress import bytes_text
from tui.commands.say import say
from tui.commands.session import Session
from tui.commands.table import local_time, print_pairs, print_table
from tui.text.i18n import N_, _, said

MAX_FILES = 1_000_000


@click.group(
    cls=Group,
    invoke_without_command=True,
    epilog=examples("sources", "sources --files", "sources detect cdr.csv"),
)
@click.option("--files", is_flag=True, help=N_("The files read last, not the configured sources."))
@click.option("--limit", type=LIMIT, default=100, show_default=True, help=N_("With --files; 0 = all."))
@click.pass_context
def sources(context: click.Context, files: bool, limit: int) -> None:
    """Lists the sources of config.yaml with their health and what became of their lines."""
    if context.invoked_subcommand is not None:
        return
    session = context.ensure_object(Session)
    state = session.ask(ListSources(limit=limit or MAX_FILES))
    if session.as_json:
        print_document(session, state)
    elif files:
        _print_files(session, state)
    elif not state.rows:
        say(
            _("No source is configured yet: see pbxmeter config edit ({folder}).").format(
                folder=session.folder / "config.yaml"
            )
        )
    else:
        _print_sources(session, state)


def _print_sources(session: Session, state: Sources) -> None:
    def when(moment: datetime | None) -> str:
        return local_time(to_local(moment, session.zone) if moment else None)

    print_table(
        (
            *("Source", "Format", "State", "Files", "Lines", "Stored", "Duplicate", "Bad", "Ignored"),
            *("Behind", "Lines/s", _("Last read"), _("Last call")),
        ),
        [
            (
                *(row.path, row.format, _(row.state), f"{row.files:,}", f"{row.lines:,}"),
                *(f"{row.stored:,}", f"{row.duplicates:,}", f"{row.quarantined:,}", f"{row.ignored:,}"),
                *(bytes_text(row.bytes_behind), f"{row.lines_per_second:,.1f}"),
                *(when(row.last_read_at), when(row.last_call_at)),
            )
            for row in state.rows
        ],
        right="Files|Lines|Stored|Duplicate|Bad|Ignored|Behind|Lines/s",
    )
    print_pairs((row.path, row.message) for row in state.rows if row.message)
    if state.watching == "polling":
        say(
            _("Files are looked at every second: {watching_message}").format(
                watching_message=said(state.watching_message)
            ),
            err=True,
        )


def _print_files(session: Session, state: Sources) -> None:
    print_table(
        (
            N_("File"),
            N_("Format"),
            N_("Read"),
            N_("Lines"),
            N_("Stored"),
            N_("Duplicate"),
            N_("Bad"),
            N_("Ignored"),
            N_("Last read"),
        ),
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
    say(
        _("{count:,} of {files_total:,} files").format(count=len(state.files), files_total=state.files_total),
        err=True,
    )


@sources.command("detect", epilog=examples("sources detect /var/log/asterisk/cdr-csv/Master.csv"))
@click.argument("file")
@click.option("--format", "format_name", metavar="NAME", default="", help=N_("Read it so; default: try all."))
@click.option("--timezone", metavar="ZONE", default="", help=N_("Of the times in the file."))
@click.pass_obj
def detect_source(session: Session, file: str, format_name: str, timezone: str) -> None:
    """Says what a CDR file looks like: format, time zone, trunks, extensions, and why."""
    result = detected(session, file, form=format_name, timezone=timezone)
    if session.as_json:
        print_document(session, result)
    else:
        print_detected(result)


@sources.command("compare", epilog=examples("sources compare cdr-csv/Master.csv cel-custom/Master.csv"))
@click.argument("cdr")
@click.argument("cel")
@click.pass_obj
def compare_kinds(session: Session, cdr: str, cel: str) -> None:
    """Says what CDRs and CEL of the same calls would charge: seconds and cost of each paid leg.

    Costs are those of the rules in force, as if every extension were billed. Nothing is stored.
    """
    from engine.api.files import compare_files

    result = session.work(
        lambda client, progress: compare_files(client, cdr, cel, progress=progress), doing="read"
    )
    if session.as_json:
        print_document(session, result)
        return

    def seconds(count: int | None) -> str:
        return "none" if count is None else f"{count} s"

    print_table(
        ("Time", "Trunk channel", "Number", "Payer", "CDR", "CEL", "Cost CDR", "Cost CEL", "Difference"),
        [
            (
                local_time(to_local(row.started_at, session.zone)),
                row.channel,
                row.number,
                row.payer_cel if row.payer_cel == row.payer_cdr else f"{row.payer_cdr} → {row.payer_cel}",
                *(seconds(row.seconds_cdr), seconds(row.seconds_cel)),
                *(session.money(row.cost_cdr_micros), session.money(row.cost_cel_micros)),
                session.money(row.cost_difference_micros),
            )
            for row in result.rows
        ],
        right="CDR|CEL|Cost CDR|Cost CEL|Difference",
    )
    difference = session.money_named(result.cost_cel_micros - result.cost_cdr_micros)
    say(
        f"{result.legs:,} legs, {result.different:,} of them different: {result.seconds_cdr:,} s by CDRs, "
        f"{result.seconds_cel:,} s by CEL; CEL would charge {difference} more.",
        err=True,
    )


def detected(session: Session, file: str, *, form: str, timezone: str) -> DetectResult:
    """What the head of a file looks like; the file is opened here, and read by the engine."""
    from engine.api.files import detect_file

    return session.work(
        lambda client, progress: detect_file(client, file, form=form, timezone=timezone, progress=progress),
        doing="read",
    )


def print_detected(result: DetectResult) -> None:
    """What was found, for people."""
    print_pairs(
        [
            (N_("format"), result.format or _("none of the known ones fits")),
            (N_("time zone"), result.timezone or _("cannot be told")),
            *((N_("because"), reason) for reason in result.reasons),
            (N_("trunks"), ", ".join(result.trunks) or _("none seen")),
            (N_("extensions"), ", ".join(result.extensions[:20]) or _("none seen")),
            *((N_("unknown column"), column) for column in result.unknown_columns),
            *((N_("fault"), fault) for fault in result.faults),
        ]
    )
    if result.rows:
        click.echo()
        print_table(result.header, result.rows, as_they_are=True)
