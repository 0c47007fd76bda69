"""pbxmeter extensions: list, import, export, ledger, set."""

import click

from engine.api.extensions import (
    ExportExtensions,
    ExportLedger,
    ExtensionRow,
    ExtensionSort,
    ImportExtensions,
    ListExtensions,
    PreviewBarred,
    SetExtensions,
    State,
)
from engine.domain.errors import InvalidInput
from engine.domain.money import parse_amount
from engine.domain.names import Payment
from tui.commands.barring import tell_of_barring
from tui.commands.command import Group, examples
from tui.commands.document import print_document
from tui.commands.files import read_sheet
from tui.commands.numbers import expanded
from tui.commands.options import LIMIT, period
from tui.commands.say import say
from tui.commands.session import Session
from tui.commands.sheets import print_csv, print_import
from tui.commands.table import print_table, yes
from tui.text.i18n import N_, _, ngettext

_PAGE_ROWS = 1000
_STATES = ("barred", "over", "locked", "low", "free", "new", "billed", "unbilled")
_SORTS = ("number", "name", "balance", "available", "credit_limit", "total_recharged", "state")
_SWITCH = {"on": True, "off": False, None: None}


@click.group(cls=Group)
def extensions() -> None:
    """Extensions with their billing, balance, limit and lock."""


@extensions.command(
    "list",
    epilog=examples("extensions list --state barred", "extensions list wang", "extensions list --json"),
)
@click.argument("text", required=False, default="")
@click.option("--state", type=click.Choice(_STATES), help=N_("Only those; barred = locked or over limit."))
@click.option("--payment", type=click.Choice([payment.value for payment in Payment]))
@click.option("--sort", type=click.Choice(_SORTS), default="number", show_default=True)
@click.option("--reverse", is_flag=True, help=N_("The other way round."))
@click.option("--limit", metavar="N", type=LIMIT, default=0, help=N_("At most so many; 0 = all."))
@click.pass_obj
def list_extensions(
    session: Session,
    text: str,
    state: State | None,
    payment: str | None,
    sort: ExtensionSort,
    reverse: bool,
    limit: int,
) -> None:
    """Lists extensions; TEXT is part of a number or name, or a range such as 1001-1050."""
    rows: list[ExtensionRow] = []
    total = 1
    while len(rows) < (min(total, limit) if limit else total):
        page = session.ask(
            ListExtensions(
                text=text,
                state=state or "",
                payment=Payment(payment) if payment else None,
                sort=sort,
                descending=reverse,
                offset=len(rows),
                limit=min(_PAGE_ROWS, limit - len(rows)) if limit else _PAGE_ROWS,
            )
        )
        rows += page.rows
        total = page.total if page.rows else len(rows)
    if session.as_json:
        print_document(session, {"rows": rows, "total": total})
        return
    print_table(
        (
            N_("Number"),
            N_("Name"),
            N_("Billing"),
            N_("Payment"),
            N_("Balance"),
            N_("Limit"),
            N_("Available"),
            N_("Recharged"),
            N_("State"),
        ),
        [_cells(session, row) for row in rows],
        right="Balance|Limit|Available|Recharged",
    )


def _cells(session: Session, row: ExtensionRow) -> tuple[str, ...]:
    return (
        row.number,
        row.name,
        yes(row.billing),
        _(row.payment.value),
        session.money(row.balance_micros),
        session.money(row.credit_limit_micros),
        session.money(row.available_micros),
        session.money(row.total_recharged_micros),
        state_text(row),
    )


def state_text(row: ExtensionRow) -> str:
    """In words: locked, over limit, low, new; several are joined."""
    states = ("locked", row.locked), (_("over limit"), row.over_limit), ("low", row.low), ("new", row.is_new)
    return ", ".join(_(word) for word, holds in states if holds)


