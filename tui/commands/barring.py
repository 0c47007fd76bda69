"""What a command says before it bars anybody."""

import sys

import click

from engine.api.extensions import PreviewBarred
from engine.domain.errors import Refused
from tui.commands.say import say
from tui.commands.session import Session
from tui.text.i18n import _


def tell_of_barring(session: Session, change: PreviewBarred, *, ask: bool) -> None:
    """Says on standard error how many the change would bar at once, and why.

    Asks on a terminal where `ask` is set, with No as the default. Raises `Refused` for a No.
    """
    found = session.ask(change)
    locked = found.barred - found.without_money
    if found.without_money:
        count, all_of_them = found.without_money, found.extensions
        say(
            _("{count:,} of {all_of_them:,} has nothing available and will be barred at once.").format(
                count=count, all_of_them=all_of_them
            )
            if count == 1
            else _("{count:,} of {all_of_them:,} have nothing available and will be barred at once.").format(
                count=count, all_of_them=all_of_them
            ),
            err=True,
        )
        say(_("Give a credit limit or money first."), err=True)
    if locked and change.content is not None:
        say(
            _("{locked:,} of {extensions:,} will be barred at once by a lock.").format(
                locked=locked, extensions=found.extensions
            ),
            err=True,
        )
    asks = found.without_money or (locked and change.content is not None)
    if not asks or not ask or not sys.stdin.isatty():
        return
    if not click.confirm(_("Do it all the same?"), err=True):
        raise Refused("Nothing was changed.")
