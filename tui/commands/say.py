"""What the command line tells people: in their language, and without what a terminal would obey."""

import click

from tui.terminal.clean import clean
from tui.text.sentences import said


def say(text: str, *, err: bool = False) -> None:
    """Prints a sentence, made in English, in the language of the screens; on standard error with `err`."""
    _print(said(text), err=err)


def say_error(code: str, message: str) -> None:
    """Prints on standard error why something was refused. `error: CODE:` is the same in every language."""
    _print(f"error: {code}: {said(message)}", err=True)


def _print(text: str, *, err: bool) -> None:
    click.echo("\n".join(clean(line) for line in text.split("\n")), err=err)
