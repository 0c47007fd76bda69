"""What imports and CSV exports of any kind have in common."""

import csv
import io
from collections.abc import Callable

import click

from engine.api.extensions import CsvText
from engine.api.operation import ImportResult
from engine.domain.message import Message
from engine.domain.sheet import harmless_sheet
from tui.commands.document import Json, json_text, print_document
from tui.commands.files import written
from tui.commands.say import say, say_error
from tui.commands.session import Session
from tui.text.i18n import _, ngettext, said

_SHOWN_FAULTS = 100


def print_import(session: Session, result: ImportResult, *, what: str, dry_run: bool) -> int:
    """Prints what an import did or would do, and every fault; answers with the exit code."""
    if session.as_json:
        print_document(session, result)
    elif dry_run:
        for remark in result.remarks:
            say(
                _("rule {line} ({column}): {reason}").format(
                    line=remark.line, column=remark.column, reason=said(remark.reason)
                ),
                err=True,
            )
        for line in result.preview:
            say(line)
        hidden = result.added + result.changed + result.removed - len(result.preview)
        if result.preview and hidden > 0:
            say(_("… and {hidden:,} more").format(hidden=hidden))
    # What the engine does not list it counts, in a last fault without a line.
    listed = [fault for fault in result.faults if fault.line]
    for fault in listed[:_SHOWN_FAULTS]:
        say(
            _("line {line}, column {column}: {reason}").format(
                line=fault.line, column=fault.column, reason=said(fault.reason)
            )
            if fault.column
            else _("line {line}: {reason}").format(line=fault.line, reason=said(fault.reason)),
            err=True,
        )
    if result.faults:
        hidden = len(listed) - _SHOWN_FAULTS
        if hidden > 0:
            say(_("… and {hidden:,} more").format(hidden=hidden), err=True)
        say_error(
            "invalid",
            _not_imported(len(listed), more=len(listed) < len(result.faults)),
        )
        return 1
    if not session.as_json:
        sums = _("{added:,} added, {changed:,} changed, {removed:,} removed, {unchanged:,} unchanged").format(
            added=result.added, changed=result.changed, removed=result.removed, unchanged=result.unchanged
        )
        say(
            _("{what} imported: {sums}").format(what=what, sums=sums)
            if result.applied
            else _("{what}: nothing was changed; an import would be: {sums}").format(what=what, sums=sums)
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
        say(
            ngettext("{output}: {rows:,} row", "{output}: {rows:,} rows", rows).format(
                output=output, rows=rows
            )
        )


def _not_imported(count: int, *, more: bool) -> Message:
    if more:
        return Message("more than {count:,} faults in the file, so nothing of it was imported.", count=count)
    if count == 1:
        return Message("1 fault in the file, so nothing of it was imported.")
    return Message("{count:,} faults in the file, so nothing of it was imported.", count=count)
