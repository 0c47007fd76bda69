"""Commands and groups that take the options of the whole program before and after their name."""

from collections.abc import Mapping
from importlib import import_module
from typing import ClassVar

import click

from tui.commands.help_text import EXAMPLES, InLanguage, write_list
from tui.commands.session import Session
from tui.text.i18n import N_, _


def examples(*lines: str) -> str:
    """The end of a help text: lines as they are typed, after `pbxmeter`."""
    return f"\b\n{EXAMPLES}\n" + "\n".join(f"  pbxmeter {line}" for line in lines)


def _remember(field: str) -> click.Option:
    """The option of that name; given anywhere, it ends up in the session."""

    def store(context: click.Context, _option: click.Parameter, value: str | bool | None) -> None:
        if value is not None and value is not False:
            setattr(context.ensure_object(Session), field, value)

    name = "--" + field.removeprefix("as_").replace("_", "-")
    if field == "as_json":
        return click.Option(
            [name, field],
            is_flag=True,
            expose_value=False,
            callback=store,
            help=N_("Print one JSON document."),
        )
    metavar, text = _TEXTS[field]
    return click.Option([name], metavar=metavar, expose_value=False, callback=store, help=text)


_TEXTS: Mapping[str, tuple[str, str]] = {
    "home": ("DIR", N_("The site's folder; default $PBXMETER_HOME or the usual place.")),
    "user": ("NAME", N_("Sign in as this account; its password is asked, or read from $PBXMETER_PASSWORD.")),
    "password_file": ("FILE", N_("Read the account's password from the first line of FILE.")),
}

SHARED_OPTIONS = [_remember(field) for field in ("home", "user", "password_file", "as_json")]


class Command(InLanguage):
    """A command with the shared options."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Its own parameters, then the shared ones, then --help."""
        *own, last = super().get_params(ctx)
        return [*own, *SHARED_OPTIONS, last]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Its own options apart from those that every command takes."""
        _write_options(self, ctx, formatter)


class Group(InLanguage, click.Group):
    """A group of commands with the shared options; `lazy` says where commands are that are imported late."""

    command_class = Command
    group_class = type
    lazy: ClassVar[Mapping[str, str]] = {}

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Its own parameters, then the shared ones, then --help."""
        *own, last = super().get_params(ctx)
        return [*own, *SHARED_OPTIONS, last]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Its own options apart from those that every command takes, then its commands."""
        _write_options(self, ctx, formatter)
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Its commands and what each one does."""
        found = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        limit = formatter.width - 6 - max(map(len, found))
        with formatter.section(_("Commands")):
            write_list(
                formatter,
                [(name, command.get_short_help_str(limit)) for name, command in found.items() if command],
            )

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click asks so
        """Names in the order in which they were declared."""
        return [*self.lazy, *self.commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now where it is lazy."""
        if cmd_name not in self.lazy:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = self.lazy[cmd_name].partition(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command


def _write_options(command: click.Command, context: click.Context, formatter: click.HelpFormatter) -> None:
    shared = {id(option) for option in SHARED_OPTIONS}
    for title, of_all in ((N_("Options"), False), (N_("Everywhere"), True)):
        records = [
            record
            for parameter in command.get_params(context)
            if isinstance(parameter, click.Option)
            and (id(parameter) in shared) is of_all
            and (record := parameter.get_help_record(context))
        ]
        if records:
            with formatter.section(_(title)):
                write_list(formatter, records)
