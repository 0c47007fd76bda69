"""What imports and CSV exports of any kind have in common."""

from collections.abc import Callable

import click

from engine.api.extensions import CsvText
from engine.api.operation import ImportResult
from tui.commands.document import print_document
from tui.commands.files import written
from tui.commands.session import Session
from tui.terminal.clean import clean

_SHOWN_FAULTS = 100


def print_import(session: Session, result: ImportResult, *, what: str, dry_run: bool) -> int:
    """Prints what an import did or would do, and every fault; answers with the exit code."""
    if session.as_json:
        print_document(session, result)
    else:
        for line in result.preview if dry_run else ():
            click.echo(clean(line))
    # What the engine does not list it counts, in a last fault without a line.
    listed = [fault for fault in result.faults if fault.line]
    for fault in listed[:_SHOWN_FAULTS]:
        column = f", column {fault.column}" if fault.column else ""
        click.echo(clean(f"line {fault.line}{column}: {fault.reason}"), err=True)
    if result.faults:
        hidden = len(listed) - _SHOWN_FAULTS
        if hidden > 0:
            click.echo(f"… and {hidden:,} more", err=True)
        more = "more than " if len(listed) < len(result.faults) else ""
        count = f"{more}{len(listed):,} fault{'s' if len(listed) != 1 else ''}"
        click.echo(f"error: invalid: {count} in the file, so nothing of it was imported.", err=True)
        return 1
    if not session.as_json:
        state = " imported" if result.applied else ": nothing was changed; an import would be"
        click.echo(
            f"{what}{state}: {result.added:,} added, {result.changed:,} changed, "
            f"{result.removed:,} removed, {result.unchanged:,} unchanged"
        )
    return 0


def print_csv(session: Session, ask: Callable[[], CsvText], output: str | None) -> None:
    """Writes a CSV document to a file or standard output; with --json and a file, says how much."""
    to_file = output is not None and output != "-"
    if session.as_json and not to_file:
        raise click.UsageError("--json goes with -o FILE here; `list --json` prints the rows as JSON.")
    document = ask()
    with written(output) as file:
        file.write(document.text.encode())
    print_written(session, output if to_file else None, document.rows)


def print_written(session: Session, output: str | None, rows: int) -> None:
    """Says how many rows a file has got; nothing where standard output took them."""
    if output is None:
        return
    if session.as_json:
        print_document(session, {"path": output, "rows": rows})
    else:
        click.echo(clean(f"{output}: {rows:,} row{'s' if rows != 1 else ''}"))
