"""What the command line tells people: in their language, and without what a terminal would obey."""

import click

from engine.domain.message import Message
from tui.terminal.clean import clean
from tui.text.i18n import said, shown


def say(text: str | Message, *, err: bool = False) -> None:
    """Prints a text in the language of the screens, or a message; on standard error with `err`."""
    _print(shown(text), err=err)


def say_error(code: str, message: Message) -> None:
    """Prints on standard error why something was refused. `error: CODE:` is the same in every language."""
    _print(f"error: {code}: {said(message)}", err=True)


def _print(text: str, *, err: bool) -> None:
    click.echo("\n".join(clean(line) for line in text.split("\n")), err=err)
