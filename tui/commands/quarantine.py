"""pbxmeter quarantine: lines that could not be read as calls."""

import click

from engine.api.site import ListQuarantine, QuarantineRow, RetryQuarantine
from engine.domain.zones import to_local
from tui.commands.command import Group, examples
from tui.commands.document import print_document
from tui.commands.options import LIMIT
from tui.commands.say import say
from tui.commands.session import Session
from tui.commands.sheets import print_csv
from tui.commands.table import local_time, print_table
from tui.export.quarantine_sheet import quarantine_sheet
from tui.text.i18n import N_, _, said

_PAGE_ROWS = 1000


@click.group(cls=Group)
def quarantine() -> None:
    """CDR lines that could not be read, with the reason."""


@quarantine.command("list", epilog=examples("quarantine list", "quarantine list Master.csv --json"))
@click.argument("text", required=False, default="")
@click.option("--all", "include_retried", is_flag=True, help=N_("Also lines that were read well since."))
@click.option("--limit", metavar="N", type=LIMIT, default=100, show_default=True, help=N_("0 = all."))
@click.pass_obj
def list_quarantine(session: Session, text: str, include_retried: bool, limit: int) -> None:
    """Lists bad lines, newest first; TEXT is part of the path, reason or line."""
    rows, total = _lines(session, text, include_retried=include_retried, limit=limit)
    if session.as_json:
        print_document(session, {"rows": rows, "total": total})
        return
    print_table(
        (N_("Id"), N_("Found"), N_("File"), N_("Line"), N_("Field"), N_("Reason"), N_("Text")),
        [
            (
                str(row.quarantine_id),
                local_time(to_local(row.found_at, session.zone)),
                row.path,
                str(row.line_number),
                row.field,
                said(row.reason),
                row.raw,
            )
            for row in rows
        ],
        right="Id|Line",
    )
    say(_("{count:,} of {total:,} lines").format(count=len(rows), total=total), err=True)


@quarantine.command("export", epilog=examples("quarantine export -o bad-lines.csv"))
@click.argument("text", required=False, default="")
@click.option("--all", "include_retried", is_flag=True, help=N_("Also lines that were read well since."))
@click.option("-o", "--output", metavar="FILE", help=N_("Write this file; default: standard output."))
@click.pass_obj
def export_quarantine(session: Session, text: str, include_retried: bool, output: str | None) -> None:
    """Writes bad lines as CSV: id,path,offset,line,field,reason,raw,found_at,retried_at."""
    rows, _total = _lines(session, text, include_retried=include_retried, limit=0)
    print_csv(session, lambda: quarantine_sheet(rows, session.zone), output)


@quarantine.command("retry", epilog=examples("quarantine retry", "quarantine retry 17 18"))
@click.argument("ids", metavar="[ID...]", nargs=-1, type=click.IntRange(1, 2**62))
@click.pass_obj
def retry_quarantine(session: Session, ids: tuple[int, ...]) -> None:
    """Reads bad lines again, all of them or those named, after a format was mended."""
    result = session.ask(RetryQuarantine(quarantine_ids=list(ids) or None), doing="retry")
    if session.as_json:
        print_document(session, result)
    else:
        say(
            _(
                "{tried:,} tried: {stored:,} stored, {duplicates:,} duplicates, {still_bad:,} still bad"
            ).format(
                tried=result.tried,
                stored=result.stored,
                duplicates=result.duplicates,
                still_bad=result.still_bad,
            )
        )


def _lines(
    session: Session, text: str, *, include_retried: bool, limit: int
) -> tuple[list[QuarantineRow], int]:
    rows: list[QuarantineRow] = []
    total = 1
    while len(rows) < (min(total, limit) if limit else total):
        size = min(_PAGE_ROWS, limit - len(rows)) if limit else _PAGE_ROWS
        page = session.ask(
            ListQuarantine(text=text, include_retried=include_retried, offset=len(rows), limit=size)
        )
        rows += page.rows
        total = page.total if page.rows else len(rows)
    return rows, total
