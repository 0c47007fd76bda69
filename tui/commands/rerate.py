"""pbxmeter rerate: past calls by today's rules."""

import click

from engine.api.rates import Rerate
from tui.commands.command import Command, examples
from tui.commands.document import print_document
from tui.commands.numbers import expanded
from tui.commands.say import say
from tui.commands.session import Session
from tui.commands.table import print_table, yes
from tui.text.i18n import N_, _

_SHOWN_EXTENSIONS = 50


@click.command(
    cls=Command,
    epilog=examples(
        "rerate --from 2026-01 --to 2026-01",
        "rerate --from 2026-01 --to 2026-01 --only-unrated --apply",
        "rerate --from 2026-01-15 --to 2026-01-31 --extensions 8001-8010",
    ),
)
@click.option("--from", "since", metavar="TIME", required=True, help=N_("From then: 2026-01, 2026-01-31 ..."))
@click.option(
    "--to", "until", metavar="TIME", required=True, help=N_("To then, the named day or month included.")
)
@click.option("--extensions", metavar="A,B", help=N_("Only these numbers; default: all."))
@click.option("--only-unrated", is_flag=True, help=N_("Only calls that no rule matched."))
@click.option("--apply", is_flag=True, help=N_("Post the changes; without it, only a preview."))
@click.pass_obj
def rerate(
    session: Session, since: str, until: str, extensions: str | None, only_unrated: bool, apply: bool
) -> None:
    """Rates stored calls of a period anew; without --apply it only says what would change.

    Each changed call gets a reversal and a new charge, posted now. Ctrl-C ends the work after a whole batch;
    repeating it goes on where it ended.
    """
    result = session.ask(
        Rerate(
            since=since,
            until=until,
            extensions=None if extensions is None else expanded([extensions]),
            only_unrated=only_unrated,
            apply=apply,
        ),
        doing="rerate",
    )
    if session.as_json:
        print_document(session, result)
        return
    say(
        _(
            "{examined:,} calls examined, {changed:,} changed, {newly_rated:,} of them without a "
            "price so far; balances moved by {money_named}"
        ).format(
            examined=result.examined,
            changed=result.changed,
            newly_rated=result.newly_rated,
            money_named=session.money_named(result.amount_micros),
        )
        if result.applied
        else _(
            "{examined:,} calls examined, {changed:,} would change, {newly_rated:,} of them "
            "without a price so far; balances would move by {money_named}"
        ).format(
            examined=result.examined,
            changed=result.changed,
            newly_rated=result.newly_rated,
            money_named=session.money_named(result.amount_micros),
        )
    )
    if result.extensions:
        print_table(
            (N_("Extension"), N_("Name"), N_("Calls"), N_("Balance by"), N_("Over limit")),
            [
                (
                    row.extension,
                    row.name,
                    f"{row.calls:,}",
                    session.money(row.amount_micros),
                    _over_limit(row.over_limit_before, row.over_limit_after),
                )
                for row in result.extensions[:_SHOWN_EXTENSIONS]
            ],
            right="Calls|Balance by",
        )
    if not apply and result.changed:
        say(_("Nothing was posted; add --apply to do it."), err=True)


def _over_limit(before: bool, after: bool) -> str:
    if before == after:
        return yes(after)
    return _("becomes") if after else _("no longer")