@extensions.command(
    "import",
    epilog=examples("extensions import extensions.csv --dry-run", "extensions import - < extensions.csv"),
)
@click.argument("file")
@click.option("--dry-run", is_flag=True, help=N_("Say what would change, and change nothing."))
@click.option("--yes", is_flag=True, help=N_("Do not ask before somebody is barred."))
@click.pass_context
def import_extensions(context: click.Context, file: str, dry_run: bool, yes: bool) -> None:
    """Adds and changes extensions from a CSV file; - reads standard input.

    Columns: number,name,billing,payment,credit_limit,locked. All lines or none are taken; extensions that
    the file does not name stay as they are.
    """
    session = context.ensure_object(Session)
    content = read_sheet(file)
    tell_of_barring(session, PreviewBarred(content=content), ask=not yes and not dry_run)
    result = session.ask(ImportExtensions(content=content, apply=not dry_run), doing="import")
    context.exit(print_import(session, result, what="extensions", dry_run=dry_run))


@extensions.command("export", epilog=examples("extensions export -o extensions.csv"))
@click.option("-o", "--output", metavar="FILE", help=N_("Write this file; default: standard output."))
@click.pass_obj
def export_extensions(session: Session, output: str | None) -> None:
    """Writes all extensions as CSV, with balance, available, total_recharged and barred.

    Texts are written as they are, so that the file imports back to the same; spreadsheets may take names
    that begin with = + - @ for formulas.
    """
    print_csv(session, lambda: session.ask(ExportExtensions()), output)


@extensions.command("ledger", epilog=examples("extensions ledger 8017 --from 2026-01 -o 8017.csv"))
@click.argument("number")
@period
@click.option("-o", "--output", metavar="FILE", help=N_("Write this file; default: standard output."))
@click.pass_obj
def export_ledger(session: Session, number: str, since: str, until: str, output: str | None) -> None:
    """Writes one extension's ledger as CSV: time,extension,kind,amount,balance_after,operator,note."""
    print_csv(session, lambda: session.ask(ExportLedger(number=number, since=since, until=until)), output)


@extensions.command(
    "set",
    epilog=examples(
        "extensions set 1001-1050 --billing on --payment prepaid",
        "extensions set 8017 --lock",
        "extensions set 8003 --name 'Front desk' --credit-limit 300",
    ),
)
@click.argument("numbers", metavar="NUMBER...", nargs=-1, required=True)
@click.option("--billing", type=click.Choice(["on", "off"]), help=N_("Charge its calls."))
@click.option("--payment", type=click.Choice([payment.value for payment in Payment]))
@click.option("--credit-limit", metavar="AMOUNT", help=N_("How far below zero the balance may go."))
@click.option("--lock/--unlock", "locked", default=None, help=N_("Bar it by hand, or no longer."))
@click.option("--name", metavar="TEXT")
@click.option("--create", is_flag=True, help=N_("Add numbers that are not known yet."))
@click.option("--yes", is_flag=True, help=N_("Do not ask before somebody is barred."))
@click.pass_obj
def set_extensions(
    session: Session,
    numbers: tuple[str, ...],
    billing: str | None,
    payment: str | None,
    credit_limit: str | None,
    locked: bool | None,
    name: str | None,
    create: bool,
    yes: bool,
) -> None:
    """Changes extensions, all or none; what is not given stays as it is.

    NUMBER may be a range such as 1001-1050. Changing the payment method resets the total recharged to 0
    and leaves the balance alone.
    """
    if not create and all(value is None for value in (billing, payment, credit_limit, locked, name)):
        raise click.UsageError(
            _("Nothing to change: give --billing, --payment, --credit-limit, --lock or --name.")
        )
    limit = None if credit_limit is None else parse_amount(credit_limit, field="credit_limit")
    known = expanded(numbers)
    if not known:
        raise InvalidInput.in_field("number", "name at least one extension.")
    switch = _SWITCH[billing]
    if switch or limit is not None or locked is not None:
        change = PreviewBarred(numbers=known, billing=switch, credit_limit_micros=limit, locked=locked)
        tell_of_barring(session, change, ask=not yes)
    result = session.ask(
        SetExtensions(
            numbers=known,
            create=create,
            name=name,
            billing=switch,
            payment=Payment(payment) if payment else None,
            credit_limit_micros=limit,
            locked=locked,
        )
    )
    if session.as_json:
        print_document(session, result)
    else:
        say(
            ngettext("changed: {changed} extension", "changed: {changed} extensions", result.changed).format(
                changed=result.changed
            )
        )
