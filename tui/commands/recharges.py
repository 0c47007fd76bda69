"""pbxmeter recharge, adjust, recharges: money put into accounts."""

import secrets

import click

from engine.api.extensions import (
    Adjust,
    ExportRecharges,
    ListRecharges,
    Recharge,
    Recharged,
    RechargeRow,
)
from engine.domain.errors import InvalidInput
from engine.domain.money import parse_amount
from engine.domain.zones import to_local
from tui.commands.command import Command, Group, examples
from tui.commands.document import print_document
from tui.commands.numbers import expanded
from tui.commands.options import LIMIT, period
from tui.commands.say import say
from tui.commands.session import Session
from tui.commands.sheets import print_csv
from tui.commands.table import local_time, print_table
from tui.text.i18n import N_, _, ngettext

_PAGE_ROWS = 1000
_NEGATIVE_AMOUNTS = {"ignore_unknown_options": True}
"""So that -5 is read as an amount; words that look like options are refused where numbers are read."""


@click.command(
    cls=Command,
    context_settings=_NEGATIVE_AMOUNTS,
    epilog=examples("recharge 50 8001", "recharge 20 1001-1050 --note 'January' --key january-1001"),
)
@click.argument("amount")
@click.argument("numbers", metavar="NUMBER...", nargs=-1, required=True)
@click.option("--note", metavar="TEXT", default="", help=N_("Kept with the recharge."))
@click.option("--key", help=N_("Repeating a key moves nothing the second time; default: a new one."))
@click.pass_obj
def recharge(session: Session, amount: str, numbers: tuple[str, ...], note: str, key: str | None) -> None:
    """Adds AMOUNT to each extension: to all of them or to none.

    NUMBER may be a range such as 1001-1050. When it is not known whether a recharge arrived, repeat it with
    the same --key: it is never booked twice.
    """
    micros = parse_amount(amount)
    if micros == 0:
        raise InvalidInput.in_field("amount", "a recharge must be more than 0.")
    known = expanded(numbers)
    chosen = new_key() if key is None else key
    _print_moved(
        session, session.ask(Recharge(numbers=known, amount_micros=micros, note=note, key=chosen)), chosen
    )


@click.command(
    cls=Command,
    context_settings=_NEGATIVE_AMOUNTS,
    epilog=examples("adjust -12.50 8001 --reason 'recharged twice'", "adjust 3 8001 --reason 'goodwill'"),
)
@click.argument("amount")
@click.argument("number")
@click.option("--reason", metavar="TEXT", required=True, help=N_("Why; kept with the entry."))
@click.option("--key", help=N_("Repeating a key moves nothing the second time; default: a new one."))
@click.pass_obj
def adjust(session: Session, amount: str, number: str, reason: str, key: str | None) -> None:
    """Corrects one balance by a signed AMOUNT. Only admins may; a recharge is never changed."""
    if number.startswith("-") and not number[1:].isdigit():
        raise click.NoSuchOption(number)
    chosen = new_key() if key is None else key
    micros = parse_amount(amount, signed=True)
    moved = session.ask(Adjust(number=number, amount_micros=micros, reason=reason, key=chosen))
    _print_moved(session, moved, chosen)


def new_key() -> str:
    """A key that no other operation has."""
    return f"cli-{secrets.token_hex(12)}"


def _print_moved(session: Session, moved: Recharged, key: str) -> None:
    if session.as_json:
        print_document(session, moved, key=key)
        return
    if moved.repeated:
        say(_("The key {key} was known: nothing was moved again. The first time:").format(key=key))
    print_table(
        (N_("Extension"), N_("Name"), N_("Before"), N_("Amount"), N_("After")),
        [
            (
                row.extension,
                row.name,
                session.money(row.balance_before_micros),
                session.money(row.amount_micros),
                session.money_named(row.balance_after_micros),
            )
            for row in moved.rows
        ],
        right="Before|Amount|After",
    )


@click.group(cls=Group)
def recharges() -> None:
    """Recharges made so far."""


@recharges.command("list", epilog=examples("recharges list --from 2026-01", "recharges list wang --json"))
@click.argument("text", required=False, default="")
@period
@click.option("--limit", metavar="N", type=LIMIT, default=1000, show_default=True, help=N_("0 = all."))
@click.pass_obj
def list_recharges(session: Session, text: str, since: str, until: str, limit: int) -> None:
    """Lists recharges, newest first; TEXT is part of a number, name or note."""
    rows: list[RechargeRow] = []
    total, amount = 1, 0
    while len(rows) < (min(total, limit) if limit else total):
        page = session.ask(
            ListRecharges(
                since=since,
                until=until,
                text=text,
                offset=len(rows),
                limit=min(_PAGE_ROWS, limit - len(rows)) if limit else _PAGE_ROWS,
            )
        )
        rows += page.rows
        total, amount = (page.total, page.amount_micros) if page.rows else (len(rows), page.amount_micros)
    if session.as_json:
        print_document(session, {"rows": rows, "total": total, "amount_micros": amount})
        return
    print_table(
        (
            N_("Time"),
            N_("Extension"),
            N_("Name"),
            N_("Before"),
            N_("Amount"),
            N_("After"),
            N_("Operator"),
            N_("Note"),
        ),
        [
            (
                local_time(to_local(row.posted_at, session.zone)),
                row.extension,
                row.name,
                session.money(row.balance_before_micros),
                session.money(row.amount_micros),
                session.money(row.balance_after_micros),
                row.operator,
                row.note,
            )
            for row in rows
        ],
        right="Before|Amount|After",
    )
    say(
        ngettext("{total:,} recharge, {money_named}", "{total:,} recharges, {money_named}", total).format(
            total=total, money_named=session.money_named(amount)
        ),
        err=True,
    )


@recharges.command("export", epilog=examples("recharges export --from 2026 -o recharges.csv"))
@click.option("--text", metavar="TEXT", default="", help=N_("Part of a number, name or note."))
@period
@click.option("-o", "--output", metavar="FILE", help=N_("Write this file; default: standard output."))
@click.pass_obj
def export_recharges(session: Session, text: str, since: str, until: str, output: str | None) -> None:
    """Writes recharges as CSV: time,extension,name,balance_before,amount,balance_after,operator,note."""
    print_csv(session, lambda: session.ask(ExportRecharges(since=since, until=until, text=text)), output)
