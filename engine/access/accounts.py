"""Accounts: who signs in, as what, and how."""

import re
import secrets
from dataclasses import dataclass, replace
from datetime import datetime

from engine.access.os_users import os_user_exists
from engine.access.sessions import Caller
from engine.api.session import AccountRow, Accounts, Nothing, RemoveAccount, SaveAccount
from engine.domain.errors import InvalidInput, NotFound, NotSignedIn, Refused
from engine.domain.names import Role
from engine.store import Session

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account as the store keeps it."""

    name: str
    role: Role
    password_hash: str
    """argon2id; '' = none."""
    os_user: str
    """Signs in without a password; '' = nobody."""
    enabled: bool
    generation: int
    """Drawn anew with every change: sessions of an earlier one have ended."""
    created_at: datetime

    @property
    def usable(self) -> bool:
        """Whether anybody can sign in as it on this host."""
        return self.enabled and (bool(self.password_hash) or os_user_exists(self.os_user))


def accounts_exist(session: Session) -> bool:
    """Whether anybody has to sign in."""
    return session.integer("access.account_count") > 0


def list_accounts(session: Session) -> Accounts:
    """All accounts by name."""
    return Accounts(rows=session.records(AccountRow, "access.account_rows"))


def find_account(session: Session, name: str) -> Account | None:
    """The account of this name."""
    found = session.records(Account, "access.account", name=name)
    return found[0] if found else None


def account_of_os_user(session: Session, os_user: str) -> Account | None:
    """The account that this operating-system user signs in as."""
    found = session.records(Account, "access.account_of_os_user", os_user=os_user) if os_user else []
    return found[0] if found else None


def is_current(session: Session, caller: Caller) -> bool:
    """Whether a session may go on: its account is as it was, or there is still none at all."""
    if not caller.account:
        return not accounts_exist(session)
    return session.integer("access.generations", name=caller.operator, generation=caller.generation) == 1


def save_account(
    session: Session, request: SaveAccount, *, password_hash: str | None = None, now: datetime
) -> Nothing:
    """Adds or changes an account; `password_hash` is that of the request's password.

    Raises `InvalidInput` for a bad name or system user, `Refused` for a name or system user in use or the
    last usable admin's end, `NotFound` for a change of nobody.
    """
    if not _NAME.fullmatch(request.name):
        raise InvalidInput.in_field(
            "name", "1 to 64 letters, digits, dots, dashes, underscores or @, a letter or digit first."
        )
    known = find_account(session, request.name)
    if request.os_user and (known is None or request.os_user != known.os_user):
        _check_os_user(session, request.name, request.os_user)
    if request.new:
        if known is not None:
            raise Refused("There is an account {name} already.", name=request.name)
        _add(session, request, password_hash=password_hash or "", now=now)
        return Nothing()
    if known is None:
        raise NotFound("There is no account {name}.", name=request.name)
    changed = replace(
        known,
        role=request.account_role or known.role,
        password_hash=known.password_hash if password_hash is None else password_hash,
        os_user=known.os_user if request.os_user is None else request.os_user,
        enabled=known.enabled if request.enabled is None else request.enabled,
    )
    _keep_an_admin(session, known, changed)
    _store(session, changed)
    return Nothing()


def remove_account(session: Session, request: RemoveAccount) -> Nothing:
    """Removes an account. Raises `NotFound`, or `Refused` for the last usable admin."""
    known = find_account(session, request.name)
    if known is None:
        raise NotFound("There is no account {name}.", name=request.name)
    _keep_an_admin(session, known, None)
    session.run("access.forget_familiar", name=request.name)
    session.run("access.remove_account", name=request.name)
    return Nothing()


def change_own_password(session: Session, caller: Caller, password_hash: str) -> int:
    """The generation that a new password begins. Raises `NotSignedIn` when the account changed meanwhile."""
    known = find_account(session, caller.operator)
    if known is None or not is_current(session, caller):
        raise NotSignedIn("The account was changed a moment ago. Sign in again.")
    return _store(session, replace(known, password_hash=password_hash))


def reset_password(session: Session, name: str, password_hash: str) -> None:
    """Gives an account a new password and lets it in again. Raises `NotFound`."""
    known = find_account(session, name)
    if known is None:
        raise NotFound("There is no account {name}.", name=name[:64])
    _store(session, replace(known, password_hash=password_hash, enabled=True))


def is_familiar(session: Session, account: Account, os_user: str) -> bool:
    """Whether the account has signed in from this operating-system user before, or belongs to it."""
    if not os_user:
        return False
    return os_user == account.os_user or bool(
        session.rows("access.familiar", name=account.name, os_user=os_user)
    )


def note_familiar(session: Session, name: str, os_user: str) -> None:
    """The account signed in by password from this operating-system user."""
    session.run("access.note_familiar", name=name, os_user=os_user)


def _add(session: Session, request: SaveAccount, *, password_hash: str, now: datetime) -> None:
    if not password_hash and not request.os_user:
        raise InvalidInput.in_field("password", "an account needs a password, or an operating-system user.")
    role = request.account_role or Role.VIEWER
    enabled = request.enabled is not False
    if not (role is Role.ADMIN and enabled) and not accounts_exist(session):
        raise Refused("The first account has to be an admin: from then on everyone signs in.")
    session.run(
        "access.add_account",
        name=request.name,
        role=role.value,
        password_hash=password_hash,
        os_user=request.os_user or "",
        enabled=enabled,
        generation=_generation(),
        now=now,
    )


def _store(session: Session, account: Account) -> int:
    generation = _generation()
    session.run(
        "access.change_account",
        name=account.name,
        role=account.role.value,
        password_hash=account.password_hash,
        os_user=account.os_user,
        enabled=account.enabled,
        generation=generation,
    )
    return generation


def _generation() -> int:
    return secrets.randbits(62)


def _check_os_user(session: Session, name: str, os_user: str) -> None:
    if not os_user_exists(os_user):
        raise InvalidInput.in_field(
            "os_user",
            "this host has no system user {os_user}. Create it first, or leave it out.",
            os_user=os_user[:64],
        )
    holder = account_of_os_user(session, os_user)
    if holder is not None and holder.name != name:
        raise Refused(
            "The system user {os_user} signs in as {name} already; it can have one account only.",
            os_user=os_user,
            name=holder.name,
        )


def _keep_an_admin(session: Session, before: Account, after: Account | None) -> None:
    """Raises `Refused` when nobody could manage accounts any more after a change."""

    def manages(account: Account | None) -> bool:
        return account is not None and account.role is Role.ADMIN and account.usable

    if not manages(before) or manages(after):
        return
    if not any(manages(other) for other in session.records(Account, "access.other_admins", name=before.name)):
        raise Refused(
            "{name} is the last admin who can sign in: it cannot be removed, demoted, disabled "
            "or left without a way in. Make somebody else admin first.",
            name=before.name,
        )
