"""pbxmeter users: who may sign in, and what they may do."""

import os
import sys

import click

from engine.api.identity import ask_identity
from engine.api.session import ChangePassword, ListAccounts, RemoveAccount, ResetPassword, SaveAccount
from engine.domain.errors import InvalidInput
from engine.domain.names import Role
from engine.domain.zones import to_local
from tui.commands.command import Group, examples
from tui.commands.document import print_document
from tui.commands.say import say
from tui.commands.session import Session
from tui.commands.table import local_time, print_table, yes
from tui.terminal.clean import clean
from tui.text.i18n import N_, _

_ROLES = click.Choice([role.value for role in Role])


@click.group(cls=Group)
def users() -> None:
    """Accounts. While none exists, the owner of the home folder and root are admins."""


@users.command("list", epilog=examples("users list"))
@click.pass_obj
def list_users(session: Session) -> None:
    """Lists the accounts."""
    accounts = session.ask(ListAccounts())
    if session.as_json:
        print_document(session, accounts)
        return
    print_table(
        (N_("User name"), N_("Role"), N_("System user"), N_("Password"), N_("Enabled"), N_("Since")),
        [
            (
                row.name,
                _(row.role.value),
                row.os_user,
                yes(row.has_password),
                yes(row.enabled),
                local_time(to_local(row.created_at, session.zone)),
            )
            for row in accounts.rows
        ],
    )


@users.command(
    "add",
    epilog=examples(
        "users add anna --role admin",
        "users add desk --role billing --os-user desk --no-password",
        "users add audit --role viewer --password-stdin < password.txt",
    ),
)
@click.argument("name")
@click.option("--role", type=_ROLES, required=True, help=N_("What it may do."))
@click.option("--os-user", metavar="USER", help=N_("This system user signs in without a password."))
@click.option("--password-stdin", is_flag=True, help=N_("Read the password from standard input."))
@click.option("--no-password", is_flag=True, help=N_("Only the system user signs in."))
@click.pass_obj
def add_user(
    session: Session, name: str, role: str, os_user: str | None, password_stdin: bool, no_password: bool
) -> None:
    """Adds an account. From the first one on, everyone signs in.

    The password is asked on a terminal, or taken from $PBXMETER_NEW_PASSWORD or standard input.
    """
    password = None if no_password else _new_password(name, from_input=password_stdin, needed=os_user is None)
    if password is None and os_user is None:
        raise click.UsageError(
            _("Without a password, give --os-user: else nobody could sign in as this account.")
        )
    session.ask(SaveAccount(name=name, new=True, account_role=Role(role), password=password, os_user=os_user))
    _say(session, "added", name)


@users.command(
    "set",
    epilog=examples("users set anna --role billing", "users set anna --password", "users set anna --disable"),
)
@click.argument("name")
@click.option("--role", type=_ROLES, help=N_("What it may do."))
@click.option(
    "--os-user", metavar="USER", help=N_("This system user signs in without a password; '' = none.")
)
@click.option("--password", "ask_password", is_flag=True, help=N_("Ask for a new password."))
@click.option("--password-stdin", is_flag=True, help=N_("Read the new password from standard input."))
@click.option(
    "--enable/--disable", default=None, help=N_("Let it sign in, or keep it out and end its sessions.")
)
@click.pass_obj
def set_user(
    session: Session,
    name: str,
    role: str | None,
    os_user: str | None,
    ask_password: bool,
    password_stdin: bool,
    enable: bool | None,
) -> None:
    """Changes an account; what is not given stays as it is. The last admin who can sign in stays one.

    A new password is also taken from $PBXMETER_NEW_PASSWORD.
    """
    password = None
    if ask_password or password_stdin or "PBXMETER_NEW_PASSWORD" in os.environ:
        password = _new_password(name, from_input=password_stdin, needed=True)
    if role is None and os_user is None and password is None and enable is None:
        raise click.UsageError(
            _("Nothing to change: give --role, --os-user, --password, --enable or --disable.")
        )
    session.ask(
        SaveAccount(
            name=name,
            new=False,
            account_role=Role(role) if role else None,
            password=password,
            os_user=os_user,
            enabled=enable,
        )
    )
    _say(session, "changed", name)


@users.command("remove", epilog=examples("users remove anna"))
@click.argument("name")
@click.pass_obj
def remove_user(session: Session, name: str) -> None:
    """Removes an account; the last admin who can sign in stays."""
    session.ask(RemoveAccount(name=name))
    _say(session, "removed", name)


@users.command("password", epilog=examples("users password --user anna"))
@click.pass_obj
def change_password(session: Session) -> None:
    """Changes your own password; your other sessions end.

    The present and the new one are asked on a terminal, or are two lines on standard input. With --user, the
    present one is the one you signed in with.
    """
    session.connect()
    name = session.greeting.operator
    known = session.credentials
    if known is not None:
        present = known.password
    elif sys.stdin.isatty():
        present = str(
            click.prompt(_("Password of {clean}").format(clean=clean(name)), hide_input=True, err=True)
        )
    else:
        present = _line()
    session.ask(ChangePassword(old_password=present, password=_asked_or_read(name)))
    _say(session, "changed", name)


@users.command("reset-password", epilog=examples("users reset-password anna"))
@click.argument("name")
@click.pass_obj
def reset_password(session: Session, name: str) -> None:
    """Gives any account a new password and enables it, without signing in: the way back for a lost admin.

    For the system user who owns the home folder, and root. The password is asked on a terminal, or is the
    first line on standard input.
    """
    session.user = session.password_file = None
    session.connect()
    # Who may: the engine asks the kernel who is at the other end of its socket.
    proof = ask_identity(session.folder).proof
    session.ask(ResetPassword(name=name, password=_asked_or_read(name), proof=proof))
    _say(session, "reset", name)


def _new_password(name: str, *, from_input: bool, needed: bool) -> str | None:
    if from_input:
        return _line()
    given = os.environ.get("PBXMETER_NEW_PASSWORD")
    if given is not None or not needed:
        return given
    if not sys.stdin.isatty():
        raise InvalidInput(
            "A password is needed: set PBXMETER_NEW_PASSWORD, give --password-stdin, or ask from a terminal.",
            field="password",
        )
    return _asked(name)


def _asked_or_read(name: str) -> str:
    return _asked(name) if sys.stdin.isatty() else _line()


def _asked(name: str) -> str:
    prompt = _("New password of {clean}").format(clean=clean(name))
    return str(click.prompt(prompt, hide_input=True, confirmation_prompt=True, err=True))


def _line() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _say(session: Session, done: str, name: str) -> None:
    if session.as_json:
        print_document(session, {done: name})
    else:
        say(f"{done}: {name}")
