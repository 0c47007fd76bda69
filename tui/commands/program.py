"""The command line of `pbxmeter`: its groups and options, and how it ends."""

import contextlib
import io
import os
import sys
from collections.abc import Mapping, Sequence
from typing import ClassVar

import click

from engine.domain.errors import PbxmeterError
from engine.domain.message import Message, as_it_is, of_system
from tui.commands.command import Group, examples
from tui.commands.exit_codes import BROKEN_PIPE, DEMO_WANTED, INTERRUPTED, REFUSED, USAGE
from tui.commands.say import say, say_error
from tui.commands.session import FullScreen, Session
from tui.commands.table import wants_colour
from tui.terminal.clean import clean
from tui.text.i18n import N_, _


class _Pbxmeter(Group):
    lazy: ClassVar[Mapping[str, str]] = {
        "demo": "tui.commands.demo:demo",
        "engine": "tui.commands.engine:engine",
        "config": "tui.commands.config:config",
        "ingest": "tui.commands.ingest:ingest",
        "sources": "tui.commands.sources:sources",
        "quarantine": "tui.commands.quarantine:quarantine",
        "extensions": "tui.commands.extensions:extensions",
        "recharge": "tui.commands.recharges:recharge",
        "adjust": "tui.commands.recharges:adjust",
        "recharges": "tui.commands.recharges:recharges",
        "rates": "tui.commands.rates:rates",
        "destinations": "tui.commands.destinations:destinations",
        "calls": "tui.commands.calls:calls",
        "stats": "tui.commands.stats:stats",
        "rerate": "tui.commands.rerate:rerate",
        "lockouts": "tui.commands.lockouts:lockouts",
        "settings": "tui.commands.settings:settings",
        "users": "tui.commands.users:users",
        "audit": "tui.commands.maintenance:audit",
        "verify": "tui.commands.maintenance:verify",
        "backup": "tui.commands.maintenance:backup",
        "restore": "tui.commands.maintenance:restore",
        "completion": "tui.commands.completion:completion",
    }


def _print_version(context: click.Context, _option: click.Parameter, value: bool) -> None:
    if value:
        from importlib.metadata import version

        click.echo(f"pbxmeter {version('pbxmeter')}")
        context.exit(0)


@click.group(
    cls=_Pbxmeter,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples(
        " " * 36 + N_("the full-screen application"),
        "demo" + " " * 32 + N_("a throwaway site with sample data"),
        "ingest /var/log/asterisk/cdr-csv/Master.csv",
        "recharge 50 1001-1010 --note 'January'",
        "calls export --from 2026-01 -o january.csv",
    ),
)
@click.option("--slow-link", is_flag=True, help=N_("For the full-screen application over slow lines."))
@click.option("--no-mouse", is_flag=True, help=N_("Leave the mouse to the terminal."))
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help=N_("Its version."),
)
@click.pass_context
def cli(context: click.Context, slow_link: bool, no_mouse: bool) -> None:
    """Call billing on the PBX host: rates every outbound call and bars extensions out of credit.

    Without a command, the full-screen application. Every command answers with 0 when done, with 1 and
    `error: CODE: message` when refused, with 2 when it was not typed right.
    """
    session = context.ensure_object(Session)
    session.slow_link, session.mouse = slow_link, not no_mouse
    context.call_on_close(session.close)
    if context.invoked_subcommand is not None:
        return
    full_screen = session.full_screen
    if full_screen is None or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError(
            _("The full-screen application needs a terminal; see pbxmeter --help for commands.")
        )
    code = full_screen(
        session.folder, credentials=session.credentials, slow_link=slow_link, mouse=session.mouse
    )
    if code == DEMO_WANTED:
        terminal = [*(["--slow-link"] if slow_link else []), *(["--no-mouse"] if no_mouse else [])]
        code = run_command([*terminal, "demo"], full_screen)
    context.exit(code)


def run_command(arguments: Sequence[str], full_screen: FullScreen | None = None) -> int:
    """The exit code of one command line; says on standard error why it was refused.

    `full_screen` runs the application where the command line asks for it.
    """
    shown_on = sys.stdout
    session = Session(full_screen)
    try:
        result: object = cli.main(
            list(arguments), prog_name="pbxmeter", standalone_mode=False, color=wants_colour(), obj=session
        )
        sys.stdout.flush()
    except PbxmeterError as error:
        return _refused(session, error.code, error.message)
    except click.UsageError as error:
        _show_usage(error)
        return USAGE
    except click.ClickException as error:
        return _refused(session, "invalid", as_it_is(error.format_message()))
    except (KeyboardInterrupt, click.Abort):
        say(_("cancelled; what was finished stays"), err=True)
        return INTERRUPTED
    except BrokenPipeError:
        # What is still buffered would raise once more when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except UnicodeEncodeError:
        return _refused(session, "invalid", Message("The command line holds bytes that are not UTF-8 text."))
    except SystemExit:
        # click's answer to a reader that went away: it has put another stream in place, and ends with 1.
        if sys.stdout is shown_on:
            raise
        return BROKEN_PIPE
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        return _refused(session, "storage", Message("{name}{reason}.", name=name, reason=of_system(error)))
    return result if isinstance(result, int) else 0


def _show_usage(error: click.UsageError) -> None:
    """Repeats what was typed, but gives a terminal no orders by it."""
    text = io.StringIO()
    error.show(text)
    click.echo("\n".join(clean(line) for line in text.getvalue().split("\n")), err=True, nl=False)


def _refused(session: Session, code: str, message: Message) -> int:
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    say_error(code, message)
    if session.as_json:
        from tui.commands.document import json_text, message_fields

        with contextlib.suppress(OSError):
            click.echo(json_text({"error": {"code": code, **message_fields(message)}}, indent=None), err=True)
    return REFUSED
