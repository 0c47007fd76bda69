"""Options that several commands share: a period, and which calls."""

from collections.abc import Callable
from typing import TypeVar

import click

from engine.api.calls import CallFilter
from engine.api.extensions import ListExtensions
from engine.domain.errors import NotFound
from engine.domain.names import Direction
from tui.commands.numbers import expanded
from tui.commands.session import Session
from tui.text.i18n import N_

F = TypeVar("F", bound=Callable[..., object])

MAX_MATCHED_EXTENSIONS = 10_000
LIMIT = click.IntRange(0, 1_000_000_000)
"""How many rows are asked for; 0 = all."""

STATUSES = ("answered", "unanswered", "charged", "uncharged", "unrated")


def period(command: F) -> F:
    """--from and --to, as `since` and `until`; empty = without end."""
    to = click.option(
        "--to", "until", metavar="TIME", default="", help=N_("To then, the named day or month included.")
    )
    since = click.option(
        "--from",
        "since",
        metavar="TIME",
        default="",
        help=N_("From then: 2026, 2026-01, 2026-01-31, '2026-01-31 18:30'."),
    )
    return since(to(command))


def which_calls(command: F) -> F:
    """The options that `call_filter` reads."""
    options = (
        click.option(
            "--extension",
            "extension",
            metavar="TEXT",
            multiple=True,
            help=N_("An extension's number, or part of its number or name; repeatable."),
        ),
        click.option(
            "--extensions", metavar="A,B", help=N_("Exactly these numbers; ranges such as 1001-1050 too.")
        ),
        click.option(
            "--text", metavar="TEXT", default="", help=N_("Part of extension, name or number dialled.")
        ),
        click.option("--direction", type=click.Choice([direction.value for direction in Direction])),
        click.option("--status", type=click.Choice(STATUSES), help=N_("unrated = no rule matched.")),
        click.option("--trunk", metavar="NAME", default="", help=N_("Only calls over this trunk.")),
        click.option(
            "--where",
            metavar="EXPR",
            default="",
            help=N_("In the filter language of the Calls screen; `pbxmeter calls filters` explains it."),
        ),
    )
    decorated: Callable[..., object] = command
    for option in reversed(options):
        decorated = option(decorated)
    return period(decorated)  # pyright: ignore[reportReturnType] - click's options return what they are given


def call_filter(
    session: Session,
    *,
    since: str,
    until: str,
    extension: tuple[str, ...],
    extensions: str | None,
    text: str,
    direction: str | None,
    status: str | None,
    trunk: str,
    where: str,
) -> CallFilter:
    """The filter that was typed. Raises `NotFound` when an --extension fits nobody."""
    numbers = None if extensions is None else expanded([extensions])
    if extension:
        numbers = [*(numbers or ()), *(number for typed in extension for number in _matching(session, typed))]
    return CallFilter(
        since=since,
        until=until,
        text=text,
        extensions=numbers,
        direction=Direction(direction) if direction else None,
        status=status or "",  # pyright: ignore[reportArgumentType] - click.Choice has checked it
        trunk=trunk,
        where=where,
    )


def _matching(session: Session, typed: str) -> list[str]:
    """The number typed, or all whose number or name holds it."""
    found = session.ask(ListExtensions(text=typed, limit=MAX_MATCHED_EXTENSIONS)).rows
    numbers = [row.number for row in found]
    if typed in numbers:
        return [typed]
    if not numbers:
        raise NotFound(
            "extension: no number or name holds {typed!r}. See pbxmeter extensions list.", typed=typed
        )
    return numbers
