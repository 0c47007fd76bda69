"""pbxmeter users: who may sign in, and what they may do."""

import os
import sys

import click

from engine.api.session import ListAccounts, RemoveAccount, SaveAccount
from engine.domain.errors import InvalidInput
from engine.domain.names import Role
from engine.domain.zones import to_local
from tui.commands.command import Group, examples
from tui.commands.document import print_document
from tui.commands.say import say
from tui.commands.session import Session
from tui.commands.table import local_time, print_table, yes
from tui.terminal.clean import clean
from tui.text.sentences import said

_ROLES = click.Choice([role.value for role in Role])


@click.group(cls=Group)
def users() -> None:
    """Accounts. While none exists, the user who started the engine is admin."""


@users.command("list", epilog=examples("users list"))
@click.pass_obj
def list_users(session: Session) -> None:
    """Lists the accounts."""
    accounts = session.ask(ListAccounts())
    if session.as_json:
        print_document(session, accounts)
        return
    print_table(
        ("User name", "Role", "System user", "Password", "Since"),
        [
            (
                row.name,
                said(row.role.value),
                row.os_user,
                yes(row.has_password),
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
@click.option("--role", type=_ROLES, required=True, help="What it may do.")
@click.option("--os-user", metavar="USER", help="This system user signs in without a password.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--no-password", is_flag=True, help="Only the system user signs in.")
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
            "Without a password, give --os-user: else nobody could sign in as this account."
        )
    session.ask(SaveAccount(name=name, new=True, account_role=Role(role), password=password, os_user=os_user))
    _say(session, "added", name)


@users.command("set", epilog=examples("users set anna --role billing", "users set anna --password"))
@click.argument("name")
@click.option("--role", type=_ROLES, help="What it may do.")
@click.option("--os-user", metavar="USER", help="This system user signs in without a password; '' = none.")
@click.option("--password", "ask_password", is_flag=True, help="Ask for a new password.")
@click.option("--password-stdin", is_flag=True, help="Read the new password from standard input.")
@click.pass_obj
def set_user(
    session: Session,
    name: str,
    role: str | None,
    os_user: str | None,
    ask_password: bool,
    password_stdin: bool,
) -> None:
    """Changes an account; what is not given stays as it is. The last admin stays one.

    A new password is also taken from $PBXMETER_NEW_PASSWORD.
    """
    password = None
    if ask_password or password_stdin or "PBXMETER_NEW_PASSWORD" in os.environ:
        password = _new_password(name, from_input=password_stdin, needed=True)
    if role is None and os_user is None and password is None:
        raise click.UsageError("Nothing to change: give --role, --os-user or --password.")
    account_role = Role(role) if role else None
    session.ask(
        SaveAccount(name=name, new=False, account_role=account_role, password=password, os_user=os_user)
    )
    _say(session, "changed", name)


@users.command("remove", epilog=examples("users remove anna"))
@click.argument("name")
@click.pass_obj
def remove_user(session: Session, name: str) -> None:
    """Removes an account; the last admin stays."""
    session.ask(RemoveAccount(name=name))
    _say(session, "removed", name)


def _new_password(name: str, *, from_input: bool, needed: bool) -> str | None:
    if from_input:
        return sys.stdin.readline().rstrip("\r\n")
    given = os.environ.get("PBXMETER_NEW_PASSWORD")
    if given is not None or not needed:
        return given
    if not sys.stdin.isatty():
        raise InvalidInput(
            "A password is needed: set PBXMETER_NEW_PASSWORD, give --password-stdin, or ask from a terminal.",
            field="password",
        )
    prompt = f"New password of {clean(name)}"
    return str(click.prompt(said(prompt), hide_input=True, confirmation_prompt=True, err=True))


def _say(session: Session, done: str, name: str) -> None:
    if session.as_json:
        print_document(session, {done: name})
    else:
        say(f"{done}: {name}")
