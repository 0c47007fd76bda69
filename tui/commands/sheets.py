"""What imports and CSV exports of any kind have in common."""

import csv
import io
from collections.abc import Callable

import click

from engine.api.extensions import CsvText
from engine.api.operation import ImportResult
from engine.domain.sheet import harmless_sheet
from tui.commands.document import Json, json_text, print_document
from tui.commands.files import written
from tui.commands.say import say, say_error
from tui.commands.session import Session

_SHOWN_FAULTS = 100


def print_import(session: Session, result: ImportResult, *, what: str, dry_run: bool) -> int:
    """Prints what an import did or would do, and every fault; answers with the exit code."""
    if session.as_json:
        print_document(session, result)
    elif dry_run:
        for remark in result.remarks:
            say(f"rule {remark.line} ({remark.column}): {remark.reason}", err=True)
        for line in result.preview:
            say(line)
        hidden = result.added + result.changed + result.removed - len(result.preview)
        if result.preview and hidden > 0:
            say(f"… and {hidden:,} more")
    # What the engine does not list it counts, in a last fault without a line.
    listed = [fault for fault in result.faults if fault.line]
    for fault in listed[:_SHOWN_FAULTS]:
        say(
            f"line {fault.line}, column {fault.column}: {fault.reason}"
            if fault.column
            else f"line {fault.line}: {fault.reason}",
            err=True,
        )
    if result.faults:
        hidden = len(listed) - _SHOWN_FAULTS
        if hidden > 0:
            say(f"… and {hidden:,} more", err=True)
        more = "more than " if len(listed) < len(result.faults) else ""
        count = f"{more}{len(listed):,} fault{'s' if len(listed) != 1 else ''}"
        say_error("invalid", f"{count} in the file, so nothing of it was imported.")
        return 1
    if not session.as_json:
        sums = (
            f"{result.added:,} added, {result.changed:,} changed, "
            f"{result.removed:,} removed, {result.unchanged:,} unchanged"
        )
        say(
            f"{what} imported: {sums}"
            if result.applied
            else f"{what}: nothing was changed; an import would be: {sums}"
        )
    return 0


def print_csv(session: Session, ask: Callable[[], CsvText], output: str | None) -> None:
    """Writes a CSV document to a file or standard output; with --json and a file, says how much.

    With --json and no file, its lines become objects by the names of the columns.
    """
    to_file = output is not None and output != "-"
    document = ask()
    if session.as_json and not to_file:
        print_rows(document.text)
        return
    with written(output) as file:
        file.write(harmless_sheet(document.text).encode())
    print_written(session, output if to_file else None, document.rows)


def print_rows(text: str) -> None:
    """The lines of a CSV document as one JSON document, every cell as the text it is."""
    rows: list[Json] = [dict[str, Json](row) for row in csv.DictReader(io.StringIO(text, newline=""))]
    click.echo(json_text({"rows": rows}))


def print_written(session: Session, output: str | None, rows: int) -> None:
    """Says how many rows a file has got; nothing where standard output took them."""
    if output is None:
        return
    if session.as_json:
        print_document(session, {"path": output, "rows": rows})
    else:
        say(f"{output}: {rows:,} row{'s' if rows != 1 else ''}")
